"""gRPC for the clients that speak nothing else: each call becomes the HTTP call that Google documents for it.

One table says which; the REST faces on PORT answer, so both transports show the same cloud.
Source: the google.api.http annotations of Cloud Tasks v2, Workflows v1 and Workflow Executions v1.
"""

import json
import re
from dataclasses import dataclass
from typing import Any, TypeAlias
from urllib.parse import quote

import aiohttp
import grpc
import grpc.aio
from google.cloud import tasks_v2, workflows_v1
from google.cloud.workflows import executions_v1
from google.longrunning import operations_pb2  # type: ignore[import-untyped]
from google.protobuf import empty_pb2, json_format
from google.protobuf.message import Message

Context: TypeAlias = "grpc.aio.ServicerContext[Message, Message]"


@dataclass(frozen=True, slots=True)
class _Call:
    """{field} or {field.inner} in the path; body is the field that is sent, * for what the path does not name."""

    request: type[Message]
    response: type[Message]
    verb: str
    path: str
    body: str | None = None


def _calls(
    service: str, *rows: tuple[str, Any, Any, str, str] | tuple[str, Any, Any, str, str, str]
) -> dict[str, _Call]:
    return {f"/{service}/{name}": _Call(_pb(asked), _pb(given), *rest) for name, asked, given, *rest in rows}


def _pb(message: Any) -> type[Message]:
    """The plain protobuf class of a message of the client libraries."""
    plain: type[Message] = message.pb() if hasattr(message, "pb") else message
    return plain


_t, _w, _e, _o, _Empty = tasks_v2, workflows_v1, executions_v1, operations_pb2, empty_pb2.Empty
_CALLS = {
    **_calls(
        "google.cloud.tasks.v2.CloudTasks",
        ("ListQueues", _t.ListQueuesRequest, _t.ListQueuesResponse, "GET", "/v2/{parent}/queues"),
        ("GetQueue", _t.GetQueueRequest, _t.Queue, "GET", "/v2/{name}"),
        ("CreateQueue", _t.CreateQueueRequest, _t.Queue, "POST", "/v2/{parent}/queues", "queue"),
        ("UpdateQueue", _t.UpdateQueueRequest, _t.Queue, "PATCH", "/v2/{queue.name}", "queue"),
        ("DeleteQueue", _t.DeleteQueueRequest, _Empty, "DELETE", "/v2/{name}"),
        ("PurgeQueue", _t.PurgeQueueRequest, _t.Queue, "POST", "/v2/{name}:purge", "*"),
        ("PauseQueue", _t.PauseQueueRequest, _t.Queue, "POST", "/v2/{name}:pause", "*"),
        ("ResumeQueue", _t.ResumeQueueRequest, _t.Queue, "POST", "/v2/{name}:resume", "*"),
        ("ListTasks", _t.ListTasksRequest, _t.ListTasksResponse, "GET", "/v2/{parent}/tasks"),
        ("GetTask", _t.GetTaskRequest, _t.Task, "GET", "/v2/{name}"),
        ("CreateTask", _t.CreateTaskRequest, _t.Task, "POST", "/v2/{parent}/tasks", "*"),
        ("DeleteTask", _t.DeleteTaskRequest, _Empty, "DELETE", "/v2/{name}"),
        ("RunTask", _t.RunTaskRequest, _t.Task, "POST", "/v2/{name}:run", "*"),
    ),
    **_calls(
        "google.cloud.workflows.executions.v1.Executions",
        ("ListExecutions", _e.ListExecutionsRequest, _e.ListExecutionsResponse, "GET", "/v1/{parent}/executions"),
        ("CreateExecution", _e.CreateExecutionRequest, _e.Execution, "POST", "/v1/{parent}/executions", "execution"),
        ("GetExecution", _e.GetExecutionRequest, _e.Execution, "GET", "/v1/{name}"),
        ("CancelExecution", _e.CancelExecutionRequest, _e.Execution, "POST", "/v1/{name}:cancel", "*"),
    ),
    **_calls(
        "google.cloud.workflows.v1.Workflows",
        ("ListWorkflows", _w.ListWorkflowsRequest, _w.ListWorkflowsResponse, "GET", "/v1/{parent}/workflows"),
        ("GetWorkflow", _w.GetWorkflowRequest, _w.Workflow, "GET", "/v1/{name}"),
        ("CreateWorkflow", _w.CreateWorkflowRequest, _o.Operation, "POST", "/v1/{parent}/workflows", "workflow"),
        ("UpdateWorkflow", _w.UpdateWorkflowRequest, _o.Operation, "PATCH", "/v1/{workflow.name}", "workflow"),
        ("DeleteWorkflow", _w.DeleteWorkflowRequest, _o.Operation, "DELETE", "/v1/{name}"),
    ),
    **_calls(
        "google.longrunning.Operations",
        ("GetOperation", _o.GetOperationRequest, _o.Operation, "GET", "/v1/{name}"),
    ),
}  # fmt: skip


async def serve(address: str, base_url: str, session: aiohttp.ClientSession) -> grpc.aio.Server:
    """A running server at `address`, host:port, for the REST faces at base_url.  Raises OSError if that is in use."""
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

    def service(self, details: grpc.HandlerCallDetails) -> "grpc.RpcMethodHandler[Message, Message] | None":
        call = _CALLS.get(details.method)
        if call is None:
            return None  # gRPC answers UNIMPLEMENTED

        async def answer(request: Message, context: Context) -> Message:
            return await self._transcode(call, request, context)

        return grpc.unary_unary_rpc_method_handler(
            answer, request_deserializer=call.request.FromString, response_serializer=call.response.SerializeToString
        )

    async def _transcode(self, call: _Call, request: Message, context: Context) -> Message:
        if any(key in ("origin", "sec-fetch-site") for key, _ in context.invocation_metadata() or ()):
            await context.abort(grpc.StatusCode.PERMISSION_DENIED, "a page may not use the local cloud")
        fields = json_format.MessageToDict(request)
        path = re.sub(r"\{([\w.]+)\}", lambda found: quote(_taken(fields, found[1])), call.path)
        if call.body is None:
            sent, query = None, fields
        else:
            sent = fields if call.body == "*" else fields.pop(call.body, {})
            query = {} if call.body == "*" else fields
        flat = {name: _text(value) for name, value in query.items()}
        async with self._session.request(call.verb, self._base_url + path, params=flat, json=sent) as answered:
            content, is_error = await answered.json(), answered.status >= 400
        if is_error:
            status = grpc.StatusCode[content["error"]["status"]]
            await context.abort(status, content["error"]["message"])
        return json_format.ParseDict(content, call.response(), ignore_unknown_fields=True)


def _taken(fields: dict[str, Any], path: str) -> str:
    """The field that the path names; one at the top is no longer there afterwards."""
    outer, _, inner = path.partition(".")
    if inner:
        return str(fields.get(outer, {}).get(inner, ""))
    return str(fields.pop(outer, ""))


def _text(value: Any) -> str:
    return json.dumps(value) if isinstance(value, bool) else str(value)
