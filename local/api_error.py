"""Google's error shape, for every face that speaks as Google Cloud does."""

import json
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

_STATUS_OF = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ALREADY_EXISTS"}


class ApiError(Exception):
    """Raised when a call is refused; becomes {"error": {"code", "message", "status"}}.

    status is the name in google.rpc.Code; it may be left out where the HTTP code tells it.
    """

    def __init__(self, code: int, message: str, status: str | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.status = status or _STATUS_OF[code]

    def as_json(self) -> dict[str, Any]:
        return {"error": {"code": self.code, "message": str(self), "status": self.status}}


@web.middleware
async def api_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn what a handler raises into Google's shape, and never show a traceback."""
    try:
        return await handler(request)
    except ApiError as error:
        return web.json_response(error.as_json(), status=error.code)


async def read_json(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object; an empty body is {}.  Raises ApiError(400)."""
    try:
        value = json.loads(await request.read() or b"{}")
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"Invalid JSON payload received. {error}") from None
    if not isinstance(value, dict):
        raise ApiError(400, "Invalid JSON payload received. Root element must be a message.")
    return value
