"""What workflows/mando.yaml does about an error by the request's age, the rest of the token's life, and the dice."""

import re
from typing import Any

import pytest

from local.workflows.compile.workflow import compile_workflow
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


@pytest.mark.parametrize("age_s", [0, 1.9, 2, 2.1, 10, LONGEST_WAIT_S - 0.1, LONGEST_WAIT_S, LONGEST_WAIT_S + 0.1, 700])
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


@pytest.mark.parametrize(("left_s", "may_wait"), [(-0.01, False), (0.01, True), (300, True)])
@pytest.mark.parametrize("kind", ["503", "429 that says 7 s", "429 that says no wait"])
@pytest.mark.parametrize("where", ["generate", "reply"])
def test_a_wait_that_leaves_too_little_is_not_begun(where: str, kind: str, left_s: float, may_wait: bool) -> None:
    """left_s: what the wait leaves beyond draw_reserve_s or reply_reserve_s."""
    answer, rule = KINDS[kind]
    wait_s, tries = waits_s(rule, LONGEST_WAIT_S), len(rule.retries_s) + 1
    last, reserve_s = (tries, DRAW_RESERVE_S) if where == "generate" else (tries + 1, REPLY_RESERVE_S)
    world = answering(where, [*[answer] * tries, MESSAGE], left_s_at={last: reserve_s + wait_s + left_s})
    if may_wait:
        world.run()
        assert world.tasks[0].waits_s == pytest.approx(wait_s, abs=0.01)
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


@pytest.mark.parametrize(("left_s", "may_wait"), [(-0.01, False), (0.01, True), (300, True)])
@pytest.mark.parametrize("kind", ["503", "429 that says 7 s", "429 that says no wait"])
def test_a_failure_replys_wait_that_leaves_too_little_is_not_begun(kind: str, left_s: float, may_wait: bool) -> None:
    """left_s: what the wait leaves beyond failure_reserve_s."""
    answer, rule = KINDS[kind]
    wait_s, last = waits_s(rule, LONGEST_WAIT_S), len(rule.retries_s) + 2
    world = World(generate=[ours(422)], reply=[answer], left_s_at={last: FAILURE_RESERVE_S + wait_s + left_s})
    assert failed(world).tags == (["HttpError"] if may_wait else ["NoReply"])
    assert [task.waits_s for task in world.tasks] == ([pytest.approx(wait_s, abs=0.01)] if may_wait else [])


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
    assert world.slept[:5] == [20, 40, 60, 60, 60]


@pytest.mark.parametrize("where", ["generate", "reply"])
def test_a_call_that_hangs_is_given_up_after_20_s(where: str) -> None:
    world = answering(where, [HANGS, PICTURE if where == "generate" else MESSAGE])
    assert world.run() == MESSAGE
    assert world.now_s - RECEIVED.timestamp() == pytest.approx(1 + 20 + 1 + 0.2, abs=0.01)
    assert [path for path, _ in world.calls].count(DRAW) == (2 if where == "generate" else 1)
