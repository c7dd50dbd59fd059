"""A driver in virtual time: nothing waits, and what is due at the same instant runs in the order of its scheduling."""

import heapq
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from local.executions.outcomes import from_text, to_text
from local.executions.stubs import Stubs
from local.workflows.branches import Branches
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
    Outcome,
    Run,
    Sleep,
    Value,
)
from local.workflows.errors import WorkflowError
from tests.conformance.script import Script

_CRASHES = 300  # at most: each tells the run anew all that it was told


@dataclass(slots=True)
class VirtualDriver:
    """script answers HTTP and sends to callbacks; slept and logged are what the run asked for."""

    script: Script
    start_s: float
    stubs: Stubs = field(default_factory=Stubs)
    slept: list[float] = field(default_factory=list)
    logged: list[Value] = field(default_factory=list)
    _now_s: float = 0.0

    def drive(self, main: Run, again: Callable[[], Run] | None = None) -> Value:
        """The result.  Raises WorkflowError.

        again: as if the process crashed after each outcome: such a new run is told what was told before, and goes on.
        """
        branches = Branches(main)
        told: list[tuple[int, str]] = []
        agenda: list[tuple[float, int, Outcome | WorkflowError]] = []
        scheduled = -1
        self._now_s = self.start_s
        while branches.ended is None:
            for number, effect in branches.pending.items():
                if number > scheduled:
                    scheduled = number
                    due_s, outcome = self._perform(effect)
                    heapq.heappush(agenda, (due_s, number, outcome))
            self._now_s, number, outcome = heapq.heappop(agenda)
            if again is None or len(told) == _CRASHES:
                branches.resume(number, outcome)
            else:
                told.append((number, to_text(outcome)))
                branches = Branches(again())
                for earlier, text in told:
                    branches.resume(earlier, from_text(text))
        if branches.ended.error is not None:
            raise branches.ended.error
        return branches.ended.value

    def _perform(self, effect: Leaf) -> tuple[float, Outcome | WorkflowError]:
        """When it is done, and the outcome."""
        match effect:
            case Sleep(seconds=seconds):
                self.slept.append(seconds)
                return self._now_s + seconds, None
            case AwaitCallback(url=url, timeout_s=timeout_s):
                return self._callback(url, timeout_s)
            case HttpCall():
                return self._now_s, self._call(effect)
            case CreateCallback(method=method):
                return self._now_s, f"http://callbacks.example/{method}"
            case Now():
                return self._now_s, self._now_s
            case NewUuid():
                return self._now_s, str(uuid.uuid4())
            case Log(data=data):
                self.logged.append(data)
                return self._now_s, None
            case ConnectorCall(name=name):
                try:
                    return self._now_s, self.stubs.answer(name)
                except WorkflowError as error:
                    return self._now_s, error

    def _callback(self, url: str, timeout_s: float) -> tuple[float, CallbackRequest | None]:
        given = self.script.next_callback()
        due_s = max(self._now_s, self.start_s + given["after"]) if given else float("inf")
        if given is None or due_s > self._now_s + timeout_s:
            return self._now_s + timeout_s, None
        headers, body = self.script.content(given)
        query = dict(given.get("query", {}))
        return due_s, CallbackRequest(1, "2023-11-14T22:13:20.000000Z", given["method"], url, headers, query, body)

    def _call(self, call: HttpCall) -> HttpResponse | HttpFailure:
        parts = urlsplit(call.url)
        if parts.port == 1:  # nothing listens there
            return HttpFailure("ConnectionFailedError", "cannot connect")
        if call.auth is not None and call.auth.kind == "OIDC":
            return HttpFailure("AuthError", "no token")
        target = parts.path + (f"?{parts.query}" if parts.query else "")
        status, headers, body = self.script.answer(call.method, target, dict(call.headers), call.body or b"")
        return HttpResponse(status, headers, body) if status else HttpFailure("ConnectionError", "it broke")
