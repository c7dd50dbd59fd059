"""Whom a limit of Discord holds back and until when, and how many invalid requests this process allows itself.

Source: Discord, "Rate Limits", for all that is not said otherwise.
"""

import pytest
import yaml

from steps.errors import PermanentError, RetryableError
from steps.rate_limits import _MAX_INVALID
from tests.servers import ROOT
from tests.steps.process import BLOCKED, FORBIDDEN, GLOBAL, LIMITED, SHOWN, Process
from tests.steps.scripted import Answer, json_answer


@pytest.mark.parametrize(("later_s", "is_held"), [(0, True), (2.499, True), (2.5, False), (2.6, False)])
def test_a_global_limit_ends_when_it_said_and_not_before(process: Process, later_s: float, is_held: bool) -> None:
    process.script.answers = [GLOBAL[0], SHOWN]
    process.ada.waits_s()
    process.now_s += later_s
    if is_held:
        assert process.ben.waits_s() == max(0.5, round(2.5 - later_s, 3)), "never shorter than half a second"
    else:
        assert process.ben.shows()


@pytest.mark.parametrize(("more", "is_full"), [(-2, False), (-1, False), (0, True), (1, True)])
@pytest.mark.parametrize(("later_s", "is_over"), [(0, False), (599.999, False), (600, True)])
def test_so_many_invalid_requests_in_ten_minutes_are_the_last(
    process: Process, more: int, is_full: bool, later_s: float, is_over: bool
) -> None:
    for _ in range(_MAX_INVALID + more):
        process.discord._throttle.count_invalid()
    process.now_s += later_s
    process.script.answers = [SHOWN]
    if is_full and not is_over:
        assert process.ada.waits_s() == max(0.5, round(600 - later_s, 3))
    else:
        assert process.ada.shows()


@pytest.mark.parametrize(("later_s", "waits_s"), [(0, 500), (499, 1), (500, None), (599.9, None)])
def test_the_oldest_invalid_request_is_the_first_that_counts_no_more(
    process: Process, later_s: float, waits_s: float | None
) -> None:
    """The newest one is 100 s younger."""
    for gap_s, count in ((0, 1), (50, _MAX_INVALID - 2), (50, 1)):
        process.now_s += gap_s
        for _ in range(count):
            process.discord._throttle.count_invalid()
    process.now_s += later_s
    process.script.answers = [SHOWN]
    if waits_s is None:
        assert process.ada.shows()
    else:
        assert process.ada.waits_s() == waits_s


def test_a_process_that_has_just_begun_holds_nobody_back(process: Process) -> None:
    """Also on a machine that has just begun, where its clock does."""
    process.now_s = 0.0
    process.script.answers = [SHOWN]
    assert process.ada.shows()
    assert process.post() == "9"


@pytest.mark.parametrize("headers", [{}, {"X-RateLimit-Scope": "user"}, {"X-RateLimit-Scope": "shared"}])
def test_a_limit_that_is_not_global_holds_back_nobody_else(process: Process, headers: dict[str, str]) -> None:
    process.script.answers = [json_answer(429, LIMITED, headers), BLOCKED, SHOWN]
    assert process.ada.waits_s() == 64.57
    assert process.ada.waits_s() == 3
    assert process.ben.shows()


@pytest.mark.parametrize("answer", GLOBAL)
def test_after_a_global_limit_nobody_is_called_until_it_is_over(process: Process, answer: Answer) -> None:
    process.script.answers = [answer, SHOWN]
    assert process.ada.waits_s() == 2.5
    process.now_s += 1
    assert process.ben.waits_s() == 1.5
    assert len(process.script.asked) == 1
    process.now_s += 1.5
    assert process.ben.shows()


def test_a_shorter_global_limit_does_not_end_a_longer_one(process: Process) -> None:
    process.discord._throttle.hold("address", 60)
    process.discord._throttle.hold("address", 1)
    process.now_s += 30
    assert process.ada.waits_s() == 30


def test_a_global_limit_never_holds_longer_than_a_token_lives(process: Process) -> None:
    process.script.answers = [json_answer(429, {"retry_after": 1e9, "global": True}), SHOWN]
    assert process.ada.waits_s() == 900
    process.now_s += 900
    assert process.ben.shows()


def test_the_bots_global_limit_holds_back_no_reply(process: Process) -> None:
    """Source: Discord, "Global Rate Limit": interaction endpoints are not bound to the bot's."""
    process.script.answers = [GLOBAL[0], SHOWN]
    with pytest.raises(RetryableError):
        process.post()
    assert process.ada.shows()
    with pytest.raises(RetryableError):
        process.post()


@pytest.mark.parametrize(
    "invalid",
    [BLOCKED, json_answer(429, LIMITED), FORBIDDEN, json_answer(401, {"code": 0}), json_answer(401, {"code": 50027})],
)
def test_this_process_stops_before_invalid_requests_ban_its_address(process: Process, invalid: Answer) -> None:
    """Source: Discord, "Invalid Request Limit": 401, 403 and 429 count, 10,000 in 10 minutes."""
    for _ in range(_MAX_INVALID - 1):
        process.discord._throttle.count_invalid()
    process.script.answers = [invalid]
    with pytest.raises(Exception, match="Discord"):
        process.ada.shows()
    process.script.answers = [SHOWN]
    process.now_s += 100
    assert process.ben.waits_s() == 500
    assert len(process.script.asked) == 1
    process.now_s += 500
    assert process.ben.shows()


@pytest.mark.parametrize(
    "harmless",
    [
        json_answer(429, LIMITED, {"X-RateLimit-Scope": "shared"}),
        json_answer(404, {"code": 10008}),
        json_answer(400, {"code": 50035}),
        Answer(502, b"<html>"),
    ],
)
def test_what_does_not_count_as_invalid_stops_nobody(process: Process, harmless: Answer) -> None:
    """Source: Discord, "Invalid Request Limit": a 429 of scope shared is not counted."""
    for _ in range(_MAX_INVALID - 1):
        process.discord._throttle.count_invalid()
    process.script.answers = [harmless, SHOWN]
    with pytest.raises((RetryableError, PermanentError)):
        process.ada.shows()
    assert process.ben.shows()


def test_all_processes_together_stay_below_the_limit_of_one_address() -> None:
    app = yaml.safe_load((ROOT / "app.yaml").read_text())
    words = app["entrypoint"].split()
    workers = int(words[words.index("--workers") + 1])
    assert _MAX_INVALID * workers * app["automatic_scaling"]["max_instances"] < 10_000
