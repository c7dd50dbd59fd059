"""As in the cloud the task is put into the queue over gRPC: each of its codes meets its verdict.

Source: google.rpc.Code, and google.api_core.exceptions for the class of each code.
"""

import asyncio
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import grpc
import pytest
from google.api_core import exceptions
from google.cloud import tasks_v2
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport

from ingress import enqueue
from ingress.config import read_config
from ingress.enqueue import QueueUnavailable, TaskQueue
from service.cloud_tasks import already_exists
from tests.ingress.function import environment
from tests.ingress.test_enqueue import NAME, REQUEST

CODES = [code for code in grpc.StatusCode if code is not grpc.StatusCode.OK]
# A second call would be answered the same.
NOT_RETRYABLE = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.OUT_OF_RANGE,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.NOT_FOUND,
}


class Server:
    """Refuses the first `times` tasks with this code, takes the others; counts what it was asked."""

    def __init__(self, code: grpc.StatusCode, times: int) -> None:
        self._code, self._times = code, times
        self.tasks: list[tasks_v2.CreateTaskRequest] = []

    def create_task(self, raw: bytes, context: grpc.ServicerContext) -> bytes:
        self.tasks.append(tasks_v2.CreateTaskRequest.deserialize(raw))
        if len(self.tasks) <= self._times:
            context.abort(self._code, "told by the test")
        answer: bytes = tasks_v2.Task.serialize(tasks_v2.Task(name=NAME))
        return answer

    @contextmanager
    def client(self) -> Iterator[tasks_v2.CloudTasksClient]:
        method: grpc.RpcMethodHandler[bytes, bytes] = grpc.unary_unary_rpc_method_handler(self.create_task)
        handler = grpc.method_handlers_generic_handler("google.cloud.tasks.v2.CloudTasks", {"CreateTask": method})
        with ThreadPoolExecutor(2) as threads:
            server = grpc.server(threads, handlers=[handler])
            port = server.add_insecure_port("127.0.0.1:0")
            server.start()
            try:
                with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
                    yield tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
            finally:
                server.stop(None).wait()


def put(server: Server, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(enqueue, "PAUSE_S", 0.0)
    monkeypatch.setattr(enqueue, "SECOND_CALL_AFTER_S", 100.0)
    with server.client() as client:
        queue = TaskQueue(read_config(environment("http://127.0.0.1:1")))
        queue._client = client
        return asyncio.run(queue.enqueue(REQUEST, time.monotonic() + 20))


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
def test_no_code_of_the_queue_loses_a_task_that_a_second_call_would_bring(
    code: grpc.StatusCode, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(code, times=1)
    if code in NOT_RETRYABLE:
        with pytest.raises(QueueUnavailable, match="told by the test"):
            put(server, monkeypatch)
    else:
        assert put(server, monkeypatch) == NAME
    assert len(server.tasks) == (1 if code in {*NOT_RETRYABLE, grpc.StatusCode.ALREADY_EXISTS} else 2)
    assert all(task == server.tasks[0] for task in server.tasks)


@pytest.mark.parametrize("code", CODES, ids=lambda code: code.name)
def test_no_code_that_stays_becomes_a_promise(code: grpc.StatusCode, monkeypatch: pytest.MonkeyPatch) -> None:
    """But for the one that says that the task is there."""
    server = Server(code, times=100)
    if code is grpc.StatusCode.ALREADY_EXISTS:
        assert put(server, monkeypatch) == NAME
        return
    with pytest.raises(QueueUnavailable, match="told by the test"):
        put(server, monkeypatch)
    assert len(server.tasks) == (1 if code in NOT_RETRYABLE else 2)


@pytest.mark.parametrize(
    ("code", "is_there"), [(grpc.StatusCode.ALREADY_EXISTS, True), (grpc.StatusCode.ABORTED, False)], ids=str
)
def test_over_grpc_too_only_already_exists_is_already_there(code: grpc.StatusCode, is_there: bool) -> None:
    """Source: google.rpc.Code: ALREADY_EXISTS and ABORTED are one HTTP status, 409, and two of gRPC's."""
    with Server(code, times=1).client() as client, pytest.raises(exceptions.Conflict) as caught:
        client.create_task(parent=NAME.partition("/tasks/")[0], task=tasks_v2.Task(name=NAME), timeout=10, retry=None)
    assert already_exists(caught.value) == is_there
