"""Listens with an aiohttp application, and stops so that none of its connections stays open."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

# asyncio needs so many turns of its loop from accepting a connection until the application knows it.
_TURNS_TO_CONNECT = 4


@asynccontextmanager
async def listening(runner: web.AppRunner, host: str, port: int) -> AsyncIterator[int]:
    """The port, which is `port` or, for 0, any free one.  At the end of the block the runner is cleaned up.

    asyncio never closes a connection that it accepted just before Server.close().  So nothing is accepted for the last
    few turns.  Source: cpython, issue 109564.
    """
    with socket.create_server((host, port)) as listener:
        await runner.setup()
        try:
            await web.SockSite(runner, listener).start()
            yield listener.getsockname()[1]
        finally:
            asyncio.get_running_loop().remove_reader(listener)
            for _ in range(_TURNS_TO_CONNECT):
                await asyncio.sleep(0)
            await runner.cleanup()
