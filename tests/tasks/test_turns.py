"""What the dispatcher does in which order: queues that go and come, attempts amid a stop, tasks that are asked for."""

import asyncio
import math
from dataclasses import replace
from pathlib import Path

import pytest

from local.tasks import dispatcher as dispatcher_module
from local.tasks.rules import QueueConfig, RateLimits, RetryConfig, TokenBucket
from local.tasks.task import AttemptResult, LastAttempt, Task
from tests.running import until
from tests.tasks.face import QUEUE, a_face
from tests.tasks.test_at_its_limit import SLICE, a_line, kept_rows

ONE = RateLimits(max_dispatches_per_s=0.001, max_burst_size=1)


async def test_a_queue_that_was_deleted_and_made_again_stands_still_or_waits_for_a_token_of_the_old_one(
    tmp_path: Path,
) -> None:
    """As a saved queue.yaml makes it again at once."""
    async with a_face(tmp_path) as face:
        for name in ("first", "second", "third"):
            face.store.put_queue(QueueConfig(QUEUE, ONE))
            await face.create(QUEUE, name)
            await until(lambda: face.store.depth(QUEUE) == 0)
            await face.ask("DELETE", QUEUE)
            await until(lambda: face.dispatcher._queues[QUEUE].done())
        names = [headers["X-CloudTasks-TaskName"] for _, _, headers, _ in face.arrivals]
        assert names == ["first", "second", "third"]


async def test_how_an_attempt_ended_is_lost_when_the_process_is_stopped_while_the_disk_is_full(tmp_path: Path) -> None:
    async with a_line(tmp_path, QueueConfig(QUEUE)) as line:

        async def send(task: Task) -> AttemptResult:
            line.sent.append(task.task_id)
            line.store._database.run("PRAGMA query_only = ON")
            return AttemptResult(200)

        line.dispatcher._send = send
        line.put("t")
        await line.dispatcher.start()
        await until(lambda: line.dispatcher._ended)
        await asyncio.sleep(0)
        line.store._database.run("PRAGMA query_only = OFF")
        await line.dispatcher.stop()
        assert line.store.get(QUEUE, "t") is None


async def test_an_attempt_that_a_stop_cut_short_holds_a_place_after_the_next_start(tmp_path: Path) -> None:
    rate = RateLimits(max_concurrent_dispatches=1)
    async with a_line(tmp_path, QueueConfig(QUEUE, rate)) as line:
        never = asyncio.Event()

        async def hang(task: Task) -> AttemptResult:
            line.sent.append(task.task_id)
            await never.wait()
            return AttemptResult(500)

        send, line.dispatcher._send = line.dispatcher._send, hang
        line.put("t")
        await line.dispatcher.start()
        await until(lambda: line.sent)
        await line.dispatcher.stop()
        stopped = line.store.get(QUEUE, "t")
        assert stopped is not None
        assert stopped.last == LastAttempt(0.0, 1000.0), "it is not told as failed: nobody knows"
        line.dispatcher._send, line.answer = send, AttemptResult(200)
        await line.dispatcher.start()
        await until(lambda: line.store.depth(QUEUE) == 0)
        assert line.sent == ["t", "t"]


async def test_a_task_that_is_asked_for_twice_is_sent_twice_or_told_of_another_time(tmp_path: Path) -> None:
    config = QueueConfig(QUEUE, state="PAUSED", retry=RetryConfig(min_backoff_s=600))
    async with a_line(tmp_path, config) as line:
        go_on = asyncio.Event()
        sent: list[Task] = []

        async def send(task: Task) -> AttemptResult:
            sent.append(task)
            await go_on.wait()
            return AttemptResult(503)

        line.dispatcher._send = send
        task = line.put("t", schedule_s=5000.0)
        await line.dispatcher.start()
        for _ in range(2):
            line.dispatcher.run_now(task)
            await until(lambda: sent)
        line.now_s = 1007.0
        go_on.set()
        await until(lambda: not line.dispatcher._attempts[QUEUE])
        assert sent == [replace(task, schedule_s=1000.0)]
        found = line.store.get(QUEUE, "t")
        assert found is not None
        assert found.last == LastAttempt(1000.0, 1000.0, 1007.0, AttemptResult(503))
        assert (found.schedule_s, found.first_attempt_s) == (1607.0, 1000.0)
        line.dispatcher.run_now(found)
        assert len(line.dispatcher._attempts[QUEUE]) == 1, "after its end it can be asked for again"


async def test_an_attempt_is_told_of_when_it_was_due_as_when_it_went(tmp_path: Path) -> None:
    async with a_line(tmp_path, QueueConfig(QUEUE)) as line:
        line.put("t", schedule_s=990.0)
        await line.dispatcher.start()
        await line.ended(1)
        found = line.store.get(QUEUE, "t")
        assert found is not None
        assert found.last == LastAttempt(990.0, 1000.0, 1000.0, AttemptResult(503))


@pytest.mark.parametrize("count", [SLICE - 1, SLICE, SLICE + 1])
async def test_a_purge_or_an_end_of_life_leaves_some_behind(tmp_path: Path, count: int) -> None:
    """Those of a queue that is paused are purged by an order; the others when they were kept for too long."""
    config = QueueConfig(QUEUE, state="PAUSED", task_ttl_s=50.0)
    async with a_line(tmp_path, config) as line:
        for act in ("purge", "expire"):
            with line.store.transaction():
                for number in range(count):
                    line.put(f"{act}-{number}")
            if act == "purge":
                line.store.order_purge(QUEUE)
                await line.dispatcher.purge(QUEUE)
            else:
                line.now_s += 50.1
                await line.dispatcher._expire(config)
            assert line.store.depth(QUEUE) == 0


async def test_a_queue_that_is_gone_keeps_the_housekeeping_busy_for_ever(tmp_path: Path) -> None:
    config = QueueConfig(QUEUE)
    async with a_line(tmp_path, config) as line, asyncio.timeout(10):
        line.store.delete_queue(QUEUE, 2000.0)
        await line.dispatcher._expire(config)
        await line.dispatcher.purge(QUEUE)


async def test_what_fails_after_its_task_was_deleted_is_written_into_the_file(tmp_path: Path) -> None:
    """Of a task that is gone only its name is remembered."""
    async with a_line(tmp_path, QueueConfig(QUEUE)) as line:
        task = line.put("t")
        attempt = LastAttempt(1.0, 2.0, 3.0, AttemptResult(None, "a secret"))
        line.store.record_attempt(task, attempt)
        line.store.leave_tombstones([task], 2000.0)
        line.store.record_failure(task, 4.0, attempt)
        assert kept_rows(tmp_path) == [("t", None, None, None)]


@pytest.mark.parametrize(("due_s", "nap_s"), [(1059.5, 59.5), (1060.0, 60.0), (1060.5, 60.0), (None, 60.0)])
async def test_a_clock_that_is_set_forward_is_noticed_after_more_than_a_minute(
    tmp_path: Path, due_s: float | None, nap_s: float
) -> None:
    """A machine that slept does not count the time; so nothing is waited for longer at once."""
    config = QueueConfig(QUEUE)
    async with a_line(tmp_path, config) as line:
        if due_s is not None:
            line.put("t", schedule_s=due_s)
        line.dispatcher._attempts[QUEUE] = {}
        nap = line.dispatcher._wait_s(config, TokenBucket(1.0, 1000.0))
        assert math.isclose(nap, nap_s)


async def test_a_disk_that_takes_nothing_is_not_told_to_the_operator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """By the queue that cannot send, and by the attempt whose end cannot be kept."""
    monkeypatch.setattr("local.data.disk._logged_at_s", -math.inf)
    monkeypatch.setattr(dispatcher_module, "backoffs_s", lambda: iter([0.0, 600.0]))
    async with a_line(tmp_path, QueueConfig(QUEUE)) as line:
        line.put("t")
        line.dispatcher._is_running = True
        line.store._database.run("PRAGMA query_only = ON")
        line.dispatcher.wake(QUEUE)
        await until(lambda: "cannot keep anything" in caplog.text)
        caplog.clear()
        monkeypatch.setattr("local.data.disk._logged_at_s", -math.inf)
        task = line.store.page(QUEUE, 0, 1)[0]
        line.dispatcher._ended.append((task, LastAttempt(1.0, 2.0), AttemptResult(200), 3.0))
        line.dispatcher._record_ended()
        assert "cannot keep anything" in caplog.text
        line.store._database.run("PRAGMA query_only = OFF")
        assert line.dispatcher._ended


async def test_something_goes_on_after_a_stop(tmp_path: Path) -> None:
    async with a_line(tmp_path, QueueConfig(QUEUE)) as line:
        before = asyncio.all_tasks()
        line.put("t")
        line.answer = AttemptResult(200)
        await line.dispatcher.start()
        await line.ended(1)
        assert len(asyncio.all_tasks() - before) == 2, "the queue's and the housekeeper's"
        await line.dispatcher.stop()
        assert asyncio.all_tasks() == before
