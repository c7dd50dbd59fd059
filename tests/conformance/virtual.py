"""Performs effects for the virtual driver: answers come from the script, nothing waits and nothing is sent."""

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from local.executions.data.outcomes import Result, from_text, to_text
from local.executions.engine.stubs import Stubs
from local.executions.engine.virtual import Agenda, TimedOutcome, VirtualExecution
from local.workflows.effects import (
    AwaitCallback,
    CallbackRequest,
    ConnectorCall,
    CreateCallback,
    HttpCall,
    HttpFailure,
    HttpResponse,
    Leaf,
    Log,
    NewUuid,
    Now,
    Run,
    Sleep,
    Value,
)
from local.workflows.errors import WorkflowError
from local.workflows.run.branches import Branches
from tests.conformance.script import Script

_CRASHES = 300  # at most, as each replays all outcomes


@dataclass(slots=True)
class ScriptedTime:
    """Drives a run in virtual time.  script answers HTTP calls and sends callbacks; slept and logged record effects."""

    script: Script
    start_s: float
    stubs: Stubs = field(default_factory=Stubs)
    slept: list[float] = field(default_factory=list)
    logged: list[Value] = field(default_factory=list)
    _agenda: Agenda = field(init=False)

    def __post_init__(self) -> None:
        self._agenda = Agenda(self.start_s)

    def drive(self, run: Callable[[], Run], *, crashing: bool = False) -> Value:
        """The result.  Raises WorkflowError.

        crashing: simulate a crash at each outcome: a new run replays the earlier outcomes and goes on.
        """
        agenda = self._agenda
        execution = (
            _Crashing(run, agenda, self._perform) if crashing else VirtualExecution(run(), agenda, self._perform)
        )
        while not execution.has_ended:
            agenda.advance()
        return execution.result()

    def _perform(self, _: int, effect: Leaf) -> TimedOutcome:
        match effect:
            case Sleep(seconds=seconds):
                self.slept.append(seconds)
                return TimedOutcome(seconds, None)
            case AwaitCallback(url=url, timeout_s=timeout_s):
                return self._callback(url, timeout_s)
            case HttpCall():
                return self._call(effect)
            case CreateCallback(method=method):
                return TimedOutcome(0, f"http://callbacks.example/{method}")
            case Now():
                return TimedOutcome(0, self._agenda.now_s)
            case NewUuid():
                return TimedOutcome(0, str(uuid.uuid4()))
            case Log(data=data):
                self.logged.append(data)
                return TimedOutcome(0, None)
            case ConnectorCall(name=name):
                try:
                    return TimedOutcome(0, self.stubs.answer(name))
                except WorkflowError as error:
                    return TimedOutcome(0, error)

    def _callback(self, url: str, timeout_s: float) -> TimedOutcome:
        given = self.script.next_callback()
        after_s = max(0.0, self.start_s + given["after"] - self._agenda.now_s) if given else float("inf")
        if given is None or after_s > timeout_s:
            return TimedOutcome(timeout_s, None)
        headers, body = self.script.content(given)
        query = dict(given.get("query", {}))
        request = CallbackRequest(1, "2023-11-14T22:13:20.000000Z", given["method"], url, headers, query, body)
        return TimedOutcome(after_s, request)

    def _call(self, call: HttpCall) -> TimedOutcome:
        parts = urlsplit(call.url)
        if parts.port == 1:  # nothing listens there
            return TimedOutcome(0, HttpFailure("ConnectionFailedError", "cannot connect"))
        if call.auth is not None and call.auth.kind == "OIDC":
            return TimedOutcome(0, HttpFailure("AuthError", "no token"))
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        answer = self.script.answer(call.method, target, dict(call.headers), call.body or b"")
        if answer.takes_s > call.timeout_s:
            return TimedOutcome(call.timeout_s, HttpFailure("TimeoutError", "no answer in time"))
        if not answer.status:
            return TimedOutcome(answer.takes_s, HttpFailure("ConnectionError", "it broke"))
        return TimedOutcome(answer.takes_s, HttpResponse(answer.status, answer.headers, answer.body))


class _Crashing(VirtualExecution):
    """Drops the run at every outcome, and replays all outcomes in a new one."""

    def __init__(self, again: Callable[[], Run], agenda: Agenda, perform: Callable[[int, Leaf], TimedOutcome]) -> None:
        self._again = again
        self._delivered: list[tuple[int, str]] = []
        super().__init__(again(), agenda, perform)

    def deliver(self, number: int, outcome: Result) -> None:
        if len(self._delivered) == _CRASHES:
            super().deliver(number, outcome)
            return
        self._delivered.append((number, to_text(outcome)))
        self.branches = Branches(self._again())
        for earlier, text in self._delivered:
            self.branches.resume(earlier, from_text(text))
