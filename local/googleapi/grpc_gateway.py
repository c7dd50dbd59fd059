"""A gRPC server that turns each call into the HTTP call that Google documents for it.

The table in googleapi/methods.py maps the calls.  The REST APIs answer, so gRPC and REST show the same data.
"""

import json
import re
from typing import Any, TypeAlias
from urllib.parse import quote

import aiohttp
import grpc
import grpc.aio
from google.protobuf import json_format
from google.protobuf.message import Message
from google.rpc import status_pb2  # type: ignore[import-untyped]

from local.googleapi.methods import Method, methods

Context: TypeAlias = "grpc.aio.ServicerContext[Message, Message]"

# For answers that are not in Google's format, such as those of injected faults.  Source: google.rpc.Code.
_STATUS_OF = {
    400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED", 404: "NOT_FOUND",
    429: "RESOURCE_EXHAUSTED", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED",
}  # fmt: skip


async def serve(address: str, base_url: str, session: aiohttp.ClientSession) -> grpc.aio.Server:
    """Start a server at `address`, host:port, for the REST APIs at base_url.  Raises OSError if it is in use."""
    server = grpc.aio.server()
    server.add_generic_rpc_handlers([_Handlers(base_url, session)])
    try:
        server.add_insecure_port(address)
    except RuntimeError as error:
        raise OSError(f"cannot listen on {address}: {error}") from None
    await server.start()
    return server


class _Handlers(grpc.GenericRpcHandler):
    def __init__(self, base_url: str, session: aiohttp.ClientSession) -> None:
        self._base_url = base_url
        self._session = session
        self._methods = methods()

    def service(self, details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Message, Message] | None":
        method = self._methods.get(details.method)
        if method is None or method.request is None or method.response is None:
            return None  # gRPC answers UNIMPLEMENTED
        response = method.response

        async def answer(request: Message, context: Context) -> Message:
            content = await self._transcode(method, request, context)
            return json_format.ParseDict(content, response(), ignore_unknown_fields=True)

        return grpc.unary_unary_rpc_method_handler(
            answer, request_deserializer=method.request.FromString, response_serializer=response.SerializeToString
        )

    async def _transcode(self, method: Method, request: Message, context: Context) -> Any:
        if any(key in ("origin", "sec-fetch-site") for key, _ in context.invocation_metadata() or ()):
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "a page may not use the local cloud")
        fields = json_format.MessageToDict(request)
        path = re.sub(r"\{([\w.]+)\}", lambda found: quote(_taken(fields, found[1])), method.path)
        if method.body is None:
            sent, query = None, fields
        else:
            sent = fields if method.body == "*" else fields.pop(method.body, {})
            query = {} if method.body == "*" else fields
        flat = {name: _text(value) for name, value in query.items()}
        async with self._session.request(method.verb, self._base_url + path, params=flat, json=sent) as answered:
            text, code = await answered.text(errors="replace"), answered.status
        try:
            content = json.loads(text)
        except ValueError:
            content = None
        if code >= 400 or not isinstance(content, dict):
            error = content.get("error") if isinstance(content, dict) else None
            await _refuse(context, code, error if isinstance(error, dict) else {"message": text})
        return content


async def _refuse(context: Context, code: int, error: dict[str, Any]) -> None:
    status = grpc.StatusCode[error.get("status") or _STATUS_OF.get(code, "INTERNAL")]
    carried = status_pb2.Status(code=status.value[0], message=error["message"])
    json_format.ParseDict({"details": error.get("details", [])}, carried)
    trailing = (("grpc-status-details-bin", carried.SerializeToString()),)
    await context.abort(status, error["message"], trailing_metadata=trailing)


def _taken(fields: dict[str, Any], path: str) -> str:
    """The value of the field that the path names; a top-level field is removed from fields."""
    outer, _, inner = path.partition(".")
    if inner:
        return str(fields.get(outer, {}).get(inner, ""))
    return str(fields.pop(outer, ""))


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
