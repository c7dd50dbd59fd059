"""The API of Cloud Tasks: how long a call takes, what it answers, and a new task in its queue.

Used by the ingress, by a workflow's connector, and by a step.  In: call(), create(), create_next().  Out: queue.take(),
take_next().
"""

from collections.abc import Callable, Mapping
from functools import partial

from local.executions.engine.virtual import Agenda
from local.workflows.effects import HttpFailure, HttpResponse
from tuning.model import Model
from tuning.orders import NewTask, TaskKind
from tuning.simulate.dice import values
from tuning.simulate.faults import Faults, delayed
from tuning.simulate.queues import Queue
from tuning.simulate.request import Request
from tuning.simulate.scenario import Scenario
from tuning.simulate.task import Task
from tuning.step_answers import TOO_LATE, google_said

_OK, _NO_QUEUE, _EXISTS = 200, 404, 409
_NOT_BY_INGRESS = 10  # the first number of a call that is not the ingress's
NEXT_TIMEOUT_S = 5.0  # of a step's call; source: steps/


class Tasks:
    """queues: by their short names; they are made after what sends tasks."""

    def __init__(self, agenda: Agenda, model: Model, scenario: Scenario, seed: int) -> None:
        self.queues: Mapping[str, Queue] = {}
        self._agenda = agenda
        self._create_s = values(seed, "create a task", model.distribution("tasks.create_s"))
        self._faults = (Faults(scenario, "tasks", seed), Faults(scenario, "tokens", seed, "new tasks"))

    def call(self, request: int, number: int, now_s: float) -> tuple[float, int]:
        """(seconds, status) of one call that begins then; infinite if it hangs."""
        seconds, status = delayed(self._faults, self._create_s(request, number), now_s, request, number)
        return seconds, _OK if status is None else status

    def create(
        self, request: Request, order: NewTask, after_s: float, then: Callable[[HttpResponse | HttpFailure], None]
    ) -> None:
        """A workflow's call, which arrives after_s from now."""
        now_s = self._agenda.now_s
        seconds, status = self.call(request.number, _NOT_BY_INGRESS + request.calls, now_s + after_s)
        if after_s + seconds < order.timeout_s:
            self._agenda.add(now_s + after_s + seconds, partial(self._end, request, order, status, then))
        else:
            self._agenda.add(now_s + order.timeout_s, partial(then, TOO_LATE))

    def _end(
        self, request: Request, order: NewTask, status: int, then: Callable[[HttpResponse | HttpFailure], None]
    ) -> None:
        if status == _OK:
            queue = self.queues.get(order.queue)
            if queue is None:
                status = _NO_QUEUE
            elif not queue.take(request, order):
                status = _EXISTS
        then(google_said(status))

    def create_next(self, task: Task, kind: TaskKind, queue: str, due_s: float, then: Callable[[bool], None]) -> None:
        """A step's call; then() hears whether the task after that one is there."""
        task.request.calls += 1
        now_s, number = self._agenda.now_s, _NOT_BY_INGRESS + task.request.calls
        seconds, status = self.call(task.request.number, number, now_s)
        if seconds < NEXT_TIMEOUT_S:
            self._agenda.add(now_s + seconds, partial(self._end_next, task, kind, queue, due_s, status, then))
        else:
            self._agenda.add(now_s + NEXT_TIMEOUT_S, partial(then, False))

    def _end_next(
        self, task: Task, kind: TaskKind, queue: str, due_s: float, status: int, then: Callable[[bool], None]
    ) -> None:
        is_there = status == _OK and queue in self.queues
        if is_there and not task.has_next:  # a task that is delivered twice makes one
            task.has_next = True
            self.queues[queue].take_next(task, kind, due_s)
        then(is_there)
