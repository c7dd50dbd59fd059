"""A call of a step, by a workflow or by a task; its time-out, its token, and its way to the step's host."""

import math
from collections import deque
from collections.abc import Callable
from functools import partial

from local.executions.engine.virtual import Agenda
from local.workflows.effects import HttpFailure, HttpResponse
from tuning.model import Model
from tuning.orders import CallKind
from tuning.simulate.faults import Faults
from tuning.simulate.processor import Processor
from tuning.simulate.request import Request
from tuning.simulate.scenario import Scenario
from tuning.simulate.task import Task
from tuning.step_answers import GAVE_UP, NO_TOKEN, TOO_LATE, WAITS, is_good


class Call:
    """answer() is called once, by whoever is first.  number counts the request's calls, by executions and by tasks.

    task: which calls; None where a workflow does.  attempt: as Order has it.
    """

    __slots__ = ("_then", "attempt", "begun_s", "is_over", "kind", "number", "request", "task")

    def __init__(
        self,
        request: Request,
        kind: CallKind,
        number: int,
        begun_s: float,
        then: Callable[["Call", HttpResponse | HttpFailure], None],
        task: Task | None = None,
        attempt: int | None = None,
    ) -> None:
        self.request = request
        self.kind = kind
        self.number = number
        self.begun_s = begun_s
        self.task = task
        self.attempt = attempt
        self.is_over = False
        self._then = then

    def answer(self, outcome: HttpResponse | HttpFailure) -> None:
        if not self.is_over:
            self.is_over = True
            self._then(self, outcome)


class Timeouts:
    """Ends calls that have waited long enough.  One line for each length, so an answer costs nothing here."""

    def __init__(self, agenda: Agenda) -> None:
        self._agenda = agenda
        self._lines: dict[float, _Line] = {}

    def watch(self, call: Call, timeout_s: float) -> None:
        """The call begins now."""
        line = self._lines.get(timeout_s)
        if line is None:
            line = self._lines[timeout_s] = _Line()
        calls = line.calls
        while calls and calls[0][1].is_over:
            calls.popleft()
        calls.append((self._agenda.now_s + timeout_s, call))
        if not line.is_watched:
            self._plan(line)

    def _plan(self, line: "_Line") -> None:
        line.is_watched = True
        self._agenda.add(line.calls[0][0], partial(self._check, line))

    def _check(self, line: "_Line") -> None:
        calls, now_s = line.calls, self._agenda.now_s
        while calls and (calls[0][1].is_over or calls[0][0] <= now_s):
            calls.popleft()[1].answer(TOO_LATE)
        line.is_watched = False
        if calls:
            self._plan(line)


class _Line:
    """Calls that end in this order, each with its time; is_watched: whether a look at the first is planned."""

    __slots__ = ("calls", "is_watched")

    def __init__(self) -> None:
        self.calls: deque[tuple[float, Call]] = deque()
        self.is_watched = False


class StepCalls:
    """Sends and counts every call of a step.  receive() takes it at its host; failed_call() counts one that fails.

    machine: the processor of all parts, if they share one.  have_tokens: which calls of tasks bear a token.
    """

    def __init__(
        self,
        agenda: Agenda,
        model: Model,
        scenario: Scenario,
        seed: int,
        receive: Callable[[Call], None],
        failed_call: Callable[[], None],
        machine: Processor | None = None,
        *,
        have_tokens: Callable[[CallKind], bool] = lambda _: True,
    ) -> None:
        self._agenda = agenda
        self._receive = receive
        self._failed_call = failed_call
        self._machine = machine
        self._have_tokens = have_tokens
        self._call_cpu_s = model.number("machine.call_cpu_s")
        self._timeouts = Timeouts(agenda)
        self._tokens = Faults(scenario, "tokens", seed, "steps")
        self.counts: dict[CallKind, int] = {"generate": 0, "reply": 0, "tell": 0}

    def send(self, call: Call, timeout_s: float, after_s: float = 0.0) -> None:
        """The call reaches the step's host after_s from now; its time-out counts from now."""
        self.counts[call.kind] += 1
        self._timeouts.watch(call, timeout_s)
        now_s = self._agenda.now_s
        has_token = call.task is None or self._have_tokens(call.kind)
        fault = self._tokens.hit(now_s, call.request.number, call.number) if has_token else None
        if fault is not None and fault.status is not None:
            self._agenda.add(now_s + after_s, partial(call.answer, NO_TOKEN))
            return
        if fault is not None:
            after_s += self._tokens.extra_s(fault, call.request.number, call.number)
        if after_s < math.inf:
            self._agenda.add(now_s + after_s, partial(self._arrive, call))

    def _arrive(self, call: Call) -> None:
        if self._machine is None:
            self._receive(call)
        else:
            self._machine.work(self._call_cpu_s, partial(self._receive, call))

    def note(self, call: Call, outcome: HttpResponse | HttpFailure) -> bool:
        """Whether the answer is good; in the request's life, and among the errors: so is a reply that waits."""
        is_done, waits = is_good(outcome), outcome is WAITS
        is_shown = is_done and not waits and outcome is not GAVE_UP
        call.request.bar(call.kind, call.begun_s, self._agenda.now_s, is_shown)
        if waits or not is_done:
            self._failed_call()
        return is_done
