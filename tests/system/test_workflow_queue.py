"""workflows/mando.yaml where the queue takes no task, where it has one already, and when requests are replayed."""

import json
from datetime import datetime
from typing import Any

import pytest

from local.workflows.effects import HttpFailure
from tests.system.virtual import (
    ENV,
    HANGS,
    LIFE_S,
    MESSAGE,
    PICTURE,
    RECEIVED,
    REPLY_RESERVE_S,
    TAKEN,
    World,
    answering,
    failed,
    limited,
    ours,
    page,
    payload_of,
)

EXISTS = (409, {"error": {"code": 409, "message": "Requested entity already exists", "status": "ALREADY_EXISTS"}})
# What the queue says → the waits of the connector's own retries.  Source: "Understand connectors", Retries.
REFUSALS: dict[str, tuple[Any, list[float]]] = {
    "500": (page(500), []),
    "503": ((503, {"error": {}}), [1, 1.25, 1.5625, 1.953125, 2.44140625]),
    "429": ((429, {"error": {}}), [1, 1.25, 1.5625, 1.953125, 2.44140625]),
    "403": ((403, {"error": {}}), []),
    "404": ((404, {"error": {}}), []),
    "400": ((400, {"error": {}}), []),
    "hangs": (HANGS, []),
    "no connection": (HttpFailure("ConnectionError", "reset"), []),
    "no token": (HttpFailure("AuthError", "no token"), []),
}


@pytest.mark.parametrize("refusal", REFUSALS)
@pytest.mark.parametrize("where", ["generate", "reply"])
def test_where_the_queue_takes_no_task_the_execution_waits_itself_and_goes_on(where: str, refusal: str) -> None:
    """The execution waits itself, until the same instant, and goes on."""
    answer, own_retries_s = REFUSALS[refusal]
    world = answering(where, [limited(20), PICTURE if where == "generate" else MESSAGE], queue=[answer])
    assert world.run() == MESSAGE
    assert world.slept[:-1] == own_retries_s
    due_s = datetime.fromisoformat(world.tasks[0].fields["scheduleTime"]).timestamp()
    began_s = RECEIVED.timestamp() + LIFE_S - world.called_with_s_left[-1 if where == "reply" else -2]
    assert began_s == pytest.approx(due_s, abs=0.01), "the queue's time counts"
    assert world.drawings == (2 if where == "generate" else 1)


@pytest.mark.parametrize("refusal", REFUSALS)
def test_where_the_queue_takes_no_task_a_member_is_told_all_the_same(refusal: str) -> None:
    world = World(generate=[ours(422)], reply=[limited(20), limited(20), MESSAGE], queue=[REFUSALS[refusal][0]])
    assert payload_of(failed(world))["code"] == 422
    assert world.failures_told == ["undrawable"] * 3
    assert len({task.fields["name"] for task in world.tasks}) == 1


@pytest.mark.parametrize("where", ["generate", "reply"])
def test_an_execution_that_waits_itself_asks_the_queue_again_each_time(where: str) -> None:
    """Each time it asks the queue again."""
    answers = [*[limited(20)] * 3, PICTURE if where == "generate" else MESSAGE]
    world = answering(where, answers, queue=[page(500), page(500), TAKEN])
    assert world.run() == {"waits_in": "execution-1-77"}
    assert len(world.tasks) == 3


@pytest.mark.parametrize("where", ["generate", "reply"])
def test_an_execution_that_waits_itself_ends_before_the_token_does(where: str) -> None:
    world = answering(where, [ours(503)], queue=[HANGS])
    world.answers["/reply-discord"] = [*[ours(503)] * 300] if where == "reply" else [MESSAGE]
    error = failed(world)
    assert error.tags == (["HttpError"] if where == "generate" else ["NoReply"])
    assert LIFE_S - 250 < world.age_s < LIFE_S
    assert set(world.failures_told) == {"unavailable"}
    assert min(world.called_with_s_left) > 20, "each call may hang for 20 s"


def test_a_queue_that_hangs_leaves_the_time_of_the_last_call() -> None:
    """Also where the last wait ends as late as it may, the queue hangs, and so do all calls."""
    wait_s = 7 * 1.25
    world = World(reply=[limited(7), HANGS], queue=[HANGS], left_s_at={2: REPLY_RESERVE_S + 0.01 + wait_s})
    failed(world)
    assert set(world.failures_told) == {"unavailable"}
    assert world.called_with_s_left[-len(world.failures_told)] > 20, "the first failure reply"


@pytest.mark.parametrize("where", ["generate", "reply"])
def test_a_task_that_is_there_already_is_as_good_as_a_new_one(where: str) -> None:
    """The connector's retry of a creation whose answer was lost, or an earlier creation of this execution."""
    world = answering(where, [limited(20)], queue=[EXISTS])
    assert world.run() == {"waits_in": "execution-1-77"}
    assert world.slept == []


def test_a_failure_reply_whose_task_is_there_already_is_told_by_it() -> None:
    error = failed(World(generate=[ours(422)], reply=[ours(503)], queue=[EXISTS]))
    assert payload_of(error)["code"] == 422


@pytest.mark.parametrize("where", ["generate", "reply"])
def test_a_replay_of_a_request_that_waits_gets_a_task_of_its_own(where: str) -> None:
    """Each execution's task has a name of its own; each shows the same picture in the same message."""
    world = answering(where, [limited(20), limited(20), PICTURE if where == "generate" else MESSAGE])
    assert world.run() == {"waits_in": "execution-1-77"}
    assert world.run() == {"waits_in": "execution-2-77"}
    first, second = (task.fields["name"] for task in world.tasks)
    assert first != second
    assert world.run() == MESSAGE


@pytest.mark.parametrize("age_s", [LIFE_S - 1, LIFE_S, LIFE_S + 1, 10 * LIFE_S])
def test_a_replay_after_the_tokens_end_is_tried_for_seconds(age_s: float) -> None:
    """The step posts the picture with the bot's token; seconds are waited for, more is not."""
    world = World(generate=[ours(503), PICTURE], reply=[ours(503), ours(503), MESSAGE])
    world.now_s = RECEIVED.timestamp() + age_s
    assert world.run() == MESSAGE
    assert world.tasks == []


@pytest.mark.parametrize("where", ["generate", "reply"])
def test_a_replay_after_the_tokens_end_that_fails_says_why(where: str) -> None:
    """No failure message is shown then: the step answers 410, which must not be the execution's error."""
    world = answering(where, [*[ours(503)] * 3]) if where == "generate" else World(reply=[*[ours(503)] * 3, ours(410)])
    world.answers["/reply-discord"] = world.answers["/reply-discord"] if where == "reply" else [ours(410)]
    world.now_s = RECEIVED.timestamp() + 2 * LIFE_S
    assert payload_of(failed(world))["code"] == 503
    assert (world.tasks, world.failures_told) == ([], ["unavailable"])


def test_a_replay_after_the_tokens_end_without_a_bot_says_what_is_missing() -> None:
    answer = {"kind": "discord", "error": {"status": 410, "message": "set DISCORD_BOT_TOKEN for the steps"}}
    world = World(reply=[(410, answer)])
    world.now_s = RECEIVED.timestamp() + 2 * LIFE_S
    assert payload_of(failed(world))["body"] == answer
    assert world.failures_told == []


def test_a_task_starts_the_workflow_with_the_same_request() -> None:
    world = World(generate=[limited(20)])
    world.run()
    (task,) = world.tasks
    assert task.queue == ENV["QUEUE"]
    assert task.body.keys() == {"argument"}
    seen = World()
    assert seen.run(json.loads(task.body["argument"])) == MESSAGE
    assert seen.calls[0][1] == world.request
