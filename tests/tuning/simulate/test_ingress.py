"""The ingress of the simulation: who is refused, who is told, who is too late for Discord."""

from dataclasses import replace
from typing import Any

import pytest

from tests.tuning.simulate.builders import even, our_project, simulated
from tuning.project import Project
from tuning.simulate.load import at_once

REPLIES = "reply-discord-queue"
WARM: dict[str, Any] = {"ingress__cold_start_s": 0.001}


def a_project(rate: float | None = None, **limits: Any) -> Any:
    project = our_project()
    queue = project.queues["create-image-queue"]
    if rate is not None:
        queue = replace(queue, rate=replace(queue.rate, max_dispatches_per_s=rate))
    return replace(project, queues={"create-image-queue": queue}, limits=replace(project.limits, **limits))


def test_a_line_that_is_too_long_is_refused() -> None:
    """1/s leave the queue and 5/s come: after 10 s the line is 40 s long, and a look is at most 5 s old."""
    found = simulated(even(5, 60), project=a_project(rate=1, refuse_after_s=40), **WARM)
    taken = found.acknowledged
    assert taken == pytest.approx(60 + 40, abs=30)  # what is served in that time, and a line of 40
    assert found.refused == 300 - taken
    assert found.kept


def test_between_two_looks_at_the_queue_an_instance_counts_its_own_tasks() -> None:
    """The first look sees an empty queue, and no other one comes."""
    found = simulated(even(2, 50), project=a_project(rate=1, refuse_after_s=20, look_every_s=1000), **WARM)
    assert found.acknowledged == 21


def test_a_member_who_asks_too_often_is_refused() -> None:
    found = simulated(even(1, 60), project=a_project(per_minute=6), ingress__members=1, **WARM)
    assert found.acknowledged == 6
    assert found.refused == 54


def nothing_kept() -> Project:
    """Ours, without an instance of the function that is kept ready."""
    project = our_project()
    ingress = replace(project.ingress, min_instances=0)
    return replace(project, deployment=replace(project.deployment, ingress=ingress))


def test_the_first_command_after_a_pause_may_be_too_late() -> None:
    assert simulated(even(1, 1), project=nothing_kept(), ingress__cold_start_s=2.5).refused == 0
    late = simulated(even(1, 1), project=nothing_kept(), ingress__cold_start_s=3.1)
    assert late.refused == 1
    assert late.kept  # Discord has told the member


def test_a_command_that_was_not_acknowledged_is_worked_on_in_vain_for_half_a_minute() -> None:
    found = simulated(even(1, 1), project=nothing_kept(), ingress__cold_start_s=3.1, steps__bot_token=0)
    assert found.series.columns["waiting"][10:30] == [1.0] * 20
    assert (found.pictures, found.told, found.duplicates) == (0, 0, 0)


def test_a_full_ingress_answers_429() -> None:
    project = our_project()
    ingress = replace(project.ingress, max_instances=1, concurrency=2)
    small = replace(project, deployment=replace(project.deployment, ingress=ingress))
    numbers = {**WARM, "ingress__wait_limit_s": 0.01, "tasks__create_s": 0.5}
    found = simulated(at_once(even(1, 1), 9, 5.0), project=small, **numbers)
    assert found.refused == 7


@pytest.mark.parametrize(
    ("faults", "refused"),
    [
        ("{part: tasks, kind: error, status: 503, ends: 1m}", 20),
        ("{part: tasks, kind: error, status: 403, ends: 1m}", 20),
        ("{part: tasks, kind: hang, ends: 1m}", 20),
        ("{part: tasks, kind: stall, ends: 1m}", 0),
        ("{part: tasks, kind: slow, median: 1s, max: 1s, ends: 1m}", 0),  # answered within 2.5 s
        ("{part: tasks, kind: slow, median: 9s, max: 9s, ends: 1m}", 20),
        ("{part: tokens, kind: error, status: 503, ends: 1m}", 20),
        ("{part: executions, kind: error, status: 503, ends: 1m}", 0),
    ],
)
def test_who_cannot_be_queued_is_refused_at_once(faults: str, refused: int) -> None:
    found = simulated(even(2, 10), faults, **WARM)
    assert found.refused == refused
    assert found.sent == 20
    assert found.lost == 0


def test_a_second_call_saves_most_of_those_whose_first_call_fails() -> None:
    found = simulated(even(10, 60), "{part: tasks, kind: error, status: 503, share: 0.1, ends: 1m}", **WARM)
    assert found.refused == pytest.approx(600 * 0.1 * 0.1, abs=8)


def test_where_most_calls_fail_a_short_line_is_long() -> None:
    """One call in seven is good, and two are made for a request: the queue takes 166 of 600, and cannot start them."""
    faults = "{part: tokens, kind: error, status: 503, share: 0.85, ends: 1m}"
    slow = a_project(rate=10)
    assert simulated(even(10, 60), faults, project=slow, **WARM).acknowledged == pytest.approx(166, abs=30)
    short = replace(slow, limits=replace(slow.limits, refuse_after_s=60))
    assert simulated(even(10, 60), faults, project=short, **WARM).acknowledged < 80


def refused_in_an_outage(per_s: float, refuse_after_s: float, **numbers: float) -> int:
    """Of two a second for two minutes, while Discord is down and the queue of the replies has that rate."""
    project = our_project()
    replies = project.queues[REPLIES]
    slow = replace(replies, rate=replace(replies.rate, max_dispatches_per_s=per_s))
    limits = replace(project.limits, refuse_after_s=refuse_after_s, look_every_s=1)
    limited = replace(project, queues={**project.queues, REPLIES: slow}, limits=limits)
    down = "{part: discord, kind: error, status: 503, ends: 3m}"
    return simulated(even(2, 120), down, project=limited, **WARM, **numbers).refused


def test_the_wait_is_that_of_both_lines() -> None:
    """60 replies that wait are 30 s, at 2/s."""
    assert refused_in_an_outage(2, 1000) == 0
    assert refused_in_an_outage(2, 30) == pytest.approx(240 - 60, abs=25)


def test_the_rate_of_the_replies_is_their_limit_also_while_failures_slow_the_queue_down() -> None:
    assert refused_in_an_outage(10, 30, tasks__throttled_share=0.01) == 0


def test_a_queue_of_replies_that_is_paused_refuses_nobody() -> None:
    assert refused_in_an_outage(0, 30) == 0


def test_an_ingress_that_knows_no_second_line_looks_at_one() -> None:
    project = our_project()
    variables = {name: value for name, value in project.ingress.environment.items() if name != "REPLY_QUEUE"}
    deployment = replace(project.deployment, ingress=replace(project.ingress, environment=variables))
    found = [simulated(even(1, 20), project=one, **WARM) for one in (project, replace(project, deployment=deployment))]
    both, one = (answer.cost_usd["tasks_operation"] for answer in found)
    assert (both - one) / 0.4e-6 == pytest.approx(4)  # a look each 5 s, at $0.40 a million
