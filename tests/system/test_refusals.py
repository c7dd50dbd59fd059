"""Whose 401 or 403 the workflow tries again: our own check of the caller passes in minutes, Discord's never does."""

from typing import Any

import pytest

import schemas
from local.workflows.effects import HttpResponse
from tests.system.test_workflow import LIFE_S, MESSAGE, PICTURE, Steps, failed


def refused(status: int, kind: str) -> tuple[int, dict[str, Any]]:
    """As the steps answer."""
    return status, schemas.check("error", {"kind": kind, "error": {"status": status, "message": "m"}})


PASSING = {
    "the steps do not know the token yet": refused(401, "caller"),
    "the steps do not know the account yet": refused(403, "caller"),
    "the platform's 401": HttpResponse(401, {"Content-Type": "text/html"}, b"<html>"),
    "the platform's 403": HttpResponse(403, {"Content-Type": "text/html"}, b"<html>403 Forbidden</html>"),
    "the platform's 403 without a body": HttpResponse(403, {}, b""),
}
FINAL = {
    "Discord's 401": refused(401, "discord"),
    "Discord's 403": refused(403, "discord"),
    "of steps that are older than kinds": (403, {"error": {"status": 403, "message": "m"}}),
    "another's JSON": (401, {"kind": ["caller"]}),
    "a map of nothing": (403, {}),
}


@pytest.mark.parametrize("where", ["generate", "reply"])
@pytest.mark.parametrize("name", PASSING)
def test_a_caller_that_is_refused_is_tried_again_for_minutes(name: str, where: str) -> None:
    """Source: Google, "Access change propagation": typically 2 minutes."""
    last = PICTURE if where == "generate" else MESSAGE
    steps = Steps(**{where: [*[PASSING[name]] * 11, last]})
    assert steps.run() == MESSAGE
    assert len(steps.slept) == 11
    assert 90 < sum(steps.slept) < 220


@pytest.mark.parametrize("name", PASSING)
def test_a_caller_that_stays_refused_is_given_up_and_the_member_told_if_that_is_possible(name: str) -> None:
    steps = Steps(generate=[PASSING[name]])
    failed(steps)
    assert len(steps.slept) == 11
    assert steps.failures_told == ["unavailable"]
    lost = Steps(generate=[PASSING[name]], reply=[PASSING[name]])
    assert failed(lost).tags == ["NoReply"]
    assert lost.seconds < LIFE_S


@pytest.mark.parametrize("name", FINAL)
def test_what_discord_refuses_is_never_repeated(name: str) -> None:
    """Source: Discord, "Invalid Request Limit": 10,000 answers of 401, 403 or 429 in 10 minutes ban an address."""
    steps = Steps(reply=[FINAL[name], MESSAGE])
    failed(steps)
    assert (steps.slept, steps.failures_told) == ([], ["unavailable"])
