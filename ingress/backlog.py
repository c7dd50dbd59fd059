"""How long does a new request wait?  Asks Cloud Tasks about both queues at times, during a request.  Called by main.

Cloud Run gives an instance no processor time between requests, so the calls must end before the request's answer.
Source: Cloud Run, "CPU allocation".  Cloud Tasks v2beta3, queues.get with a read mask: only that version has stats.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from ingress.config import Config
from ingress.luck import Luck
from service.cloud_tasks import FAILURES, CloudTasks, Json, describe, is_final
from service.log import log

_FETCH_TIMEOUT_S = 1.0  # of one call to Cloud Tasks
_FIELDS = "state,rateLimits,stats"
_MAX_AGE_S = 60.0  # older stats are not used
_LOOK_AGAIN_S = 1.0  # after a call that failed: where most do, one must succeed before the last stats are too old


@dataclass(frozen=True, slots=True)
class QueueStats:
    """The state of a queue: its number of tasks, and how many of them a new request waits for per second.

    per_s is 0 if nothing moves, and infinite if the tasks hold up no new request.
    fetched_at_s is the instant of the call, not of the answer: the process may be paused before it reads the answer.
    """

    tasks: int
    per_s: float
    fetched_at_s: float

    def wait_s(self, more: int) -> float:
        """The wait of a new request, when `more` tasks were added since the call."""
        return (self.tasks + more) / self.per_s if self.per_s > 0 else float("inf")


Fetch = Callable[[], Awaitable[QueueStats]]


class _Line:
    """The last known stats of one queue; fetch() gets new ones."""

    def __init__(self, fetch: Fetch, luck: Luck, look_every_s: float, now_s: Callable[[], float], name: str) -> None:
        self._fetch = fetch
        self._luck = luck
        self._look_every_s = look_every_s
        self._look_again_s = look_every_s
        self._now_s = now_s
        self._name = name
        self._latest: tuple[QueueStats, int] | None = None  # with _added at the call
        self._added = 0
        self._refreshed_at_s = float("-inf")
        self._refreshing: asyncio.Task[None] | None = None

    def wait_s(self) -> float:
        """0 while nothing is known."""
        if self._latest is None:
            return 0.0
        stats, added = self._latest
        if self._now_s() - stats.fetched_at_s > _MAX_AGE_S:
            return 0.0
        return stats.wait_s(self._added - added)

    def is_refreshing(self) -> bool:
        return self._refreshing is not None and not self._refreshing.done()

    def note_added(self) -> None:
        """Count one task that the stats may not contain yet."""
        self._added += 1

    def refresh_if_due(self) -> asyncio.Task[None] | None:
        """One call at a time: while one hangs, no other begins."""
        now_s = self._now_s()
        if self.is_refreshing() or now_s - self._refreshed_at_s < self._look_again_s:
            return None
        self._refreshed_at_s = now_s
        self._refreshing = asyncio.create_task(self._refresh(self._added))
        return self._refreshing

    async def _refresh(self, added: int) -> None:
        self._look_again_s = self._look_every_s
        try:
            with self._luck.counted():
                stats = await self._fetch()
        except FAILURES as error:
            if not is_final(error):
                self._look_again_s = min(_LOOK_AGAIN_S, self._look_every_s)
            # The old stats stay until they are too old.  A queue without stats may still take a task.
            log("WARNING", f"the number of {self._name} that wait is unknown: {describe(error)}")
            return
        self._latest = stats, added


class Backlog:
    """What is known of the requests and of the replies that wait.  If one is unknown, the other counts alone.

    luck: of the calls to Cloud Tasks, by all who make some.
    """

    def __init__(
        self,
        fetch_requests: Fetch,
        fetch_replies: Fetch,
        look_every_s: float,
        now_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._now_s = now_s
        self.luck = Luck()
        self._requests = _Line(fetch_requests, self.luck, look_every_s, now_s, "requests")
        self._replies = _Line(fetch_replies, self.luck, look_every_s, now_s, "replies")

    @asynccontextmanager
    async def refresh_meanwhile(self, deadline_s: float) -> AsyncIterator[None]:
        """Fetch new stats while the block runs, if they are due; then wait for them, but not beyond deadline_s."""
        started = [line.refresh_if_due() for line in (self._requests, self._replies)]
        calls = [call for call in started if call is not None]
        try:
            yield
        finally:
            if calls:
                left_s = min(_FETCH_TIMEOUT_S, deadline_s - self._now_s())  # below 0: no wait
                await asyncio.wait(calls, timeout=left_s)

    def wait_s(self) -> float:
        """The wait of a new request, as far as this instance knows: first for the requests, then for the replies.

        A request that fails to start goes behind the others, so it waits for all of them at each of its attempts.
        """
        return self._requests.wait_s() * self.luck.attempts() + self._replies.wait_s()

    def is_refreshing(self) -> bool:
        return self._requests.is_refreshing() or self._replies.is_refreshing()

    def note_enqueued(self) -> None:
        """Count one request that the stats may not contain yet.  It becomes a waiting reply only if that fails."""
        self._requests.note_added()


def stats_fetchers(config: Config, now_s: Callable[[], float] = time.monotonic) -> tuple[Fetch, Fetch]:
    """The functions that fetch the stats of config.queue and of config.reply_queue from Cloud Tasks."""
    client = CloudTasks(config.tasks_endpoint, calls_at_once=2)

    def fetcher(name: str, per_s: Callable[[Json], float]) -> Fetch:
        async def fetch() -> QueueStats:
            asked_at_s = now_s()
            queue = await client.get_queue(name, _FIELDS, _FETCH_TIMEOUT_S)
            return QueueStats(int(queue.get("stats", {}).get("tasksCount", 0)), per_s(queue), asked_at_s)

        return fetch

    return fetcher(config.queue, _requests_per_s), fetcher(config.reply_queue, _replies_per_s)


def _requests_per_s(queue: Json) -> float:
    """A new request is behind all others, which start at the rate that Cloud Tasks runs the queue at; 0 if paused."""
    limit = _limit_per_s(queue)
    rate = float(queue.get("stats", {}).get("effectiveExecutionRate", 0))
    return min(rate or limit, limit) if _is_running(queue) else 0.0


def _replies_per_s(queue: Json) -> float:
    """A new request's reply is not behind the others: the workflow sends it.  They only take the steps' time.

    When Discord is back, they take it at the queue's limit, so a new request waits at most until all are shown.  While
    Discord is down, Cloud Tasks runs the queue far below its limit, because its calls fail.  That rate says nothing
    about afterwards, and would refuse everybody.  A queue that is paused takes no time, and refuses nobody.
    Source: Cloud Tasks, "QueueStats", effective_execution_rate.
    """
    return _limit_per_s(queue) or float("inf") if _is_running(queue) else float("inf")


def _is_running(queue: Json) -> bool:
    return bool(queue.get("state") == "RUNNING")


def _limit_per_s(queue: Json) -> float:
    return float(queue.get("rateLimits", {}).get("maxDispatchesPerSecond", 0))
