"""When the queue is called, and for how long its answer is waited for, to the millisecond; the clock is the test's own.

The client is the test's too, so that each call is answered at the instant of its row.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field

import pytest

from ingress import enqueue
from ingress.config import read_config
from ingress.enqueue import QueueUnavailable, Task, TaskQueue
from ingress.luck import Luck
from service.cloud_tasks import CallFailed
from service.deployment import INGRESS_REQUESTS
from tests.ingress.function import environment
from tests.ingress.test_cloud_tasks import FAILURES
from tests.ingress.test_enqueue import NAME, REQUEST
from tests.virtual_time import VirtualLoop, in_virtual_time

HELD = None
BUSY, ALSO_BUSY = CallFailed(503, "UNAVAILABLE", "the first"), CallFailed(503, "UNAVAILABLE", "the second")
THERE, REFUSED = CallFailed(409, "ALREADY_EXISTS", "there"), CallFailed(403, "PERMISSION_DENIED", "refused")
Outcome = tuple[float, BaseException | None]  # so long after the call's beginning; None: the queue holds the task
LOST: Outcome = (float("inf"), HELD)


@dataclass
class Client:
    """In the place of the client of Cloud Tasks: each call ends as it is told."""

    outcomes: Sequence[Outcome] = field(default_factory=list)
    began_s: list[float] = field(default_factory=list)
    asked: list[tuple[str, Task, float]] = field(default_factory=list)

    async def create_task(self, queue: str, task: Task, timeout_s: float) -> str:
        after_s, error = self.outcomes[len(self.asked)]
        self.asked.append((queue, task, timeout_s))
        self.began_s.append(round(asyncio.get_running_loop().time(), 3))
        await asyncio.sleep(min(after_s, timeout_s))
        if after_s > timeout_s:
            raise TimeoutError
        if error is not None:
            raise error
        return NAME


def a_queue() -> TaskQueue:
    return TaskQueue(read_config(environment("http://127.0.0.1:1")), Luck())


def told(monkeypatch: pytest.MonkeyPatch, deadline_s: float, *outcomes: Outcome) -> tuple[str, float, list[float]]:
    """What the member's request is told, when, and when the calls began.  Nobody waits for one that has not ended."""

    async def put(loop: VirtualLoop) -> tuple[str, float, list[float]]:
        monkeypatch.setattr(enqueue, "time", loop)
        queue, client = a_queue(), Client(list(outcomes))
        queue._client = client  # type: ignore[assignment]
        try:
            said: str = await queue.enqueue(REQUEST, deadline_s)
        except QueueUnavailable as error:
            said = str(error)
        at_s = loop.now_s
        await asyncio.sleep(10)
        assert queue._calls == set(), "what nobody waits for comes to an end"
        return said, round(at_s, 3), client.began_s

    return in_virtual_time(put)


@pytest.mark.parametrize(
    ("outcomes", "said", "at_s", "began_s"),
    [
        # The first call is good.
        ([(0.1, HELD)], NAME, 0.1, [0]),
        ([(0.1, THERE)], NAME, 0.1, [0]),
        ([(0.899, HELD)], NAME, 0.899, [0]),
        # The first call is slow: a second one begins after 0.9 s, and the first good answer counts.
        ([(0.901, HELD), LOST], NAME, 0.901, [0, 0.9]),
        ([LOST, (0.1, HELD)], NAME, 1, [0, 0.9]),
        ([LOST, (1.5, HELD)], NAME, 2.4, [0, 0.9]),
        ([(1.2, HELD), (0.1, BUSY)], NAME, 1.2, [0, 0.9]),
        ([(1.2, BUSY), (0.6, THERE)], NAME, 1.5, [0, 0.9]),
        ([(1, BUSY), (0.1, HELD)], NAME, 1, [0, 0.9]),
        ([(1, HELD), (0.1, BUSY)], NAME, 1, [0, 0.9]),
        # The first call fails: the second one begins half a second later.
        ([(0.2, BUSY), (0.1, HELD)], NAME, 0.8, [0, 0.7]),
        ([(0.899, BUSY), (0.1, THERE)], NAME, 1.499, [0, 1.399]),
        # Both fail: it is said at once, and which error came last.
        ([(0.2, BUSY), (0.1, ALSO_BUSY)], "CallFailed: 503 UNAVAILABLE: the second", 0.8, [0, 0.7]),
        ([(1.2, BUSY), (0.6, ALSO_BUSY)], "CallFailed: 503 UNAVAILABLE: the second", 1.5, [0, 0.9]),
        # What another call would hear again is said at once.
        ([(0.2, REFUSED)], "CallFailed: 403 PERMISSION_DENIED: refused", 0.2, [0]),
        ([LOST, (0.1, REFUSED)], "CallFailed: 403 PERMISSION_DENIED: refused", 1, [0, 0.9]),
        ([(1, REFUSED), LOST], "CallFailed: 403 PERMISSION_DENIED: refused", 1, [0, 0.9]),
        # No answer: the deadline.
        ([LOST, LOST], "no answer in time", 2.5, [0, 0.9]),
        ([LOST, (0.1, BUSY)], "no answer in time", 2.5, [0, 0.9]),
        ([(0.2, BUSY), LOST], "no answer in time", 2.5, [0, 0.7]),
    ],
    ids=str,
)
def test_no_member_is_told_later_or_otherwise_than_the_queue_lets_us(
    monkeypatch: pytest.MonkeyPatch, outcomes: list[Outcome], said: str, at_s: float, began_s: list[float]
) -> None:
    assert told(monkeypatch, 2.5, *outcomes) == (said, at_s, began_s)


@pytest.mark.parametrize(
    ("deadline_s", "outcomes", "began_s"),
    [
        (0.5, [LOST], [0]),
        (0.9, [LOST], [0]),
        (1, [LOST, LOST], [0, 0.9]),
        (0.8, [(0.2, BUSY), LOST], [0, 0.7]),
    ],
    ids=str,
)
def test_no_wait_goes_beyond_the_deadline(
    monkeypatch: pytest.MonkeyPatch, deadline_s: float, outcomes: list[Outcome], began_s: list[float]
) -> None:
    assert told(monkeypatch, deadline_s, *outcomes) == ("no answer in time", deadline_s, began_s)


@pytest.mark.parametrize("deadline_s", [0.4, 0.7])
def test_no_second_call_begins_at_the_deadline(monkeypatch: pytest.MonkeyPatch, deadline_s: float) -> None:
    said = "CallFailed: 503 UNAVAILABLE: the first"
    assert told(monkeypatch, deadline_s, (0.2, BUSY)) == (said, deadline_s, [0])


def test_no_call_begins_without_time(monkeypatch: pytest.MonkeyPatch) -> None:
    assert told(monkeypatch, 0) == ("TimeoutError: the process stood still before the call", 0, [])


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_no_error_that_the_client_may_raise_is_taken_for_a_mistake_of_ours(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """It gets its second call, and is said where that fails too."""
    assert told(monkeypatch, 2.5, (0, error), (0, HELD)) == (NAME, 0.5, [0, 0.5])
    assert told(monkeypatch, 2.5, (0, error), (0, error)) == (f"{type(error).__name__}: {error}", 0.5, [0, 0.5])


@pytest.mark.parametrize(("left_s", "timeout_s"), [(2.5, 3.5), (0.25, 1.25), (0, None), (-1, None)])
def test_no_call_outlives_the_deadline_by_more_than_a_second_or_repeats_itself(
    monkeypatch: pytest.MonkeyPatch, left_s: float, timeout_s: float | None
) -> None:
    async def create(loop: VirtualLoop) -> None:
        monkeypatch.setattr(enqueue, "time", loop)
        queue, client = a_queue(), Client([(0.0, HELD)])
        queue._client = client  # type: ignore[assignment]
        task = queue._task(REQUEST)
        if timeout_s is None:
            with pytest.raises(TimeoutError):
                await queue._create(task, left_s)
            assert client.asked == []
        else:
            await queue._create(task, left_s)
            assert client.asked == [(NAME.partition("/tasks/")[0], task, timeout_s)]

    in_virtual_time(create)


def test_no_more_than_two_calls_a_request_are_under_way_and_none_that_ended_keeps_its_place() -> None:
    async def start(_: VirtualLoop) -> None:
        queue, most = a_queue(), 2 * INGRESS_REQUESTS
        queue._client = Client([(1.0, HELD)] * 2 * most)  # type: ignore[assignment]
        task = queue._task(REQUEST)
        calls = [queue._start(task, float("inf")) for _ in range(most)]
        for number in range(3):
            with pytest.raises(QueueUnavailable, match=f"^{most} calls are under way$"):
                queue._start(task, 1)
            calls[number].cancel()
            await asyncio.wait([calls[number]])
            queue._start(task, float("inf"))
        await asyncio.sleep(10)
        assert queue._calls == set()

    in_virtual_time(start)


def test_no_call_that_may_be_under_way_waits_for_another_one() -> None:
    together = asyncio.Barrier(2 * INGRESS_REQUESTS)

    class Waiting(Client):
        async def create_task(self, queue: str, task: Task, timeout_s: float) -> str:
            await together.wait()
            return NAME

    async def start(_: VirtualLoop) -> None:
        queue = a_queue()
        queue._client = Waiting()  # type: ignore[assignment]
        for call in [queue._start(queue._task(REQUEST), float("inf")) for _ in range(2 * INGRESS_REQUESTS)]:
            await call

    in_virtual_time(start)
