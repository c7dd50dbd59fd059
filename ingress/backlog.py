"""How long is the line?  Asks Cloud Tasks now and then, beside what a request does anyway.  Called by main.

An instance of Cloud Run stands still between its requests, so that nothing is left to do after an answer.
Source: Cloud Run, "CPU allocation".  Cloud Tasks v2beta3, queues.get with a read mask: only that version tells stats.
"""

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass

from google.cloud import tasks_v2beta3
from google.protobuf.field_mask_pb2 import FieldMask

from ingress.cloud_tasks import FAILURES, client_arguments, describe
from ingress.config import Config
from service.log import log

_FETCH_TIMEOUT_S = 1.0  # of the one request in look_every_s that asks
_MAX_AGE_S = 60.0  # what was fetched longer ago says nothing any more


@dataclass(frozen=True, slots=True)
class QueueStats:
    """What Cloud Tasks told: so many tasks, of which so many start a second; 0 where the queue is paused.

    fetched_at_s is the instant of the question: the answer may lie unread while the process stands still.
    """

    tasks: int
    per_s: float
    fetched_at_s: float

    def wait_s(self, more: int) -> float:
        """How long until a task that is put behind these, and `more` since, starts."""
        return (self.tasks + more) / self.per_s if self.per_s > 0 else float("inf")


class Backlog:
    """fetch() asks Cloud Tasks; now_s() is any clock that only goes forward.  Safe to use from many threads."""

    def __init__(
        self, fetch: Callable[[], QueueStats], look_every_s: float, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._look_every_s = look_every_s
        self._now_s = now_s
        self._latest: tuple[QueueStats, int] | None = None  # with what was enqueued when it was asked
        self._enqueued = 0
        self._refreshed_at_s = float("-inf")
        self._refreshing: Future[None] | None = None
        self._lock = threading.Lock()
        self._threads = ThreadPoolExecutor(thread_name_prefix="backlog")

    @asynccontextmanager
    async def refresh_meanwhile(self, deadline_s: float) -> AsyncIterator[None]:
        """Asks, where it is time to, while the block runs; its end waits for the answer, but not beyond deadline_s."""
        question = self._refresh_if_due()
        try:
            yield
        finally:
            if question is not None:
                left_s = min(_FETCH_TIMEOUT_S, deadline_s - self._now_s())  # below 0 it does not wait
                await asyncio.wait([asyncio.wrap_future(question)], timeout=left_s)

    def wait_s(self) -> float:
        """As far as this instance knows; 0 while it knows nothing."""
        with self._lock:
            if self._latest is None:
                return 0.0
            stats, enqueued = self._latest
            if self._now_s() - stats.fetched_at_s > _MAX_AGE_S:
                return 0.0
            return stats.wait_s(self._enqueued - enqueued)

    def is_refreshing(self) -> bool:
        return self._refreshing is not None and not self._refreshing.done()

    def note_enqueued(self) -> None:
        """One more stands in line than Cloud Tasks told."""
        with self._lock:
            self._enqueued += 1

    def _refresh_if_due(self) -> Future[None] | None:
        """One question at a time: while one hangs, no other is asked."""
        with self._lock:
            now_s = self._now_s()
            if self.is_refreshing() or now_s - self._refreshed_at_s < self._look_every_s:
                return None
            self._refreshed_at_s = now_s
            self._refreshing = self._threads.submit(self._refresh, self._enqueued)
            return self._refreshing

    def _refresh(self, enqueued: int) -> None:
        try:
            stats = self._fetch()
        except FAILURES as error:
            # The line is then taken for short: a queue that cannot be asked may well take a task.
            log("WARNING", f"the backlog is unknown: {describe(error)}")
            return
        with self._lock:
            self._latest = stats, enqueued


def stats_fetcher(config: Config, now_s: Callable[[], float] = time.monotonic) -> Callable[[], QueueStats]:
    """What asks Cloud Tasks about the queue."""
    client = tasks_v2beta3.CloudTasksClient(**client_arguments(config))
    mask = FieldMask(paths=["state", "rate_limits", "stats"])
    request = tasks_v2beta3.GetQueueRequest(name=config.queue, read_mask=mask)

    def fetch() -> QueueStats:
        asked_at_s = now_s()
        queue = client.get_queue(request, timeout=_FETCH_TIMEOUT_S, retry=None)
        is_running = queue.state == tasks_v2beta3.Queue.State.RUNNING
        limit = queue.rate_limits.max_dispatches_per_second
        per_s = min(queue.stats.effective_execution_rate or limit, limit) if is_running else 0.0
        return QueueStats(queue.stats.tasks_count, per_s, asked_at_s)

    return fetch
