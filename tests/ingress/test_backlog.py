"""How long is the line?  How often Cloud Tasks is asked, and how long its answer counts."""

import asyncio
import json
import time
from math import inf

import pytest

from ingress.backlog import Backlog, QueueStats
from service.cloud_tasks import CallFailed
from tests.running import until


class Queue:
    """Answers as told, counts how often it was asked."""

    def __init__(self, *stats: QueueStats | Exception) -> None:
        self.stats = list(stats)
        self.asked = 0

    async def __call__(self) -> QueueStats:
        self.asked += 1
        stats = self.stats.pop(0)
        if isinstance(stats, Exception):
            raise stats
        return stats


async def no_replies() -> QueueStats:
    """They hold up nobody, and are never too old."""
    return QueueStats(0, inf, inf)


async def a_request(backlog: Backlog, deadline_s: float = 1000.0) -> float:
    """What a request knows of the line when it begins; the question is asked beside it."""
    async with backlog.refresh_meanwhile(deadline_s):
        return backlog.wait_s()


async def test_the_line_is_asked_for_now_and_then_and_grows_by_what_is_put_into_it() -> None:
    clock = {"s": 100.0}
    queue = Queue(QueueStats(60, 2.0, 100.0), QueueStats(0, 2.0, 105.0))
    backlog = Backlog(queue, no_replies, look_every_s=5, now_s=lambda: clock["s"])
    assert backlog.wait_s() == 0, "nothing is known yet"
    await a_request(backlog)
    assert backlog.wait_s() == 30, "the answer came before the request ended"
    backlog.note_enqueued()
    backlog.note_enqueued()
    assert (await a_request(backlog), queue.asked) == (31, 1)
    clock["s"] = 105.0
    assert backlog.wait_s() == 31
    await a_request(backlog)
    assert (backlog.wait_s(), queue.asked) == (0, 2)


async def test_what_is_enqueued_while_the_question_is_on_its_way_counts() -> None:
    asked, released = asyncio.Event(), asyncio.Event()

    async def fetch() -> QueueStats:
        asked.set()
        await released.wait()
        return QueueStats(0, 2.0, 100.0)

    backlog = Backlog(fetch, no_replies, look_every_s=5, now_s=lambda: 100.0)
    backlog.note_enqueued()
    async with backlog.refresh_meanwhile(1000.0):
        await asked.wait()
        backlog.note_enqueued()
        released.set()
    assert backlog.wait_s() == 0.5, "one more than Cloud Tasks can have counted"


async def test_a_queue_that_cannot_be_asked_is_taken_for_empty_after_a_minute(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = {"s": 0.0}
    queue = Queue(QueueStats(60, 2.0, 0.0), CallFailed(403, "PERMISSION_DENIED", "no"))
    backlog = Backlog(queue, no_replies, look_every_s=5, now_s=lambda: clock["s"])
    await a_request(backlog)
    clock["s"] = 59.0
    assert await a_request(backlog) == 30
    message = "the number of requests that wait is unknown: CallFailed: 403 PERMISSION_DENIED: no"
    line = {"severity": "WARNING", "message": message}
    assert json.loads(capsys.readouterr().out) == line
    clock["s"] = 61.0
    assert backlog.wait_s() == 0


async def test_a_slow_answer_holds_up_only_who_asked_and_not_beyond_the_deadline() -> None:
    released = asyncio.Event()

    async def fetch() -> QueueStats:
        await released.wait()
        return QueueStats(60, 2.0, 99.0)

    backlog = Backlog(fetch, no_replies, look_every_s=5, now_s=lambda: 100.0)
    began_s = time.monotonic()
    await a_request(backlog, deadline_s=100.2)
    assert 0.2 <= time.monotonic() - began_s < 50
    assert [await a_request(backlog) for _ in range(3)] == [0, 0, 0]
    released.set()
    await until(lambda: backlog.wait_s() == 30)


async def test_an_answer_that_lay_unread_while_the_process_stood_still_says_nothing() -> None:
    clock, released = {"s": 0.0}, asyncio.Event()

    async def fetch() -> QueueStats:
        asked_at_s = clock["s"]
        await released.wait()
        return QueueStats(60, 2.0, asked_at_s)

    backlog = Backlog(fetch, no_replies, look_every_s=5, now_s=lambda: clock["s"])
    await a_request(backlog, deadline_s=0.0)
    clock["s"] = 600.0
    released.set()
    await until(lambda: not backlog.is_refreshing())
    assert backlog.wait_s() == 0


async def test_one_question_that_hangs_is_the_only_one() -> None:
    clock, released, asked = {"s": 0.0}, asyncio.Event(), []

    async def fetch() -> QueueStats:
        asked.append(clock["s"])
        await released.wait()
        return QueueStats(0, 1.0, clock["s"])

    backlog = Backlog(fetch, no_replies, look_every_s=5, now_s=lambda: clock["s"])
    for second in range(0, 60, 6):
        clock["s"] = float(second)
        await a_request(backlog, deadline_s=clock["s"])
    assert asked == [0.0]
    released.set()
    await until(lambda: not backlog.is_refreshing())
    await a_request(backlog)
    assert asked == [0.0, 54.0]


async def test_a_question_for_one_queue_that_hangs_keeps_back_none_for_the_other() -> None:
    clock, released = {"s": 0.0}, asyncio.Event()

    async def hangs() -> QueueStats:
        await released.wait()
        return QueueStats(60, 2.0, 0.0)

    replies = Queue(QueueStats(10, 10.0, 0.0), QueueStats(20, 10.0, 6.0))
    backlog = Backlog(hangs, replies, look_every_s=5, now_s=lambda: clock["s"])
    for second, wait_s in ((0.0, 1), (6.0, 2)):
        clock["s"] = second
        async with backlog.refresh_meanwhile(second):
            pass
        await until(lambda: backlog.wait_s() == wait_s)  # noqa: B023 -- it is called in this round
    released.set()
    await until(lambda: backlog.wait_s() == 32)


@pytest.mark.parametrize(("later_s", "asked"), [(0, 1), (4.999, 1), (5, 2), (5.001, 2)])
async def test_the_line_is_looked_at_after_look_every_s_and_not_before(later_s: float, asked: int) -> None:
    clock = {"s": 100.0}
    queue = Queue(QueueStats(60, 2.0, 100.0), QueueStats(60, 2.0, 100.0))
    backlog = Backlog(queue, no_replies, look_every_s=5, now_s=lambda: clock["s"])
    await a_request(backlog)
    clock["s"] += later_s
    await a_request(backlog)
    assert queue.asked == asked


@pytest.mark.parametrize(("age_s", "wait_s"), [(0, 30), (59.999, 30), (60, 30), (60.001, 0), (61, 0)])
async def test_what_was_told_counts_for_a_minute_and_no_longer(age_s: float, wait_s: float) -> None:
    clock = {"s": 100.0}
    backlog = Backlog(Queue(QueueStats(60, 2.0, 100.0)), no_replies, look_every_s=1000, now_s=lambda: clock["s"])
    await a_request(backlog)
    clock["s"] += age_s
    assert backlog.wait_s() == wait_s


@pytest.mark.parametrize(
    ("tasks", "per_s", "more", "wait_s"),
    [(0, 2, 0, 0), (0, 2, 1, 0.5), (1, 2, 0, 0.5), (1, 2, -1, 0), (9, 3, 3, 4), (1, 0, 0, inf), (9, inf, 0, 0)],
)
def test_a_line_is_as_long_as_its_tasks_take_to_start(tasks: int, per_s: float, more: int, wait_s: float) -> None:
    assert QueueStats(tasks, per_s, 0.0).wait_s(more) == wait_s


def test_a_paused_queue_has_no_end() -> None:
    assert QueueStats(0, 0.0, 0.0).wait_s(0) == float("inf")
