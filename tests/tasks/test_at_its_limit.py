"""Each instant, age, status and count of the queue just below, at and above its limit, by a clock of the test's own."""

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local.tasks import dispatcher as dispatcher_module
from local.tasks.dispatcher import Dispatcher
from local.tasks.rules import QueueConfig, RateLimits, RetryConfig, burst_for
from local.tasks.store import TaskStore
from local.tasks.task import AttemptResult, HttpRequest, LastAttempt, NewTask, Task
from tests.running import until
from tests.tasks.face import QUEUE

SLICE = dispatcher_module._BATCH


@dataclass
class Line:
    """A queue whose clock and whose targets the test owns.  sent are the names in their order."""

    store: TaskStore
    now_s: float = 1000.0
    answer: AttemptResult = field(default_factory=lambda: AttemptResult(503))
    sent: list[str] = field(default_factory=list)
    dispatcher: Dispatcher = field(init=False)

    def __post_init__(self) -> None:
        self.dispatcher = Dispatcher(self.store, self._send, lambda: self.now_s)

    async def _send(self, task: Task) -> AttemptResult:
        self.sent.append(task.task_id)
        return self.answer

    def put(self, task_id: str, schedule_s: float = 0.0) -> Task:
        return self.store.create(
            QUEUE, NewTask(task_id, HttpRequest("http://x", body=b"a secret"), schedule_s), self.now_s
        )

    async def ended(self, count: int) -> None:
        """So many attempts were made, and how they ended is recorded."""
        await until(lambda: len(self.sent) >= count and not self.dispatcher._attempts[QUEUE])

    def go_on_to(self, now_s: float) -> None:
        self.now_s = now_s
        self.dispatcher.wake(QUEUE)


@asynccontextmanager
async def a_line(folder: Path, config: QueueConfig | None = None, now_s: float = 1000.0) -> AsyncIterator[Line]:
    store = TaskStore(folder / "tasks.sqlite")
    if config is not None:
        store.put_queue(config)
    line = Line(store, now_s)
    yield line
    await line.dispatcher.stop()
    store.close()


def kept_rows(folder: Path) -> list[tuple[object, ...]]:
    """What stands in the file of each task."""
    with sqlite3.connect(folder / "tasks.sqlite") as database:
        rows = database.execute("SELECT task_id, request, retry, last FROM task ORDER BY number").fetchall()
    database.close()
    return rows


@pytest.mark.parametrize(
    ("max_attempts", "duration_s", "age_s", "is_given_up"),
    [
        (-1, 60, 59, False),
        (-1, 60, 60, True),
        (-1, 60, 61, True),
        (-1, 0, 10**6, False),
        (2, 60, 59, False),
        (2, 60, 60, True),
        (3, 60, 61, False),
        (2, 0, 1, True),
        (3, 0, 1, False),
    ],
)
async def test_a_task_is_tried_for_ever_or_given_up_too_early(
    tmp_path: Path, max_attempts: int, duration_s: float, age_s: float, is_given_up: bool
) -> None:
    """Its second attempt fails at that age, which counts from the first one.  Source: Cloud Tasks, RetryConfig."""
    retry = RetryConfig(max_attempts, duration_s, min_backoff_s=0.5)
    async with a_line(tmp_path, QueueConfig(QUEUE, retry=retry)) as line:
        line.put("t")
        await line.dispatcher.start()
        await line.ended(1)
        line.go_on_to(1000.0 + age_s)
        await line.ended(2)
        assert (line.store.get(QUEUE, "t") is None) == is_given_up


async def test_a_task_is_given_up_anew_with_a_first_attempt_of_the_process_before(tmp_path: Path) -> None:
    config = QueueConfig(QUEUE, retry=RetryConfig(-1, 60, min_backoff_s=0.5))
    async with a_line(tmp_path, config) as line:
        line.store.record_attempt(line.put("t"), LastAttempt(1000.0, 1000.0))
    async with a_line(tmp_path, now_s=1060.0) as line:
        await line.dispatcher.start()
        await line.ended(1)
        assert line.store.get(QUEUE, "t") is None


@pytest.mark.parametrize(("due_s", "goes"), [(999.99, True), (1000.0, True), (1000.01, False)])
async def test_a_task_goes_before_its_time(tmp_path: Path, due_s: float, goes: bool) -> None:
    async with a_line(tmp_path, QueueConfig(QUEUE)) as line:
        line.answer = AttemptResult(200)
        line.put("t", schedule_s=due_s)
        assert [task.task_id for task in line.store.due(QUEUE, line.now_s, 10)] == ["t"] * goes
        await line.dispatcher.start()
        line.put("now", schedule_s=1000.0)
        line.go_on_to(1000.0)
        await until(lambda: "now" in line.sent)
        assert ("t" in line.sent) == goes


@pytest.mark.parametrize(
    ("result", "responses", "refusals", "succeeded"),
    [
        (AttemptResult(None, "broke"), 0, 0, False),
        (AttemptResult(None, "late", timed_out=True), 0, 0, False),
        (AttemptResult(199), 1, 1, False),
        (AttemptResult(200), 1, 1, True),
        (AttemptResult(299), 1, 1, True),
        (AttemptResult(300), 1, 1, False),
        (AttemptResult(499), 1, 1, False),
        (AttemptResult(500), 1, 0, False),
        (AttemptResult(501), 1, 0, False),
    ],
)
async def test_an_answer_counts_as_what_it_is_not(
    tmp_path: Path, result: AttemptResult, responses: int, refusals: int, succeeded: bool
) -> None:
    """Source: Cloud Tasks, "Create HTTP target tasks": a 5xx does not count in X-CloudTasks-TaskExecutionCount."""
    assert result.succeeded == succeeded
    async with a_line(tmp_path, QueueConfig(QUEUE)) as line:
        task, attempt = line.put("t"), LastAttempt(1.0, 2.0, 3.0, result)
        line.store.record_attempt(task, attempt)
        line.store.record_failure(task, 4.0, attempt)
        found = line.store.get(QUEUE, "t")
        assert found is not None
        assert (found.attempts, found.responses, found.refusals) == (1, responses, refusals)


async def test_what_a_task_sent_lies_in_the_file_after_it_is_gone(tmp_path: Path) -> None:
    """A body may hold what nobody else is to read; of a task that is gone only its name is remembered."""
    async with a_line(tmp_path, QueueConfig(QUEUE, state="PAUSED")) as line:
        store = line.store
        for name in ("done", "deleted", "purged", "expired"):
            task = line.put(name)
            store.record_attempt(task, LastAttempt(1.0, 2.0, 3.0, AttemptResult(500)))
        assert all(None not in row[1:2] for row in kept_rows(tmp_path))
        found = {task.task_id: task for task in store.page(QUEUE, 0, 10)}
        store.leave_tombstones([found["done"]], 2000.0)
        store.leave_tombstones([found["deleted"]], 2000.0)
        assert store.expire(QUEUE, 1000.0, 2000.0, 10) == 0
        store.order_purge(QUEUE)
        assert store.purge(QUEUE, 2000.0, 1) == 1
        assert store.expire(QUEUE, 1000.1, 2000.0, 10) == 1
        assert [row[1:] for row in kept_rows(tmp_path)] == [(None, None, None)] * 4


@pytest.mark.parametrize("count", [0, 1, SLICE - 1, SLICE, SLICE + 1])
async def test_names_whose_time_is_over_fill_the_file_for_ever(tmp_path: Path, count: int) -> None:
    """Those of tasks, in slices; and all that a deleted queue held."""
    config = QueueConfig(QUEUE, state="PAUSED")
    async with a_line(tmp_path, config) as line, asyncio.timeout(30):
        with line.store.transaction():
            line.store.leave_tombstones([line.put(f"t{number}") for number in range(count)], 1500.0)
            line.store.leave_tombstones([line.put("longer")], 1500.1)
        await line.dispatcher.start()
        await until(lambda: line.dispatcher._cleanup_task is not None)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(kept_rows(tmp_path)) == count + 1
    async with a_line(tmp_path, now_s=1500.0) as line:
        await line.dispatcher.start()
        await until(lambda: [row[0] for row in kept_rows(tmp_path)] == ["longer"])
        line.store.delete_queue(QUEUE, 1600.0)
    async with a_line(tmp_path, now_s=1500.0) as line:
        await line.dispatcher.start()
        await until(lambda: kept_rows(tmp_path) == [])


async def test_a_name_is_forgotten_while_a_task_of_it_lives(tmp_path: Path) -> None:
    async with a_line(tmp_path, QueueConfig(QUEUE)) as line:
        line.store.leave_tombstones([line.put("t")], 1500.0)
        line.now_s = 1500.0
        line.put("t")
        assert line.store.forget(10**9, 10) == 0
        assert line.store.get(QUEUE, "t") is not None


@pytest.mark.parametrize("count", [1, SLICE, SLICE + 1])
async def test_a_purge_that_a_kill_cut_short_leaves_tasks_that_run(tmp_path: Path, count: int) -> None:
    """One of them was in flight; one that came after the order stays, and one has ended in the meantime."""
    async with a_line(tmp_path, QueueConfig(QUEUE)) as line:
        with line.store.transaction():
            tasks = [line.put(f"t{number}") for number in range(count)]
            line.store.record_attempt(tasks[0], LastAttempt(1000.0, 1000.0))
        line.store.order_purge(QUEUE)
        line.put("later")
        line.store.leave_tombstones(tasks[-1:] if count > 1 else [], 2000.0)
    async with a_line(tmp_path) as line:
        line.answer = AttemptResult(200)
        await line.dispatcher.start()
        await line.ended(1)
        assert line.sent == ["later"]
        assert line.store.depth(QUEUE) == 0


@pytest.mark.parametrize(("free_s", "in_flight"), [(2, 0), (1, 1), (0, 2)])
async def test_more_attempts_are_in_flight_than_the_queue_allows(tmp_path: Path, free_s: int, in_flight: int) -> None:
    rate = RateLimits(max_burst_size=10, max_concurrent_dispatches=2)
    async with a_line(tmp_path, QueueConfig(QUEUE, rate=rate)) as line:
        go_on = asyncio.Event()

        async def wait(task: Task) -> AttemptResult:
            line.sent.append(task.task_id)
            await go_on.wait()
            return AttemptResult(200)

        line.dispatcher._send = wait
        for number in range(in_flight + free_s + 1):
            line.put(f"t{number}")
        await line.dispatcher.start()
        await until(lambda: len(line.sent) == 2)
        line.go_on_to(1100.0)
        for _ in range(20):
            await asyncio.sleep(0)
        assert len(line.sent) == 2
        go_on.set()
        await line.ended(3)


@pytest.mark.parametrize(("rate_per_s", "burst"), [(0.1, 10), (49.9, 10), (50, 10), (50.1, 11), (55, 11), (500, 100)])
def test_the_service_picks_another_burst(rate_per_s: float, burst: int) -> None:
    """Source: Cloud Tasks, RateLimits.max_burst_size, and what was seen for 1/s and 500/s."""
    assert burst_for(rate_per_s) == burst


async def test_stopping_leaves_attempts_that_go_on_and_work_for_a_queue_that_is_closed(tmp_path: Path) -> None:
    async with a_line(tmp_path, QueueConfig(QUEUE)) as line:
        was_cancelled = asyncio.Event()

        async def hang(task: Task) -> AttemptResult:
            line.sent.append(task.task_id)
            try:
                await asyncio.Event().wait()
            finally:
                await asyncio.sleep(0)
                was_cancelled.set()
            raise AssertionError

        line.dispatcher._send = hang
        line.put("t")
        await line.dispatcher.start()
        await until(lambda: line.sent)
        await line.dispatcher.stop()
        assert was_cancelled.is_set(), "stop() returned before the attempt was over"
        before = asyncio.all_tasks()
        line.put("u")
        line.dispatcher.wake(QUEUE)
        assert asyncio.all_tasks() == before
        line.dispatcher._send = line._send
        line.answer = AttemptResult(200)
        await line.dispatcher.start()
        await line.ended(3)
        assert line.sent == ["t", "t", "u"]
