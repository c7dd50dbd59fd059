"""The routes of uploads: /upload/storage/v1/….  Bodies are written to disk as they arrive, not collected in memory.

Source: Cloud Storage, "Uploads and downloads" (media, multipart, resumable).
"""

import asyncio
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from aiohttp import web

from local.http.hosts import base_url
from local.storage.checksums import Checksums
from local.storage.conditions import Preconditions
from local.storage.errors import StorageError, invalid
from local.storage.multipart import RelatedReader, boundary_of
from local.storage.objects import ObjectStore
from local.storage.resource import Settings
from local.storage.sessions import Session, UploadSessions
from local.storage.wire import object_answer, read_resource

_LEAST_CHUNK_BYTES = 256 * 1024
_CONTENT_RANGE = re.compile(r"bytes (?:(\d{1,15})-(\d{1,15})|\*)/(\d{1,15}|\*)")


class UploadRoutes:
    """One method a way of uploading."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store
        self._sessions = UploadSessions(store)

    def routes(self) -> list[web.RouteDef]:
        path = "/upload/storage/v1/b/{bucket}/o"
        return [
            web.post(path, self.post),
            web.put(path, self.put),
            web.delete(path, self.cancel),
            web.post("/resumable" + path, self.post),  # where gcloud starts a session
        ]

    async def post(self, request: web.Request) -> web.Response:
        kind = request.query.get("uploadType")
        if "upload_id" in request.query:
            return await self.put(request)
        if kind == "media":
            return await self._media(request)
        if kind == "multipart":
            return await self._multipart(request)
        if kind == "resumable":
            return await self._start(request)
        raise invalid(f"Invalid value for uploadType: expected media, multipart or resumable, got {kind!r}")

    async def _media(self, request: web.Request) -> web.Response:
        bucket, name = request.match_info["bucket"], _name(request.query, {})
        self._store.buckets.require(bucket)
        preconditions = Preconditions.from_query(request.query)
        incoming = self._store.receive()
        try:
            with incoming.open("wb") as out:
                async for chunk in request.content.iter_any():
                    out.write(chunk)
            settings = Settings(content_type=request.headers.get("Content-Type"))
            expected = Checksums.from_header(request.headers.get("X-Goog-Hash", ""))
            stored = await asyncio.to_thread(
                self._store.create, bucket, name, settings, incoming, preconditions, expected
            )
        finally:
            incoming.unlink(missing_ok=True)
        return object_answer(request, stored)

    async def _multipart(self, request: web.Request) -> web.Response:
        bucket = request.match_info["bucket"]
        self._store.buckets.require(bucket)
        preconditions = Preconditions.from_query(request.query)
        reader = RelatedReader(boundary_of(request.headers.get("Content-Type", "")))
        incoming = self._store.receive()
        try:
            with incoming.open("wb") as out:
                async for chunk in request.content.iter_any():
                    for content in reader.feed(chunk):
                        out.write(content)
            reader.finish()
            name = _name(request.query, reader.resource)
            settings = Settings(content_type=reader.content_type).merged(reader.resource)
            expected = Checksums.from_resource(reader.resource)
            stored = await asyncio.to_thread(
                self._store.create, bucket, name, settings, incoming, preconditions, expected
            )
        finally:
            incoming.unlink(missing_ok=True)
        return object_answer(request, stored)

    async def _start(self, request: web.Request) -> web.Response:
        bucket = request.match_info["bucket"]
        resource = await read_resource(request)
        session_id = self._sessions.start(
            bucket,
            _name(request.query, resource),
            Settings(content_type=request.headers.get("X-Upload-Content-Type")).merged(resource),
            Preconditions.from_query(request.query),
            Checksums.from_resource(resource),
        )
        kept = "&".join(f"{quote(key)}={quote(value)}" for key, value in request.query.items())
        location = f"{base_url(request)}/upload/storage/v1/b/{quote(bucket)}/o?{kept}&upload_id={session_id}"
        return web.Response(headers={"Location": location, "X-GUploader-UploadID": session_id})

    async def put(self, request: web.Request) -> web.Response:
        """A chunk of a session, the whole content, or a status check (`Content-Range: bytes */N`)."""
        session = self._sessions.get(request.query.get("upload_id", ""))
        if session.generation is not None:
            return object_answer(request, self._store.get(session.bucket, session.name, session.generation))
        chunk = _content_range(request.headers.get("Content-Range"))
        total = chunk.total
        if chunk.first is not None:
            received = self._sessions.received(session)
            if chunk.last is not None:
                refused = _refused(chunk.first, chunk.last, chunk.total, received, request.content_length)
                if refused is not None:
                    return refused
            offset = chunk.first
            async for piece in request.content.iter_any():
                # Bytes that were received already do not change.  Source: recorded from the service.
                self._sessions.write(session, max(offset, received), piece[max(received - offset, 0) :])
                offset += len(piece)
            if "Content-Range" not in request.headers:
                total = offset
        return await self._progress(request, session, total)

    async def _progress(self, request: web.Request, session: Session, total: int | None) -> web.Response:
        received = self._sessions.received(session)
        if total is None or received < total:
            headers = {"X-GUploader-UploadID": session.id}
            if received:
                headers["Range"] = f"bytes=0-{received - 1}"
            if request.headers.get("X-GUploader-No-308") == "yes":  # the Go client.  Source: recorded
                return web.Response(headers={**headers, "X-HTTP-Status-Code-Override": "308"})
            return web.Response(status=308, reason="Resume Incomplete", headers=headers)
        if received > total:
            raise invalid(f"{received} bytes were uploaded, but Content-Range gives the size as {total}.")
        expected = Checksums.from_header(request.headers.get("X-Goog-Hash", ""))
        stored = await asyncio.to_thread(self._sessions.finish, session, expected)
        return object_answer(request, stored)

    async def cancel(self, request: web.Request) -> web.Response:
        session = self._sessions.get(request.query.get("upload_id", ""))
        self._sessions.cancel(session)
        return web.Response(status=499, reason="Client Closed Request")


def _name(query: Mapping[str, str], resource: Mapping[str, Any]) -> str:
    name = query.get("name") or resource.get("name", "")
    if not isinstance(name, str):
        raise invalid(f"Invalid value for name: expected a string, got {name!r}")
    return name


@dataclass(frozen=True, slots=True)
class _Chunk:
    """A Content-Range.  first and last are None for a status check, total while the size is not known."""

    first: int | None
    last: int | None
    total: int | None


def _content_range(header: str | None) -> _Chunk:
    """Parse the header; without it the body is the whole object.  Raises StorageError(400)."""
    if header is None:
        return _Chunk(0, None, None)
    refused = StorageError(400, "invalid", f"Invalid Content-Range: {header!r}")
    match = _CONTENT_RANGE.fullmatch(header)
    if match is None:
        raise refused
    total = None if match[3] == "*" else int(match[3])
    if match[1] is None:
        return _Chunk(None, None, total)
    first, last = int(match[1]), int(match[2])
    if first > last or (total is not None and last >= total):
        raise refused
    return _Chunk(first, last, total)


def _refused(first: int, last: int, total: int | None, received: int, sent: int | None) -> web.Response | None:
    """The refusal of a chunk, in plain text; None if it is accepted.  Source: what clients report of the service."""
    if first > received:
        text = (
            "Invalid request.  According to the Content-Range header, the upload offset is "
            f"{first} byte(s), which exceeds already uploaded size of {received} byte(s)."
        )
        return web.Response(status=503, text=text)
    size = last + 1 - first
    if sent is not None and sent != size:
        text = (
            f"Invalid request.  There were {sent} byte(s) in the request body.  There should have been {size} byte(s) "
            f"(starting at offset {first} and ending at offset {last}) according to the Content-Range header."
        )
        return web.Response(status=400, text=text)
    is_final = last + 1 == total
    if size < _LEAST_CHUNK_BYTES and not is_final:
        # Any larger chunk is accepted: the recorded text only recommends multiples (unsure).
        text = (
            "Invalid request.  The number of bytes uploaded is required to be equal or greater than "
            f"{_LEAST_CHUNK_BYTES}, except for the final request (it's recommended to be the exact multiple of "
            f"{_LEAST_CHUNK_BYTES}).  The received request contained {size} bytes, which does not meet this "
            "requirement."
        )
        return web.Response(status=400, text=text)
    return None
