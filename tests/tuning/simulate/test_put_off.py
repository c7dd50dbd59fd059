"""A reply that a task could not show: what follows, when, and in which queue."""

from dataclasses import replace

import pytest

from tests.tuning.simulate.builders import a_scenario
from tests.tuning.simulate.working import LOAD, NUMBERS, Working, run
from tuning.simulate.task import Task
from tuning.step_answers import GAVE_UP, REPLIED, WAITS, retry_after_s

DOWN = "{part: discord, kind: error, status: 503, ends: 2000s}"


def test_a_reply_that_a_task_cannot_show_puts_itself_off_until_the_last_word() -> None:
    """The token ends at 900 s.  At 810 s there is time for another attempt, at 830 s the member is told."""
    working = Working(a_scenario(LOAD, "{part: discord, kind: error, status: 503, ends: 815s}"))
    assert working.by_task("reply", 810.0) is WAITS
    assert working.by_task("reply", 830.0, number=2) is REPLIED
    assert working.request.shown == "pictures"
    working = Working(a_scenario(LOAD, "{part: storage, kind: error, status: 503, ends: 900s}"))
    assert working.by_task("reply", 810.0) is WAITS
    assert working.by_task("reply", 830.0, number=2) is REPLIED
    assert working.request.shown == "told"


@pytest.mark.parametrize(
    ("at_s", "queue", "least_s", "most_s"),
    [
        (2.0, "replies", 2.5, 5),
        (20.0, "replies", 10, 20),
        (400.0, "replies", 22.5, 45),
        (774.0, "replies", 22.5, 45),
        (798.0, "urgent", 22.5, 45),
        (850.0, "urgent", 12.5, 25),
        (892.5, "urgent", 4.3, 4.5),
    ],
)
def test_a_reply_waits_as_long_as_the_request_is_old_and_near_the_end_in_the_urgent_queue(
    at_s: float, queue: str, least_s: float, most_s: float
) -> None:
    working = Working(a_scenario(LOAD, DOWN), tasks__create_s=0.01, tasks__dispatch_s=1e-9, discord__tell_s=0.001)
    assert working.by_task("reply", at_s, number=3) is WAITS
    run(working.agenda)
    ((its, number, sent_s),) = working.sent
    assert (its, number) == (queue, 4)
    assert least_s <= sent_s - at_s <= most_s + 0.1


@pytest.mark.parametrize(("late_s", "queue"), [(300.0, "replies"), (400.0, "urgent")])
def test_a_reply_that_stood_in_a_long_line_waits_in_the_urgent_queue_sooner(late_s: float, queue: str) -> None:
    """At 450 s 450 s are left: at most 45 s until the next task, then the line once more, then the last 100 s."""
    working = Working(a_scenario(LOAD, DOWN), tasks__create_s=0.01, tasks__dispatch_s=1e-9, discord__tell_s=0.001)
    task = Task(working.request, "reply", 100.0)
    task.attempts, task.late_s = 1, late_s
    assert working.answer("reply", 450.0, task) is WAITS
    run(working.agenda)
    ((its, _, _),) = working.sent
    assert its == queue


def test_a_task_that_is_delivered_twice_makes_its_successor_once() -> None:
    working = Working(a_scenario(LOAD, DOWN))
    task = Task(working.request, "reply", 100.0)
    task.attempts = 1
    assert [working.answer("reply", at_s, task) for at_s in (100.0, 101.0)] == [WAITS] * 2
    run(working.agenda)
    assert len(working.sent) == 1


@pytest.mark.parametrize(("kind", "seconds"), [("error, status: 503", 0.05), ("hang", 5.0)])
def test_where_cloud_tasks_takes_no_task_the_queue_repeats_this_one(kind: str, seconds: float) -> None:
    faults = f"{DOWN}, {{part: tasks, kind: {kind}, ends: 900s}}"
    working = Working(a_scenario(LOAD, faults), discord__tell_s=0.001)
    assert working.by_task("reply", 100.0).code == 503
    assert working.agenda.now_s == pytest.approx(100 + seconds, abs=0.1)
    run(working.agenda)
    assert working.sent == []


def test_in_a_project_without_these_waits_the_queue_repeats_a_task() -> None:
    working = Working(a_scenario(LOAD, DOWN), replace(NUMBERS, reply_waits=None))
    assert [working.by_task("reply", at_s).code for at_s in (100.0, 899.0)] == [503, 503]
    assert working.by_task("reply", 901.0) is GAVE_UP


def test_a_task_that_cannot_tell_either_is_put_off_until_no_call_ends_in_time() -> None:
    working = Working(a_scenario(LOAD, DOWN))
    assert [working.by_task("reply", at_s) for at_s in (830.0, 895.0)] == [WAITS, WAITS]
    assert [working.by_task("reply", at_s) for at_s in (896.1, 901.0)] == [GAVE_UP, GAVE_UP]
    assert working.request.shown == ""


def test_a_task_learns_at_once_what_no_repetition_helps() -> None:
    """Where Discord refuses the picture for good it refuses the word too; a message that is gone takes neither."""
    for status in (400, 401, 404):
        working = Working(a_scenario(LOAD, f"{{part: discord, kind: error, status: {status}, ends: 900s}}"))
        assert working.by_task("reply", 10.0) is GAVE_UP
        assert working.by_task("tell", 20.0) is GAVE_UP
    missing = Working(a_scenario(LOAD, "{part: storage, kind: error, status: 404, ends: 900s}"))
    assert missing.by_task("reply", 10.0) is REPLIED
    assert missing.request.shown == "told"


def test_a_reply_that_is_blocked_waits_longer_each_time_by_whichever_task() -> None:
    blocked = a_scenario(LOAD, "{part: discord, kind: error, status: 403, body: page, ends: 900s}")
    working = Working(blocked, replace(NUMBERS, reply_waits=None))
    waits = [retry_after_s(working.by_task("reply", 10.0 + number, attempts=1 + number)) for number in range(4)]
    assert waits == [10, 30, 90, 90]
    assert retry_after_s(working.answer("reply", 20.0)) == 2
    later = Working(blocked, tasks__dispatch_s=1e-9)
    assert later.by_task("reply", 100.0, number=2) is WAITS
    run(later.agenda)
    assert 30 <= later.sent[0][2] - 100 <= 46
