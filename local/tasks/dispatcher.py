"""Takes due tasks out of the store at each queue's rate and sends them.  One asyncio task a queue, one an attempt."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from typing import Any

from local.tasks.rules import QueueConfig, TokenBucket, dispatchable
from local.tasks.sender import AttemptResult
from local.tasks.store import Task, TaskStore

_LONGEST_NAP_S = 60.0

# Source: google.rpc.Code for the status of a failed attempt.
_RPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 409: 10, 429: 8, 499: 1, 500: 13, 501: 12, 503: 14, 504: 4}


class Dispatcher:
    """Owns every dispatch.  wake() after anything changed that may let a task go earlier."""

    def __init__(
        self,
        store: TaskStore,
        send: Callable[[Task], Awaitable[AttemptResult]],
        now_s: Callable[[], float] = time.time,
    ) -> None:
        self._store = store
        self._send = send
        self._now_s = now_s
        self._stopping = False
        self._queues: dict[str, asyncio.Task[None]] = {}
        self._wakes: dict[str, asyncio.Event] = {}
        self._attempts: dict[str, dict[str, asyncio.Task[AttemptResult]]] = {}

    async def start(self) -> None:
        """Goes on where the process before stopped: what was in flight then is due now."""
        self._store.forget_tombstones(self._now_s())
        self._store.release_in_flight()
        for config in self._store.queues():
            self.wake(config.name)

    async def stop(self) -> None:
        self._stopping = True
        running = [*self._queues.values(), *(task for tasks in self._attempts.values() for task in tasks.values())]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._queues.clear()

    def wake(self, queue: str) -> None:
        if self._stopping:
            return
        self._wakes.setdefault(queue, asyncio.Event()).set()
        if queue not in self._queues or self._queues[queue].done():
            self._attempts.setdefault(queue, {})
            self._queues[queue] = asyncio.create_task(self._run(queue))

    async def run_now(self, task: Task) -> None:
        """An operator asks for this task at once, whatever the rate or the queue's state."""
        config = self._store.queue(task.queue)
        if config is not None and task.name not in self._attempts.setdefault(task.queue, {}):
            self._dispatch(config, task)

    async def _run(self, queue: str) -> None:
        wake = self._wakes[queue]
        bucket: TokenBucket | None = None
        while (config := self._store.queue(queue)) is not None:
            wake.clear()
            now_s = self._now_s()
            bucket = (bucket or TokenBucket(float(config.rate.max_burst_size), now_s)).filled(config.rate, now_s)
            room = dispatchable(config, bucket, len(self._attempts[queue]))
            tasks = self._store.due(queue, now_s, room) if room else []
            for task in tasks:
                self._dispatch(config, task)
            bucket = bucket.taken(len(tasks))
            # Not wait_for: in Python 3.11 it can swallow the cancellation by stop() and wait for ever.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._nap_s(config, bucket)):
                    await wake.wait()

    def _nap_s(self, config: QueueConfig, bucket: TokenBucket) -> float:
        """Until the next dispatch can be possible; whatever makes one possible earlier wakes us."""
        if config.state != "RUNNING" or len(self._attempts[config.name]) >= config.rate.max_concurrent_dispatches:
            return _LONGEST_NAP_S
        due_s = self._store.next_due_s(config.name)
        if due_s is None:
            return _LONGEST_NAP_S
        return min(max(due_s - self._now_s(), bucket.wait_s(config.rate)), _LONGEST_NAP_S)

    def _dispatch(self, config: QueueConfig, task: Task) -> None:
        now_s = self._now_s()
        attempt = {"scheduleTime": task.schedule_s, "dispatchTime": now_s}
        self._store.record_attempt(task, now_s, attempt)
        sending = asyncio.create_task(self._attempt(config.name, task, attempt))
        self._attempts[config.name][task.name] = sending

    async def _attempt(self, queue: str, task: Task, attempt: dict[str, Any]) -> AttemptResult:
        try:
            result = await self._send(task)
            self._settle(task, attempt, result)
            return result
        finally:
            del self._attempts[queue][task.name]
            self.wake(queue)

    def _settle(self, task: Task, attempt: dict[str, Any], result: AttemptResult) -> None:
        now_s = self._now_s()
        config = self._store.queue(task.queue)
        if config is None or self._store.get(task.name) is None:
            return  # deleted or purged meanwhile
        attempts = task.attempts + 1
        age_s = now_s - (task.first_attempt_s if task.first_attempt_s is not None else attempt["dispatchTime"])
        if result.succeeded or config.retry.is_exhausted(attempts, age_s):
            self._store.bury(task, now_s + config.tombstone_s)
            return
        attempt = {**attempt, "responseTime": now_s, "responseStatus": _status(result)}
        due_s = now_s + config.retry.backoff_s(attempts)
        self._store.record_failure(task, due_s, attempt, answered=_counts_as_answer(result))


def _counts_as_answer(result: AttemptResult) -> bool:
    """Source: X-CloudTasks-TaskExecutionCount counts answers, but not 5xx failures."""
    return result.status is not None and result.status < 500


def _status(result: AttemptResult) -> dict[str, Any]:
    if result.status is None:
        return {"code": 14, "message": f"UNAVAILABLE(14): {result.error}"}
    code = _RPC_CODES.get(result.status, 2)
    return {"code": code, "message": f"HTTP status code {result.status}"}
