"""How much the ingress takes on: the members' shares, the line as Cloud Tasks tells it, and limits.yaml."""

import threading
from pathlib import Path

import pytest
from google.api_core import exceptions
from hypothesis import given
from hypothesis import strategies as st

from ingress.backlog import Backlog, Line
from ingress.limits import Members, read_limits
from schemas.environment import ConfigError
from tests.servers import wait_until

GOOD = "backlog: {look_every_s: 5, tell_after_s: 30, refuse_after_s: 600}\nmember: {per_minute: 6}\n"


@given(st.lists(st.tuples(st.floats(0, 30), st.sampled_from("ab")), max_size=60), st.integers(1, 4))
def test_no_member_gets_more_than_their_share_in_any_minute(asks: list[tuple[float, str]], share: int) -> None:
    members, now_s = Members(share), 0.0
    granted: dict[str, list[float]] = {"a": [], "b": []}
    for number, (gap_s, user) in enumerate(asks):
        now_s += gap_s
        lately = [at_s for at_s in granted[user] if at_s > now_s - 60]
        wait_s = members.wait_s(user, str(number), now_s)
        if wait_s == 0:
            granted[user].append(now_s)
        assert (wait_s == 0) == (len(lately) < share)
        assert 0 <= wait_s <= 60.001


def test_an_interaction_that_comes_again_counts_once() -> None:
    members = Members(1)
    assert [members.wait_s("a", "1", 0), members.wait_s("a", "1", 1), members.wait_s("a", "2", 2)] == [0, 0, 58]


class Queue:
    """Answers as told, counts how often it was asked."""

    def __init__(self, *lines: Line | Exception) -> None:
        self.lines = list(lines)
        self.asked = 0

    def __call__(self) -> Line:
        self.asked += 1
        line = self.lines.pop(0)
        if isinstance(line, Exception):
            raise line
        return line


def test_the_line_is_asked_for_now_and_then_and_grows_by_what_is_put_into_it() -> None:
    clock = {"s": 100.0}
    queue = Queue(Line(60, 2.0, 100.0), Line(0, 2.0, 105.0))
    backlog = Backlog(queue, look_every_s=5, now_s=lambda: clock["s"])
    assert backlog.wait_s() == 0, "nothing is known yet, and nobody waits for it"
    wait_until(lambda: backlog.wait_s() == 30, "the line is told")
    backlog.note_enqueued()
    backlog.note_enqueued()
    assert (backlog.wait_s(), queue.asked) == (31, 1)
    clock["s"] = 105.0
    backlog.wait_s()
    wait_until(lambda: backlog.wait_s() == 0, "the line is told anew")
    assert queue.asked == 2


def test_a_queue_that_cannot_be_asked_is_taken_for_empty_after_a_minute(capsys: pytest.CaptureFixture[str]) -> None:
    clock = {"s": 0.0}
    queue = Queue(Line(60, 2.0, 0.0), exceptions.PermissionDenied("no"))
    backlog = Backlog(queue, look_every_s=5, now_s=lambda: clock["s"])
    backlog.wait_s()
    wait_until(lambda: backlog.wait_s() == 30, "the line is told")
    clock["s"] = 59.0
    assert backlog.wait_s() == 30
    clock["s"] = 61.0
    assert backlog.wait_s() == 0
    wait_until(lambda: "the backlog is unknown: PermissionDenied" in capsys.readouterr().out, "a warning")


def test_a_slow_answer_holds_nobody_up() -> None:
    released = threading.Event()

    def ask() -> Line:
        released.wait(10)
        return Line(0, 1.0, 0.0)

    backlog = Backlog(ask, look_every_s=5)
    assert [backlog.wait_s() for _ in range(3)] == [0, 0, 0]
    released.set()


def test_a_paused_queue_has_no_end() -> None:
    assert Line(0, 0.0, 0.0).wait_s(0) == float("inf")


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
