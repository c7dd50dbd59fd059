"""A scripted Workflow Executions service over gRPC, for the tests of `mando replay`."""

import contextlib
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc
from google.cloud.workflows.executions_v1 import (
    CreateExecutionRequest,
    Execution,
    GetExecutionRequest,
    ListExecutionsRequest,
    ListExecutionsResponse,
)

WORKFLOW = "projects/demo/locations/us-central1/workflows/mando"
IDS = [f"00000000-0000-0000-0000-{number:012}" for number in range(10)]

Answer = Callable[[bytes, Any], bytes]


def execution(number: int, state: str = "FAILED", argument: str = "", result: str = "") -> Execution:
    return Execution(name=f"{WORKFLOW}/executions/{IDS[number]}", state=state, argument=argument, result=result)


class Service(grpc.GenericRpcHandler):
    """listed: pages of executions, newest first.  states: of a new one in each call of Get; result: its result."""

    def __init__(self) -> None:
        self.listed: list[list[Execution]] = [[]]
        self.states = ["SUCCEEDED"]
        self.result = ""
        self.started: list[Execution] = []
        self.queries: list[ListExecutionsRequest] = []
        self.metadata: dict[str, Any] = {}

    def service(self, details: grpc.HandlerCallDetails) -> Any:
        self.metadata = dict(details.invocation_metadata)
        methods = {"ListExecutions": self.list, "GetExecution": self.get, "CreateExecution": self.create}
        return grpc.unary_unary_rpc_method_handler(methods[details.method.rpartition("/")[2]])  # takes and gives bytes

    def list(self, sent: bytes, _: Any) -> bytes:
        query = ListExecutionsRequest.deserialize(sent)
        self.queries.append(query)
        number = int(query.page_token or 0)
        more = str(number + 1) if number + 1 < len(self.listed) else ""
        page = ListExecutionsResponse(executions=self.listed[number], next_page_token=more)
        return bytes(ListExecutionsResponse.serialize(page))

    def get(self, sent: bytes, _: Any) -> bytes:
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        name = GetExecutionRequest.deserialize(sent).name
        found = Execution(name=name, state=state, argument="asked for by name", result=self.result)
        return bytes(Execution.serialize(found))

    def create(self, sent: bytes, _: Any) -> bytes:
        request = CreateExecutionRequest.deserialize(sent)
        self.started.append(request.execution)
        return bytes(Execution.serialize(execution(-len(self.started), "ACTIVE")))


class Answering(grpc.GenericRpcHandler):
    """Every method does the same."""

    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def service(self, _: grpc.HandlerCallDetails) -> Any:
        return grpc.unary_unary_rpc_method_handler(self._answer)


@contextlib.contextmanager
def serving(handler: grpc.GenericRpcHandler, credentials: grpc.ServerCredentials | None = None) -> Iterator[int]:
    """The port at which it answers."""
    server = grpc.server(ThreadPoolExecutor(4))
    server.add_generic_rpc_handlers([handler])
    if credentials is None:
        port = server.add_insecure_port("127.0.0.1:0")
    else:
        port = server.add_secure_port("127.0.0.1:0", credentials)
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()
