"""How long a reply waits, at each limit of the rule.  `left` is of the token's life."""

import math

import pytest
import yaml
from hypothesis import example, given
from hypothesis import strategies as st

from service.deployment import FIRST_WAIT_S, LAST_ATTEMPT_S, LAST_WORD_S, LONGEST_WAIT_S
from steps.waits import is_urgent, wait_s
from tests.servers import ROOT

SECONDS = st.floats(min_value=-100, max_value=1000)
JITTERS = st.floats(min_value=0, max_value=1)
LIFE_S = 900.0


def test_the_limits_of_the_table_below_are_those_of_the_file() -> None:
    assert (FIRST_WAIT_S, LONGEST_WAIT_S, LAST_ATTEMPT_S, LAST_WORD_S) == (5, 45, 3, 100)


@pytest.mark.parametrize(
    ("age_s", "left_s", "asked_s", "least_s", "most_s"),
    [
        # As long as the request is old, jittered between half and all: 5 s at least, 45 s at most.
        (0, 900, None, 2.5, 5),
        (4.9, 895, None, 2.5, 5),
        (5, 895, None, 2.5, 5),
        (5.2, 894, None, 2.6, 5.2),
        (44, 856, None, 22, 44),
        (45, 855, None, 22.5, 45),
        (46, 854, None, 22.5, 45),
        (600, 300, None, 22.5, 45),
        # A clock that differs: a request of the future.
        (-10, 910, None, 2.5, 5),
        # Near the end it is at most half of what is left, and still 5 s at least.
        (799.9, 100.1, None, 22.5, 45),
        (800, 100, None, 22.5, 45),
        (811, 89, None, 22.5, 44.5),
        (850, 50, None, 22.5, 25),
        (880, 20, None, 10, 10),
        (888, 12, None, 6, 6),
        (890, 10, None, 5, 5),
        (890.9, 9.1, None, 5, 5),
        # What would come in the last second before the last attempt is the last attempt.
        (891.01, 8.99, None, 5.99, 5.99),
        (892, 8, None, 5, 5),
        (893, 7, None, 4, 4),
        (896, 4, None, 1, 1),
        # A young request of which little is left waits from 2.5 s on.
        (0, 10, None, 2.5, 5),
        # As long as Discord asks, and up to half as much more; but no sooner than it would come otherwise.
        (0, 900, 4, 4, 6),
        (0, 900, 0.3, 2.5, 5),
        (500, 400, 2, 22.5, 45),
        (500, 400, 60, 60, 90),
        (880, 20, 2, 10, 10),
        # It may ask for longer than the token lives: one attempt is made all the same.
        (500, 400, 3600, 397, 397),
        (890, 10, 6.01, 7, 7),
        (890, 10, 4, 5, 6),
        # 0 asks for nothing.
        (0, 900, 0, 2.5, 5),
    ],
)
def test_a_reply_waits_so_long(
    age_s: float, left_s: float, asked_s: float | None, least_s: float, most_s: float
) -> None:
    assert wait_s(age_s, left_s, asked_s, 0.0) == pytest.approx(least_s)
    assert wait_s(age_s, left_s, asked_s, 1.0) == pytest.approx(most_s)


@pytest.mark.parametrize("asked_s", [None, 0.1, 60])
@pytest.mark.parametrize(
    ("left_s", "is_given_up"), [(4.001, False), (4, False), (3.999, True), (3, True), (0, True), (-1, True)]
)
def test_no_attempt_follows_the_last_one(left_s: float, asked_s: float | None, is_given_up: bool) -> None:
    """It began 3 s before the token's end; what ends within a second of that is it."""
    assert (wait_s(LIFE_S - left_s, left_s, asked_s, 0.5) is None) == is_given_up


@given(SECONDS, SECONDS, st.none() | st.floats(min_value=0, max_value=5000), JITTERS)
@example(0, 0, None, 0)
@example(LIFE_S - 4, 4, None, 1)
def test_an_attempt_is_made_in_time_or_none_is_made(
    age_s: float, left_s: float, asked_s: float | None, jitter: float
) -> None:
    wait = wait_s(age_s, left_s, asked_s, jitter)
    last_s = left_s - LAST_ATTEMPT_S
    if wait is None:
        assert last_s < 1
        return
    assert wait > 0
    assert wait == last_s or wait <= last_s - 1, "after an attempt that is not the last one there is time for the last"
    if asked_s:
        assert wait >= min(asked_s, last_s - 1)
    else:
        assert wait <= max(LONGEST_WAIT_S, FIRST_WAIT_S) + 1


@given(st.floats(min_value=0, max_value=60), st.none() | st.floats(min_value=0.5, max_value=60), JITTERS)
def test_however_often_it_fails_a_reply_is_tried_a_last_time_just_before_the_tokens_end(
    age_s: float, asked_s: float | None, jitter: float
) -> None:
    attempts = [age_s]
    while (wait := wait_s(attempts[-1], LIFE_S - attempts[-1], asked_s, jitter)) is not None:
        attempts.append(attempts[-1] + wait)
    assert math.isclose(attempts[-1], LIFE_S - LAST_ATTEMPT_S, abs_tol=0.001)
    urgent = [is_urgent(LIFE_S - at) for at in attempts]
    assert urgent == sorted(urgent), "once a reply is urgent it stays so"


@pytest.mark.parametrize(("left_s", "urgent"), [(100.001, False), (100, False), (99.999, True), (0, True)])
def test_urgent_is_what_has_no_time_for_a_line(left_s: float, urgent: bool) -> None:
    assert is_urgent(left_s) == urgent


def test_the_longest_waits_and_a_call_fit_before_the_tokens_end() -> None:
    """Else a task may come when nothing can be told any more: of the step's own waits, and of each reply queue's."""
    queues = yaml.safe_load((ROOT / "queue.yaml").read_text())["queue"]
    waits = {one["name"]: one["retry_parameters"]["max_backoff_seconds"] for one in queues}
    longest_s = max(LONGEST_WAIT_S, waits["reply-discord-queue"], waits["urgent-reply-queue"])
    assert longest_s + 10 <= LAST_WORD_S
