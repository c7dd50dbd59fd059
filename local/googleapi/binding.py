"""Reads the fields of a method's request message from the body and the query of an HTTP request, strictly.

Called by the REST APIs.  The routes read the path.
"""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from aiohttp import web
from google.protobuf.descriptor import Descriptor, FieldDescriptor

from local.googleapi.fields import Reader, field_of, read_mask
from local.googleapi.methods import Method, methods
from local.googleapi.payload import read_payload
from local.googleapi.scalars import TEXT_MESSAGES

RequestFields = Mapping[str, Any]
Handler = Callable[[web.Request, RequestFields], Awaitable[web.StreamResponse]]

# Source: Google Cloud, "System parameters", and the common parameters of the discovery documents.  They are accepted
# and ignored, as is every name that begins with $.
_SYSTEM = {
    "access_token", "alt", "callback", "fields", "key", "oauth_token", "passwd", "password", "prettyPrint",
    "quotaUser", "uploadType", "upload_protocol", "userIp", "userProject",
}  # fmt: skip
_UNKNOWN = "Cannot bind query parameter. Field '{}' could not be found in request message."
_MESSAGE = "Cannot bind query parameter. '{}' is a message type. Parameters can only be bound to primitive types."


def read_request(service: str, name: str, handler: Handler) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    """A route's handler for that method: it reads the request's fields, by their JSON names, and calls handler.

    An updateMask becomes the list of its paths, None where it names all fields.
    """

    async def answer(request: web.Request) -> web.StreamResponse:
        return await handler(request, await _asked(methods()[f"/{service}/{name}"], request))

    return answer


async def _asked(method: Method, request: web.Request) -> RequestFields:
    """Raises ApiError(400)."""
    reader = Reader()
    asked: dict[str, Any] = {}
    if method.body is not None:
        payload = read_payload(await request.read())
        if method.body == "*":
            asked = reader.message(method.fields, payload, "")
        else:
            asked[method.body] = reader.message(_member(method, method.body), payload, method.body)
    for name in request.query:
        if name not in _SYSTEM and not name.startswith("$"):
            _bind(reader, method, name, request.query.getall(name)[-1], asked)
    reader.check()
    if method.body and "update_mask" in method.fields.fields_by_name:
        asked["updateMask"] = read_mask(_member(method, method.body), asked.get("updateMask", ()))
    return asked


def _member(method: Method, name: str) -> Descriptor:
    return method.fields.fields_by_name[name].message_type  # type: ignore[return-value]  # a body is a message


def _bind(reader: Reader, method: Method, name: str, text: str, asked: dict[str, Any]) -> None:
    """Read one query parameter.  A field that the path or the body has already keeps that value."""
    outer, _, inner = name.partition(".")
    field = field_of(method.fields, outer)
    if field is not None and inner and field.message_type is not None:
        field = field_of(field.message_type, inner)
    elif inner:
        field = None
    if field is None:
        reader.unknown(name, "", _UNKNOWN.format(name))
    elif field.message_type is not None and field.message_type.full_name not in TEXT_MESSAGES:
        reader.unknown(name, "", _MESSAGE.format(name))
    elif text and not inner and not _is_in_path(method, field):
        asked.setdefault(field.json_name, reader.value(field, name, text, field.name))


def _is_in_path(method: Method, field: FieldDescriptor) -> bool:
    return f"{{{field.name}}}" in method.path
