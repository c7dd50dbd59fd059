"""A call of a workflow to one of the steps, and its time-out."""

from collections import deque
from collections.abc import Callable
from typing import Literal

from local.executions.engine.virtual import Agenda
from local.workflows.effects import HttpFailure, HttpResponse
from tuning.simulate.request import Request
from tuning.step_answers import TOO_LATE

CallKind = Literal["generate", "reply", "tell"]


class Call:
    """number counts the request's calls, over all its executions.  answer() is called once, by whoever is first."""

    __slots__ = ("_then", "attempt", "begun_s", "is_over", "kind", "number", "request")

    def __init__(
        self,
        request: Request,
        kind: CallKind,
        attempt: int,
        number: int,
        begun_s: float,
        then: Callable[["Call", HttpResponse | HttpFailure], None],
    ) -> None:
        self.request = request
        self.kind = kind
        self.attempt = attempt
        self.number = number
        self.begun_s = begun_s
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
        self._lines: dict[float, deque[tuple[float, Call]]] = {}

    def watch(self, call: Call, timeout_s: float) -> None:
        """The call begins now."""
        line = self._lines.get(timeout_s)
        if line is None:
            line = self._lines[timeout_s] = deque()
        due_s = self._agenda.now_s + timeout_s
        line.append((due_s, call))
        if len(line) == 1:
            self._agenda.add(due_s, lambda: self._check(line))

    def _check(self, line: deque[tuple[float, Call]]) -> None:
        while line and (line[0][1].is_over or line[0][0] <= self._agenda.now_s):
            # It stays in the line meanwhile: a call that begins in answer must not plan a check of its own.
            line[0][1].answer(TOO_LATE)
            line.popleft()
        if line:
            self._agenda.add(line[0][0], lambda: self._check(line))
