"""The gRPC gateway before a server that is not Google's, and on a port that another program has."""

import socket

import aiohttp
import grpc
import grpc.aio
import pytest
from aiohttp import web
from google.cloud import tasks_v2

from local.googleapi.grpc_gateway import serve
from tests.running import served
from tests.servers import free_port

LIST_QUEUES = "/google.cloud.tasks.v2.CloudTasks/ListQueues"


@pytest.mark.parametrize(
    ("status", "text", "code", "message"),
    [
        (200, "<html>", grpc.StatusCode.INTERNAL, "<html>"),
        (200, "[]", grpc.StatusCode.INTERNAL, "[]"),
        (418, "a teapot", grpc.StatusCode.INTERNAL, "a teapot"),
        (429, '{"error": "slower"}', grpc.StatusCode.RESOURCE_EXHAUSTED, '{"error": "slower"}'),
        (503, "busy", grpc.StatusCode.UNAVAILABLE, "busy"),
        (404, '{"error": {"status": "ABORTED", "message": "m"}}', grpc.StatusCode.ABORTED, "m"),
    ],
)
async def test_an_answer_in_another_format_is_an_error_with_its_text(
    status: int, text: str, code: grpc.StatusCode, message: str
) -> None:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(status=status, text=text)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    address = f"127.0.0.1:{free_port()}"
    async with served(app) as base_url, aiohttp.ClientSession() as session:
        server = await serve(address, base_url, session)
        try:
            async with grpc.aio.insecure_channel(address) as channel:
                call = channel.unary_unary(
                    LIST_QUEUES,
                    request_serializer=tasks_v2.ListQueuesRequest.serialize,
                    response_deserializer=tasks_v2.ListQueuesResponse.deserialize,
                )
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await call(tasks_v2.ListQueuesRequest(parent="projects/p/locations/l"), timeout=20)
        finally:
            await server.stop(None)
    assert (caught.value.code(), caught.value.details()) == (code, message)


async def test_a_port_that_is_in_use_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = f"127.0.0.1:{taken.getsockname()[1]}"
        async with aiohttp.ClientSession() as session:
            with pytest.raises(OSError, match=f"^cannot listen on {address}: "):
                await serve(address, "http://127.0.0.1:1", session)
