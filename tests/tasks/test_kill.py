"""A process that is killed while it dispatches loses no task, and sends again only what was in flight."""

import asyncio
import random
import sys
import time
from collections import Counter
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

from aiohttp import web

from local.tasks.store import TaskStore
from tests.forked import forked
from tests.running import served, until
from tests.tasks.face import QUEUE
from tests.tasks.killed import AT_ONCE, TASKS, main

KILLS = 4


async def test_no_task_is_lost_or_sent_anew_without_need_by_kill_9(tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    sys.stdout.write(f"seed {seed}\n")
    chance = random.Random(seed)
    arrivals: Counter[str] = Counter()

    async def target(request: web.Request) -> web.Response:
        arrivals[request.headers["X-CloudTasks-TaskName"]] += 1
        await asyncio.sleep(0.02)  # so that something is in flight whenever the process is killed
        return web.Response()

    app = web.Application()
    app.router.add_post("/", target)
    path = tmp_path / "tasks.sqlite"
    async with served(app) as url:
        for _ in range(KILLS):
            async with forked(main, path, f"{url}/") as process:
                await until(partial(_is_time_to_kill, arrivals, arrivals.total() + chance.randrange(1, 30), process))
        async with forked(main, path, f"{url}/") as process:
            await until(lambda: process.exitcode is not None)
            assert process.exitcode == 0
    assert len(arrivals) == TASKS
    assert arrivals.total() - TASKS <= KILLS * AT_ONCE
    store = TaskStore(path)
    assert all(store.is_gone(QUEUE, f"t{number}", time.time()) for number in range(TASKS))
    store.close()


def _is_time_to_kill(arrivals: Counter[str], enough: int, process: BaseProcess) -> bool:
    return arrivals.total() >= enough or process.exitcode is not None
