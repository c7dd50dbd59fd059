"""Every case of the suite with each driver: live over loopback HTTP, virtual time, virtual time with crashes."""

import asyncio
import heapq
import itertools
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from local.executions.data.database import Database
from local.executions.engine.callbacks import Callbacks
from local.executions.engine.live import LivePerformer, drive
from local.executions.engine.stubs import Stubs
from local.http.listening import listening
from local.http.outgoing import outgoing_session
from local.workflows.compile.workflow import Workflow, compile_workflow
from local.workflows.effects import Auth, Run, Value
from local.workflows.errors import WorkflowError, WorkflowSyntaxError
from tests.conformance.cases import Case, all_cases
from tests.conformance.script import Script
from tests.conformance.virtual import ScriptedTime

CASES = [pytest.param(case, id=f"{case.file}: {case.name}") for case in all_cases()]
START_S = 1_700_000_000.0
SECOND_S = 1e-4  # real time for one second with the live driver
TURNS = 50  # of the event loop: more than the work after any wait needs
NO_ONE_LISTENS = "http://127.0.0.1:1"


@pytest.mark.parametrize("case", CASES)
def test_in_virtual_time(case: Case) -> None:
    script = Script(case.http, list(case.callbacks))
    driver = ScriptedTime(script, START_S, _stubs(case))
    _check(case, script, driver.slept, driver.logged, _outcome(case, driver.drive))


@pytest.mark.parametrize("case", CASES)
def test_with_a_crash_after_every_outcome(case: Case) -> None:
    script = Script(case.http, list(case.callbacks))
    driver = ScriptedTime(script, START_S, _stubs(case))
    _check(case, script, driver.slept, driver.logged, _outcome(case, partial(driver.drive, crashing=True)))


@pytest.mark.parametrize("case", CASES)
async def test_live(case: Case) -> None:
    script, clock, logged = Script(case.http, list(case.callbacks)), _Clock(), list[Value]()
    async with outgoing_session() as session, _serving(script, session, clock) as (address, callbacks):
        performer = LivePerformer(
            session,
            _token,
            address,
            lambda data, _: logged.append(data),
            clock.sleep,
            lambda: clock.now_s,
            _stubs(case),
            callbacks,
            execution="projects/p/locations/l/workflows/w/executions/e",
        )
        outcome = _compiled(case, address)
        if not isinstance(outcome, WorkflowSyntaxError):
            try:
                outcome = await drive(_run(outcome, case, address), performer.perform)
            except WorkflowError as error:
                outcome = error
    _check(case, script, clock.slept, logged, outcome)


class _Clock:
    """A fast and exact clock: each wait ends exactly its seconds after it began.

    One wait ends at a time, and the work after it is done before the next wait ends, also on a slow machine.
    """

    def __init__(self) -> None:
        self.now_s = START_S
        self.slept: list[float] = []
        self._order = itertools.count()
        self._due: list[tuple[float, int, asyncio.Future[None]]] = []
        self._ticking: asyncio.Task[None] | None = None

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        await self.wait(seconds)

    async def wait(self, seconds: float) -> None:
        ended = asyncio.get_running_loop().create_future()
        heapq.heappush(self._due, (self.now_s + seconds, next(self._order), ended))
        if self._ticking is None or self._ticking.done():
            self._ticking = asyncio.create_task(self._tick())
        await ended

    async def _tick(self) -> None:
        while self._due:
            await asyncio.sleep((self._due[0][0] - self.now_s) * SECOND_S)
            for _ in range(TURNS if len(self._due) > 1 else 0):
                await asyncio.sleep(0)
            end_s, _, ended = heapq.heappop(self._due)
            self.now_s = max(self.now_s, end_s)
            if not ended.done():
                ended.set_result(None)


def _stubs(case: Case) -> Stubs:
    return Stubs.parse(json.dumps(case.stubs), case.file)


def _run(workflow: Workflow, case: Case, address: str) -> Run:
    return workflow.run(_placed(case.argument, address), case.env, stubbed=frozenset(case.stubs))


def _token(auth: Auth) -> str:
    if auth.kind == "OAuth2":
        return "token"
    raise WorkflowError.tagged("AuthError", "no token")


class _Answered(Callbacks):
    """Callbacks to which the script sends its requests, over HTTP."""

    def __init__(self, script: Script, session: aiohttp.ClientSession) -> None:
        super().__init__(Database(Path(":memory:")), "")
        self._script = script
        self._session = session
        self._sending: set[asyncio.Task[None]] = set()

    def create(self, execution: str, method: str) -> str:
        url = super().create(execution, method)
        while given := self._script.next_callback():
            self._sending.add(asyncio.create_task(self._send(url, given)))
        return url

    async def _send(self, url: str, given: dict[str, Any]) -> None:
        await asyncio.sleep(given["after"] * SECOND_S)
        headers, body = self._script.content(given)
        async with self._session.request(
            given["method"], url, params=given.get("query"), headers=headers, data=body
        ) as answer:
            assert answer.status == 200


@asynccontextmanager
async def _serving(
    script: Script, session: aiohttp.ClientSession, clock: _Clock
) -> AsyncIterator[tuple[str, Callbacks]]:
    """The address at which the script answers, where it has any answers, and the callbacks to which it sends."""
    callbacks = _Answered(script, session)
    if not script.answers and not script.callbacks:
        yield NO_ONE_LISTENS, callbacks
        return

    async def answer(request: web.Request) -> web.Response:
        # raw_path: the bytes that came, and not what aiohttp makes of them
        given = script.answer(request.method, request.raw_path, dict(request.headers), await request.read())
        await clock.wait(given.takes_s)
        if not given.status:
            assert request.transport is not None
            request.transport.abort()
        return web.Response(status=given.status or 200, headers=given.headers, body=given.body)

    app = web.Application()
    app.add_routes(callbacks.routes())
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.0)
    async with listening(runner, "127.0.0.1", 0) as port:
        callbacks.base_url = f"http://127.0.0.1:{port}"
        yield callbacks.base_url, callbacks


def _placed(value: Any, address: str) -> Any:
    """The value with SERVER as the address of the script."""
    return json.loads(json.dumps(value).replace("http://SERVER", address))


def _compiled(case: Case, address: str) -> Any:
    try:
        return compile_workflow(case.source.replace("http://SERVER", address), case.file)
    except WorkflowSyntaxError as error:
        return error


def _outcome(case: Case, drive_it: Callable[[Callable[[], Run]], Value]) -> Any:
    address = "http://server.example"
    workflow = _compiled(case, address)
    if isinstance(workflow, WorkflowSyntaxError):
        return workflow
    try:
        return drive_it(lambda: _run(workflow, case, address))
    except WorkflowError as error:
        return error


def _check(case: Case, script: Script, slept: list[float], logged: list[Value], outcome: Any) -> None:
    expected = case.expected
    if "problems" in expected:
        assert isinstance(outcome, WorkflowSyntaxError), f"it compiles, and gives {outcome!r}"
        found = [_place(case, one.line, one.column) + f" {one.message} [{one.length}]" for one in outcome.problems]
        assert len(found) == len(expected["problems"]), found
        for one, part in zip(found, expected["problems"], strict=True):
            assert part in one
            assert one.split(" ")[0] == part.split(" ")[0]
        return
    assert not isinstance(outcome, WorkflowSyntaxError), str(outcome)
    if "error" in expected:
        _check_error(case, outcome)
    else:
        assert not isinstance(outcome, WorkflowError), outcome.as_execution_error()
        assert _typed(outcome) == _typed(expected["result"])
    for name, seen in (("requests", script.seen), ("slept", slept), ("logged", logged)):
        if name in expected:
            assert seen == expected[name]
    for name, value in expected.get("sent", {}).items():
        assert script.headers[0].get(name) == value


def _check_error(case: Case, outcome: Any) -> None:
    expected = case.expected["error"]
    assert isinstance(outcome, WorkflowError), f"no error but {outcome!r}"
    shown = outcome.as_execution_error()
    payload = json.loads(shown["payload"])
    position: dict[str, str] = next((one["position"] for one in shown["stackTrace"]["elements"]), {})
    if "tag" in expected:
        assert expected["tag"] == payload["tags"][0]
    if "payload" in expected:
        assert payload == expected["payload"]
    if "message" in expected:
        assert expected["message"] in payload["message"]
    for name in ("line", "column", "length"):
        if name in expected:
            assert int(position[name]) == expected[name]
    if "context" in expected:
        assert shown["context"] == expected["context"]
    if "stack" in expected:
        assert [f"{one['routine']}.{one['step']}" for one in shown["stackTrace"]["elements"]] == expected["stack"]


def _place(case: Case, line: int, column: int) -> str:
    first_line, first_column = case.first
    return f"{line - first_line + 1}:{column - first_column + 1}"


def _typed(value: Any) -> Any:
    """The value so that 1, 1.0 and true differ."""
    if isinstance(value, dict):
        return {key: _typed(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_typed(one) for one in value]
    return type(value).__name__, value
