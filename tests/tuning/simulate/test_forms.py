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
from tuning.project import Project, ProjectError, read_project
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
        have_tokens=lambda _: have_tokens,
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


FUNCTIONS = Form("workflow", "functions", "function")


def simulated_in(form: Form, rate: int, length_s: int, story: str | None = None, **numbers: Any) -> Answer:
    return simulated(even(rate, length_s), story, 5.0, read_project(in_form(our_sources(), form)), **numbers)


def test_functions_are_paid_for_by_the_second_with_a_call() -> None:
    """One processor each: a drawing and a reply share none.  Nothing of App Engine is paid for."""
    found = simulated_in(FUNCTIONS, 5, 60, model=cloud())
    assert (found.pictures, found.kept) == (300, True)
    assert not [item for item in found.cost_usd if item.startswith("appengine_f")]
    prices = read_prices()
    used_s = found.cost_usd["functions_vcpu"] / prices.dollars("functions_vcpu", 1)
    assert 60 < used_s < 60 * 3 * 3, "less than three instances of each of three functions the whole time"
    requests = found.cost_usd["functions_request"] / prices.dollars("functions_request", 1)
    assert requests == pytest.approx(3 * 300), "the ingress, the drawing, the reply"


def test_a_function_that_may_not_grow_answers_429_and_the_other_goes_on() -> None:
    """The reply has one instance with one call at once: what waits longer than Cloud Run lets it is repeated."""
    file = "deploy/deployment.yaml"
    before, _, after = our_sources()[file].partition("  reply:                          # waits")
    narrow = after.replace("concurrency: 20", "concurrency: 1", 1).replace("max_instances: 20", "max_instances: 1", 1)
    sources = {**our_sources(), file: f"{before}  reply:                          # waits{narrow}"}
    project = read_project(in_form(sources, FUNCTIONS))
    found = simulated(even(4, 60), None, 0.0, project, model=cloud())
    assert found.calls_per_request.generate == pytest.approx(1, abs=0.01)
    assert found.calls_per_request.reply > 1.1
    assert found.lost == 0


def test_a_reply_elsewhere_is_an_external_step_and_costs_no_instance() -> None:
    here, there = (simulated_in(form, 5, 60) for form in (Form(), Form(reply="https://reply.example.com")))
    assert (there.pictures, there.kept) == (300, True)
    assert here.cost_usd["workflows_external_step"] == 0
    assert there.cost_usd["workflows_external_step"] == pytest.approx(300 * 0.025 / 1000)
    assert there.cost_usd["appengine_f2"] < here.cost_usd["appengine_f2"]


def test_a_host_elsewhere_shows_as_much_as_its_containers_have_threads() -> None:
    """A reply takes a second, so 20 threads show 20 a second."""
    form = Form(reply="https://reply.example.com")
    few, many = (
        simulated_in(form, 30, 10, model=a_model(discord__reply_s=1.0, elsewhere__containers=containers))
        for containers in (1, 2)
    )
    assert (few.pictures, many.pictures) == (300, 300)
    assert few.s_to_reply.max is not None
    assert many.s_to_reply.max is not None
    assert few.s_to_reply.max > many.s_to_reply.max + 3


@pytest.mark.parametrize(
    ("form", "bears"),
    [
        (Form("app-engine"), (False, False)),
        (Form("app-engine", reply="function"), (False, True)),
        (Form("http"), (True, True)),
        (Form("http", "functions", "function"), (True, True)),
    ],
)
def test_an_app_engine_task_bears_no_token_and_reaches_no_reply_elsewhere(form: Form, bears: tuple[bool, bool]) -> None:
    project = read_project(in_form(our_sources(), form))
    assert (project.bears_token("generate"), project.bears_token("reply")) == bears


def test_files_without_functions_cannot_be_deployed_as_such() -> None:
    file = "deploy/deployment.yaml"
    text = our_sources()[file]
    older = text[: text.index("functions:")] + text[text.index("\nsteps:") :]
    sources = {**our_sources(), file: older}
    assert read_project(sources).deployment.functions is None
    with pytest.raises(ProjectError, match="there are no `functions`, which this form deploys"):
        read_project(in_form(sources, FUNCTIONS))


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
