"""How long does a new task wait in the queue?  Asks Cloud Tasks from time to time, during a request.  Called by main.

Cloud Run gives an instance no processor time between requests, so the call must end before the request's answer.
Source: Cloud Run, "CPU allocation".  Cloud Tasks v2beta3, queues.get with a read mask: only that version has stats.
"""

import asyncio
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

_FETCH_TIMEOUT_S = 1.0  # of one call to Cloud Tasks
_MAX_AGE_S = 60.0  # older stats are not used


@dataclass(frozen=True, slots=True)
class QueueStats:
    """The state of the queue: its number of tasks, and how many start per second; 0 if it is paused.

    fetched_at_s is the instant of the call, not of the answer: the process may be paused before it reads the answer.
    """

    tasks: int
    per_s: float
    fetched_at_s: float

    def wait_s(self, more: int) -> float:
        """The wait of a new task, when `more` tasks were added since the call."""
        return (self.tasks + more) / self.per_s if self.per_s > 0 else float("inf")


class Backlog:
    """The last known stats of the queue.  fetch() gets new ones in a thread; all else belongs to one event loop."""

    def __init__(
        self, fetch: Callable[[], QueueStats], look_every_s: float, now_s: Callable[[], float] = time.monotonic
    ) -> None:
        self._fetch = fetch
        self._look_every_s = look_every_s
        self._now_s = now_s
        self._latest: tuple[QueueStats, int] | None = None  # with _enqueued at the call
        self._enqueued = 0
        self._refreshed_at_s = float("-inf")
        self._refreshing: Future[None] | None = None
        self._threads = ThreadPoolExecutor(thread_name_prefix="backlog")

    @asynccontextmanager
    async def refresh_meanwhile(self, deadline_s: float) -> AsyncIterator[None]:
        """Fetch new stats while the block runs, if they are due; then wait for them, but not beyond deadline_s."""
        refreshing = self._refresh_if_due()
        try:
            yield
        finally:
            if refreshing is not None:
                left_s = min(_FETCH_TIMEOUT_S, deadline_s - self._now_s())  # below 0: no wait
                await asyncio.wait([asyncio.wrap_future(refreshing)], timeout=left_s)

    def wait_s(self) -> float:
        """The wait of a new task, as far as this instance knows; 0 while it knows nothing."""
        if self._latest is None:
            return 0.0
        stats, enqueued = self._latest
        if self._now_s() - stats.fetched_at_s > _MAX_AGE_S:
            return 0.0
        return stats.wait_s(self._enqueued - enqueued)

    def is_refreshing(self) -> bool:
        return self._refreshing is not None and not self._refreshing.done()

    def note_enqueued(self) -> None:
        """Count one task that the stats may not contain yet."""
        self._enqueued += 1

    def _refresh_if_due(self) -> Future[None] | None:
        """One call at a time: while one hangs, no other begins."""
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
            # The old stats stay until they are too old.  A queue without stats may still take a task.
            log("WARNING", f"the backlog is unknown: {describe(error)}")
            return
        self._latest = stats, enqueued


def stats_fetcher(config: Config, now_s: Callable[[], float] = time.monotonic) -> Callable[[], QueueStats]:
    """The function that fetches the stats of config.queue from Cloud Tasks."""
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
