"""Takes due tasks out of the store at each queue's rate and sends them.  One asyncio task a queue, one an attempt."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace

from local.data.disk import DiskUnavailable, backoffs_s, log_waiting_for_disk
from local.tasks.rules import QueueConfig, TokenBucket, dispatchable, next_look_s, retry_at_s
from local.tasks.store import TaskStore
from local.tasks.task import AttemptResult, LastAttempt, Task

_LONGEST_NAP_S = 60.0
_HOUSEKEEPING_S = 600.0
_RECORD_AGAIN_S = 1.0
_SLICE = 500  # so many rows change before others get their turn: about 10 ms

_log = logging.getLogger("mando.tasks")


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
        self.now_s = now_s
        self._is_running = False
        self._queues: dict[str, asyncio.Task[None]] = {}
        self._wakes: dict[str, asyncio.Event] = {}
        self._buckets: dict[str, TokenBucket] = {}
        self._attempts: dict[str, dict[str, asyncio.Task[None]]] = {}
        self._ended: list[tuple[Task, LastAttempt, AttemptResult, float]] = []
        self._house: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Goes on where the process before stopped: what was in flight then is due now."""
        self._store.release_in_flight()
        self._is_running = True
        self._house = asyncio.create_task(self._keep_house())
        for config in self._store.queues():
            self.wake(config.name)

    async def stop(self) -> None:
        self._is_running = False
        attempts = (task for tasks in self._attempts.values() for task in tasks.values())
        running = [*self._queues.values(), *attempts, *([self._house] if self._house else [])]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        self._settle()
        self._queues.clear()

    def wake(self, queue: str) -> None:
        if not self._is_running:
            return  # before start() an attempt would be taken for one that a killed process left
        self._wakes.setdefault(queue, asyncio.Event()).set()
        if queue not in self._queues or self._queues[queue].done():
            self._attempts.setdefault(queue, {})
            self._queues[queue] = asyncio.create_task(self._run(queue))

    def run_now(self, task: Task) -> None:
        """An operator asks for this task at once, whatever the rate or the queue's state."""
        if task.task_id not in self._attempts.setdefault(task.queue, {}):
            self._dispatch([replace(task, schedule_s=self.now_s())])

    async def purge(self, queue: str) -> None:
        """Returns when all tasks that were there when it was ordered are gone."""
        while (config := self._store.queue(queue)) is not None:
            with self._store.transaction():
                gone = self._store.purge(queue, self.now_s() + config.tombstone_s, _SLICE)
            if gone < _SLICE:
                return
            await asyncio.sleep(0)

    async def _run(self, queue: str) -> None:
        """Sends what is due, for as long as the queue is there; again after a while where the disk takes nothing."""
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
        await self.purge(queue)  # one that a process before had not finished
        while (config := self._store.queue(queue)) is not None:
            wake.clear()
            now_s = self.now_s()
            bucket = self._buckets.get(queue) or TokenBucket(float(config.rate.max_burst_size), now_s)
            bucket = self._buckets[queue] = bucket.filled(config.rate, now_s)
            tasks = self._store.due(queue, now_s, dispatchable(config, bucket, len(self._attempts[queue])))
            self._dispatch(tasks)
            bucket = self._buckets[queue] = bucket.taken(len(tasks))
            # Not wait_for: in Python 3.11 it can swallow the cancellation by stop() and wait for ever.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._nap_s(config, bucket)):
                    await wake.wait()
        self._buckets.pop(queue, None)

    def _nap_s(self, config: QueueConfig, bucket: TokenBucket) -> float:
        """Until the next dispatch can be possible; whatever makes one possible earlier wakes us."""
        due_s = self._store.next_due_s(config.name)
        due_in_s = None if due_s is None else due_s - self.now_s()
        return min(next_look_s(config, bucket, len(self._attempts[config.name]), due_in_s), _LONGEST_NAP_S)

    def _dispatch(self, tasks: list[Task]) -> None:
        if not tasks:
            return
        now_s = self.now_s()
        with self._store.transaction():
            for task in tasks:
                self._store.record_attempt(task, LastAttempt(task.schedule_s, now_s))
        for task in tasks:
            attempt = asyncio.create_task(self._attempt(task, LastAttempt(task.schedule_s, now_s)))
            self._attempts[task.queue][task.task_id] = attempt

    async def _attempt(self, task: Task, attempt: LastAttempt) -> None:
        try:
            result = await self._send(task)
        except (Exception, asyncio.CancelledError) as error:
            if not self._is_running:
                self._attempts[task.queue].pop(task.task_id, None)  # stopped: the next process makes it again
                raise
            # Whatever it was, the attempt is over, and the task is tried again.
            _log.exception("an attempt of %s ended by a mistake of ours", task.name)
            result = AttemptResult(None, f"{type(error).__name__}: {error}")
        if not self._ended:
            asyncio.get_running_loop().call_soon(self._settle)
        self._ended.append((task, attempt, result, self.now_s()))

    def _settle(self) -> None:
        """One commit for all the attempts that ended in the same round of the loop; again later where it fails."""
        ended, self._ended = self._ended, []
        if not ended:
            return
        try:
            with self._store.transaction():
                for one in ended:
                    self._record_end(*one)
        except DiskUnavailable as error:  # the attempts were made, and how they ended is not lost
            log_waiting_for_disk(error)
            self._ended = ended + self._ended
            if self._is_running:
                asyncio.get_running_loop().call_later(_RECORD_AGAIN_S, self._settle)
            return
        for task, *_ in ended:
            self._attempts[task.queue].pop(task.task_id, None)
            self.wake(task.queue)

    def _record_end(self, task: Task, attempt: LastAttempt, result: AttemptResult, ended_s: float) -> None:
        config = self._store.queue(task.queue)
        if config is None:
            return  # the queue is gone, and its tasks with it
        retry = task.retry or config.retry
        attempts = task.attempts + 1
        age_s = ended_s - (attempt.dispatched_s if task.first_attempt_s is None else task.first_attempt_s)
        if result.succeeded or retry.is_exhausted(attempts, age_s):
            self._store.bury([task], ended_s + config.tombstone_s)
        else:
            failed = replace(attempt, responded_at_s=ended_s, result=result)
            self._store.record_failure(task, retry_at_s(retry, attempts, ended_s, result.retry_after_s), failed)

    async def _keep_house(self) -> None:
        """Forgets names whose time is over and takes away tasks that were kept as long as their queue keeps any."""
        while True:
            try:
                for config in self._store.queues():
                    await self._expire(config)
                while self._store.forget(self.now_s(), _SLICE) >= _SLICE:  # noqa: ASYNC110 -- others get their turn
                    await asyncio.sleep(0)
            except DiskUnavailable as error:
                log_waiting_for_disk(error)
            await asyncio.sleep(_HOUSEKEEPING_S)

    async def _expire(self, config: QueueConfig) -> None:
        while self._store.queue(config.name) is not None:
            now_s = self.now_s()
            gone = self._store.expire(config.name, now_s - config.task_ttl_s, now_s + config.tombstone_s, _SLICE)
            if gone < _SLICE:
                return
            await asyncio.sleep(0)
