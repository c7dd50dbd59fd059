"""An aiohttp application on a free port of this machine."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from local.http.listening import listening


@asynccontextmanager
async def served(app: web.Application, port: int = 0) -> AsyncIterator[str]:
    """The base URL while the block runs; port 0 is any free one."""
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.5)
    async with listening(runner, "127.0.0.1", port) as taken:
        yield f"http://127.0.0.1:{taken}"


async def until(condition: Callable[[], object], deadline_s: float = 60) -> None:
    """Return when the condition holds; TimeoutError after deadline_s."""
    async with asyncio.timeout(deadline_s):
        while not condition():
            await asyncio.sleep(0.005)


@asynccontextmanager
async def counting_turns() -> AsyncIterator[Callable[[], int]]:
    """Counts the turns of the event loop in the block.  Code that blocks the loop is seen without a clock."""
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    counting = asyncio.create_task(count())
    await asyncio.sleep(0)
    turns = 0
    try:
        yield lambda: turns
    finally:
        counting.cancel()
