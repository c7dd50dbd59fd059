"""Fault injection: makes calls of the local cloud fail on purpose.  Used by /ops and by the chaos suite.

A fault hits a call before it is performed, or after it: then its work is done, and only its answer is lost.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeVar, get_args

from aiohttp import web
from aiohttp.typedefs import Handler

from local.discord.engine.limits import Allowance, rate_limited
from local.discord.errors import json_answer
from local.executions.engine.live import PerformEffect
from local.http.api_error import ApiError, read_json
from local.project import REPLY_QUEUE, URGENT_QUEUE
from local.tasks.task import AttemptResult, Task
from local.workflows.effects import HttpCall, HttpFailure, HttpResponse, Leaf, Outcome

Target = Literal["queue", "reply_queue", "workflow", "generate", "storage", "reply", "discord"]
Kind = Literal["400", "429", "500", "503", "timeout", "reset", "slow", "garbage"]

# The calls that come to the local cloud; of two that fit, the first.  The others, generate and reply, go to the steps.
_REQUEST_LINES: Mapping[Target, re.Pattern[str]] = {
    "reply_queue": re.compile(f"POST /v2/({REPLY_QUEUE}|{URGENT_QUEUE})/tasks"),
    "queue": re.compile(r"POST /v2/[^ ]+/tasks"),
    "workflow": re.compile(r"POST /v1/[^ ]+/executions"),
    "storage": re.compile(r"POST /upload/storage/v1/[^ ]+|GET /(download/)?storage/v1/b/[^/ ]+/o/[^ ]+"),
    "discord": re.compile(r"(PATCH|POST) /api/v10/(webhooks|channels)/[^ ]+"),
}
_STEP_PATHS: Mapping[Target, str] = {"generate": "/generate-image", "reply": "/reply-discord"}
_SLOW_S, _HANG_S = 1.5, 20.0
_RETRY_AFTER_S = 1.5
_MOST_OFFSET_S = 315_360_000
_MOST_CALLS = 1_000_000
_GARBAGE = b"<html>502 \xff\xfe not what you expected"


@dataclass(frozen=True, slots=True)
class Fault:
    """Fails the next `count` calls of the target, or all of them while count is None.  after: see the module."""

    target: Target
    kind: Kind
    count: int | None = None
    after: bool = False

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> "Fault":
        """Raises ApiError(400)."""
        target = next((one for one in get_args(Target) if one == body.get("target")), None)
        kind = next((one for one in get_args(Kind) if one == body.get("kind")), None)
        count = body.get("count")
        if target is None or kind is None:
            raise ApiError(400, f"target is one of {', '.join(get_args(Target))}; kind of {', '.join(get_args(Kind))}")
        if count is not None and (type(count) is not int or not 1 <= count <= _MOST_CALLS):
            raise ApiError(400, f"count is how many calls are hit, 1 to {_MOST_CALLS}, not {str(count)[:40]}")
        return cls(target, kind, count, after=body.get("after") is True)

    def as_json(self) -> dict[str, Any]:
        return {"target": self.target, "kind": self.kind, "count": self.count, "after": self.after}


class Faults:
    """The pending faults, in the order in which they were added, and the clocks that can be set wrong.

    changed(pending) is called when a fault begins or is over.
    """

    def __init__(self, changed: Callable[[list[Fault]], None] = lambda _: None) -> None:
        self._changed = changed
        self.pending: list[Fault] = []
        self._offset_s = 0.0
        self._token_offset_s = 0.0

    @property
    def changes(self) -> tuple[object, ...]:
        """Other values when anything is broken in another way."""
        return tuple(self.pending), self._offset_s, self._token_offset_s

    def now_s(self) -> float:
        """Seconds since the epoch by the clock of queue and workflow."""
        return time.time() + self._offset_s

    def token_issued_at(self) -> datetime:
        """Now, by the clock of the token issuer."""
        return datetime.now(UTC) + timedelta(seconds=self._token_offset_s)

    def take(self, target: Target | None) -> Fault | None:
        """The fault that hits this call, or None; its count goes down by one."""
        for place, fault in enumerate(self.pending):
            if fault.target == target:
                if fault.count is not None:
                    self.pending[place : place + 1] = [replace(fault, count=fault.count - 1)] if fault.count > 1 else []
                    if fault.count == 1:
                        self._changed(self.pending)
                return fault
        return None

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/faults", self._list),
            web.post("/faults", self._add),
            web.delete("/faults", self._clear),
            web.post("/faults/clock", self._set_clock),
            web.post("/faults/token-clock", self._set_token_clock),
        ]

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Applies faults to the calls that come to the local cloud."""
        line = f"{request.method} {request.path}"
        fault = self.take(next((name for name, shape in _REQUEST_LINES.items() if shape.fullmatch(line)), None))
        if fault is None:
            return await handler(request)
        if fault.kind == "slow":
            await asyncio.sleep(_SLOW_S)
            return await handler(request)
        if fault.after:
            await handler(request)
        else:
            await request.read()
        if fault.kind in ("timeout", "reset"):
            await asyncio.sleep(_HANG_S if fault.kind == "timeout" else 0)
            if request.transport is not None:
                request.transport.abort()
            return web.Response()
        if fault.kind == "garbage":
            # The queue reads only the status of a workflow's answer, so a 200 would count as success there.
            status = 502 if fault.target == "workflow" else 200
            return web.Response(body=_GARBAGE, content_type="text/html", status=status)
        answer = json_answer if fault.target == "discord" else web.json_response
        return answer(_error_body(fault), status=int(fault.kind), headers=_headers(fault))

    def hit_step_calls(self, perform: PerformEffect) -> PerformEffect:
        """perform, with faults applied to the workflow's calls to the steps."""

        async def performed(effect: Leaf) -> Outcome:
            if not isinstance(effect, HttpCall) or (fault := self.take(_step_of(effect.url))) is None:
                return await perform(effect)
            return await _hit(fault, lambda: perform(effect), effect.timeout_s, _outcome)

        return performed

    def hit_tasks(self, send: Callable[[Task], Awaitable[AttemptResult]]) -> Callable[[Task], Awaitable[AttemptResult]]:
        """send, with faults applied to the queues' calls to the steps."""

        async def sent(task: Task) -> AttemptResult:
            fault = self.take(_step_of(task.request.target))
            if fault is None:
                return await send(task)
            return await _hit(fault, lambda: send(task), task.request.deadline_s or _HANG_S, _attempt_result)

        return sent

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response([fault.as_json() for fault in self.pending])

    async def _add(self, request: web.Request) -> web.Response:
        self.pending.append(Fault.of(await read_json(request)))
        self._changed(self.pending)
        return await self._list(request)

    async def _clear(self, request: web.Request) -> web.Response:
        self.pending.clear()
        self._offset_s = self._token_offset_s = 0.0
        self._changed(self.pending)
        return await self._list(request)

    async def _set_clock(self, request: web.Request) -> web.Response:
        """{"offset_s": 600}: the clock of queue and workflow is ten minutes ahead of all others."""
        offset_s: Any = (await read_json(request)).get("offset_s")
        is_number = isinstance(offset_s, int | float) and not isinstance(offset_s, bool)
        if not (is_number and -_MOST_OFFSET_S <= offset_s <= _MOST_OFFSET_S):  # NaN is between nothing
            expected = f"a number of seconds from -{_MOST_OFFSET_S} to {_MOST_OFFSET_S} (ten years)"
            raise ApiError(400, f"offset_s is {expected}, not {str(offset_s)[:40]}")
        self._offset_s = float(offset_s)
        return web.json_response({"offset_s": self._offset_s})

    async def _set_token_clock(self, request: web.Request) -> web.Response:
        """{"offset_s": 8}: the clock of the token issuer is 8 s ahead of the steps' clock; at most a day."""
        offset_s = (await read_json(request)).get("offset_s")
        if isinstance(offset_s, bool) or not isinstance(offset_s, int | float) or not -86_400 <= offset_s <= 86_400:
            raise ApiError(400, f"offset_s is a number of seconds, at most a day, not {offset_s!r}")
        self._token_offset_s = float(offset_s)
        return web.json_response({"offset_s": self._token_offset_s})


def _step_of(url: str) -> Target | None:
    """Which of the two steps a call goes to; None if to neither."""
    path = url.partition("?")[0]
    return next((name for name, end in _STEP_PATHS.items() if path.endswith(end)), None)


Seen = TypeVar("Seen")  # what a caller sees of a call


async def _hit(
    fault: Fault, call: Callable[[], Awaitable[Seen]], timeout_s: float, seen_of: Callable[[Fault, float], Seen]
) -> Seen:
    """What comes back from a call that the fault hits.  seen_of(fault, timeout_s): how the caller sees it."""
    if fault.kind == "slow":
        await asyncio.sleep(_SLOW_S)
        return await call()
    if fault.after:
        await call()
    if fault.kind == "timeout":
        await asyncio.sleep(min(timeout_s, _HANG_S))
    return seen_of(fault, timeout_s)


def _outcome(fault: Fault, timeout_s: float) -> Outcome:
    """To a workflow."""
    match fault.kind:
        case "timeout":
            return HttpFailure("TimeoutError", f"no answer within {timeout_s:g} s")
        case "reset":
            return HttpFailure("ConnectionError", "the connection broke")
        case "garbage":
            return HttpResponse(200, {"Content-Type": "text/html"}, _GARBAGE)
    return HttpResponse(int(fault.kind), {"Content-Type": "text/plain"}, b"")


def _attempt_result(fault: Fault, _: float) -> AttemptResult:
    """To a queue, which reads only the status: a 200 would count as success."""
    match fault.kind:
        case "timeout":
            return AttemptResult(None, "no answer in time", timed_out=True)
        case "reset":
            return AttemptResult(None, "the connection broke")
    return AttemptResult(502 if fault.kind == "garbage" else int(fault.kind))


def _error_body(fault: Fault) -> dict[str, Any]:
    """The error in the format of Discord or of Google, whichever the target is."""
    if fault.target == "discord" and fault.kind == "429":
        return rate_limited(_RETRY_AFTER_S, {}).body
    if fault.target == "discord":
        return {"message": "broken on purpose", "code": 0}
    return {"error": {"code": int(fault.kind), "message": "broken on purpose", "status": "UNAVAILABLE"}}


def _headers(fault: Fault) -> dict[str, str]:
    """A 429 of Discord has the same headers as a real one."""
    if fault.target == "discord" and fault.kind == "429":
        left = Allowance(allowed=False, remaining=0, reset_after_s=_RETRY_AFTER_S)
        return dict(rate_limited(_RETRY_AFTER_S, left.headers(time.time())).headers)
    return {}
