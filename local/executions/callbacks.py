"""Addresses at which executions wait for a request (events.create_callback_endpoint), on the port of the REST faces.

A request that comes before anybody waits is kept.  Addresses live as long as this process.
"""

import asyncio
import uuid
from dataclasses import dataclass, field

from aiohttp import web

from local.workflows.effects import CallbackRequest

_PATH = "/callbacks/"


@dataclass(slots=True)
class _Endpoint:
    method: str
    arrived: asyncio.Queue[CallbackRequest] = field(default_factory=asyncio.Queue)


class Callbacks:
    """base_url is where routes() are served, scheme://host:port."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url
        self._endpoints: dict[str, _Endpoint] = {}

    def routes(self) -> list[web.AbstractRouteDef]:
        return [web.route("*", _PATH + "{id}", self._receive)]

    def create(self, method: str) -> str:
        """The URL of a new address that takes this method."""
        name = str(uuid.uuid4())
        self._endpoints[name] = _Endpoint(method)
        return f"{self.base_url}{_PATH}{name}"

    async def wait(self, url: str, timeout_s: float) -> CallbackRequest | None:
        """The next request there, None when timeout_s has passed.  Raises KeyError for an unknown address."""
        endpoint = self._endpoints[url.rpartition("/")[2]]
        try:
            async with asyncio.timeout(timeout_s):
                return await endpoint.arrived.get()
        except TimeoutError:
            return None

    async def _receive(self, request: web.Request) -> web.Response:
        endpoint = self._endpoints.get(request.match_info["id"])
        if endpoint is None:
            return _refused(404, "NOT_FOUND", "the callback does not exist")
        if request.method != endpoint.method:
            return _refused(405, "INVALID_ARGUMENT", f"the callback takes {endpoint.method}, not {request.method}")
        headers, query = dict(request.headers), dict(request.query)
        path, body = request.path_qs, await request.read()
        endpoint.arrived.put_nowait(CallbackRequest(request.method, path, headers, query, body))
        return web.json_response({})


def _refused(code: int, status: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message, "status": status}}, status=code)
