"""Sends due tasks at each queue's rate.  One asyncio task for each queue, and one for each attempt."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Protocol

from local.data.disk import DiskUnavailable, backoffs_s, log_waiting_for_disk
from local.tasks.rules import QueueConfig, Throttle, TokenBucket, dispatchable, next_check_s, retry_at_s
from local.tasks.store import TaskStore
from local.tasks.task import AppEngineRequest, AttemptResult, HttpRequest, LastAttempt, Task

_LONGEST_WAIT_S = 60.0
_CLEAN_UP_EVERY_S = 600.0
_RECORD_AGAIN_S = 1.0
_BATCH = 500  # rows that change before the event loop gets its turn: about 10 ms

_log = logging.getLogger("mando.tasks")


class Watcher(Protocol):
    """Is told of every attempt.  next_s: when the next one is due; None if there is none."""

    def attempt_began(self, task: Task) -> None: ...
    def attempt_ended(self, task: Task, result: AttemptResult, next_s: float | None) -> None: ...


class Dispatcher:
    """Makes all dispatches.  Call wake() after any change that may allow an earlier dispatch."""

    def __init__(
        self,
        store: TaskStore,
        send: Callable[[Task], Awaitable[AttemptResult]],
        now_s: Callable[[], float] = time.time,
        watcher: Watcher | None = None,
    ) -> None:
        self._watcher = watcher
        self._store = store
        self._send = send
        self.now_s = now_s
        self._is_running = False
        self._queues: dict[str, asyncio.Task[None]] = {}
        self._wakes: dict[str, asyncio.Event] = {}
        self._buckets: dict[str, TokenBucket] = {}
        self._throttles: dict[str, Throttle] = {}
        self._attempts: dict[str, dict[str, asyncio.Task[None]]] = {}
        self._ended: list[tuple[Task, LastAttempt, AttemptResult, float]] = []
        self._cleanup_task: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Start all queues.  Tasks that were in flight when an earlier process ended are due now."""
        self._store.release_in_flight()
        self._is_running = True
        self._cleanup_task = asyncio.create_task(self._clean_up())
        for config in self._store.queues():
            self.wake(config.name)

    async def stop(self) -> None:
        self._is_running = False
        attempts = (task for tasks in self._attempts.values() for task in tasks.values())
        running = [*self._queues.values(), *attempts, *([self._cleanup_task] if self._cleanup_task else [])]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._record_ended()
        self._queues.clear()

    def wake(self, queue: str) -> None:
        if not self._is_running:
            return  # start() treats every task in flight as left by an earlier process
        self._wakes.setdefault(queue, asyncio.Event()).set()
        if queue not in self._queues or self._queues[queue].done():
            self._attempts.setdefault(queue, {})
            self._queues[queue] = asyncio.create_task(self._run(queue))

    def run_now(self, task: Task) -> None:
        """Dispatch this task at once, whatever the rate or the queue's state.  For RunTask."""
        if task.task_id not in self._attempts.setdefault(task.queue, {}):
            self._dispatch([replace(task, schedule_s=self.now_s())])

    async def purge(self, queue: str) -> None:
        """Delete the tasks that order_purge() selected.  Returns when all are gone."""
        while (config := self._store.queue(queue)) is not None:
            with self._store.transaction():
                gone = self._store.purge(queue, self.now_s() + config.tombstone_s, _BATCH)
            if gone < _BATCH:
                return
            await asyncio.sleep(0)

    async def _run(self, queue: str) -> None:
        """Serve the queue until it is deleted; retry with a backoff while the disk is unavailable."""
        for wait_s in backoffs_s():
            try:
                await self._serve(queue)
            except DiskUnavailable as error:
                log_waiting_for_disk(error)
                await asyncio.sleep(wait_s)
            else:
                return

    async def _serve(self, queue: str) -> None:
        wake = self._wakes[queue]
        await self.purge(queue)  # an earlier process may have left one unfinished
        while (kept := self._store.queue(queue)) is not None:
            wake.clear()
            config = self.throttled(kept)
            now_s = self.now_s()
            bucket = self._buckets.get(queue) or TokenBucket(float(config.rate.max_burst_size), now_s)
            bucket = self._buckets[queue] = bucket.filled(config.rate, now_s)
            tasks = self._store.due(queue, now_s, dispatchable(config, bucket, len(self._attempts[queue])))
            self._dispatch(tasks)
            bucket = self._buckets[queue] = bucket.taken(len(tasks))
            # Not wait_for: in Python 3.11 it can swallow the cancellation by stop() and wait for ever.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._wait_s(config, bucket)):
                    await wake.wait()
        self._buckets.pop(queue, None)
        self._throttles.pop(queue, None)

    def throttled(self, config: QueueConfig) -> QueueConfig:
        """The queue with the rate at which it is served now."""
        throttle = self._throttles.get(config.name)
        return throttle.applied(config) if throttle else config

    def _wait_s(self, config: QueueConfig, bucket: TokenBucket) -> float:
        """The time until the next dispatch may be possible, unless wake() is called before."""
        due_s = self._store.next_due_s(config.name)
        due_in_s = None if due_s is None else due_s - self.now_s()
        return min(next_check_s(config, bucket, len(self._attempts[config.name]), due_in_s), _LONGEST_WAIT_S)

    def _dispatch(self, tasks: list[Task]) -> None:
        if not tasks:
            return
        now_s = self.now_s()
        with self._store.transaction():
            for task in tasks:
                self._store.record_attempt(task, LastAttempt(task.schedule_s, now_s))
        for task in tasks:
            if self._watcher is not None:
                self._watcher.attempt_began(task)
            attempt = asyncio.create_task(self._attempt(task, LastAttempt(task.schedule_s, now_s)))
            self._attempts[task.queue][task.task_id] = attempt

    async def _attempt(self, task: Task, attempt: LastAttempt) -> None:
        try:
            result = await self._send(self._routed(task))
        except (Exception, asyncio.CancelledError) as error:
            if not self._is_running:
                self._attempts[task.queue].pop(task.task_id, None)  # stopped: the next process repeats the attempt
                raise
            # Any error ends the attempt, and the task is retried.
            _log.exception("an attempt of %s ended by a mistake of ours", task.name)
            result = AttemptResult(None, f"{type(error).__name__}: {error}")
        throttle = self._throttles.get(task.queue, Throttle())
        is_http = isinstance(task.request, HttpRequest)
        self._throttles[task.queue] = throttle.after(result.status, self.now_s(), is_http=is_http)
        if not self._ended:
            asyncio.get_running_loop().call_soon(self._record_ended)
        self._ended.append((task, attempt, result, self.now_s()))

    def _routed(self, task: Task) -> Task:
        """The task as it is sent.  Source: Queue.app_engine_routing_override: it replaces the task's own routing."""
        config = self._store.queue(task.queue)
        if config is None or not config.routing or not isinstance(task.request, AppEngineRequest):
            return task
        return replace(task, request=replace(task.request, routing=config.routing))

    def _record_ended(self) -> None:
        """Record all attempts that ended in this round of the event loop, in one commit; retry later if it fails."""
        ended, self._ended = self._ended, []
        if not ended:
            return
        try:
            with self._store.transaction():
                nexts_s = [self._record_end(*one) for one in ended]
        except DiskUnavailable as error:  # keep the results in memory until they are recorded
            log_waiting_for_disk(error)
            self._ended = ended + self._ended
            if self._is_running:
                asyncio.get_running_loop().call_later(_RECORD_AGAIN_S, self._record_ended)
            return
        for (task, _, result, _), next_s in zip(ended, nexts_s, strict=True):
            self._attempts[task.queue].pop(task.task_id, None)
            if self._watcher is not None:
                self._watcher.attempt_ended(task, result, next_s)
            self.wake(task.queue)

    def _record_end(self, task: Task, attempt: LastAttempt, result: AttemptResult, ended_s: float) -> float | None:
        """When the next attempt is due; None if there is none."""
        config = self._store.queue(task.queue)
        if config is None:
            return None  # the queue was deleted, and its tasks with it
        retry = task.retry or config.retry
        attempts = task.attempts + 1
        age_s = ended_s - (attempt.dispatched_s if task.first_attempt_s is None else task.first_attempt_s)
        if result.succeeded or retry.is_exhausted(attempts, age_s):
            self._store.leave_tombstones([task], ended_s + config.tombstone_s)
            return None
        next_s = retry_at_s(retry, attempts, ended_s, result.retry_after_s)
        self._store.record_failure(task, next_s, replace(attempt, responded_at_s=ended_s, result=result))
        return next_s

    async def _clean_up(self) -> None:
        """Delete expired tasks and expired tombstones, every ten minutes."""
        while True:
            try:
                for config in self._store.queues():
                    await self._expire(config)
                while self._store.forget(self.now_s(), _BATCH) >= _BATCH:  # noqa: ASYNC110 -- others get their turn
                    await asyncio.sleep(0)
            except DiskUnavailable as error:
                log_waiting_for_disk(error)
            await asyncio.sleep(_CLEAN_UP_EVERY_S)

    async def _expire(self, config: QueueConfig) -> None:
        while self._store.queue(config.name) is not None:
            now_s = self.now_s()
            gone = self._store.expire(config.name, now_s - config.task_ttl_s, now_s + config.tombstone_s, _BATCH)
            if gone < _BATCH:
                return
            await asyncio.sleep(0)
