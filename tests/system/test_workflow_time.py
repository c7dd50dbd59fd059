"""What workflows/mando.yaml does about an error by the request's age, the rest of the token's life, and the dice."""

import re
from typing import Any

import pytest

from local.workflows.compile.workflow import compile_workflow
from local.workflows.effects import HttpFailure
from tests.system.test_workflow_rules import DENIED, KINDS, marks, waits_s, what_it_is
from tests.system.virtual import (
    DENIED_S,
    DRAW,
    DRAW_RESERVE_S,
    FAILURE_RESERVE_S,
    HANGS,
    LIFE_S,
    LONGEST_WAIT_S,
    MESSAGE,
    PICTURE,
    RECEIVED,
    REPLY_RESERVE_S,
    TEXT,
    World,
    answering,
    failed,
    limited,
    ours,
)


@pytest.mark.parametrize("age_s", [0, 1.9, 2, 2.1, 10, LONGEST_WAIT_S - 0.1, LONGEST_WAIT_S, LONGEST_WAIT_S + 0.1, 650])
@pytest.mark.parametrize("where", ["generate", "reply"])
def test_a_task_waits_as_long_as_its_request_is_old(where: str, age_s: float) -> None:
    """At least 2 s, at most longest_wait_s."""
    world = answering(where, [ours(429)], left_s_at={1 if where == "generate" else 2: LIFE_S - age_s})
    world.run()
    assert world.tasks[0].waits_s == pytest.approx(max(2, min(age_s, LONGEST_WAIT_S)) * 0.75, abs=0.01)


@pytest.mark.parametrize("share", [0.001, 0.3, 0.7, 0.999])
@pytest.mark.parametrize("kind", ["503", "429 that says 7 s", "429 that says no wait", "403 of the platform"])
@pytest.mark.parametrize("where", ["generate", "reply"])
def test_waits_differ_by_the_clocks_dice_within_their_bounds(where: str, kind: str, share: float) -> None:
    """From half of the age to all of it, from what Discord asks to half as much more."""
    answer, rule = KINDS[kind]
    world = answering(where, [answer], share=share)
    world.run()
    assert world.tasks[0].waits_s == pytest.approx(waits_s(rule, world.age_s - 0.1, share), abs=0.01)


# What must be left beyond the reserve, so that another attempt is worth it.
LEAST_S = {"503": 1, "429 that says 7 s": 7, "429 that says no wait": 1}


@pytest.mark.parametrize(("more_s", "may_wait"), [(-0.01, False), (0.01, True), (5, True), (300, True)])
@pytest.mark.parametrize("kind", LEAST_S)
@pytest.mark.parametrize("where", ["generate", "reply"])
def test_the_last_attempt_comes_as_late_as_it_may_and_none_comes_later(
    where: str, kind: str, more_s: float, may_wait: bool
) -> None:
    """more_s: than LEAST_S, beyond draw_reserve_s or reply_reserve_s."""
    answer, rule = KINDS[kind]
    left_s, tries = LEAST_S[kind] + more_s, len(rule.retries_s) + 1
    last, reserve_s = (tries, DRAW_RESERVE_S) if where == "generate" else (tries + 1, REPLY_RESERVE_S)
    world = answering(where, [*[answer] * tries, MESSAGE], left_s_at={last: reserve_s + left_s})
    if may_wait:
        world.run()
        assert world.tasks[0].waits_s == pytest.approx(min(waits_s(rule, LONGEST_WAIT_S), left_s), abs=0.01)
        assert world.failures_told == []
    else:
        assert marks(failed(world)) == what_it_is(answer)
        assert (world.tasks, world.failures_told) == ([], ["unavailable"])


@pytest.mark.parametrize(
    ("where", "last", "reserve_s"), [("generate", 1, DRAW_RESERVE_S), ("reply", 2, REPLY_RESERVE_S)]
)
def test_a_wait_that_leaves_just_enough_is_begun(where: str, last: int, reserve_s: int) -> None:
    """Without jitter, in numbers that a double holds exactly."""
    world = answering(where, [limited(8.75)], share=0, left_s_at={last: reserve_s + 8.75})
    assert world.run() == {"waits_in": "execution-1-77"}
    assert world.tasks[0].waits_s == 8.75


@pytest.mark.parametrize(("more_s", "may_wait"), [(-0.01, False), (0.01, True), (5, True), (300, True)])
@pytest.mark.parametrize("kind", LEAST_S)
def test_a_failure_replys_last_attempt_comes_as_late_as_it_may(kind: str, more_s: float, may_wait: bool) -> None:
    """more_s: than LEAST_S, beyond failure_reserve_s."""
    answer, rule = KINDS[kind]
    left_s, last = LEAST_S[kind] + more_s, len(rule.retries_s) + 2
    world = World(generate=[ours(422)], reply=[answer], left_s_at={last: FAILURE_RESERVE_S + left_s})
    assert failed(world).tags == (["HttpError"] if may_wait else ["NoReply"])
    waits = [pytest.approx(min(waits_s(rule, LONGEST_WAIT_S), left_s), abs=0.01)]
    assert [task.waits_s for task in world.tasks] == (waits if may_wait else [])


@pytest.mark.parametrize(
    ("age_s", "may_wait"), [(0, True), (DENIED_S - 0.01, True), (DENIED_S + 0.01, False), (500, False)]
)
@pytest.mark.parametrize("kind", [kind for kind, (_, rule) in KINDS.items() if rule is DENIED])
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
@pytest.mark.parametrize(
    ("kind", "answer", "waits"),
    [
        ("hiccup", ours(503), [20, 40, 60, 60, 60]),
        ("mistake", ours(500), [20, 40, 60, 60, 60]),
        ("token", HttpFailure("AuthError", "no token"), [20] * 5),
    ],
)
def test_another_number_of_retries_or_another_first_wait_is_kept(
    where: str, kind: str, answer: Any, waits: list[int]
) -> None:
    """Doubled before each next retry, up to a minute; but not for a token."""
    text = re.sub(rf"{kind}_wait_s: \d+", f"{kind}_wait_s: 20", TEXT)
    text = re.sub(rf"{kind}_retries: \d+", f"{kind}_retries: 5", text)
    first = {"generate": [ours(422)]} if where == "tell" else {}
    world = answering("reply" if where == "tell" else where, [answer], workflow=compile_workflow(text), **first)
    if kind != "mistake" and where != "tell":
        world.run()
    else:
        failed(world)
    assert world.slept[:5] == waits


@pytest.mark.parametrize("where", ["generate", "reply"])
def test_a_call_that_hangs_is_given_up_after_20_s(where: str) -> None:
    world = answering(where, [HANGS, PICTURE if where == "generate" else MESSAGE])
    assert world.run() == MESSAGE
    assert world.now_s - RECEIVED.timestamp() == pytest.approx(1 + 20 + 1 + 0.2, abs=0.01)
    assert [path for path, _ in world.calls].count(DRAW) == (2 if where == "generate" else 1)
