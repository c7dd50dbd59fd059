"""The routes by which bytes come: /upload/storage/v1/….  Bodies go to disk as they arrive, never whole into memory.

Source: Cloud Storage, "Uploads and downloads" (media, multipart, resumable).
"""

import asyncio
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from aiohttp import web

from local.storage.checksums import Checksums
from local.storage.errors import StorageError, invalid
from local.storage.multipart import RelatedReader, boundary_of
from local.storage.objects import ObjectStore
from local.storage.resource import Preconditions, Settings, StoredObject
from local.storage.sessions import Session, UploadSessions
from local.storage.wire import base_url, read_resource

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
            told = Checksums.from_header(request.headers.get("X-Goog-Hash", ""))
            stored = await asyncio.to_thread(self._store.create, bucket, name, settings, incoming, preconditions, told)
        finally:
            incoming.unlink(missing_ok=True)
        return _shown(request, stored)

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
            told = Checksums.from_resource(reader.resource)
            stored = await asyncio.to_thread(self._store.create, bucket, name, settings, incoming, preconditions, told)
        finally:
            incoming.unlink(missing_ok=True)
        return _shown(request, stored)

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
        """A chunk of a session, all of it, or the question how much has come (`Content-Range: bytes */N`)."""
        session = self._sessions.get(request.query.get("upload_id", ""))
        if session.generation is not None:
            return _shown(request, self._store.get(session.bucket, session.name, session.generation))
        first, total = _content_range(request.headers.get("Content-Range"))
        if first is not None:
            received = self._sessions.received(session)
            if first > received:
                # Source: what clients report of the service (plain text, 503).
                text = (
                    "Invalid request.  According to the Content-Range header, the upload offset is "
                    f"{first} byte(s), which exceeds already uploaded size of {received} byte(s)."
                )
                return web.Response(status=503, text=text)
            offset = first
            async for chunk in request.content.iter_any():
                self._sessions.write(session, offset, chunk)
                offset += len(chunk)
            if "Content-Range" not in request.headers:
                total = offset
        return await self._progress(request, session, total)

    async def _progress(self, request: web.Request, session: Session, total: int | None) -> web.Response:
        received = self._sessions.received(session)
        if total is None or received < total:
            headers = {"X-GUploader-UploadID": session.id}
            if received:
                headers["Range"] = f"bytes=0-{received - 1}"
            return web.Response(status=308, reason="Resume Incomplete", headers=headers)
        if received > total:
            raise invalid(f"{received} bytes were uploaded, but Content-Range gives the size as {total}.")
        told = Checksums.from_header(request.headers.get("X-Goog-Hash", ""))
        stored = await asyncio.to_thread(self._sessions.finish, session, told)
        return _shown(request, stored)

    async def cancel(self, request: web.Request) -> web.Response:
        session = self._sessions.get(request.query.get("upload_id", ""))
        self._sessions.cancel(session)
        return web.Response(status=499, reason="Client Closed Request")


def _name(query: Mapping[str, str], resource: Mapping[str, Any]) -> str:
    name = query.get("name") or resource.get("name", "")
    if not isinstance(name, str):
        raise invalid(f"Invalid value for name: expected a string, got {name!r}")
    return name


def _content_range(header: str | None) -> tuple[int | None, int | None]:
    """(first byte, whole size) of a Content-Range; the first is None for a question, the size for one not known yet."""
    if header is None:
        return 0, None
    match = _CONTENT_RANGE.fullmatch(header)
    if match is None:
        raise StorageError(400, "invalid", f"Invalid Content-Range: {header!r}")
    first, _, total = match.groups()
    return None if first is None else int(first), None if total == "*" else int(total)


def _shown(request: web.Request, stored: StoredObject) -> web.Response:
    return web.json_response(stored.to_json(base_url(request)))
