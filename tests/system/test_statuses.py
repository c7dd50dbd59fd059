"""Each row of the steps' table of statuses, and what the workflow does then: two files that must fit together."""

import json
from typing import Any, get_args

import pytest

import schemas
from schemas.error import Error
from steps.app import STATUSES, Outcome, failure_of
from steps.errors import PermanentError, Reason, RetryableError
from tests.servers import ROOT
from tests.system.test_workflow import MESSAGE, PICTURE, Steps, failed

REASONS: tuple[Reason, ...] = get_args(Reason)


def answered(error: Exception) -> tuple[int, dict[str, Any]]:
    """As the steps answer."""
    answer = failure_of(error)[1]
    return answer.status, schemas.check("error", answer.to_json())


def steps_that_answer(where: str, answer: tuple[int, dict[str, Any]]) -> Steps:
    return Steps(**{where: [answer, PICTURE if where == "generate" else MESSAGE]})


@pytest.mark.parametrize("where", ["generate", "reply"])
@pytest.mark.parametrize(
    "error", [RetryableError("m", kind="bucket"), RetryableError("m", 3.0, kind="discord")], ids=str
)
def test_what_may_succeed_later_is_called_again(where: str, error: RetryableError) -> None:
    steps = steps_that_answer(where, answered(error))
    assert steps.run() == MESSAGE
    assert len(steps.slept) == 1
    assert error.retry_after_s is None or steps.slept == [error.retry_after_s]


@pytest.mark.parametrize("where", ["generate", "reply"])
@pytest.mark.parametrize("kind", ["bucket", "discord", "request", "drawing"])
@pytest.mark.parametrize("reason", REASONS)
def test_what_no_repetition_helps_is_not_repeated(where: str, reason: Reason, kind: Any) -> None:
    steps = steps_that_answer(where, answered(PermanentError(reason, "m", kind=kind)))
    failed(steps)
    assert steps.slept == []
    told: dict[Reason, list[str]] = {"gone": [], "undrawable": ["undrawable"]}
    said = "workflows/mando.yaml, report_failure, goes by a status that STATUSES gives"
    assert steps.failures_told == told.get(reason, ["unavailable"]), said


@pytest.mark.parametrize("reason", ["unauthenticated", "refused"])
def test_a_caller_whose_role_is_new_is_tried_for_minutes(reason: Any) -> None:
    steps = steps_that_answer("generate", answered(PermanentError(reason, "m", kind="caller")))
    assert steps.run() == MESSAGE


def test_what_nobody_foresaw_is_tried_a_few_times() -> None:
    steps = Steps(generate=[answered(KeyError("token"))])
    failed(steps)
    assert len(steps.slept) == 3


def test_no_permanent_error_has_a_status_that_the_workflow_repeats() -> None:
    """A 500 with our JSON is a mistake, which it repeats: so nothing else may be one."""
    assert [outcome for outcome, (status, _) in STATUSES.items() if status == 500] == ["mistake"]
    assert all(400 <= STATUSES[reason][0] < 500 for reason in REASONS)
    assert not {STATUSES[reason][0] for reason in REASONS} & {408, 429}


def test_every_outcome_has_a_status_of_its_own() -> None:
    known = {one for part in get_args(Outcome) for one in (get_args(part) or [part])}
    assert STATUSES.keys() == known
    assert len({status for status, _ in STATUSES.values()}) == len(STATUSES)


def test_the_schema_speaks_of_no_status_that_the_table_does_not_have() -> None:
    """Beside the two for an address that does not exist, which are starlette's."""
    kinds = json.loads((ROOT / "schemas" / "error.json").read_text())["properties"]["kind"]["oneOf"]
    said = {int(status) for one in kinds for status in one["statuses"]}
    assert said == {status for status, _ in STATUSES.values()} - {200} | {404, 405}, "schemas/error.json, kind"


def test_a_mistake_of_ours_is_answered_without_its_text() -> None:
    assert failure_of(KeyError("token"))[1] == Error("mistake", 500, "a mistake in this service; its log says more")
