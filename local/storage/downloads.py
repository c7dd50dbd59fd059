"""Serves an object's bytes over HTTP: alt=media, mediaLink, and the public URL.  Called by rest.py.

Source: Cloud Storage, "Objects: get" and XML API "GET Object"; RFC 9110, "Range Requests".
"""

import re
from email.utils import format_datetime

from aiohttp import web

from local.storage.conditions import Preconditions, check_dates, check_tags
from local.storage.errors import StorageError
from local.storage.objects import ObjectStore
from local.storage.resource import StoredObject, whole_number
from local.storage.wire import refusal

_CHUNK_BYTES = 1 << 18
# Source: Cloud Storage, "HTTP status and error codes for XML".
_XML_CODES = {400: "InvalidArgument", 412: "PreconditionFailed"}
_RANGE = re.compile(r"bytes=(?P<first>[0-9]{0,15})-(?P<last>[0-9]{0,15})")
# For a public object without metadata.  Source: Cloud Storage, "Caching".
_PUBLIC_CACHE_CONTROL = "public, max-age=3600"


async def download(store: ObjectStore, request: web.Request) -> web.StreamResponse:
    """The content of the object in the path; errors are plain text, as in the service."""
    try:
        found = store.get(
            request.match_info["bucket"], request.match_info["name"], whole_number(request.query, "generation")
        )
        Preconditions.from_query(request.query).check(found)
        check_tags(request.headers, found)
    except StorageError as error:
        if error.code == 304:
            return refusal(error)
        return web.Response(status=error.code, text=error.message)
    return await _send(store, request, found, "no-cache, no-store, max-age=0, must-revalidate")


async def serve_public(store: ObjectStore, request: web.Request) -> web.StreamResponse:
    """The object at /BUCKET/NAME, as storage.googleapis.com serves it; errors are in the XML API's format."""
    bucket, name = request.match_info["bucket"], request.match_info["name"]
    found = store.find(bucket, name)
    try:
        generation = whole_number(request.query, "generation")
        if found is None or generation not in (None, found.generation):
            if store.buckets.exists(bucket):
                return _xml_refusal(404, "NoSuchKey", "The specified key does not exist.")
            return _xml_refusal(404, "NoSuchBucket", "The specified bucket does not exist.")
        Preconditions.from_headers(request.headers).check(found)
        check_tags(request.headers, found)
        check_dates(request.headers, found)
    except StorageError as error:
        if error.code == 304 and found is not None:
            return web.Response(status=304, headers={"ETag": f'"{found.etag}"'})
        return _xml_refusal(error.code, _XML_CODES[error.code], error.message)
    return await _send(store, request, found, _PUBLIC_CACHE_CONTROL)


async def _send(
    store: ObjectStore, request: web.Request, found: StoredObject, cache_control: str
) -> web.StreamResponse:
    headers = _headers(found, cache_control)
    try:
        start, end, partial = _asked_range(request, found.size)
    except ValueError:
        return web.Response(status=416, headers={"Content-Range": f"bytes */{found.size}"})
    if partial:
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{found.size}"
    with store.open(found) as content:
        response = web.StreamResponse(status=206 if partial else 200, headers=headers)
        response.content_length = end - start
        await response.prepare(request)
        if request.method != "HEAD":
            content.seek(start)
            left = end - start
            while chunk := content.read(min(left, _CHUNK_BYTES)):
                await response.write(chunk)
                left -= len(chunk)
        await response.write_eof()
    return response


def _asked_range(request: web.Request, size: int) -> tuple[int, int, bool]:
    """(first byte, byte after the last, whether it is a part).  Raises ValueError if the range is outside the object.

    Several ranges in one request, or an invalid one, are answered with the whole object, as RFC 9110 allows.
    """
    asked = _RANGE.fullmatch(request.headers.get("Range", ""))
    if asked is None or asked["first"] == asked["last"] == "":
        return 0, size, False
    if asked["first"] == "":
        start, end = max(0, size - int(asked["last"])), size
    else:
        start, end = int(asked["first"]), min(int(asked["last"] or size) + 1, size)
        if asked["last"] and int(asked["last"]) < start:
            return 0, size, False
    if start >= end:
        raise ValueError
    return start, end, True


def _headers(found: StoredObject, cache_control: str) -> dict[str, str]:
    hashes = [f"crc32c={found.crc32c}"] + ([f"md5={found.md5_hash}"] if found.md5_hash else [])
    settings = found.settings
    headers = {
        "Content-Type": settings.content_type or "application/octet-stream",
        "Cache-Control": settings.cache_control or cache_control,
        "ETag": f'"{found.etag}"',
        "Last-Modified": format_datetime(found.updated, usegmt=True),
        "Accept-Ranges": "bytes",
        "Content-Security-Policy": "sandbox",  # an uploaded page runs no script as our page
        "x-goog-hash": ",".join(hashes),
        "x-goog-generation": str(found.generation),
        "x-goog-metageneration": str(found.metageneration),
        "x-goog-stored-content-encoding": settings.content_encoding or "identity",
        "x-goog-stored-content-length": str(found.size),
        "x-goog-storage-class": settings.storage_class or "STANDARD",
    }
    chosen = {
        "Content-Disposition": settings.content_disposition,
        "Content-Encoding": settings.content_encoding,
        "Content-Language": settings.content_language,
    }
    return headers | {header: value for header, value in chosen.items() if value}


def _xml_refusal(status: int, code: str, message: str) -> web.Response:
    text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return web.Response(status=status, text=text, content_type="application/xml", charset="UTF-8")
