"""Errors in Google's JSON format, for all services of Google Cloud that run here."""

import json
import re
from collections.abc import Sequence
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from local.data.disk import DiskUnavailable

_STATUS_OF = {400: "INVALID_ARGUMENT", 403: "PERMISSION_DENIED", 404: "NOT_FOUND", 409: "ALREADY_EXISTS"}
_GOOGLE = re.compile(r"/(v1|v2|v2beta3)/")  # paths of Tasks and Workflows, as gcloud and the client libraries call them


class ApiError(Exception):
    """Raised when a call is refused; becomes {"error": {"code", "message", "status"}}, with "details" if any.

    status is the name in google.rpc.Code; it may be omitted for the codes of _STATUS_OF.
    """

    def __init__(self, code: int, message: str, status: str | None = None, details: Sequence[Any] = ()) -> None:
        super().__init__(message)
        self.code = code
        self.status = status or _STATUS_OF[code]
        self._details = details

    @classmethod
    def about_fields(cls, found: Sequence[tuple[str, str]]) -> "ApiError":
        """A 400 for mistakes in fields: (path or "", what is wrong).  Source: google.rpc.BadRequest."""
        violations = [{**({"field": field} if field else {}), "description": said} for field, said in found]
        detail = {"@type": "type.googleapis.com/google.rpc.BadRequest", "fieldViolations": violations}
        return cls(400, "\n".join(said for _, said in found), details=[detail])

    def as_json(self) -> dict[str, Any]:
        details = {"details": list(self._details)} if self._details else {}
        return {"error": {"code": self.code, "message": str(self), "status": self.status, **details}}


@web.middleware
async def api_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Answer errors of a handler in Google's format: a refused call, a full disk, an unknown path."""
    try:
        return await handler(request)
    except ApiError as error:
        refused = error
    except DiskUnavailable as error:
        refused = ApiError(503, f"The service is currently unavailable: {error}", "UNAVAILABLE")
    except (web.HTTPNotFound, web.HTTPMethodNotAllowed):
        # Google's front end knows a path together with its method: a wrong method is 404 too.
        if not _GOOGLE.match(request.path):
            raise
        refused = ApiError(404, f"{request.method} {request.path} was not found on this server.")
    return web.json_response(refused.as_json(), status=refused.code)


async def read_json(request: web.Request) -> dict[str, Any]:
    """The body as a JSON object; an empty body is {}.  Raises ApiError(400)."""
    try:
        value = json.loads(await request.read() or b"{}", parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        raise ApiError(400, f"Invalid JSON payload received. {error}") from None
    if not isinstance(value, dict):
        raise ApiError(400, "Invalid JSON payload received. Root element must be a message.")
    return value


def _no_constant(name: str) -> None:
    """Python reads NaN and Infinity, which are not JSON."""
    raise ValueError(f"{name} is no JSON")
