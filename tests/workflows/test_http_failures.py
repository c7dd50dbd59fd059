"""Every way in which an HTTP call goes wrong, over real sockets, and the tag under which a workflow catches it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from local.executions.engine.live import LivePerformer, drive
from local.http.outgoing import outgoing_session
from local.workflows.compile.workflow import compile_workflow
from local.workflows.effects import Auth, HttpCall, HttpFailure
from local.workflows.errors import WorkflowError
from tests.servers import free_port

SOURCE = """
main:
  params: [url]
  steps:
    - call:
        try:
          call: http.get
          args:
            url: ${url}
            timeout: 0.3
            auth: {type: OIDC}
          result: answer
        except:
          as: error
          steps:
            - caught:
                return: ${error.tags}
    - fine:
        return: ${answer.code}
"""

Answer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(answer: Answer) -> AsyncIterator[str]:
    connections: list[asyncio.Task[Any] | None] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.append(asyncio.current_task())
        await reader.readuntil(b"\r\n\r\n")
        await answer(reader, writer)
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/"
    finally:
        server.close()
        await server.wait_closed()
        await asyncio.gather(*filter(None, connections))


async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Close the connection without a word."""


async def break_off(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this")
    await writer.drain()


async def say_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()


async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")
    await writer.drain()


async def flood(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    size = 2 * 1024 * 1024 + 1
    writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size)
    await writer.drain()


async def tags_of(url: str, tokens: Callable[[Auth], str] = lambda auth: "token") -> Any:
    async with outgoing_session() as session:
        performer = LivePerformer(session, tokens, "", lambda data, severity: None)
        return await drive(compile_workflow(SOURCE).run(url, {}), performer.perform)


@pytest.mark.parametrize(
    ("answer", "tag"),
    [
        (hang_up, "ConnectionError"),
        (break_off, "ConnectionError"),
        (say_nothing, "TimeoutError"),
        (refuse, "HttpError"),
        (flood, "ResourceLimitError"),
    ],
)
async def test_a_call_that_goes_wrong_is_caught_under_its_tag(answer: Answer, tag: str) -> None:
    async with serving(answer) as url:
        assert tag in await tags_of(url)


async def test_nobody_there_is_a_connection_that_failed() -> None:
    assert "ConnectionFailedError" in await tags_of(f"http://127.0.0.1:{free_port()}/")


async def test_a_connection_that_failed_says_to_whom_and_why() -> None:
    port = free_port()
    async with outgoing_session() as session:
        performer = LivePerformer(session, lambda auth: "token", "", lambda data, severity: None)
        outcome = await performer.perform(HttpCall("GET", f"http://127.0.0.1:{port}/", {}, None, 5))
    message = f"cannot connect to 127.0.0.1:{port}: Connection refused"
    assert outcome == HttpFailure("ConnectionFailedError", message)


async def test_a_token_that_cannot_be_had_is_an_error_that_a_workflow_can_catch() -> None:
    def no_token(auth: Auth) -> str:
        raise WorkflowError.tagged("AuthError", "no such account")

    async with serving(refuse) as url:
        assert "AuthError" in await tags_of(url, no_token)


@pytest.mark.parametrize("url", ["", "127.0.0.1", "ftp://127.0.0.1/", "http://"])
async def test_what_is_no_address_is_a_value_error(url: str) -> None:
    assert "ValueError" in await tags_of(url)
