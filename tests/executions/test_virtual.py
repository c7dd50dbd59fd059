"""Virtual time: with real HTTP calls over loopback, and many executions on one agenda.  Tests own the real clock."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from local.executions.data.database import Database
from local.executions.engine.callbacks import Callbacks
from local.executions.engine.live import LivePerformer
from local.executions.engine.virtual import Agenda, TimedOutcome, VirtualExecution
from local.executions.engine.virtual_live import drive
from local.http.outgoing import outgoing_session
from local.workflows.compile.workflow import compile_workflow
from local.workflows.effects import Leaf, Log, Now, Sleep
from tests.running import served

START_S = 1_700_000_000.0
NAME = "projects/p/locations/l/workflows/w/executions/e"


@dataclass
class Stage:
    """What a run is given: real_s is the real time, logged what it wrote and at which virtual second from its start."""

    real_s: float = 1000.0
    agenda: Agenda = field(default_factory=lambda: Agenda(START_S))
    logged: list[tuple[Any, float]] = field(default_factory=list)
    callback: "asyncio.Queue[str]" = field(default_factory=asyncio.Queue)

    def log(self, data: Any, _: str) -> None:
        self.logged.append((data, self.agenda.now_s - START_S))

    async def run(
        self, source: str, url: str, callbacks: Callbacks | None = None, real_s: Callable[[], float] | None = None
    ) -> Any:
        async with outgoing_session() as session:
            performer = LivePerformer(session, str, "", self.log, callbacks=callbacks, execution=NAME)
            run = compile_workflow(source).run(url, {})
            async with asyncio.timeout(10):
                return await drive(run, performer, self.agenda, real_s or (lambda: self.real_s))


@asynccontextmanager
async def answering(answer: Callable[[web.Request], Awaitable[web.StreamResponse]]) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    async with served(app) as url:
        yield url


def branches(**steps: str) -> str:
    """A workflow of one parallel step; each branch logs its name when it has done its step, and main the end."""
    lines = "".join(
        f"        - {name}:\n            steps:\n            - {name}_it: {step}\n"
        f"            - {name}_log: {{call: sys.log, args: {{text: {name}}}}}\n"
        for name, step in steps.items()
    )
    return (
        f"main:\n  params: [url]\n  steps:\n  - all:\n      parallel:\n        branches:\n{lines}"
        "  - last: {call: sys.log, args: {text: end}}\n"
    )


def sleep(seconds: float) -> str:
    return f"{{call: sys.sleep, args: {{seconds: {seconds}}}}}"


GET = '{call: http.get, args: {url: "${url}"}}'


async def test_a_real_call_takes_its_real_time_beside_sleeps() -> None:
    stage = Stage()

    async def after_3_s(_: web.Request) -> web.Response:
        stage.real_s += 3
        return web.Response()

    async with answering(after_3_s) as url:
        await stage.run(branches(long=sleep(5), call=GET, short=sleep(2)), url)
    assert stage.logged == [("short", 2.0), ("call", 3.0), ("long", 5.0), ("end", 5.0)]


async def test_sleeps_without_a_call_beside_them_take_no_real_time() -> None:
    stage = Stage()

    async def after_3_s(_: web.Request) -> web.Response:
        stage.real_s += 3
        return web.Response()

    source = (
        f"main:\n  params: [url]\n  steps:\n  - a: {sleep(100)}\n  - b: {GET}\n  - c: {sleep(1000)}\n  - d: {GET}\n"
    )
    async with answering(after_3_s) as url:
        await stage.run(source, url)
    assert (stage.agenda.now_s, stage.real_s) == (START_S + 1106, 1006.0)


async def test_several_calls_are_under_way_at_once() -> None:
    stage, together = Stage(), asyncio.Barrier(3)

    async def when_three_came(_: web.Request) -> web.Response:
        await together.wait()
        return web.Response()

    async with answering(when_three_came) as url:
        await stage.run(branches(a=GET, b=GET, c=GET), url)
    assert sorted(name for name, _ in stage.logged) == ["a", "b", "c", "end"]


async def test_a_call_that_fails_does_so_at_its_time() -> None:
    stage = Stage()

    async def break_off_after_3_s(request: web.Request) -> web.Response:
        stage.real_s += 3
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    caught = f"{{try: {GET}, except: {{as: e, steps: [{{l: {{call: sys.log, args: {{json: '${{e}}'}}}}}}]}}}}"
    async with answering(break_off_after_3_s) as url:
        await stage.run(branches(call=caught, long=sleep(5)), url)
    error, at_s = stage.logged[0]
    assert (error["tags"], at_s) == (["ConnectionError"], 3.0)


async def test_real_calls_side_by_side_take_their_real_time_each() -> None:
    """With the real clock: answers after 0.1 and 0.8 s, beside sleeps of 0.05 s, a minute and a day."""
    stage = Stage()

    async def when_asked(request: web.Request) -> web.Response:
        await asyncio.sleep(float(request.path[1:]))
        return web.Response()

    calls = {
        name: f"{{call: http.get, args: {{url: '${{url + \"/{seconds}\"}}'}}}}"
        for name, seconds in (("slow", 0.8), ("fast", 0.1))
    }
    async with answering(when_asked) as url:
        began_s = time.monotonic()
        sleeps = {"day": sleep(86400), "minute": sleep(60), "short": sleep(0.05)}
        await stage.run(branches(**calls, **sleeps), url, real_s=time.monotonic)
        took_s = time.monotonic() - began_s
    assert [name for name, _ in stage.logged] == ["short", "fast", "slow", "minute", "day", "end"]
    at_s = dict(stage.logged)
    assert at_s["short"] == pytest.approx(0.05)
    assert 0.1 <= at_s["fast"] <= at_s["slow"]
    assert 0.8 <= at_s["slow"] <= took_s
    assert at_s["day"] == at_s["end"] == 86400.0


async def test_each_try_of_a_call_takes_its_real_time_and_the_waits_between_take_none() -> None:
    stage = Stage()

    async def break_off_after_3_s_and_then_answer(request: web.Request) -> web.Response:
        stage.real_s += 3
        if stage.real_s < 1009:
            assert request.transport is not None
            request.transport.abort()
        return web.Response()

    tried = f"{{try: {GET}, retry: {{max_retries: 5, backoff: {{initial_delay: 10, max_delay: 60, multiplier: 2}}}}}}"
    async with answering(break_off_after_3_s_and_then_answer) as url:
        await stage.run(branches(call=tried, long=sleep(100)), url)
    assert stage.logged == [("call", 3.0 + 10 + 3 + 20 + 3), ("long", 100.0), ("end", 100.0)]
    assert stage.real_s == 1009.0


async def test_a_time_out_of_a_real_call_passes_in_real_time() -> None:
    stage, never = Stage(), asyncio.Event()

    async def never_answer(_: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    call = '{call: http.get, args: {url: "${url}", timeout: 0.2}}'
    caught = f"{{try: {call}, except: {{as: e, steps: [{{l: {{call: sys.log, args: {{text: '${{e.tags[0]}}'}}}}}}]}}}}"
    async with answering(never_answer) as url:
        began_s = time.monotonic()
        await stage.run(branches(call=caught, short=sleep(0.1), long=sleep(50)), url, real_s=time.monotonic)
        took_s = time.monotonic() - began_s
        never.set()
    assert [said for said, _ in stage.logged] == ["short", "TimeoutError", "call", "long", "end"]
    assert 0.2 <= dict(stage.logged)["TimeoutError"] <= took_s


class _Noted(Callbacks):
    """Says which addresses were opened."""

    def __init__(self, opened: "asyncio.Queue[str]") -> None:
        super().__init__(Database(Path(":memory:")), "")
        self._opened = opened

    def create(self, execution: str, method: str) -> str:
        url = super().create(execution, method)
        self._opened.put_nowait(url)
        return url


async def test_while_a_callback_is_awaited_time_runs_as_it_does_and_then_jumps() -> None:
    stage = Stage()
    callbacks = _Noted(stage.callback)
    source = branches(
        wait="{steps: [{open: {call: events.create_callback_endpoint, args: {http_callback_method: POST}, result: c}}, "
        '{come: {call: events.await_callback, args: {callback: "${c}"}}}]}',
        day=sleep(86400),
    )
    app = web.Application()
    app.add_routes(callbacks.routes())

    async def send_after_7_s() -> None:
        url = await stage.callback.get()
        stage.real_s += 7
        async with outgoing_session() as session, session.post(url) as answer:
            assert answer.status == 200

    async with served(app) as url:
        callbacks.base_url = url
        sending = asyncio.create_task(send_after_7_s())
        await stage.run(source, url, callbacks)
        await sending
    assert stage.logged == [("wait", 7.0), ("day", 86400.0), ("end", 86400.0)]


async def test_a_run_that_only_sleeps_can_be_cancelled() -> None:
    stage = Stage()
    running = asyncio.create_task(stage.run(f"main:\n  steps:\n  - s: {sleep(1)[:-1]}, next: s}}\n", ""))
    await asyncio.sleep(0)
    running.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await running
    assert running.cancelled()
    assert stage.agenda.now_s < START_S + 100


def test_executions_that_share_an_agenda_take_turns_in_the_order_of_time() -> None:
    agenda, seen = Agenda(0.0), list[tuple[str, float]]()

    def perform(_: int, effect: Leaf) -> TimedOutcome:
        match effect:
            case Sleep(seconds=seconds):
                return TimedOutcome(seconds, None)
            case Now():
                return TimedOutcome(0.0, agenda.now_s)
            case Log(data=data):
                seen.append((str(data), agenda.now_s))
        return TimedOutcome(0.0, None)

    workflow = compile_workflow(
        "main:\n  params: [a]\n  steps:\n  - s: {call: sys.sleep, args: {seconds: '${a.every}'}}\n"
        "  - l: {call: sys.log, args: {text: '${a.name}'}}\n  - n: {return: '${sys.now()}'}\n"
    )
    fast, slow = (
        VirtualExecution(workflow.run({"name": name, "every": every}, {}), agenda, perform)
        for name, every in (("fast", 1), ("slow", 10))
    )
    late: list[VirtualExecution] = []
    agenda.add(
        5.0, lambda: late.append(VirtualExecution(workflow.run({"name": "late", "every": 1}, {}), agenda, perform))
    )
    while not slow.has_ended:
        agenda.advance()
    assert seen == [("fast", 1.0), ("late", 6.0), ("slow", 10.0)]
    assert [one.result() for one in (fast, *late, slow)] == [1.0, 6.0, 10.0]
