"""How long is the line?  What Cloud Tasks tells, how often it is asked, and how long its answer counts."""

import asyncio
import json
import threading
import time
from http.server import BaseHTTPRequestHandler
from urllib.parse import parse_qs

import pytest
from google.api_core import exceptions

from ingress.backlog import Backlog, QueueStats, stats_fetcher
from ingress.config import read_config
from tests.ingress.function import environment
from tests.servers import serving, wait_until


class Queue:
    """Answers as told, counts how often it was asked."""

    def __init__(self, *stats: QueueStats | Exception) -> None:
        self.stats = list(stats)
        self.asked = 0

    def __call__(self) -> QueueStats:
        self.asked += 1
        stats = self.stats.pop(0)
        if isinstance(stats, Exception):
            raise stats
        return stats


def a_request(backlog: Backlog, deadline_s: float = 1000.0) -> float:
    """What a request knows of the line when it begins; the question is asked beside it."""

    async def request() -> float:
        async with backlog.refresh_meanwhile(deadline_s):
            return backlog.wait_s()

    return asyncio.run(request())


def test_the_line_is_asked_for_now_and_then_and_grows_by_what_is_put_into_it() -> None:
    clock = {"s": 100.0}
    queue = Queue(QueueStats(60, 2.0, 100.0), QueueStats(0, 2.0, 105.0))
    backlog = Backlog(queue, look_every_s=5, now_s=lambda: clock["s"])
    assert backlog.wait_s() == 0, "nothing is known yet"
    a_request(backlog)
    assert backlog.wait_s() == 30, "the answer came before the request ended"
    backlog.note_enqueued()
    backlog.note_enqueued()
    assert (a_request(backlog), queue.asked) == (31, 1)
    clock["s"] = 105.0
    assert backlog.wait_s() == 31
    a_request(backlog)
    assert (backlog.wait_s(), queue.asked) == (0, 2)


async def test_what_is_enqueued_while_the_question_is_on_its_way_counts() -> None:
    asked, released = threading.Event(), threading.Event()

    def fetch() -> QueueStats:
        asked.set()
        released.wait(10)
        return QueueStats(0, 2.0, 100.0)

    backlog = Backlog(fetch, look_every_s=5, now_s=lambda: 100.0)
    backlog.note_enqueued()
    async with backlog.refresh_meanwhile(1000.0):
        asked.wait(10)
        backlog.note_enqueued()
        released.set()
    assert backlog.wait_s() == 0.5, "one more than Cloud Tasks can have counted"


def test_a_queue_that_cannot_be_asked_is_taken_for_empty_after_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    clock = {"s": 0.0}
    queue = Queue(QueueStats(60, 2.0, 0.0), exceptions.PermissionDenied("no"))
    backlog = Backlog(queue, look_every_s=5, now_s=lambda: clock["s"])
    a_request(backlog)
    clock["s"] = 59.0
    assert a_request(backlog) == 30
    line = {"severity": "WARNING", "message": "the backlog is unknown: PermissionDenied: 403 no"}
    assert json.loads(capsys.readouterr().out) == line
    clock["s"] = 61.0
    assert backlog.wait_s() == 0


def test_a_slow_answer_holds_up_only_who_asked_and_not_beyond_the_deadline() -> None:
    released = threading.Event()

    def fetch() -> QueueStats:
        released.wait(100)
        return QueueStats(60, 2.0, 99.0)

    backlog = Backlog(fetch, look_every_s=5, now_s=lambda: 100.0)
    began_s = time.monotonic()
    a_request(backlog, deadline_s=100.2)
    assert 0.2 <= time.monotonic() - began_s < 50
    assert [a_request(backlog) for _ in range(3)] == [0, 0, 0]
    released.set()
    wait_until(lambda: backlog.wait_s() == 30, "the answer counts, though late")


def test_an_answer_that_lay_unread_while_the_process_stood_still_says_nothing() -> None:
    clock, released = {"s": 0.0}, threading.Event()

    def fetch() -> QueueStats:
        asked_at_s = clock["s"]
        released.wait(10)
        return QueueStats(60, 2.0, asked_at_s)

    backlog = Backlog(fetch, look_every_s=5, now_s=lambda: clock["s"])
    a_request(backlog, deadline_s=0.0)
    clock["s"] = 600.0
    released.set()
    wait_until(lambda: not backlog.is_refreshing(), "the old answer is read")
    assert backlog.wait_s() == 0


def test_one_question_that_hangs_is_the_only_one() -> None:
    clock, released, asked = {"s": 0.0}, threading.Event(), []

    def fetch() -> QueueStats:
        asked.append(clock["s"])
        released.wait(10)
        return QueueStats(0, 1.0, clock["s"])

    backlog = Backlog(fetch, look_every_s=5, now_s=lambda: clock["s"])
    for second in range(0, 60, 6):
        clock["s"] = float(second)
        a_request(backlog, deadline_s=clock["s"])
    assert asked == [0.0]
    released.set()
    wait_until(lambda: not backlog.is_refreshing(), "the answer came")
    a_request(backlog)
    assert asked == [0.0, 54.0]


def test_the_age_of_an_answer_is_counted_from_the_question() -> None:
    """Of the real client, against a queue that takes its time."""
    clock = {"s": 100.0}

    class Slow(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            clock["s"] = 107.0
            body = b'{"state": "RUNNING", "rateLimits": {"maxDispatchesPerSecond": 2}, "stats": {"tasksCount": "9"}}'
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with serving(Slow) as url:
        fetch = stats_fetcher(read_config(environment(url)), now_s=lambda: clock["s"])
        assert fetch() == QueueStats(9, 2.0, 100.0)


@pytest.mark.parametrize(
    ("told", "stats"),
    [
        ({"state": "RUNNING"}, (9, 2.0)),
        ({"state": "PAUSED"}, (9, 0.0)),
        ({"state": "DISABLED"}, (9, 0.0)),
        ({"state": "RUNNING", "stats": {"tasksCount": "9", "effectiveExecutionRate": 0.5}}, (9, 0.5)),
        ({"state": "RUNNING", "stats": {"tasksCount": "9", "effectiveExecutionRate": 50}}, (9, 2.0)),
        ({"state": "PAUSED", "stats": {"tasksCount": "9", "effectiveExecutionRate": 0.5}}, (9, 0.0)),
        ({"state": "RUNNING", "stats": {}}, (0, 2.0)),
    ],
    ids=str,
)
def test_a_queue_that_is_paused_is_never_taken_for_one_that_moves(
    told: dict[str, object], stats: tuple[int, float]
) -> None:
    """Of the real client: a queue keeps its rate while it is paused.  Source: Cloud Tasks, "Queue.State"."""
    queue = {"rateLimits": {"maxDispatchesPerSecond": 2}, "stats": {"tasksCount": "9"}, **told}
    asked: list[str] = []

    class Told(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            body = json.dumps(queue).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with serving(Told) as url:
        assert stats_fetcher(read_config(environment(url)), now_s=lambda: 7.0)() == QueueStats(*stats, 7.0)
    (path,) = asked
    assert path.startswith("/v2beta3/projects/demo/locations/us-central1/queues/create-image-queue?")
    assert parse_qs(path.partition("?")[2])["readMask"] == ["state,rateLimits,stats"]


@pytest.mark.parametrize(("later_s", "asked"), [(0, 1), (4.999, 1), (5, 2), (5.001, 2)])
def test_the_line_is_looked_at_after_look_every_s_and_not_before(later_s: float, asked: int) -> None:
    clock = {"s": 100.0}
    queue = Queue(QueueStats(60, 2.0, 100.0), QueueStats(60, 2.0, 100.0))
    backlog = Backlog(queue, look_every_s=5, now_s=lambda: clock["s"])
    a_request(backlog)
    clock["s"] += later_s
    a_request(backlog)
    assert queue.asked == asked


@pytest.mark.parametrize(("age_s", "wait_s"), [(0, 30), (59.999, 30), (60, 30), (60.001, 0), (61, 0)])
def test_what_was_told_counts_for_a_minute_and_no_longer(age_s: float, wait_s: float) -> None:
    clock = {"s": 100.0}
    backlog = Backlog(Queue(QueueStats(60, 2.0, 100.0)), look_every_s=1000, now_s=lambda: clock["s"])
    a_request(backlog)
    clock["s"] += age_s
    assert backlog.wait_s() == wait_s


@pytest.mark.parametrize(
    ("tasks", "per_s", "more", "wait_s"),
    [(0, 2, 0, 0), (0, 2, 1, 0.5), (1, 2, 0, 0.5), (1, 2, -1, 0), (9, 3, 3, 4), (1, 0, 0, float("inf"))],
)
def test_a_line_is_as_long_as_its_tasks_take_to_start(tasks: int, per_s: float, more: int, wait_s: float) -> None:
    assert QueueStats(tasks, per_s, 0.0).wait_s(more) == wait_s


def test_a_paused_queue_has_no_end() -> None:
    assert QueueStats(0, 0.0, 0.0).wait_s(0) == float("inf")
