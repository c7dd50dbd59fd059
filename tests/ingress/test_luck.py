"""How many attempts a task needs, as the ingress guesses from its own calls to Cloud Tasks."""

import pytest

from ingress.backlog import Backlog, QueueStats
from ingress.luck import Luck
from service.cloud_tasks import CallFailed
from tests.ingress.test_backlog import Queue, a_request, no_replies

REFUSED = CallFailed(503, "UNAVAILABLE", "told by the test")


def luck(good: int, failed: int) -> Luck:
    """After so many calls for each share of them, mixed evenly."""
    found = Luck()
    for number in range(1000):
        found.note(is_good=number * good // (good + failed) != (number + 1) * good // (good + failed))
    return found


@pytest.mark.parametrize(
    ("good", "failed", "attempts"),
    [(1, 0, 1), (9, 1, 3), (1, 1, 10), (13, 87, 50), (0, 1, 687)],
)
def test_with_so_many_attempts_only_one_task_in_a_thousand_does_not_succeed(
    good: int, failed: int, attempts: float
) -> None:
    found = luck(good, failed).attempts()
    assert found == pytest.approx(attempts, rel=0.06)
    assert found >= 1


def test_a_few_failures_at_a_quiet_time_say_little() -> None:
    found = Luck()
    for _ in range(5):
        found.note(is_good=False)
    assert found.attempts() < 2.5


@pytest.mark.parametrize(
    ("error", "is_bad"),
    [
        (REFUSED, True),
        (TimeoutError(), True),
        (CallFailed(409, "ALREADY_EXISTS", ""), False),
        (CallFailed(409, "ABORTED", ""), True),
        (CallFailed(403, "PERMISSION_DENIED", ""), False),
        (CallFailed(404, "NOT_FOUND", ""), False),
    ],
    ids=str,
)
def test_what_a_second_call_would_get_too_is_no_bad_luck(error: Exception, is_bad: bool) -> None:
    found = Luck()
    with pytest.raises(type(error)), found.counted():
        raise error
    assert (found.attempts() > 1) is is_bad


async def test_where_most_calls_fail_a_long_line_is_longer_than_it_looks() -> None:
    """Both calls of each look fail; who waits for the replies does not wait for more attempts."""
    clock = {"s": 0.0}
    requests = Queue(QueueStats(60, 20.0, 0.0), *[REFUSED] * 50)
    replies = Queue(QueueStats(40, 20.0, 0.0), *[REFUSED] * 50)
    backlog = Backlog(requests, replies, look_every_s=5, now_s=lambda: clock["s"])
    await a_request(backlog)
    assert backlog.wait_s() == 3 + 2
    for _ in range(50):
        clock["s"] += 5
        await a_request(backlog)
    clock["s"] = 60.0
    assert backlog.wait_s() == pytest.approx(3 * backlog.luck.attempts() + 2)
    assert backlog.luck.attempts() > 10


async def test_after_a_look_that_failed_the_next_one_comes_soon_but_for_a_right_that_lacks() -> None:
    clock = {"s": 0.0}
    queue = Queue(REFUSED, REFUSED, CallFailed(403, "PERMISSION_DENIED", ""), *[QueueStats(0, 1.0, 0.0)] * 2)
    backlog = Backlog(queue, no_replies, look_every_s=5, now_s=lambda: clock["s"])
    asked = []
    for half_seconds in range(25):
        clock["s"] = half_seconds / 2
        before = queue.asked
        await a_request(backlog)
        asked += [clock["s"]] * (queue.asked - before)
    assert asked == [0, 1, 2, 7, 12]
