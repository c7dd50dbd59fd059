"""Where a task goes when its queue sends it: the Executions API, or a step on App Engine.

In: send(), for each dispatch.  Out: then(task, how it ended, the seconds that it shall wait at least).
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
from tuning.simulate.task import Ending, Task
from tuning.step_answers import NO_TOKEN, retry_after_s

Then = Callable[[Task, Ending, float], None]


class Targets:
    """Shared by all queues."""

    def __init__(
        self, agenda: Agenda, model: Model, scenario: Scenario, seed: int, executions: Executions, calls: StepCalls
    ) -> None:
        self._agenda = agenda
        self._executions = executions
        self._calls = calls
        self._tokens = Faults(scenario, "tokens", seed, "starts")
        self._refusals = Faults(scenario, "executions", seed)
        self._start_s = values(seed, "create an execution", model.distribution("executions.create_s"))
        self._jitter = uniform(seed, "Retry-After")

    def send(self, task: Task, then: Then) -> None:
        """The call begins now; then() is called once."""
        now_s = self._agenda.now_s
        if task.kind == "start":
            self._start(task, then)
            return
        request = task.request
        request.calls += 1
        request.bar("queue", task.since_s, now_s, True)
        answered = partial(self._answered, task, then)
        self._calls.send(Call(request, task.kind, request.calls, now_s, answered, task), task.deadline_s)

    def _start(self, task: Task, then: Then) -> None:
        """A call of the Executions API: how long it takes, and whether it gets there."""
        request, number, now_s = task.request.number, task.draw(task.attempts), self._agenda.now_s
        seconds, status = delayed((self._tokens,), 0.0, now_s, request, number)
        if status is not None or seconds >= DISPATCH_DEADLINE_S:
            self._agenda.add(now_s + min(seconds, DISPATCH_DEADLINE_S), partial(then, task, "not sent", 0.0))
            return
        seconds += self._start_s(request, number)
        seconds, status = delayed((self._refusals,), seconds, now_s, request, number)
        if status is None and seconds < DISPATCH_DEADLINE_S:
            self._agenda.add(now_s + seconds, partial(self._arrived, task, then))
        else:
            self._agenda.add(now_s + min(seconds, DISPATCH_DEADLINE_S), partial(then, task, "failed", 0.0))

    def _arrived(self, task: Task, then: Then) -> None:
        then(task, "done" if self._executions.create(task.request, task.created_s) else "failed", 0.0)

    def _answered(self, task: Task, then: Then, call: Call, outcome: HttpResponse | HttpFailure) -> None:
        task.since_s = self._agenda.now_s
        asked_s = retry_after_s(outcome)
        if asked_s:  # as steps/app.py writes the header
            asked_s = math.ceil(asked_s * (1 + JITTER * self._jitter(call.request.number, call.number)))
        is_done = self._calls.note(call, outcome)
        then(task, "done" if is_done else "not sent" if outcome is NO_TOKEN else "failed", asked_s)
