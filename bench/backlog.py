"""Measure the cost of a task in a queue of 20,000 and of 1,000,000 tasks, and whether 500 dispatches a second are kept.

There is no peer: Cloud Tasks cannot be measured here, and no emulator that we know stores its tasks.  So the two queues
are compared.  The tasks are sent over HTTP to a target in another process.
"""

import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import aiohttp

from local.auth import TokenIssuer
from local.tasks.dispatcher import Dispatcher
from local.tasks.rules import QueueConfig, RateLimits
from local.tasks.sender import Sender
from local.tasks.store import TaskStore
from local.tasks.task import HttpRequest, NewTask

LONG_QUEUE, SHORT_QUEUE = 1_000_000, 20_000
RATE_PER_S, SECONDS = 500, 20
BATCH = 100_000
QUEUE = "projects/demo/locations/us-central1/queues/q"
_TARGET = """
import asyncio
from aiohttp import web
async def main():
    received = []
    async def take(request):
        received.append(1)
        return web.Response()
    async def count(_):
        return web.json_response(len(received))
    app = web.Application()
    app.add_routes([web.post("/", take), web.get("/", count)])
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, _target() as url:
        for count in (SHORT_QUEUE, LONG_QUEUE):
            store = TaskStore(Path(folder) / f"{count}.sqlite")
            # A small burst, so that the rate is measured and not the bucket.
            store.put_queue(QueueConfig(QUEUE, rate=RateLimits(RATE_PER_S, 10, 1000)))
            print(f"{count:,} tasks")
            _fill(store, count, url)
            asyncio.run(_dispatch(store, Path(folder), url))
            store.close()


def _fill(store: TaskStore, count: int, url: str) -> None:
    request, costs_us = HttpRequest(url, body=b'{"argument": "{}"}'), []
    for first in range(0, count, BATCH):
        last = min(first + BATCH, count)
        began_s = time.perf_counter()
        for number in range(first, last):
            now_s = time.time()
            store.create(QUEUE, NewTask(f"{hash(str(number)) & 0xFFFFFFFF:08x}-{number}", request, now_s), now_s)
        costs_us.append((time.perf_counter() - began_s) / (last - first) * 1e6)
    print(f"  creating    {costs_us[0]:7.0f} us a task at the start, {costs_us[-1]:.0f} at the end,", end=" ")
    print(f"{statistics.median(costs_us):.0f} median; {_memory_mb():.0f} MB of memory")


async def _dispatch(store: TaskStore, folder: Path, url: str) -> None:
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        dispatcher = Dispatcher(store, Sender(session, TokenIssuer(folder / "issuer.pem"), url).send)
        await dispatcher.start()
        await asyncio.sleep(2)
        received, began_s, cpu_s = await _received(session, url), time.perf_counter(), time.process_time()
        await asyncio.sleep(SECONDS)
        sent, took_s = await _received(session, url) - received, time.perf_counter() - began_s
        cost_us = (time.process_time() - cpu_s) / sent * 1e6
        await dispatcher.stop()
    error_percent = (sent / took_s / RATE_PER_S - 1) * 100
    print(
        f"  dispatching {cost_us:7.0f} us of CPU a task; {sent / took_s:.1f} a second of {RATE_PER_S}"
        f" ({error_percent:+.2f} %),",
        end=" ",
    )
    print(f"{_memory_mb():.0f} MB of memory")


async def _received(session: aiohttp.ClientSession, url: str) -> int:
    async with session.get(url) as answer:
        return int(await answer.json())


@contextmanager
def _target() -> Iterator[str]:
    with subprocess.Popen([sys.executable, "-c", _TARGET], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.kill()


def _memory_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024**2


if __name__ == "__main__":
    main()
