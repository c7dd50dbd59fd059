"""The rules of workflows/mando.yaml as a table: kind of error and attempt, and what is then done.

Each cell runs through the real YAML in virtual time.  test_workflow_time.py has what depends on the time.
"""

from dataclasses import dataclass
from typing import Any

import pytest

from local.workflows.effects import HttpFailure, HttpResponse
from local.workflows.errors import WorkflowError
from tests.system.virtual import (
    ENV,
    HICCUP_WAITS_S,
    LONGEST_WAIT_S,
    MESSAGE,
    MISTAKE_WAITS_S,
    PICTURE,
    World,
    answering,
    failed,
    limited,
    ours,
    page,
    payload_of,
)


@dataclass(frozen=True, slots=True)
class Rule:
    """What is done about a kind of error: retries after these waits, then a task after waits_s, or the end.

    waits_s: None where no task follows; "age" for as long as the request is old, else what Discord asks for.
    """

    retries_s: tuple[float, ...] = ()
    waits_s: str | float | None = None


HICCUP = Rule(HICCUP_WAITS_S, "age")
WITHOUT_TOKEN = Rule((2,) * 30, "age")
MISTAKE = Rule(MISTAKE_WAITS_S)
DENIED, UNASKED = Rule((), "age"), Rule((), "age")
FINAL = Rule()

KINDS: dict[str, tuple[Any, Rule]] = {
    "no connection": (HttpFailure("ConnectionError", "reset"), HICCUP),
    "no connection to begin with": (HttpFailure("ConnectionFailedError", "refused"), HICCUP),
    "no answer in time": (HttpFailure("TimeoutError", "no answer"), HICCUP),
    "no token for the call": (HttpFailure("AuthError", "no token"), WITHOUT_TOKEN),
    "an answer that is no JSON": ("<html>", MISTAKE),
    "an answer of another shape": ({"x": 1}, MISTAKE),
    "a mistake of the steps": (ours(500), MISTAKE),
    "a 500 that is not the steps'": (page(500), HICCUP),
    "a 500 of nothing": (HttpResponse(500, {}, b""), HICCUP),
    "408": (ours(408), HICCUP),
    "a 408 that is not the steps'": (page(408), HICCUP),
    "429 that says 7 s": (limited(7), Rule((), 7)),
    "429 that says 0.25 s": (limited(0.25), Rule((), 0.25)),
    "429 that says 500 s": (limited(500), Rule((), 500)),
    "429 that says no wait": (ours(429), UNASKED),
    "429 that says null": (limited(None), UNASKED),
    "429 that says 0": (limited(0), UNASKED),
    "429 that says less than 0": (limited(-1), UNASKED),
    "429 that says a text": (limited("3"), UNASKED),
    "429 of somebody else": (page(429), HICCUP),
    "499 of somebody else": (page(499), FINAL),
    "501": (ours(501), HICCUP),
    "502 of somebody else": (page(502), HICCUP),
    "503": (ours(503), HICCUP),
    "504": (ours(504), HICCUP),
    "401 of the steps' own": ((401, {"kind": "caller", "error": {}}), DENIED),
    "403 of the steps' own": ((403, {"kind": "caller", "error": {}}), DENIED),
    "401 of the platform": (page(401), DENIED),
    "403 of the platform": (page(403), DENIED),
    "403 without a body": (HttpResponse(403, {}, b""), DENIED),
    "401 of Discord": ((401, {"kind": "discord", "error": {}}), FINAL),
    "403 of Discord": ((403, {"kind": "discord", "error": {}}), FINAL),
    "403 that says no kind": ((403, {}), FINAL),
    "302": (page(302), MISTAKE),
    "400": (ours(400), FINAL),
    "404": (ours(404), FINAL),
    "409": (ours(409), FINAL),
    "413": (ours(413), FINAL),
    "422": (ours(422), FINAL),
    "a 400 that is not the steps'": (page(400), FINAL),
    "a 404 that is not the steps'": (page(404), FINAL),
}
# What is no picture is refused when it is to be shown.  The steps check what they answer: another call brings the same.
NO_PICTURES = ("an answer that is no JSON", "an answer of another shape", "302")
TIMES = (1, 2, 3, 4, 5, 30, 31)


def rule_of(where: str, kind: str) -> Rule:
    return FINAL if where == "generate" and kind in NO_PICTURES else KINDS[kind][1]


def waits_s(rule: Rule, age_s: float, share: float = 0.5) -> float:
    """The wait of the rule's task; share: the dice of the clock."""
    if rule.waits_s == "age":
        return max(2, min(age_s, LONGEST_WAIT_S)) * (1 + share) / 2
    assert isinstance(rule.waits_s, int | float)
    return rule.waits_s * (1 + share / 2)


def marks(error: WorkflowError) -> tuple[Any, Any]:
    """Tags and status: by them operators tell one error from another."""
    return error.tags, payload_of(error).get("code")


def what_it_is(answer: Any) -> tuple[Any, Any]:
    """The error that a call is which meets this answer."""
    if isinstance(answer, HttpFailure):
        return [answer.kind], None
    status = answer.code if isinstance(answer, HttpResponse) else answer[0] if isinstance(answer, tuple) else 200
    if status >= 400:
        return ["HttpError"], status
    return (["KeyError", "LookupError"] if isinstance(answer, dict) else ["TypeError"]), None


def is_put_off(world: World, queue: str, rule: Rule) -> None:
    """Its one task waits as the rule says, counted from the error, 0.1 s before the queue's answer."""
    (task,) = world.tasks
    assert task.queue == ENV[queue]
    assert task.waits_s == pytest.approx(waits_s(rule, world.age_s - 0.1), abs=0.01)


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["generate", "reply"])
def test_no_kind_of_error_is_given_up_too_early_or_tried_too_often(where: str, kind: str, times: int) -> None:
    answer, rule = KINDS[kind][0], rule_of(where, kind)
    is_drawn = where == "reply"
    times = min(times, len(rule.retries_s) + 1)  # what follows is of the failure reply
    world = answering(where, [*[answer] * times, MESSAGE if is_drawn else PICTURE])
    if times <= len(rule.retries_s):
        assert world.run() == MESSAGE
        assert (world.slept, world.tasks, world.failures_told) == (list(rule.retries_s[:times]), [], [])
        return
    if rule.waits_s is None:
        what = (["HttpError"], 400) if where == "generate" and kind in NO_PICTURES else what_it_is(answer)
        assert marks(failed(world)) == what
        assert world.failures_told == ["undrawable" if kind == "422" else "unavailable"]
        assert world.tasks == []
    else:
        assert world.run() == {"waits_in": "execution-1-77"}
        assert world.failures_told == []
        is_put_off(world, "REPLY_QUEUE" if is_drawn else "QUEUE", rule)
    assert world.slept == list(rule.retries_s)
    assert world.drawings == (1 if is_drawn else len(rule.retries_s) + 1)


@pytest.mark.parametrize("times", TIMES)
@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_reply_too_is_not_given_up_too_early_or_tried_too_often(kind: str, times: int) -> None:
    answer, rule = KINDS[kind]
    retries_s = rule.retries_s
    world = World(generate=[ours(422)], reply=[*[answer] * times, MESSAGE])
    error = failed(world)
    assert world.slept == list(retries_s[:times])
    assert world.failures_told == ["undrawable"] * min(times + 1, len(retries_s) + 1)
    if times > len(retries_s) and rule.waits_s is None:
        assert error.tags == ["NoReply"]
        assert marks(WorkflowError(payload_of(error)["reply_error"])) == what_it_is(answer)
        assert world.tasks == []
        return
    assert payload_of(error)["code"] == 422, "operators see what was wrong at first"
    if times > len(retries_s):
        is_put_off(world, "REPLY_QUEUE", rule)
        assert world.tasks[0].body == {"request": world.request, "picture": None, "failure": "undrawable"}
    else:
        assert world.tasks == []


@pytest.mark.parametrize("where", ["generate", "reply"])
def test_hiccups_and_mistakes_are_counted_by_kind(where: str) -> None:
    """Three 503s and then one 500 do not end a request: the 500 is the first mistake."""
    success = PICTURE if where == "generate" else MESSAGE
    for answers in (
        [ours(503), ours(503), ours(500), ours(500), ours(500), success],
        [ours(500), ours(500), ours(500), ours(503), ours(503), success],
        [ours(500), ours(503), ours(500), page(500), ours(500), success],
    ):
        world = answering(where, answers)
        assert world.run() == MESSAGE
        assert (world.tasks, world.failures_told) == ([], [])


def test_three_503s_and_then_one_500_do_not_end_a_request() -> None:
    world = World(generate=[*[ours(503)] * 3, ours(500), PICTURE])
    assert world.run_to_the_end() == MESSAGE
    assert (world.executions, world.failures_told) == (2, [])
