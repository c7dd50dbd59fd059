"""Each row of the steps' table of statuses, and what the workflow does then: two files that must fit together."""

import json
from typing import Any, get_args

import pytest

import schemas
from schemas.error import Error
from steps.app import STATUSES, Outcome, failure_of
from steps.errors import PermanentError, Reason, RetryableError
from tests.servers import ROOT
from tests.system.virtual import MESSAGE, PICTURE, World, answering, failed

REASONS: tuple[Reason, ...] = get_args(Reason)


def answered(error: Exception) -> tuple[int, dict[str, Any]]:
    """As the steps answer."""
    answer = failure_of(error)[1]
    return answer.status, schemas.check("error", answer.to_json())


def world_that_answers(where: str, answer: tuple[int, dict[str, Any]]) -> World:
    return answering(where, [answer, PICTURE if where == "generate" else MESSAGE])


@pytest.mark.parametrize("where", ["generate", "reply"])
def test_what_may_succeed_later_is_called_again_in_a_second(where: str) -> None:
    world = world_that_answers(where, answered(RetryableError("m", kind="bucket")))
    assert world.run() == MESSAGE
    assert (world.slept, world.tasks) == ([1], [])


@pytest.mark.parametrize("where", ["generate", "reply"])
def test_what_discord_limits_is_called_again_when_it_says(where: str) -> None:
    world = world_that_answers(where, answered(RetryableError("m", 3.0, kind="discord")))
    assert world.run_to_the_end() == MESSAGE
    assert world.slept == []
    assert [task.waits_s for task in world.tasks] == [pytest.approx(3.75, abs=0.01)]


@pytest.mark.parametrize("where", ["generate", "reply"])
@pytest.mark.parametrize("kind", ["bucket", "discord", "request", "drawing"])
@pytest.mark.parametrize("reason", REASONS)
def test_what_no_repetition_helps_is_not_repeated(where: str, reason: Reason, kind: Any) -> None:
    world = world_that_answers(where, answered(PermanentError(reason, "m", kind=kind)))
    failed(world)
    assert (world.slept, world.tasks) == ([], [])
    told: dict[Reason, list[str]] = {"gone": [], "undrawable": ["undrawable"]}
    said = "workflows/mando.yaml, tell, goes by a status that STATUSES gives"
    assert world.failures_told == told.get(reason, ["unavailable"]), said


@pytest.mark.parametrize("where", ["generate", "reply"])
@pytest.mark.parametrize("reason", ["unauthenticated", "refused"])
def test_a_caller_whose_role_is_new_is_tried_later(reason: Any, where: str) -> None:
    world = world_that_answers(where, answered(PermanentError(reason, "m", kind="caller")))
    assert world.run_to_the_end() == MESSAGE
    assert len(world.tasks) == 1


def test_what_nobody_foresaw_is_tried_a_few_times() -> None:
    world = World(generate=[answered(KeyError("token"))])
    failed(world)
    assert len(world.slept) == 3


def test_no_permanent_error_has_a_status_that_the_workflow_repeats() -> None:
    """A 500 with our JSON is a mistake, which it repeats: so nothing else may be one."""
    assert [outcome for outcome, (status, _) in STATUSES.items() if status == 500] == ["mistake"]
    assert all(400 <= STATUSES[reason][0] < 500 for reason in REASONS)
    assert not {STATUSES[reason][0] for reason in REASONS} & {408, 429}


def test_every_outcome_has_a_status_of_its_own() -> None:
    """Beside the last word to a task, which Cloud Tasks ends with a 200."""
    known = {one for part in get_args(Outcome) for one in (get_args(part) or [part])}
    assert STATUSES.keys() == known
    own = {one: status for one, (status, _) in STATUSES.items() if one != "last word"}
    assert len(set(own.values())) == len(own)
    assert STATUSES["last word"] == (200, "ERROR")


def test_the_schema_speaks_of_no_status_that_the_table_does_not_have() -> None:
    """Beside the two for an address that does not exist, which are starlette's."""
    kinds = json.loads((ROOT / "schemas" / "error.json").read_text())["properties"]["kind"]["oneOf"]
    said = {int(status) for one in kinds for status in one["statuses"]}
    assert said == {status for status, _ in STATUSES.values()} - {200, 202} | {404, 405}, "schemas/error.json, kind"


def test_a_mistake_of_ours_is_answered_without_its_text() -> None:
    assert failure_of(KeyError("token"))[1] == Error("mistake", 500, "a mistake in this service; its log says more")
