"""Where a task goes when its queue sends it: the Executions API, or a step on App Engine.

In: send(), for each dispatch.  Out: then(task, whether it is done, the seconds that it shall wait at least).
"""

import math
from collections.abc import Callable
from functools import partial

from local.executions.engine.virtual import Agenda
from local.workflows.effects import HttpFailure, HttpResponse
from tuning.last_word import JITTER
from tuning.model import Model
from tuning.orders import DISPATCH_DEADLINE_S
from tuning.simulate.calls import Call, StepCalls
from tuning.simulate.dice import uniform, values
from tuning.simulate.executions import Executions
from tuning.simulate.faults import Faults, delayed
from tuning.simulate.scenario import Scenario
from tuning.simulate.task import Task
from tuning.step_answers import retry_after_s

Then = Callable[[Task, bool, float], None]


class Targets:
    """Shared by all queues."""

    def __init__(
        self, agenda: Agenda, model: Model, scenario: Scenario, seed: int, executions: Executions, calls: StepCalls
    ) -> None:
        self._agenda = agenda
        self._executions = executions
        self._calls = calls
        self._refusals = (Faults(scenario, "tokens", seed), Faults(scenario, "executions", seed))
        self._start_s = values(seed, "create an execution", model.distribution("executions.create_s"))
        self._jitter = uniform(seed, "Retry-After")

    def send(self, task: Task, then: Then) -> None:
        """The call begins now; then() is called once."""
        now_s = self._agenda.now_s
        if task.kind == "start":
            seconds, is_taken = self._start(task)
            if is_taken:
                self._agenda.add(now_s + seconds, partial(self._arrived, task, then))
            else:
                self._agenda.add(now_s + min(seconds, DISPATCH_DEADLINE_S), partial(then, task, False, 0.0))
            return
        request = task.request
        request.calls += 1
        request.bar("queue", task.since_s, now_s, True)
        answered = partial(self._answered, task, then)
        self._calls.send(Call(request, task.kind, request.calls, now_s, answered, task), task.deadline_s)

    def _start(self, task: Task) -> tuple[float, bool]:
        """How long the call of the Executions API takes, and whether it gets there."""
        request, number, now_s = task.request.number, task.draw(task.attempts), self._agenda.now_s
        seconds, status = delayed(self._refusals, self._start_s(request, number), now_s, request, number)
        return seconds, status is None and seconds < DISPATCH_DEADLINE_S

    def _arrived(self, task: Task, then: Then) -> None:
        then(task, self._executions.create(task.request, task.created_s), 0.0)

    def _answered(self, task: Task, then: Then, call: Call, outcome: HttpResponse | HttpFailure) -> None:
        task.since_s = self._agenda.now_s
        asked_s = retry_after_s(outcome)
        if asked_s:  # as steps/app.py writes the header
            asked_s = math.ceil(asked_s * (1 + JITTER * self._jitter(call.request.number, call.number)))
        then(task, self._calls.note(call, outcome), asked_s)
