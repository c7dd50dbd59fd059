"""A worker that is one queue of mando: its store in a file and its dispatcher, without its faces."""

import asyncio
import tempfile
import threading
import time
from concurrent.futures import Future
from pathlib import Path

from bench.workers.jobs import serve
from bench.workers.memory import resident_kib
from local.auth import TokenIssuer
from local.http.outgoing import outgoing_session
from local.tasks.dispatcher import Dispatcher
from local.tasks.rules import QueueConfig, RateLimits, burst_for
from local.tasks.sender import Sender
from local.tasks.store import TaskStore
from local.tasks.task import HttpRequest, NewTask

QUEUE = "projects/demo/locations/us-central1/queues/q"
_RATE_PER_S = 500
_BATCH = 50_000


class Queue:
    def __init__(self, folder: Path) -> None:
        self._store, self._folder, self._created = TaskStore(folder / "tasks.sqlite"), folder, 0
        # The burst that the service gives such a queue; it is over before the rate is measured.
        self._store.put_queue(QueueConfig(QUEUE, rate=RateLimits(_RATE_PER_S, burst_for(_RATE_PER_S), 1000)))
        self._loop = asyncio.new_event_loop()
        threading.Thread(target=self._loop.run_forever, daemon=True).start()

    def fill(self, up_to: int, url: str) -> None:
        """Create tasks until so many wait; many in one commit."""
        while (missing := up_to - self._store.depth(QUEUE)) > 0:
            with self._store.transaction():
                self.create(min(missing, _BATCH), url)

    def create(self, count: int, url: str) -> None:
        request = HttpRequest(url, body=b'{"argument": "{}"}')
        for _ in range(count):
            self._created += 1
            now_s, name = time.time(), f"{hash(str(self._created)) & 0xFFFFFFFF:08x}-{self._created}"
            self._store.create(QUEUE, NewTask(name, request, now_s), now_s)

    def start(self, url: str) -> None:
        """Start to dispatch."""
        self._stopping, begun = asyncio.Event(), Future[None]()
        self._dispatching = asyncio.run_coroutine_threadsafe(self._dispatch(url, begun), self._loop)
        begun.result(timeout=10)

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._stopping.set)
        self._dispatching.result(timeout=10)

    async def _dispatch(self, url: str, begun: "Future[None]") -> None:
        async with outgoing_session() as session:
            sender = Sender(session, TokenIssuer(self._folder / "issuer.pem"), url)
            dispatcher = Dispatcher(self._store, sender.send)
            await dispatcher.start()
            begun.set_result(None)
            await self._stopping.wait()
            await dispatcher.stop()

    def cpu_s(self) -> float:
        """CPU time of this process so far."""
        return time.process_time()


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        queue = Queue(Path(folder))
        jobs = {name: getattr(queue, name) for name in ("fill", "create", "start", "stop", "cpu_s")}
        serve({**jobs, "resident_kib": resident_kib})


if __name__ == "__main__":
    main()
