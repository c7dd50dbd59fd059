"""When the queue is called, and for how long its answer is waited for, to the millisecond; the clock is the test's own.

The threads in which the calls are made are the test's too, so that each call is answered at the instant of its row.
"""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import Future
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
class Threads:
    """In the place of the thread pool: each call begins at once and ends as it is told."""

    loop: VirtualLoop
    outcomes: list[Outcome]
    began_s: list[float] = field(default_factory=list)
    calls: list[Future[None]] = field(default_factory=list)

    def submit(self, create: Callable[..., None], task: Task, deadline_s: float) -> Future[None]:
        assert (create.__name__, task["name"]) == ("_create", NAME)
        after_s, error = self.outcomes[len(self.calls)]
        call: Future[None] = Future()
        self.began_s.append(round(self.loop.now_s, 3))
        self.calls.append(call)
        if after_s != float("inf"):
            self.loop.call_later(after_s, self._end, call, error)
        return call

    @staticmethod
    def _end(call: Future[None], error: BaseException | None) -> None:
        if not call.set_running_or_notify_cancel():
            return
        if error is None:
            call.set_result(None)
        else:
            call.set_exception(error)


def a_queue() -> TaskQueue:
    return TaskQueue(read_config(environment("http://127.0.0.1:1")), Luck())


def told(monkeypatch: pytest.MonkeyPatch, deadline_s: float, *outcomes: Outcome) -> tuple[str, float, list[float]]:
    """What the member's request is told, when, and when the calls began.  Nobody waits for one that has not ended."""

    async def put(loop: VirtualLoop) -> tuple[str, float, list[float]]:
        monkeypatch.setattr(enqueue, "time", loop)
        queue, threads = a_queue(), Threads(loop, list(outcomes))
        queue._threads = threads  # type: ignore[assignment]
        try:
            said: str = await queue.enqueue(REQUEST, deadline_s)
        except QueueUnavailable as error:
            said = str(error)
        at_s = loop.now_s
        await asyncio.sleep(0)
        assert all(call.done() for call in threads.calls), "what nobody waits for is not begun any more"
        return said, round(at_s, 3), threads.began_s

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
        (0.5, [LOST, LOST], [0, 0.5]),
        (0.9, [LOST, LOST], [0, 0.9]),
        (1, [LOST, LOST], [0, 0.9]),
        (0.4, [(0.2, BUSY), LOST], [0, 0.4]),
        (0.7, [(0.2, BUSY), LOST], [0, 0.7]),
        (0.8, [(0.2, BUSY), LOST], [0, 0.7]),
        (0, [LOST, LOST], [0, 0]),
    ],
    ids=str,
)
def test_no_wait_goes_beyond_the_deadline(
    monkeypatch: pytest.MonkeyPatch, deadline_s: float, outcomes: list[Outcome], began_s: list[float]
) -> None:
    assert told(monkeypatch, deadline_s, *outcomes) == ("no answer in time", deadline_s, began_s)


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_no_error_that_the_client_may_raise_is_taken_for_a_mistake_of_ours(
    monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """It gets its second call, and is said where that fails too."""
    assert told(monkeypatch, 2.5, (0, error), (0, HELD)) == (NAME, 0.5, [0, 0.5])
    assert told(monkeypatch, 2.5, (0, error), (0, error)) == (f"{type(error).__name__}: {error}", 0.5, [0, 0.5])


@dataclass
class Client:
    """In the place of the client of Cloud Tasks."""

    asked: list[tuple[str, Task, float]] = field(default_factory=list)

    def create_task(self, queue: str, task: Task, timeout_s: float) -> str:
        self.asked.append((queue, task, timeout_s))
        return NAME


@pytest.mark.parametrize(("left_s", "timeout_s"), [(2.5, 3.5), (0.25, 1.25), (0, None), (-1, None)])
def test_no_call_outlives_the_deadline_by_more_than_a_second_or_repeats_itself(
    monkeypatch: pytest.MonkeyPatch, left_s: float, timeout_s: float | None
) -> None:
    loop = VirtualLoop()
    loop.now_s = 100.0
    monkeypatch.setattr(enqueue, "time", loop)
    queue, client = a_queue(), Client()
    queue._client = client  # type: ignore[assignment]
    task = queue._task(REQUEST)
    if timeout_s is None:
        with pytest.raises(TimeoutError):
            queue._create(task, 100 + left_s)
        assert client.asked == []
    else:
        queue._create(task, 100 + left_s)
        parent = NAME.partition("/tasks/")[0]
        assert client.asked == [(parent, task, timeout_s)]
    loop.close()


def test_no_more_than_two_calls_a_request_are_under_way_and_none_that_ended_keeps_its_place() -> None:
    async def start(loop: VirtualLoop) -> None:
        queue, most = a_queue(), 2 * INGRESS_REQUESTS
        threads = Threads(loop, [LOST] * 2 * most)
        queue._threads = threads  # type: ignore[assignment]
        task = queue._task(REQUEST)
        for _ in range(most):
            queue._start(task, 1)
        for number in range(3):
            with pytest.raises(QueueUnavailable, match=f"^{most} calls are under way$"):
                queue._start(task, 1)
            threads.calls[number].set_result(None)
            queue._start(task, 1)

    in_virtual_time(start)


def test_no_call_that_may_be_under_way_waits_for_another_one() -> None:
    """Whoever looks at the threads sees whose they are."""
    together, names = threading.Barrier(2 * INGRESS_REQUESTS), set()

    class Waiting(Client):
        def create_task(self, queue: str, task: Task, timeout_s: float) -> str:
            names.add(threading.current_thread().name.partition("_")[0])
            together.wait(30)
            return super().create_task(queue, task, timeout_s)

    async def start(loop: VirtualLoop) -> None:
        queue = a_queue()
        queue._client = Waiting()  # type: ignore[assignment]
        for call in [queue._start(queue._task(REQUEST), float("inf")) for _ in range(2 * INGRESS_REQUESTS)]:
            await call

    in_virtual_time(start)
    assert names == {"enqueue"}
