"""Workflows alone: who begins when, what is refused, what a call's time-out does."""

import pytest

from local.executions.engine.virtual import Agenda
from tests.tuning.simulate.builders import a_model, a_scenario, even, our_project
from tuning.simulate.calls import Call, StepCalls
from tuning.simulate.executions import Executions
from tuning.simulate.paths import Paths
from tuning.simulate.queues import Queue
from tuning.simulate.request import Request
from tuning.simulate.scenario import calm
from tuning.simulate.targets import Targets
from tuning.simulate.tasks import Tasks
from tuning.step_answers import GENERATED, REPLIED

LOAD = even(1, 1000)


class Workflows:
    """The real workflow, whose calls take call_s each and succeed; a call in `silent` gets no answer."""

    def __init__(self, faults: str | None = None, call_s: float = 5.0, silent: int = 0, **numbers: float) -> None:
        self.agenda = Agenda(0.0)
        self.calls: list[tuple[int, str, float]] = []
        self.ended: list[tuple[int, float]] = []
        self.let_go: list[Request] = []
        self.failed = 0
        self._call_s, self._silent = call_s, silent
        project = our_project()
        quick = {"executions__hop_s": 1e-9, "executions__step_s": 0, "executions__queue_look_s": 0}
        model = a_model(**{**quick, "tasks__create_s": 1e-9, "tasks__dispatch_s": 1e-9, **numbers})
        scenario = calm(LOAD) if faults is None else a_scenario(LOAD, faults)
        calls = StepCalls(self.agenda, model, scenario, 1, self._receive, self._note_failure)
        self.tasks = Tasks(self.agenda, model, scenario, 1)
        self.executions = Executions(
            self.agenda,
            Paths(project.workflows["mando"], project.environment["mando"], is_general=True),
            model,
            1,
            calls,
            self.tasks,
            lambda request: self.ended.append((request.number, round(self.agenda.now_s, 3))),
        )
        send = Targets(self.agenda, model, scenario, 1, self.executions, calls).send
        self.tasks.queues = {
            name: Queue(self.agenda, config, model, scenario, 1, send, self.let_go.append)
            for name, config in project.queues.items()
        }

    def create(self, number: int, at_s: float = 0.0) -> bool:
        while self.agenda.next_s < at_s:
            self.agenda.advance()
        self.agenda.now_s = at_s
        request = Request(number, at_s)
        request.expires_s = at_s + 900
        return self.executions.create(request, at_s)

    def run(self) -> None:
        while self.agenda.next_s < 10_000:
            self.agenda.advance()

    def _receive(self, call: Call) -> None:
        self.calls.append((call.request.number, call.kind, round(self.agenda.now_s, 3)))
        if len(self.calls) > self._silent:
            answer = GENERATED if call.kind == "generate" else REPLIED
            self.agenda.add(self.agenda.now_s + self._call_s, lambda: call.answer(answer))

    def _note_failure(self) -> None:
        self.failed += 1


def test_an_execution_draws_then_replies() -> None:
    workflows = Workflows()
    assert workflows.create(0)
    workflows.run()
    assert workflows.calls == [(0, "generate", 0.0), (0, "reply", 5.0)]
    assert workflows.ended == [(0, 10.0)]
    assert (workflows.executions.active, workflows.executions.most_active) == (0, 1)
    assert (workflows.executions.internal > 0, workflows.executions.external) == (True, 0)


def test_who_is_queued_begins_in_order() -> None:
    workflows = Workflows(executions__most_at_once=2)
    assert all(workflows.create(number) for number in range(5))
    assert (workflows.executions.active, workflows.executions.queued) == (2, 3)
    workflows.run()
    assert workflows.ended == [(0, 10.0), (1, 10.0), (2, 20.0), (3, 20.0), (4, 30.0)]
    assert workflows.executions.most_queued == 3


def test_the_newest_may_begin_first() -> None:
    workflows = Workflows(executions__most_at_once=1, executions__newest_first_share=1)
    for number in range(4):
        workflows.create(number)
    workflows.run()
    assert [number for number, _ in workflows.ended] == [0, 3, 2, 1]


def test_a_free_place_is_given_after_a_while() -> None:
    workflows = Workflows(executions__most_at_once=1, executions__queue_look_s=3)
    workflows.create(0)
    workflows.create(1)
    workflows.run()
    assert workflows.ended == [(0, 10.0), (1, 23.0)]


def test_behind_a_full_line_starts_are_refused() -> None:
    workflows = Workflows(executions__most_at_once=1, executions__most_queued=2)
    assert [workflows.create(number) for number in range(5)] == [True, True, True, False, False]


def test_more_starts_a_minute_than_the_quota_are_refused() -> None:
    workflows = Workflows(executions__starts_per_s=1)
    assert sum(workflows.create(number) for number in range(100)) == 60
    assert not workflows.create(200, 59.0)
    assert workflows.create(201, 60.0)


def test_a_call_without_an_answer_ends_after_its_own_time() -> None:
    """generate_timeout_s is 20; then the first wait is 0.5 to 1 s."""
    workflows = Workflows(silent=1)
    workflows.create(0)
    workflows.run()
    (_, first_s), (_, second_s), _ = ((kind, at_s) for _, kind, at_s in workflows.calls)
    assert first_s == 0
    assert 20.5 <= second_s <= 21
    assert workflows.failed == 1


def test_an_answer_that_comes_too_late_changes_nothing() -> None:
    workflows = Workflows(call_s=21.0)
    workflows.create(0)
    workflows.run()
    assert {kind for _, kind, _ in workflows.calls} == {"generate", "tell"}
    assert {number for number, _ in workflows.ended} == {0}
    assert workflows.executions.active == 0


def test_without_tokens_no_call_is_made() -> None:
    workflows = Workflows("{part: tokens, kind: error, status: 503, ends: 1s}")
    workflows.create(0)
    workflows.run()
    assert workflows.calls[0][2] == pytest.approx(1.25, abs=0.75)
    assert workflows.failed >= 1
