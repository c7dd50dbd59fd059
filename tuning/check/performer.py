"""What one execution asks for, performed in no time, and which step asks, for a finding's place.  Used by living."""

from collections.abc import Callable
from typing import Any

from local.executions.data.outcomes import Result
from local.executions.engine.virtual import Agenda, TimedOutcome
from local.workflows.effects import (
    AwaitCallback,
    ConnectorCall,
    ConnectorResult,
    CreateCallback,
    HttpCall,
    Leaf,
    Log,
    NewUuid,
    Now,
    Sleep,
)
from local.workflows.run.observer import StepBegan, StepEvent, StepType
from tuning.check.life import Call, Decision, Life, Step
from tuning.orders import NewTask, UnknownCall, is_new_task, new_task_of
from tuning.step_answers import google_said

MAIN = "main"
# Entries of a history that are parts of a step, and have no name in the text.
_PARTS: frozenset[StepType] = frozenset(
    {"STEP_CONDITION", "STEP_TRY", "STEP_RETRY", "STEP_EXCEPT", "STEP_FOR_ITERATION"}
)


class Performer:
    """call() makes a call of the steps and gets its step; take() makes a task, and gets the step that wants it.

    That is the one that calls the subworkflow in which tasks are made.
    """

    def __init__(
        self,
        life: Life,
        agenda: Agenda,
        jitter: float,
        call: Callable[[HttpCall, Step], tuple[Call, TimedOutcome]],
        take: Callable[[NewTask, Step], Result],
    ) -> None:
        self._life, self._agenda, self._jitter = life, agenda, jitter
        self._call, self._take = call, take
        self._current = self._caller = Step(MAIN, "")
        self._steps: dict[int, Step] = {}
        self._callers: dict[int, Step | None] = {}  # which step calls the subworkflow that the entry is in
        self._failed_call: Call | None = None
        self.failed: Step | None = None  # the step in which the first error was raised

    def observe(self, event: StepEvent) -> None:
        if not isinstance(event, StepBegan):
            if event.state == "STATE_FAILED" and self.failed is None:
                self.failed = self._steps.get(event.entry)
            return
        around = self._steps.get(event.parent or 0)
        self._current = around if around and event.type in _PARTS else Step(event.routine, event.step)
        self._steps[event.entry] = self._current
        is_inner = around is None or around.routine == event.routine
        caller = self._callers[event.entry] = self._callers.get(event.parent or 0) if is_inner else around
        self._caller = caller or self._current
        if self._failed_call is not None:
            condition = (event.number or 1) if event.type == "STEP_CONDITION" else 0
            self._failed_call.decisions.append(Decision(self._current, condition))

    def environment(self, variables: dict[str, str]) -> dict[str, str]:
        """The same, which notes what is asked for and not there."""
        return _Environment(variables, self._is_missing)

    def _is_missing(self, name: str) -> None:
        self._life.missing.setdefault(name, self._current)

    def perform(self, _: int, effect: Leaf) -> TimedOutcome:
        match effect:
            case Sleep(seconds=seconds):
                self._failed_call = None
                self._life.waits_s.append(seconds)
                return TimedOutcome(seconds, None)
            case Now():
                return TimedOutcome(0.0, round(self._agenda.now_s * 1000) / 1000 + self._jitter / 1000)
            case HttpCall():
                self._failed_call = None
                return self._http(effect)
            case NewUuid():
                return TimedOutcome(0.0, "00000000-0000-4000-8000-000000000000")
            case Log():
                return TimedOutcome(0.0, None)
            case CreateCallback():
                return TimedOutcome(0.0, "https://workflowexecutions.googleapis.com/callback")
            case AwaitCallback(timeout_s=timeout_s):
                return TimedOutcome(timeout_s, None)
            case ConnectorCall():
                return TimedOutcome(0.0, ConnectorResult(None))

    def _http(self, effect: HttpCall) -> TimedOutcome:
        if is_new_task(effect):
            try:
                order = new_task_of(effect)
            except UnknownCall as error:
                self._life.strange.setdefault(str(error), self._caller)
                return TimedOutcome(0.0, google_said(200))
            return TimedOutcome(0.0, self._take(order, self._caller))
        call, takes = self._call(effect, self._current)
        self._failed_call = None if call.is_good else call
        return takes


class _Environment(dict[str, str]):
    """Of an execution.  is_missing() is told each name that is asked for and not there."""

    def __init__(self, variables: dict[str, str], is_missing: Callable[[str], None]) -> None:
        super().__init__(variables)
        self._is_missing = is_missing

    def get(self, name: str, default: Any = None) -> Any:
        if name not in self and default is None:
            self._is_missing(name)
        return super().get(name, default)
