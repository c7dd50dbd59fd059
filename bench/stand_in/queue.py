"""A queue that takes every task and answers at once: `python -m bench.stand_in.queue`, a process of its own.

POST …/tasks          Cloud Tasks' REST, tasks.create; remembers the name, and refuses one that it has
GET v2beta3/…         queues.get: a queue without a task
GET /names            how many names it remembers
CreateTask            the same over gRPC, which google-cloud-tasks speaks best
Prints its two ports, of REST and of gRPC, as one line of JSON.
"""

import asyncio
import json
from typing import Any

import grpc
import grpc.aio
import httptools
from google.cloud.tasks_v2.types import CreateTaskRequest

_QUEUE = {"state": "RUNNING", "rateLimits": {"maxDispatchesPerSecond": 500}, "stats": {"effectiveExecutionRate": 500}}
_THERE = {"error": {"code": 409, "message": "Requested entity already exists", "status": "ALREADY_EXISTS"}}

_names: set[str] = set()


class Rest(asyncio.Protocol):
    """One connection; its requests come one after another."""

    def connection_made(self, transport: Any) -> None:
        self._transport = transport
        self._parser = httptools.HttpRequestParser(self)
        self._path, self._body = b"", b""

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self._path, self._body = url, b""

    def on_body(self, body: bytes) -> None:
        self._body += body

    def on_message_complete(self) -> None:
        status, content = _answer(self._path, self._body)
        body = json.dumps(content).encode()
        head = b"HTTP/1.1 %d -\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % (status, len(body)) + body)


def _answer(path: bytes, body: bytes) -> tuple[int, object]:
    if path == b"/names":
        return 200, len(_names)
    if not body:
        return 200, _QUEUE
    name = json.loads(body)["task"]["name"]
    return (200, {"name": name}) if _is_new(name) else (409, _THERE)


def _is_new(name: str) -> bool:
    is_new = name not in _names
    _names.add(name)
    return is_new


async def _create(request: Any, context: grpc.aio.ServicerContext[Any, Any]) -> Any:
    if not _is_new(request.task.name):
        await context.abort(grpc.StatusCode.ALREADY_EXISTS, "Requested entity already exists")
    return request.task


def _grpc_server() -> tuple[grpc.aio.Server, int]:
    server = grpc.aio.server()
    message = CreateTaskRequest.pb()  # without the library's wrapper, which takes longer than all else here
    handler: Any = grpc.unary_unary_rpc_method_handler(
        _create, message.FromString, lambda task: task.SerializeToString()
    )
    service = grpc.method_handlers_generic_handler("google.cloud.tasks.v2.CloudTasks", {"CreateTask": handler})
    server.add_generic_rpc_handlers((service,))
    return server, server.add_insecure_port("127.0.0.1:0")


async def main() -> None:
    rest = await asyncio.get_running_loop().create_server(Rest, "127.0.0.1", 0)
    server, grpc_port = _grpc_server()
    await server.start()
    print(json.dumps([rest.sockets[0].getsockname()[1], grpc_port]), flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main())
