"""Shared by all storage routes: reading JSON, answering with an object or an error."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from local.data.disk import DiskUnavailable, is_transient
from local.http.hosts import base_url
from local.storage.errors import StorageError
from local.storage.multipart import parse_resource
from local.storage.resource import StoredObject

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def object_answer(request: web.Request, stored: StoredObject) -> web.Response:
    """The object's resource."""
    return web.json_response(stored.to_json(base_url(request)))


async def read_resource(request: web.Request) -> dict[str, Any]:
    """The JSON body; an empty one is {}.  Raises StorageError(400)."""
    return parse_resource(await request.read())


def google_errors(handler: Handler) -> Handler:
    """handler, with StorageError answered in Google's JSON, and a full disk with 503."""

    async def answered(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except StorageError as error:
            return refusal(error)
        except (DiskUnavailable, OSError) as error:
            if not isinstance(error, DiskUnavailable) and not is_transient(error):
                raise
            return refusal(StorageError(503, "backendError", f"Backend Error: {error}"))

    return answered


def refusal(error: StorageError) -> web.Response:
    if error.code == 304:
        return web.Response(status=304)
    return web.json_response(error.to_json(), status=error.code)
