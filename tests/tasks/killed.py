"""A process that works through a queue and may be killed at any moment."""

import asyncio
import contextlib
import time
from pathlib import Path

from local.auth import TokenIssuer
from local.http.outgoing import outgoing_session
from local.tasks.dispatcher import Dispatcher
from local.tasks.rules import QueueConfig, RateLimits
from local.tasks.sender import Sender
from local.tasks.store import NameTaken, TaskStore
from local.tasks.task import HttpRequest, NewTask
from tests.tasks.face import QUEUE

TASKS, AT_ONCE = 150, 10


def main(path: Path, url: str) -> None:
    """Ends by itself when nothing waits."""
    asyncio.run(_main(path, url))


async def _main(path: Path, url: str) -> None:
    store = TaskStore(path)
    store.put_queue(QueueConfig(QUEUE, rate=RateLimits(max_concurrent_dispatches=AT_ONCE)))
    for number in range(TASKS):
        with contextlib.suppress(NameTaken):
            store.create(QUEUE, NewTask(f"t{number}", HttpRequest(url), time.time()), time.time())
    async with outgoing_session() as session:
        dispatcher = Dispatcher(store, Sender(session, TokenIssuer(path.parent / "key.pem"), url).send)
        await dispatcher.start()
        while store.depth(QUEUE):
            await asyncio.sleep(0.01)
        await dispatcher.stop()
    store.close()
