"""How much the ingress takes on: the members' shares, the line as Cloud Tasks tells it, and limits.yaml."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest
from google.api_core import exceptions
from hypothesis import given
from hypothesis import strategies as st

from ingress.backlog import Backlog, QueueStats, asking
from ingress.config import read_config
from ingress.limits import Members, read_limits
from schemas.environment import ConfigError
from tests.ingress.test_requests import environment
from tests.servers import serving, wait_until

GOOD = "backlog: {look_every_s: 5, tell_after_s: 30, refuse_after_s: 600}\nmember: {per_minute: 6}\n"


@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from("ab"), st.booleans()), max_size=60), st.integers(1, 4))
def test_no_member_gets_more_than_their_share_in_any_minute(asks: list[tuple[float, str, bool]], share: int) -> None:
    """What the queue did not take is given back, and counts no more."""
    members, now_s = Members(share), 0.0
    granted: dict[str, list[float]] = {"a": [], "b": []}
    for number, (gap_s, user, is_taken) in enumerate(asks):
        now_s += gap_s
        lately = [at_s for at_s in granted[user] if at_s > now_s - 60]
        wait_s = members.charge(user, str(number), now_s)
        if wait_s == 0 and is_taken:
            granted[user].append(now_s)
        elif wait_s == 0:
            members.give_back(user, str(number))
        assert (wait_s == 0) == (len(lately) < share)
        assert 0 <= wait_s <= 60.001


def test_an_interaction_that_comes_again_counts_once() -> None:
    members = Members(1)
    assert [members.charge("a", "1", 0), members.charge("a", "1", 1), members.charge("a", "2", 2)] == [0, 0, 58]


def test_an_interaction_counts_as_long_as_one_of_its_deliveries_was_taken() -> None:
    members = Members(1)
    assert [members.charge("a", "1", 0), members.charge("a", "1", 0)] == [0, 0]
    members.give_back("a", "1")
    assert members.charge("a", "2", 1) == 59
    members.give_back("a", "1")
    assert members.charge("a", "2", 1) == 0
    members.give_back("nobody", "3")


class YieldingText(str):
    """A text that lets another thread run whenever a dictionary looks at it."""

    def __hash__(self) -> int:
        time.sleep(0.001)
        return super().__hash__()


def test_many_at_once_by_one_member_do_not_slip_past_the_share() -> None:
    members, start = Members(3), threading.Barrier(8)

    def granted(number: int) -> bool:
        start.wait(10)
        return members.charge("a", YieldingText(number), 0.0) == 0

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(granted, range(8))) == 3


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
        async with backlog.asked_meanwhile(deadline_s):
            return backlog.wait_s()

    return asyncio.run(request())


def test_the_line_is_asked_for_now_and_then_and_grows_by_what_is_put_into_it() -> None:
    clock = {"s": 100.0}
    queue = Queue(QueueStats(60, 2.0, 100.0), QueueStats(0, 2.0, 105.0))
    backlog = Backlog(queue, look_every_s=5, now_s=lambda: clock["s"])
    assert a_request(backlog) == 0, "nothing is known yet"
    assert backlog.wait_s() == 30, "the answer came before the request ended"
    backlog.note_enqueued()
    backlog.note_enqueued()
    assert (a_request(backlog), queue.asked) == (31, 1)
    clock["s"] = 105.0
    assert (a_request(backlog), backlog.wait_s(), queue.asked) == (31, 0, 2)


async def test_what_is_enqueued_while_the_question_is_on_its_way_counts() -> None:
    asked, released = threading.Event(), threading.Event()

    def fetch() -> QueueStats:
        asked.set()
        released.wait(10)
        return QueueStats(0, 2.0, 100.0)

    backlog = Backlog(fetch, look_every_s=5, now_s=lambda: 100.0)
    backlog.note_enqueued()
    async with backlog.asked_meanwhile(1000.0):
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
    assert "the backlog is unknown: PermissionDenied" in capsys.readouterr().out
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
    wait_until(lambda: not backlog.is_asking(), "the old answer is read")
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
    wait_until(lambda: not backlog.is_asking(), "the answer came")
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
        fetch = asking(read_config(environment(url)), now_s=lambda: clock["s"])
        assert fetch() == QueueStats(9, 2.0, 100.0)


def test_a_paused_queue_has_no_end() -> None:
    assert QueueStats(0, 0.0, 0.0).wait_s(0) == float("inf")


def test_the_limits_that_we_ship_leave_time_before_the_tokens_end() -> None:
    limits = read_limits()
    assert limits.tell_after_s < limits.refuse_after_s <= 900 - 240


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (GOOD.replace("600", "901"), "refuse_after_s must be smaller than or equal to 840"),
        (GOOD.replace("per_minute: 6", "per_minute: 0"), "per_minute must be bigger than or equal to 1"),
        (GOOD.replace("look_every_s: 5, ", ""), "look_every_s"),
        (GOOD + "more: 1\n", "more"),
        ("a: [", "limits.yaml is wrong"),
        ("", "limits must be object"),
    ],
)
def test_wrong_limits_are_one_message_that_says_where(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "limits.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError, match=said):
        read_limits(path)


def test_limits_that_are_not_there_are_said(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"limits\.yaml is wrong"):
        read_limits(tmp_path / "limits.yaml")
