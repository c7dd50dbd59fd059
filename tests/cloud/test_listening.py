"""A server that ends leaves no connection open, however far asyncio was with accepting it."""

import asyncio
import contextlib
import logging
import socket

import pytest
from aiohttp import web

from local.http.listening import listening


@pytest.mark.parametrize("turns", range(6))
async def test_who_connects_just_before_the_end_is_hung_up_on(turns: int, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        async with listening(web.AppRunner(web.Application()), "127.0.0.1", 0) as port:
            client = socket.create_connection(("127.0.0.1", port), timeout=30)
            for _ in range(turns):
                await asyncio.sleep(0)
        with client, contextlib.suppress(ConnectionResetError):  # where nobody had accepted it
            assert client.recv(1) == b""
    assert caplog.text == ""
