"""Whose 401 or 403 the workflow tries again: our own check of the caller passes in minutes, Discord's never does."""

from typing import Any

import pytest

import schemas
from local.workflows.effects import HttpResponse
from tests.system.virtual import DENIED_S, ENV, LIFE_S, LONGEST_WAIT_S, MESSAGE, PICTURE, World, failed


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


@pytest.mark.parametrize("name", PASSING)
def test_a_caller_that_is_refused_for_two_minutes_gets_its_picture(name: str) -> None:
    """Source: Google, "Access change propagation": typically 2 minutes."""
    world = World(generate=[*[PASSING[name]] * 8, PICTURE])
    assert world.run_to_the_end() == MESSAGE
    assert world.age_s > 120
    assert (world.slept, world.failures_told) == ([], [])


@pytest.mark.parametrize("name", PASSING)
def test_a_caller_that_is_refused_when_it_replies_waits_in_the_queue_with_its_picture(name: str) -> None:
    world = World(reply=[PASSING[name], MESSAGE])
    assert world.run_to_the_end() == MESSAGE
    assert (world.drawings, [task.queue for task in world.tasks]) == (1, [ENV["REPLY_QUEUE"]])


@pytest.mark.parametrize("name", PASSING)
def test_a_caller_that_stays_refused_is_given_up_and_the_member_told_if_that_is_possible(name: str) -> None:
    world = World(generate=[PASSING[name]])
    failed(world, in_the_end=True)
    assert DENIED_S < world.age_s < DENIED_S + LONGEST_WAIT_S + 10
    assert world.failures_told == ["unavailable"]
    lost = World(generate=[PASSING[name]], reply=[PASSING[name]])
    assert failed(lost, in_the_end=True).tags == ["NoReply"]
    assert lost.age_s < LIFE_S


@pytest.mark.parametrize("name", FINAL)
def test_what_discord_refuses_is_never_repeated(name: str) -> None:
    """Source: Discord, "Invalid Request Limit": 10,000 answers of 401, 403 or 429 in 10 minutes ban an address."""
    world = World(reply=[FINAL[name], MESSAGE])
    failed(world)
    assert (world.slept, world.tasks, world.failures_told) == ([], [], ["unavailable"])
