"""Processes that a test kills: forked from one that has imported what they need, as that takes most of a second."""

import asyncio
import multiprocessing
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from multiprocessing.context import ForkServerProcess
from pathlib import Path

_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.executions.killed", "tests.tasks.killed"])


@asynccontextmanager
async def forked(main: Callable[[Path, str], None], path: Path, url: str) -> AsyncIterator[ForkServerProcess]:
    """The process, which runs main(path, url); killed when the block ends, if it still runs."""
    process = _FORKS.Process(target=main, args=(path, url))
    process.start()
    try:
        yield process
    finally:
        process.kill()
        await asyncio.to_thread(process.join)
