"""Whom a limit of Discord holds back and until when, and how many invalid requests this process allows itself.

Source: Discord, "Rate Limits", for all that is not said otherwise.
"""

from contextlib import ExitStack, suppress

import pytest
import yaml

from steps.errors import PermanentError, RetryableError
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


@pytest.mark.parametrize(("invalid", "is_full"), [(98, False), (99, False), (100, True)])
@pytest.mark.parametrize(("later_s", "is_over"), [(0, False), (4.999, False), (5, True), (10, True)])
def test_after_so_many_invalid_requests_one_call_is_made_every_five_seconds(
    process: Process, invalid: int, is_full: bool, later_s: float, is_over: bool
) -> None:
    meet(process, invalid)
    process.now_s += later_s
    process.script.answers = [SHOWN]
    if is_full and not is_over:
        assert process.ada.waits_s() == max(0.5, round(5 - later_s, 3))
    else:
        assert process.ada.shows()


def test_a_call_that_is_refused_again_costs_five_seconds_more(process: Process) -> None:
    meet(process, 100)
    for _ in range(3):
        process.now_s += 5
        process.script.answers = [FORBIDDEN, SHOWN]
        with pytest.raises(Exception, match="Discord"):
            process.ada.shows()
        assert process.ben.waits_s() == 5
    assert len(process.script.asked) == 3


def test_a_call_that_is_taken_sets_all_free_at_once(process: Process) -> None:
    meet(process, 100)
    process.now_s += 5
    process.script.answers = [SHOWN]
    assert [process.ada.shows() for _ in range(50)] == [True] * 50


def test_a_process_never_allows_itself_more_than_it_had_at_the_beginning(process: Process) -> None:
    process.now_s += 1e6
    meet(process, 100)
    assert process.ada.waits_s() == 5


def test_in_any_ten_minutes_no_more_than_240_invalid_requests_are_made(process: Process) -> None:
    """20 threads call together; all are refused.  Source: Discord, "Invalid Request Limit"."""
    throttle = process.discord._throttle
    refused_at_s: list[float] = []
    for _ in range(3000):
        with ExitStack() as threads:
            with suppress(RetryableError):
                for _ in range(20):
                    threads.enter_context(throttle.call("address"))
                    refused_at_s.append(process.now_s)
            for _ in range(refused_at_s.count(process.now_s)):
                throttle.count(is_invalid=True)
        process.now_s += 0.5
    most = max(sum(begin <= at_s < begin + 600 for at_s in refused_at_s) for begin in refused_at_s)
    assert 200 <= most <= 240


@pytest.mark.parametrize("under_way", [0, 1, 19])
def test_those_under_way_may_be_refused_as_the_last_one_was(process: Process, under_way: int) -> None:
    meet(process, 80)
    throttle = process.discord._throttle
    process.script.answers = [SHOWN]
    with ExitStack() as threads:
        for _ in range(under_way):
            threads.enter_context(throttle.call("address"))
        assert process.ben.shows()
    meet(process, 20)
    with ExitStack() as threads:
        process.now_s += 5
        threads.enter_context(throttle.call("address"))
        assert process.ada.waits_s() == 5
        process.now_s += 5
        threads.enter_context(throttle.call("address"))
        assert process.ada.waits_s() == 5


def test_a_call_without_an_answer_is_under_way_no_more(process: Process) -> None:
    meet(process, 99)
    process.script.answers = [Answer(closes=True), Answer(closes=True), SHOWN]
    for _ in range(2):
        with pytest.raises(RetryableError, match="did not answer"):
            process.ada.shows()
    assert process.ben.shows()


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
    meet(process, 99)
    process.script.answers = [invalid]
    with pytest.raises(Exception, match="Discord"):
        process.ada.shows()
    process.script.answers = [SHOWN]
    process.now_s += 1
    assert process.ben.waits_s() == 4
    assert len(process.script.asked) == 1
    process.now_s += 4
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
    meet(process, 99)
    process.script.answers = [harmless, SHOWN]
    with pytest.raises((RetryableError, PermanentError)):
        process.ada.shows()
    assert process.ben.shows()


def test_all_processes_together_stay_below_the_limit_of_one_address() -> None:
    app = yaml.safe_load((ROOT / "app.yaml").read_text())
    words = app["entrypoint"].split()
    workers = int(words[words.index("--workers") + 1])
    assert 240 * workers * app["automatic_scaling"]["max_instances"] < 10_000


def meet(process: Process, invalid: int) -> None:
    """So many answers of 403, one after the other."""
    for _ in range(invalid):
        with process.discord._throttle.call("address"):
            process.discord._throttle.count(is_invalid=True)
