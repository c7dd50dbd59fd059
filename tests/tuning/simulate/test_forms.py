"""The form without a workflow, in the simulator: tasks of the queues call the steps."""

import json
from typing import Any

import pytest

import steps.reply_queues
from cli.main import run
from local.executions.engine.virtual import Agenda
from local.form import Form, TasksCall
from service.step_tasks import DEADLINE_S
from tests.servers import ROOT
from tests.tuning.simulate.builders import a_model, a_scenario, cloud, even, our_sources, simulated
from tuning.check.answers import REPLY, read_errors
from tuning.check.subject import Subject
from tuning.orders import STEP_TASK_DEADLINE_S
from tuning.prices import read_prices
from tuning.project import Project, read_project
from tuning.simulate.answer import Answer
from tuning.simulate.calls import Call, StepCalls
from tuning.simulate.request import Request
from tuning.simulate.task import Task
from tuning.simulate.tasks import NEXT_TIMEOUT_S
from tuning.sources import in_form
from tuning.step_answers import NO_TOKEN

DOWN = "{part: discord, kind: error, status: 503, ends: %s}"


def a_project(tasks_call: TasksCall = "app-engine") -> Project:
    return read_project(in_form(our_sources(), Form(tasks_call)))


def in_queues(rate: int, length_s: int, story: str | None = None, at_s: float = 0.0, **numbers: Any) -> Answer:
    return simulated(even(rate, length_s), story, at_s, a_project(), **numbers)


def test_each_request_gets_its_picture_by_two_tasks_and_no_execution() -> None:
    found, before = in_queues(5, 60, model=cloud()), simulated(even(5, 60), model=cloud())
    assert (found.pictures, found.duplicates, found.kept) == (300, 0, True)
    assert (found.executions.most_at_once, found.executions.steps_per_request) == (0, 0)
    assert found.calls_per_request.generate == found.calls_per_request.reply == 1
    assert list(found.as_json()) == list(before.as_json())
    assert "executions" not in found.limits


def test_a_million_requests_cost_two_tasks_each_and_no_steps() -> None:
    """$1.60: each task is made and sent once, and both are billed.  The ingress looks at the queues beside."""
    cost = in_queues(20, 120).cost_usd
    assert cost["workflows_internal_step"] == cost["workflows_external_step"] == 0
    assert cost["tasks_operation"] / (20 * 120) * 1e6 == pytest.approx(1.6, rel=0.1)
    with_workflow = simulated(even(20, 120)).cost_usd
    assert with_workflow["workflows_internal_step"] / (20 * 120) * 1e6 == pytest.approx(50)


def test_discord_is_waited_for_without_drawing_again() -> None:
    found = in_queues(4, 150, DOWN % "2m", 20.0)
    assert found.kept
    assert found.pictures == found.sent == 600
    assert found.calls_per_request.generate == 1
    assert found.queues["reply-discord-queue"].most_waiting > 4 * 100


def test_steps_that_fail_are_called_again_by_the_queue_and_each_picture_is_drawn_once() -> None:
    found = in_queues(4, 60, "{part: steps, kind: error, status: 503, ends: 40s}", 10.0)
    assert (found.kept, found.pictures) == (True, found.sent)
    assert found.queues["create-image-queue"].most_waiting > 4 * 20
    assert found.cost_usd["storage_write"] * 200_000 == pytest.approx(found.sent)


def test_where_the_bucket_does_not_come_back_members_are_told() -> None:
    found = in_queues(1, 5, "{part: storage, kind: error, status: 503, ends: 20m}")
    assert (found.told, found.lost) == (5, 0)


def test_a_picture_that_cannot_be_handed_on_is_drawn_once_and_shown_when_the_queue_takes_it() -> None:
    found = in_queues(4, 40, "{part: tasks, kind: error, status: 503, share: 0.5, ends: 30s}", 5.0)
    assert (found.pictures, found.kept) == (found.acknowledged, True)
    assert found.calls_per_request.generate > 1
    assert found.calls_per_request.reply == pytest.approx(1, abs=0.05)


@pytest.mark.parametrize("have_tokens", [False, True])
def test_only_tasks_over_http_need_a_token(have_tokens: bool) -> None:
    """Google gives none."""
    agenda, received, answers = Agenda(0.0), list[Call](), list[object]()
    load = even(1, 1)
    no_tokens = a_scenario(load, "{part: tokens, kind: error, status: 503, ends: 30s}")
    calls = StepCalls(
        *(agenda, a_model(), no_tokens, 1, received.append, lambda: None),
        have_tokens=have_tokens,
    )
    request = Request(0, 0.0)
    call = Call(request, "generate", 1, 0.0, lambda _, outcome: answers.append(outcome), Task(request, "generate", 0.0))
    calls.send(call, 30.0)
    agenda.advance()
    assert (received, answers) == (([], [NO_TOKEN]) if have_tokens else ([call], []))


def test_a_request_in_vain_makes_as_many_calls_as_it_does_alone() -> None:
    found = in_queues(1, 12, DOWN % "20m", model=cloud())
    assert found.unreachable == found.acknowledged == 12
    subject = Subject(a_project(), read_errors(our_sources()), cloud(), read_prices())
    alone = subject.outages["Discord refuses every reply"]
    assert found.calls_per_request.reply == pytest.approx(len(subject.typical_outage.made(REPLY)), rel=0.1)
    assert (alone.own_calls, alone.executions) == ([], [])
    assert found.calls_per_request.generate == 1


def test_the_numbers_of_such_tasks_are_those_of_the_code() -> None:
    assert STEP_TASK_DEADLINE_S == DEADLINE_S
    assert NEXT_TIMEOUT_S == steps.reply_queues._TIMEOUT_S


@pytest.mark.parametrize("kind", ["app-engine", "http"])
def test_the_command_says_it_with_the_same_keys(kind: str, tmp_path: Any, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "found.json"
    words = ["--form", "queues", "--tasks", kind, "--rate", "2", "--for", "5s", "--json", str(file)]
    assert run(["simulate", str(ROOT), *words]) == 0
    said = json.loads(file.read_text())
    assert said["executions"] == {"most_at_once": 0, "most_queued": 0, "steps_per_request": 0.0}
    assert "executions at once" not in capsys.readouterr().out.splitlines()[0]
