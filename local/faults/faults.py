"""Fault injection: makes calls of the local cloud fail on purpose.  Used by /ops, `mando fault` and the chaos suite.

A fault hits a call before it is performed, or after it: then its work is done, and only its answer is lost.
"""

import asyncio
import random
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler

from local.executions.engine.live import PerformEffect
from local.faults.answers import HANG_S, answered, attempt_result, be_slow, hit, outcome
from local.faults.fault import Fault, Target, length_s, only_fields, step_of, target_of_line
from local.faults.incident import Incident, Running
from local.http.api_error import ApiError, read_json
from local.tasks.task import AttemptResult, Task
from local.workflows.effects import HttpCall, Leaf, Outcome

_MOST_OFFSET_S = 315_360_000
_LOOKS_EVERY_S = 0.5  # whether what is timed has begun or is over


class Faults:
    """The pending faults, in the order in which they were added; incidents that run; clocks that can be set wrong.

    changed(faults) is called when something begins or is over.  incidents: those that can be played.
    """

    def __init__(
        self, changed: Callable[[list[Fault]], None] = lambda _: None, incidents: Sequence[Incident] = ()
    ) -> None:
        self._changed = changed
        self.incidents = incidents
        self.pending: list[Fault] = []
        self.running: list[Running] = []
        self.offset_s = 0.0
        self.token_offset_s = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._told: list[Fault] = []

    @property
    def changes(self) -> tuple[object, ...]:
        """Other values when anything is broken in another way."""
        running = tuple((one.incident.name, one.begun_s) for one in self.running)
        return tuple(self.pending), running, self.offset_s, self.token_offset_s

    def now_s(self) -> float:
        """Seconds since the epoch by the clock of queue and workflow."""
        return time.time() + self.offset_s

    def token_issued_at(self) -> datetime:
        """Now, by the clock of the token issuer."""
        return datetime.now(UTC) + timedelta(seconds=self.token_offset_s)

    def take(self, target: Target | None) -> Fault | None:
        """The fault that hits this call, or None; its count goes down by one."""
        now_s = time.time()
        for place, fault in enumerate(self.pending):
            if fault.target == target and (fault.ends_s is None or now_s < fault.ends_s):
                if fault.count is not None:
                    self.pending[place : place + 1] = [replace(fault, count=fault.count - 1)] if fault.count > 1 else []
                    if fault.count == 1:
                        self._look()
                return fault
        return self._taken_from_incidents(target, now_s) if target else None

    def _taken_from_incidents(self, target: Target, now_s: float) -> Fault | None:
        for one in self.running:
            stage = one.hit(target, now_s, random.random()) if now_s < one.ends_s else None  # noqa: S311 -- no secret
            if stage is not None:
                drawn = stage.slow_s(random.random()) if stage.slow_s else None  # noqa: S311
                return replace(stage.fault, slow_s=drawn)
        return None

    def routes(self) -> list[web.AbstractRouteDef]:
        return [
            web.get("/faults", self._list),
            web.post("/faults", self._add),
            web.delete("/faults", self._remove),
            web.get("/faults/scenarios", self._list_incidents),
            web.post("/faults/clock", self._set_clock),
            web.post("/faults/token-clock", self._set_token_clock),
        ]

    @web.middleware
    async def middleware(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """Applies faults to the calls that come to the local cloud."""
        fault = self.take(target_of_line(f"{request.method} {request.path}"))
        if fault is None:
            return await handler(request)
        if fault.kind == "slow":
            await be_slow(fault)
            return await handler(request)
        if fault.after:
            await handler(request)
        else:
            await request.read()
        return await answered(request, fault)

    def hit_step_calls(self, perform: PerformEffect) -> PerformEffect:
        """perform, with faults applied to the workflow's calls to the steps."""

        def performed(effect: Leaf) -> Awaitable[Outcome]:
            if not isinstance(effect, HttpCall) or (fault := self.take(step_of(effect.url))) is None:
                return perform(effect)
            return hit(fault, lambda: perform(effect), effect.timeout_s, outcome)

        return performed

    def hit_tasks(self, send: Callable[[Task], Awaitable[AttemptResult]]) -> Callable[[Task], Awaitable[AttemptResult]]:
        """send, with faults applied to the calls of the queues."""

        async def sent(task: Task) -> AttemptResult:
            fault = self.take("tasks") or self.take(step_of(task.request.target))
            if fault is None:
                return await send(task)
            return await hit(fault, lambda: send(task), task.request.deadline_s or HANG_S, attempt_result)

        return sent

    async def _list(self, _: web.Request) -> web.Response:
        return web.json_response([fault.as_json() for fault in self.pending])

    async def _list_incidents(self, _: web.Request) -> web.Response:
        ends_s = {one.incident.name: one.ends_s for one in self.running}
        shown = [
            {"name": one.name, "title": one.title, "length_s": one.length_s, "ends_s": ends_s.get(one.name)}
            for one in self.incidents
        ]
        return web.json_response(shown)

    async def _add(self, request: web.Request) -> web.Response:
        """A fault; or {"scenario": NAME, "for_s": 120}, an incident that is played now."""
        body = await read_json(request)
        if "scenario" in body:
            only_fields(body, ("scenario", "for_s"))
            self._begin(str(body["scenario"]), length_s(body))
        else:
            self.pending.append(Fault.of(body))
        self._look()
        return await self._list(request)

    def _begin(self, name: str, for_s: float | None) -> None:
        """Raises ApiError(400)."""
        incident = next((one for one in self.incidents if one.name == name), None)
        if incident is None:
            known = ", ".join(one.name for one in self.incidents) or "none"
            raise ApiError(400, f"unknown scenario '{name[:40]}'; those that can be played: {known}")
        lasts_s, now_s = for_s or incident.length_s, time.time()
        self.running = [one for one in self.running if one.incident is not incident]
        self.running.append(Running(incident, now_s, now_s + lasts_s, incident.stages(lasts_s)))

    async def _remove(self, request: web.Request) -> web.Response:
        """All faults; or only those of ?target= and ?kind=, or the incident of ?scenario=.  The clocks with all."""
        target, kind, name = (request.query.get(one, "") for one in ("target", "kind", "scenario"))
        if name:
            self.running = [one for one in self.running if one.incident.name != name]
        elif target or kind:
            stays = [
                one for one in self.pending if one.target != (target or one.target) or one.kind != (kind or one.kind)
            ]
            self.pending[:] = stays
        else:
            self.pending.clear()
            self.running = []
            self.offset_s = self.token_offset_s = 0.0
        self._look()
        return await self._list(request)

    def _look(self) -> None:
        """Drop what is over, tell what has changed, and look again while anything is timed."""
        now_s = time.time()
        self.pending[:] = [one for one in self.pending if one.ends_s is None or now_s < one.ends_s]
        self.running = [one for one in self.running if now_s < one.ends_s]
        if (broken := list(self._broken(now_s))) != self._told:
            self._told = broken
            self._changed(broken)
        if self._timer is not None:
            self._timer.cancel()
        is_timed = self.running or any(one.ends_s is not None for one in self.pending)
        self._timer = asyncio.get_running_loop().call_later(_LOOKS_EVERY_S, self._look) if is_timed else None

    def _broken(self, now_s: float) -> Iterator[Fault]:
        yield from self.pending
        for one in self.running:
            yield from one.active(now_s)

    async def _set_clock(self, request: web.Request) -> web.Response:
        """{"offset_s": 600}: the clock of queue and workflow is ten minutes ahead of all others."""
        offset_s: Any = (await read_json(request)).get("offset_s")
        is_number = isinstance(offset_s, int | float) and not isinstance(offset_s, bool)
        if not (is_number and -_MOST_OFFSET_S <= offset_s <= _MOST_OFFSET_S):  # NaN is between nothing
            expected = f"a number of seconds from -{_MOST_OFFSET_S} to {_MOST_OFFSET_S} (ten years)"
            raise ApiError(400, f"offset_s is {expected}, not {str(offset_s)[:40]}")
        self.offset_s = float(offset_s)
        return web.json_response({"offset_s": self.offset_s})

    async def _set_token_clock(self, request: web.Request) -> web.Response:
        """{"offset_s": 8}: the clock of the token issuer is 8 s ahead of the steps' clock; at most a day."""
        offset_s = (await read_json(request)).get("offset_s")
        if isinstance(offset_s, bool) or not isinstance(offset_s, int | float) or not -86_400 <= offset_s <= 86_400:
            raise ApiError(400, f"offset_s is a number of seconds, at most a day, not {offset_s!r}")
        self.token_offset_s = float(offset_s)
        return web.json_response({"offset_s": self.token_offset_s})
