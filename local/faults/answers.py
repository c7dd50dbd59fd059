"""How a call ends that a fault hits: as its caller sees it.  Called by faults.py."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

from aiohttp import web

from local.discord.engine.limits import Allowance, rate_limited
from local.discord.errors import json_answer
from local.faults.fault import Fault
from local.tasks.task import AttemptResult
from local.workflows.effects import HttpFailure, HttpResponse, Outcome

HANG_S = 20.0
_SLOW_S = 1.5
_RETRY_AFTER_S = 1.5
_GARBAGE = b"<html>502 \xff\xfe not what you expected"
_PAGE = "<!doctype html><html><title>Error</title><h1>Error {}</h1><p>broken on purpose</p></html>"

Seen = TypeVar("Seen")  # what a caller sees of a call


async def be_slow(fault: Fault) -> None:
    await asyncio.sleep(_SLOW_S if fault.slow_s is None else fault.slow_s)


async def hit(
    fault: Fault, call: Callable[[], Awaitable[Seen]], timeout_s: float, seen_of: Callable[[Fault, float], Seen]
) -> Seen:
    """What comes back from a call that the fault hits.  seen_of(fault, timeout_s): how the caller sees it."""
    if fault.kind == "slow":
        await be_slow(fault)
        return await call()
    if fault.kind == "twice":
        await call()
        return await call()
    if fault.after:
        await call()
    if fault.kind == "timeout":
        await asyncio.sleep(min(timeout_s, HANG_S))
    return seen_of(fault, timeout_s)


async def answered(request: web.Request, fault: Fault) -> web.Response:
    """To a caller of the local cloud."""
    if fault.kind in ("timeout", "reset"):
        await asyncio.sleep(HANG_S if fault.kind == "timeout" else 0)
        if request.transport is not None:
            request.transport.abort()
        return web.Response()
    if fault.kind == "garbage":
        # The queue reads only the status of a workflow's answer, so a 200 would count as success there.
        status = 502 if fault.target == "workflow" else 200
        return web.Response(body=_GARBAGE, content_type="text/html", status=status)
    if fault.is_page:
        return web.Response(text=_PAGE.format(fault.kind), content_type="text/html", status=int(fault.kind))
    answer = json_answer if fault.target == "discord" else web.json_response
    return answer(_error_body(fault), status=int(fault.kind), headers=_headers(fault))


def outcome(fault: Fault, timeout_s: float) -> Outcome:
    """To a workflow."""
    match fault.kind:
        case "timeout":
            return HttpFailure("TimeoutError", f"no answer within {timeout_s:g} s")
        case "reset":
            return HttpFailure("ConnectionError", "the connection broke")
        case "garbage":
            return HttpResponse(200, {"Content-Type": "text/html"}, _GARBAGE)
    return HttpResponse(int(fault.kind), {"Content-Type": "text/plain"}, b"")


def attempt_result(fault: Fault, _: float) -> AttemptResult:
    """To a queue, which reads only the status: a 200 would count as success."""
    match fault.kind:
        case "timeout":
            return AttemptResult(None, "no answer in time", timed_out=True)
        case "reset":
            return AttemptResult(None, "the connection broke")
    return AttemptResult(502 if fault.kind == "garbage" else int(fault.kind))


def _wait_s(fault: Fault) -> float:
    return _RETRY_AFTER_S if fault.retry_after_s is None else fault.retry_after_s


def _error_body(fault: Fault) -> dict[str, Any]:
    """The error in the format of Discord or of Google, whichever the target is."""
    if fault.target == "discord" and fault.kind == "429":
        return rate_limited(_wait_s(fault), {}).body
    if fault.target == "discord":
        return {"message": "broken on purpose", "code": 0}
    return {"error": {"code": int(fault.kind), "message": "broken on purpose", "status": "UNAVAILABLE"}}


def _headers(fault: Fault) -> dict[str, str]:
    """A 429 of Discord has the same headers as a real one."""
    if fault.target == "discord" and fault.kind == "429":
        left = Allowance(allowed=False, remaining=0, reset_after_s=_wait_s(fault))
        return dict(rate_limited(_wait_s(fault), left.headers(time.time())).headers)
    return {}
