"""A process that is killed while it dispatches loses no task, and sends again only what was in flight."""

import asyncio
import contextlib
import random
import sys
import time
from asyncio.subprocess import Process
from collections import Counter
from functools import partial
from pathlib import Path

from aiohttp import web

from local.tasks.store import TaskStore
from tests.running import served, until
from tests.servers import ROOT
from tests.tasks.face import QUEUE
from tests.tasks.killed import AT_ONCE, TASKS

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
        for number in range(KILLS + 1):
            process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "tests.tasks.killed", str(path), f"{url}/", cwd=ROOT
            )
            if number < KILLS:
                await until(partial(_is_time_to_kill, arrivals, arrivals.total() + chance.randrange(1, 30), process))
                with contextlib.suppress(ProcessLookupError):
                    process.kill()
            await process.wait()
        assert process.returncode == 0
    assert len(arrivals) == TASKS
    assert arrivals.total() - TASKS <= KILLS * AT_ONCE
    store = TaskStore(path)
    assert all(store.is_gone(QUEUE, f"t{number}", time.time()) for number in range(TASKS))
    store.close()


def _is_time_to_kill(arrivals: Counter[str], enough: int, process: Process) -> bool:
    return arrivals.total() >= enough or process.returncode is not None
