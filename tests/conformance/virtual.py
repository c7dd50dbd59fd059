"""A driver in virtual time: nothing waits, and what is due at the same instant runs in the order of its scheduling."""

import heapq
import uuid
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from local.workflows.effects import (
    BranchOutcome,
    ConnectorCall,
    Fork,
    HttpCall,
    HttpFailure,
    HttpResponse,
    Log,
    NewUuid,
    Now,
    Outcome,
    Run,
    Sleep,
    Value,
)
from local.workflows.errors import WorkflowError
from local.workflows.limits import MAX_PARALLEL
from tests.conformance.script import Script


@dataclass(slots=True)
class _Fork:
    """A parallel step that waits for its branches."""

    parent: "_Branch"
    waiting: deque["_Branch"]
    most: int
    outcomes: list[BranchOutcome | None]
    running: int = 0


@dataclass(slots=True)
class _Branch:
    run: Run
    number: int = 0
    fork: _Fork | None = None


@dataclass(slots=True)
class VirtualDriver:
    """script answers HTTP; slept and logged are what the run asked for."""

    script: Script
    start_s: float
    slept: list[float] = field(default_factory=list)
    logged: list[Value] = field(default_factory=list)
    _agenda: list[tuple[float, int, _Branch, Outcome | WorkflowError]] = field(default_factory=list)
    _order: int = 0
    _now_s: float = 0.0
    _running: int = 0
    _forks: list[_Fork] = field(default_factory=list)

    def drive(self, main: Run) -> Value:
        """The result.  Raises WorkflowError."""
        root = _Branch(main)
        self._now_s = self.start_s
        self._later(0.0, root, None)
        while self._agenda:
            self._now_s, _, branch, outcome = heapq.heappop(self._agenda)
            try:
                run = branch.run
                effect = run.throw(outcome) if isinstance(outcome, WorkflowError) else run.send(outcome)
            except StopIteration as end:
                if branch is root:
                    value: Value = end.value
                    return value
                self._ended(branch, BranchOutcome(value=end.value))
                continue
            except WorkflowError as error:
                if branch is root:
                    raise
                self._ended(branch, BranchOutcome(error=error))
                continue
            match effect:
                case Fork(branches=branches, concurrency_limit=limit):
                    fork = _Fork(branch, deque(), limit or MAX_PARALLEL, [None] * len(branches))
                    fork.waiting.extend(_Branch(one, number, fork) for number, one in enumerate(branches))
                    self._running -= branch.fork is not None
                    self._forks.append(fork)
                    self._begin()
                    if not branches:
                        self._later(0.0, branch, ())
                case Sleep(seconds=seconds):
                    self.slept.append(seconds)
                    self._later(seconds, branch, None)
                case _:
                    self._later(0.0, branch, self._perform(effect))
        raise AssertionError("nothing is left to do, and the run has not ended")

    def _later(self, seconds: float, branch: _Branch, outcome: Outcome | WorkflowError) -> None:
        self._order += 1
        heapq.heappush(self._agenda, (self._now_s + seconds, self._order, branch, outcome))

    def _begin(self) -> None:
        """Start what has room, in its fork and in the execution."""
        for fork in self._forks:
            while fork.waiting and fork.running < fork.most and self._running < MAX_PARALLEL:
                fork.running += 1
                self._running += 1
                self._later(0.0, fork.waiting.popleft(), None)

    def _ended(self, branch: _Branch, outcome: BranchOutcome) -> None:
        fork = branch.fork
        assert fork is not None
        fork.outcomes[branch.number] = outcome
        fork.running -= 1
        self._running -= 1
        outcomes = tuple(_known(fork.outcomes))
        if len(outcomes) == len(fork.outcomes):
            self._forks.remove(fork)
            self._running += fork.parent.fork is not None
            self._later(0.0, fork.parent, outcomes)
        self._begin()

    def _perform(self, effect: object) -> Outcome | WorkflowError:
        match effect:
            case HttpCall():
                return self._call(effect)
            case Now():
                return self._now_s
            case NewUuid():
                return str(uuid.uuid4())
            case Log(data=data):
                self.logged.append(data)
                return None
            case ConnectorCall(name=name):
                return WorkflowError.tagged("SystemError", f"the connector {name} is not served here")
        raise AssertionError(f"{effect} is not served here")

    def _call(self, call: HttpCall) -> HttpResponse | HttpFailure:
        parts = urlsplit(call.url)
        if parts.port == 1:  # nothing listens there
            return HttpFailure("ConnectionFailedError", "cannot connect")
        if call.auth is not None and call.auth.kind == "OIDC":
            return HttpFailure("AuthError", "no token")
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        return HttpResponse(*self.script.answer(call.method, target, dict(call.headers), call.body or b""))


def _known(outcomes: list[BranchOutcome | None]) -> Iterator[BranchOutcome]:
    return (one for one in outcomes if one is not None)
