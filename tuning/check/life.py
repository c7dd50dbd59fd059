"""One execution of a workflow in virtual time against steps that answer as scripted: its calls, waits and bill.

The interpreter is the real one, and so is the check of a call's body; only the answers are made up.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import schemas
from local.executions.engine.virtual import Agenda, TimedOutcome, VirtualExecution
from local.workflows.compile.workflow import Workflow
from local.workflows.effects import (
    AwaitCallback,
    ConnectorCall,
    ConnectorResult,
    CreateCallback,
    HttpCall,
    HttpFailure,
    HttpResponse,
    Leaf,
    Log,
    NewUuid,
    Now,
    Sleep,
    Value,
)
from local.workflows.errors import WorkflowError
from local.workflows.run.observer import Bill, StepBegan, StepEvent
from schemas.request import ChannelId, InteractionId, Options, Request, UserId
from tuning.check.answers import GENERATE, REPLY, Answer, error

_RECEIVED = datetime(2026, 1, 1, tzinfo=UTC)
_MOST_CALLS = 2000  # of one execution; more than any that ends has
_MOST_S = 86_400.0

# Which call it is, and when → the answer.  The path of a call that tells of a failure is TELL.
Answers = Callable[["Call"], Answer]


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the text: its routine and its name."""

    routine: str
    name: str


@dataclass(frozen=True, slots=True)
class Decision:
    """The switch that decided what follows an error: its step, and the last condition that was looked at, from 1."""

    step: Step
    condition: int
    of: int


@dataclass(slots=True)
class Call:
    """One call of the steps; at_s counts from the interaction.  decision: what decided about its failure."""

    at_s: float
    path: str
    timeout_s: float
    step: Step
    answer: Answer | None = None
    decision: Decision | None = None

    @property
    def ends_by_s(self) -> float:
        return self.at_s + self.timeout_s


@dataclass(slots=True)
class Life:
    """What one execution did.  missing: environment variables that it asked for and nothing sets, and where.

    failed: the step in which its first error was raised.
    """

    calls: list[Call] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)
    bill: Bill = field(default_factory=Bill)
    missing: dict[str, Step] = field(default_factory=dict)
    ended_s: float = 0.0
    error: WorkflowError | None = None
    failed: Step | None = None
    has_ended: bool = True

    @property
    def is_delivery(self) -> bool:
        """Whether both steps were called, and all went well."""
        return self.has_ended and self.error is None and {GENERATE, REPLY} <= {call.path for call in self.calls}

    def made(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]


TELL = f"{REPLY} failure"
CHECKED: Mapping[str, schemas.SchemaName] = {GENERATE: "request", REPLY: "reply", TELL: "reply"}


def live(
    workflow: Workflow,
    environment: Mapping[str, str],
    answers: Answers,
    life_s: float,
    begins_s: float,
    jitter: float,
    until_s: float,
) -> Life:
    """Run it, at most until until_s.  life_s: of Discord's token.  begins_s: when it starts, after the interaction.

    jitter: from 0 to 1, what the clock's fraction of a millisecond is; the workflow takes it for its random number.
    """
    life = Life()
    current = Step("main", "")
    switches: dict[int, Decision] = {}
    failed: Call | None = None
    began_s = _RECEIVED.timestamp()
    agenda = Agenda(began_s + begins_s)

    def observe(event: StepEvent) -> None:
        nonlocal current
        if not isinstance(event, StepBegan):
            if event.state == "STATE_FAILED" and life.failed is None and event.entry in switches:
                life.failed = switches[event.entry].step
            return
        if event.type == "STEP_CONDITION":
            parent = switches[event.parent or 0]
            decision = Decision(parent.step, event.number or 1, event.expected or 1)
            switches[event.parent or 0] = decision
            if failed is not None and (failed.decision is None or failed.decision.step == decision.step):
                failed.decision = decision
            return
        current = Step(event.routine, event.step)
        switches[event.entry] = Decision(current, 0, 0)

    class Environment(dict[str, str]):
        def get(self, name: str, default: Any = None) -> Any:
            if name not in self and default is None:
                life.missing.setdefault(name, current)
            return super().get(name, default)

    def perform(_: int, effect: Leaf) -> TimedOutcome:
        nonlocal failed
        match effect:
            case Sleep(seconds=seconds):
                life.waits_s.append(seconds)
                return TimedOutcome(seconds, None)
            case Now():
                return TimedOutcome(0.0, round(agenda.now_s * 1000) / 1000 + jitter / 1000)
            case HttpCall():
                call = Call(agenda.now_s - began_s, _path(effect), effect.timeout_s, current)
                call.answer = _refusal(effect, call) or answers(call)
                life.calls.append(call)
                outcome = call.answer.outcome
                failed = call if isinstance(outcome, HttpFailure) or outcome.code >= 400 else None
                seconds = effect.timeout_s if call.answer.seconds is None else call.answer.seconds
                return TimedOutcome(min(seconds, effect.timeout_s), outcome)
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

    run = workflow.run(_request(life_s), Environment(environment), observe, life.bill)
    execution = VirtualExecution(run, agenda, perform)
    while not execution.has_ended:
        if len(life.calls) > _MOST_CALLS or agenda.next_s > began_s + min(until_s, _MOST_S):
            life.has_ended = False
            break
        agenda.advance()
    life.ended_s = agenda.now_s - began_s
    if execution.has_ended:
        try:
            execution.result()
        except WorkflowError as raised:
            life.error = raised
    return life


def _request(life_s: float) -> Value:
    request = Request(
        InteractionId("77"), "1", "a" * 64, ChannelId("2"), UserId("3"), "en-GB", Options(),
        _RECEIVED, _RECEIVED + timedelta(seconds=life_s),
    )  # fmt: skip
    value: Value = request.to_json()
    return value


def _path(call: HttpCall) -> str:
    path = urlsplit(call.url).path
    body = _body(call)
    return TELL if path == REPLY and isinstance(body, dict) and "failure" in body else path


def _body(call: HttpCall) -> object:
    try:
        return json.loads(call.body or b"null")
    except ValueError:
        return None


def _refusal(call: HttpCall, made: Call) -> Answer | None:
    """The answer of the steps to a call that they do not take.  Its header X-Dedup-Key names the interaction."""
    if made.path not in CHECKED or call.method != "POST":
        return error("route", 404)
    try:
        schemas.check(CHECKED[made.path], _body(call))
    except schemas.SchemaError:
        return error("request", 400)
    if not any(name.lower() == "x-dedup-key" and value == "77" for name, value in call.headers.items()):
        return error("request", 400)
    if call.auth is None or call.auth.kind != "OIDC":
        return error("caller", 401)
    return None


def is_good(call: Call) -> bool:
    answer = call.answer
    return answer is not None and isinstance(answer.outcome, HttpResponse) and answer.outcome.code < 400
