"""The rules of workflows/mando.yaml as a table: kind of error, attempt, age and time left, and what is then done.

Each cell runs through the real YAML in virtual time.
"""

import re
from dataclasses import dataclass
from typing import Any

import pytest

from local.workflows.compile.workflow import compile_workflow
from local.workflows.effects import HttpFailure, HttpResponse
from local.workflows.errors import WorkflowError
from tests.system.virtual import (
    DRAW,
    ENV,
    HANGS,
    LIFE_S,
    MESSAGE,
    PICTURE,
    RECEIVED,
    TEXT,
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
    told_after_s: the waits of the retries while the member is told of a failure, where they differ.
    """

    retries_s: tuple[float, ...] = ()
    waits_s: str | float | None = None
    told_after_s: tuple[float, ...] | None = None


HICCUP = Rule(
    (1, 2), "age", told_after_s=()
)  # hiccup_retries and hiccup_wait_s; a failure reply goes to the queue at once
MISTAKE = Rule((1, 2, 4))  # mistake_retries and mistake_wait_s
CALLER = UNASKED = Rule((), "age")
FINAL = Rule()
CALLER_AGE_S = 240  # permission_denied_s

KINDS: dict[str, tuple[Any, Rule]] = {
    "no connection": (HttpFailure("ConnectionError", "reset"), HICCUP),
    "no connection to begin with": (HttpFailure("ConnectionFailedError", "refused"), HICCUP),
    "no answer in time": (HttpFailure("TimeoutError", "no answer"), HICCUP),
    "no token for the call": (HttpFailure("AuthError", "no token"), HICCUP),
    "an answer that is no JSON": ("<html>", MISTAKE),
    "an answer of another shape": ({"x": 1}, MISTAKE),
    "a mistake of the steps": (ours(500), MISTAKE),
    "a 500 that is not the steps'": (page(500), HICCUP),
    "a 500 of nothing": (HttpResponse(500, {}, b""), HICCUP),
    "408": (ours(408), HICCUP),
    "a 408 that is not the steps'": (page(408), HICCUP),
    "429 that says 7 s": (limited(7), Rule((), 7)),
    "429 that says 0.25 s": (limited(0.25), Rule((), 0.25)),
    "429 that says 600 s": (limited(600), Rule((), 600)),
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
    "401 of the steps' own": ((401, {"kind": "caller", "error": {}}), CALLER),
    "403 of the steps' own": ((403, {"kind": "caller", "error": {}}), CALLER),
    "401 of the platform": (page(401), CALLER),
    "403 of the platform": (page(403), CALLER),
    "403 without a body": (HttpResponse(403, {}, b""), CALLER),
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
TIMES = (1, 2, 3, 4, 5)


def waits_s(rule: Rule, age_s: float, share: float = 0.5) -> float:
    """The wait of the rule's task; share: the dice of the clock."""
    if rule.waits_s == "age":
        return max(2, min(age_s, 60)) * (1 + share) / 2
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
    answer, rule = KINDS[kind]
    is_drawn = where == "reply"
    times = min(times, len(rule.retries_s) + 1)  # what follows is of the failure reply
    world = answering(where, [*[answer] * times, MESSAGE if is_drawn else PICTURE])
    if times <= len(rule.retries_s):
        assert world.run() == MESSAGE
        assert (world.slept, world.tasks, world.failures_told) == (list(rule.retries_s[:times]), [], [])
        return
    if rule.waits_s is None:
        assert marks(failed(world)) == what_it_is(answer)
        assert world.failures_told == ["undrawable" if kind == "422" and not is_drawn else "unavailable"]
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
    retries_s = rule.retries_s if rule.told_after_s is None else rule.told_after_s
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
        assert world.tasks[0].body == {"request": world.request, "failure": "undrawable"}
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


@pytest.mark.parametrize("age_s", [0, 1.9, 2, 2.1, 10, 59.9, 60, 60.1, 700])
@pytest.mark.parametrize("where", ["generate", "reply"])
def test_a_task_waits_as_long_as_its_request_is_old(where: str, age_s: float) -> None:
    """At least 2 s, at most longest_wait_s."""
    world = answering(where, [ours(429)], left_s_at={1 if where == "generate" else 2: LIFE_S - age_s})
    world.run()
    assert world.tasks[0].waits_s == pytest.approx(max(2, min(age_s, 60)) * 0.75, abs=0.01)


@pytest.mark.parametrize("share", [0.001, 0.3, 0.7, 0.999])
@pytest.mark.parametrize("kind", ["503", "429 that says 7 s", "429 that says no wait", "403 of the platform"])
@pytest.mark.parametrize("where", ["generate", "reply"])
def test_waits_differ_by_the_clocks_dice_within_their_bounds(where: str, kind: str, share: float) -> None:
    """From half of the age to all of it, from what Discord asks to half as much more."""
    answer, rule = KINDS[kind]
    world = answering(where, [answer], share=share)
    world.run()
    assert world.tasks[0].waits_s == pytest.approx(waits_s(rule, world.age_s - 0.1, share), abs=0.01)


@pytest.mark.parametrize(("left_s", "may_wait"), [(-0.01, False), (0.01, True), (300, True)])
@pytest.mark.parametrize("kind", ["503", "429 that says 7 s", "429 that says no wait"])
@pytest.mark.parametrize("where", ["generate", "reply"])
def test_a_wait_that_leaves_no_100_s_is_not_begun(where: str, kind: str, left_s: float, may_wait: bool) -> None:
    """draw_reserve_s and reply_reserve_s; left_s is what the wait leaves beyond them."""
    answer, rule = KINDS[kind]
    wait_s, tries = waits_s(rule, 60), len(rule.retries_s) + 1
    last = tries if where == "generate" else tries + 1
    world = answering(where, [*[answer] * tries, MESSAGE], left_s_at={last: 100 + wait_s + left_s})
    if may_wait:
        world.run()
        assert world.tasks[0].waits_s == pytest.approx(wait_s, abs=0.01)
        assert world.failures_told == []
    else:
        assert marks(failed(world)) == what_it_is(answer)
        assert (world.tasks, world.failures_told) == ([], ["unavailable"])


@pytest.mark.parametrize(("where", "last"), [("generate", 1), ("reply", 2)])
def test_a_wait_that_leaves_100_s_exactly_is_begun(where: str, last: int) -> None:
    """Without jitter, in numbers that a double holds exactly."""
    world = answering(where, [limited(8.75)], share=0, left_s_at={last: 108.75})
    assert world.run() == {"waits_in": "execution-1-77"}
    assert world.tasks[0].waits_s == 8.75


@pytest.mark.parametrize(("left_s", "may_wait"), [(-0.01, False), (0.01, True), (300, True)])
@pytest.mark.parametrize("kind", ["503", "429 that says 7 s", "429 that says no wait"])
def test_a_failure_replys_wait_that_leaves_no_30_s_is_not_begun(kind: str, left_s: float, may_wait: bool) -> None:
    """failure_reserve_s"""
    answer, rule = KINDS[kind]
    wait_s = waits_s(rule, 60)
    world = World(generate=[ours(422)], reply=[answer], left_s_at={2: 30 + wait_s + left_s})
    assert failed(world).tags == (["HttpError"] if may_wait else ["NoReply"])
    assert [task.waits_s for task in world.tasks] == ([pytest.approx(wait_s, abs=0.01)] if may_wait else [])


@pytest.mark.parametrize(("age_s", "may_wait"), [(0, True), (239.99, True), (240.01, False), (500, False)])
@pytest.mark.parametrize("kind", [kind for kind, (_, rule) in KINDS.items() if rule is CALLER and "429" not in kind])
@pytest.mark.parametrize("where", ["generate", "reply"])
def test_a_denial_of_our_call_is_waited_out_until_a_new_role_is_known_everywhere(
    where: str, kind: str, age_s: float, may_wait: bool
) -> None:
    """Source: Google, "Access change propagation": typically 2 minutes."""
    world = answering(where, [KINDS[kind][0]], left_s_at={1 if where == "generate" else 2: LIFE_S - age_s})
    if may_wait:
        assert world.run() == {"waits_in": "execution-1-77"}
    else:
        assert set(failed(world).tags) & {"HttpError", "NoReply"}
        assert world.tasks == []


@pytest.mark.parametrize("where", ["generate", "reply", "tell"])
@pytest.mark.parametrize(("kind", "answer"), [("hiccup", ours(503)), ("mistake", ours(500))])
def test_another_number_of_retries_or_another_first_wait_is_kept(where: str, kind: str, answer: Any) -> None:
    """Doubled before each next retry, up to a minute."""
    text = re.sub(rf"{kind}_wait_s: \d+", f"{kind}_wait_s: 20", TEXT)
    text = re.sub(rf"{kind}_retries: \d+", f"{kind}_retries: 5", text)
    first = {"generate": [ours(422)]} if where == "tell" else {}
    world = answering("reply" if where == "tell" else where, [answer], workflow=compile_workflow(text), **first)
    if kind == "hiccup" and where != "tell":
        world.run()
    else:
        failed(world)
    assert world.slept[:5] == ([] if (kind, where) == ("hiccup", "tell") else [20, 40, 60, 60, 60])


@pytest.mark.parametrize("where", ["generate", "reply"])
def test_a_call_that_hangs_is_given_up_after_20_s(where: str) -> None:
    world = answering(where, [HANGS, PICTURE if where == "generate" else MESSAGE])
    assert world.run() == MESSAGE
    assert world.now_s - RECEIVED.timestamp() == pytest.approx(1 + 20 + 1 + 0.2, abs=0.01)
    assert [path for path, _ in world.calls].count(DRAW) == (2 if where == "generate" else 1)
