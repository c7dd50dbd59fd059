"""How Google's services answer: a resource or 404, an error, a finished operation."""

from collections.abc import Mapping
from typing import Any

from aiohttp import web

Json = dict[str, Any]


def found(resource: Mapping[str, Any] | None) -> web.Response:
    if resource is None:
        return refused(404, "NOT_FOUND", "Requested entity was not found.")
    return web.json_response(resource)


def refused(code: int, status: str, message: str) -> web.Response:
    return web.json_response({"error": {"code": code, "message": message, "status": status}}, status=code)


def done(name: str, response: Mapping[str, Any]) -> web.Response:
    """A finished operation, as every long-running call answers here."""
    kind = {"@type": "type.googleapis.com/google.protobuf.Struct"}
    return web.json_response({"name": name, "done": True, "metadata": kind, "response": {**kind, **response}})
