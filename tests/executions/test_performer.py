"""What performs single effects for real: every outcome of a call, and every effect that nobody serves."""

import asyncio
import uuid
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import MappingProxyType

import aiohttp
import pytest
from aiohttp import web
from aiohttp.client_reqrep import ConnectionKey

from local.executions.data.database import Database
from local.executions.engine import live
from local.executions.engine.callbacks import Callbacks
from local.executions.engine.live import LivePerformer, drive
from local.executions.engine.stubs import Stubs
from local.http.outgoing import outgoing_session
from local.workflows.compile.workflow import compile_workflow
from local.workflows.effects import (
    Auth,
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
    Outcome,
    Sleep,
    Value,
)
from local.workflows.errors import WorkflowError
from tests.running import served

CONNECTOR = "gke.request"


def a_call(url: str, timeout_s: float = 5.0, headers: Mapping[str, str] = MappingProxyType({})) -> HttpCall:
    return HttpCall("PUT", url, headers, b"body", timeout_s, Auth("OIDC", "me") if headers else None)


@asynccontextmanager
async def a_target() -> AsyncIterator[str]:
    """/echo answers 418 with what it got, /never not at all; /broken hangs up."""

    async def echo(request: web.Request) -> web.Response:
        got = f"{request.method} {request.headers.get('Authorization')} {request.headers.get('X-Mine')} "
        return web.Response(status=418, text=got + await request.text(), headers={"X-Theirs": "yes"})

    async def never(_: web.Request) -> web.Response:
        await asyncio.Event().wait()
        raise AssertionError

    async def broken(request: web.Request) -> web.Response:
        assert request.transport is not None
        request.transport.abort()
        return web.Response()

    app = web.Application()
    app.add_routes([web.route("*", f"/{one.__name__}", one) for one in (echo, never, broken)])
    async with served(app) as url:
        yield url


@asynccontextmanager
async def a_performer(callbacks: Callbacks | None = None) -> AsyncIterator[tuple[LivePerformer, list[object]]]:
    """And what it has logged and slept."""
    noted: list[object] = []

    async def sleep(seconds: float) -> None:
        noted.append(seconds)

    async with outgoing_session() as session:
        stubs = Stubs.parse(f"{CONNECTOR}: 7", "s")
        performer = LivePerformer(
            session, lambda auth: f"token-for-{auth.audience}", "http://127.0.0.1:1", lambda *it: noted.append(it),
            sleep=sleep, now_s=lambda: 12.5, stubs=stubs, callbacks=callbacks, execution="e",
        )  # fmt: skip
        yield performer, noted


async def test_a_call_loses_its_headers_its_body_or_its_answer() -> None:
    async with a_target() as url, a_performer() as (performer, _):
        call = a_call(f"{url}/echo", headers={"X-Mine": "1"})
        answer = await performer.perform(call)
        assert isinstance(answer, HttpResponse)
        assert (answer.code, answer.body) == (418, b"PUT Bearer token-for-me 1 body")
        assert answer.headers["X-Theirs"] == "yes"
        assert dict(call.headers) == {"X-Mine": "1"}, "a token must not stay with the call"
        without = await performer.perform(a_call(f"{url}/echo"))
        assert isinstance(without, HttpResponse)
        assert without.body == b"PUT None None body"


@pytest.mark.parametrize(
    ("path", "timeout_s", "kind", "message"),
    [
        ("TARGET/never", 0.05, "TimeoutError", "no answer within 0.05 s"),
        ("TARGET/broken", 5, "ConnectionError", "the connection broke: ServerDisconnectedError"),
        ("http://127.0.0.1:1/x", 5, "ConnectionFailedError", "cannot connect to 127.0.0.1:1: Connection refused"),
        (
            *("https://storage.googleapis.com/x", 5, "ConnectionFailedError"),
            "cannot connect to 127.0.0.1:1: Connection refused; nothing listens at http://127.0.0.1:1, which stands in"
            " for the cloud: start `mando up`, or give a connector's answer with `mando run --stub FILE`",
        ),
    ],
)
async def test_a_call_without_an_answer_fails_as_something_else_or_says_something_else(
    path: str, timeout_s: float, kind: str, message: str
) -> None:
    async with a_target() as url, a_performer() as (performer, _):
        failure = await performer.perform(a_call(path.replace("TARGET", url), timeout_s))
    assert isinstance(failure, HttpFailure)
    assert (failure.kind, failure.message) == (kind, message)


@pytest.mark.parametrize("url", ["http://exa mple/"])
async def test_an_address_that_is_none_is_a_mistake_of_ours(url: str) -> None:
    async with a_performer() as (performer, _):
        with pytest.raises(WorkflowError, match="invalid url: ") as caught:
            await performer.perform(a_call(url))
    assert caught.value.tags == ["ValueError"]


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (OSError(111, "as the library says it"), "Connection refused"),
        (OSError(-2, "Name or service not known"), "Name or service not known"),
        (OSError(0, "nothing"), "nothing"),
        (OSError("without a number"), "without a number"),
    ],
)
def test_the_reason_of_a_failed_connection_is_lost(error: OSError, reason: str) -> None:
    """What looks up names has numbers below 0, which the system does not know."""
    key = ConnectionKey("h", 1, False, True, None, None, None)
    assert live._reason(aiohttp.ClientConnectorError(key, error)) == reason


class Parts:
    """A body that comes in parts."""

    def __init__(self, *sizes: int) -> None:
        self._sizes = list(sizes)

    async def readany(self) -> bytes:
        return b"x" * self._sizes.pop(0) if self._sizes else b""


@pytest.mark.parametrize(
    ("sizes", "read"), [((9,), 9), ((4, 5, 1), 10), ((10,), 10), ((10, 1, 5), 11), ((5, 6, 5), 11), ((), 0)]
)
async def test_a_body_that_is_too_large_looks_as_if_it_were_not_or_is_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch, sizes: tuple[int, ...], read: int
) -> None:
    monkeypatch.setattr(live, "MAX_RESPONSE_BYTES", 10)
    assert len(await live._read(Parts(*sizes))) == read  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("effect", "outcome", "noted"),
    [
        (Now(), 12.5, []),
        (Log({"a": 1}, "WARNING"), None, [({"a": 1}, "WARNING")]),
        (Sleep(3.5), None, [3.5]),
        (ConnectorCall(CONNECTOR, {}), ConnectorResult(7), []),
    ],
)
async def test_an_effect_has_another_outcome(effect: Leaf, outcome: Outcome, noted: list[object]) -> None:
    async with a_performer() as (performer, done):
        assert await performer.perform(effect) == outcome
    assert done == noted


async def test_two_uuids_are_the_same_or_are_none() -> None:
    async with a_performer() as (performer, _):
        made = [await performer.perform(NewUuid()) for _ in range(2)]
    assert made[0] != made[1]
    assert [uuid.UUID(str(one)).version for one in made] == [4, 4]


@pytest.mark.parametrize(
    ("effect", "tag", "message"),
    [
        (CreateCallback("POST"), "SystemError", "SystemError: CreateCallback is not served here"),
        (AwaitCallback("http://x", 0.01), "SystemError", "SystemError: AwaitCallback is not served here"),
        (ConnectorCall("gke.other", {}), "SystemError", "SystemError: gke.other is not served here and has no stub: "),
    ],
)
async def test_what_nobody_serves_waits_for_ever_or_has_an_outcome(effect: Leaf, tag: str, message: str) -> None:
    async with a_performer() as (performer, _):
        with pytest.raises(WorkflowError) as caught:
            await performer.perform(effect)
    payload: Value = caught.value.payload
    assert isinstance(payload, dict)
    assert payload["tags"] == [tag]
    assert str(payload["message"]).startswith(message)


async def test_an_address_that_is_none_is_awaited() -> None:
    callbacks = Callbacks(Database(Path(":memory:")), "http://x")
    async with a_performer(callbacks) as (performer, _):
        with pytest.raises(WorkflowError, match="'http://x/v1/e/callbacks/1' is no callback of a running") as caught:
            await performer.perform(AwaitCallback("http://x/v1/e/callbacks/1", 5))
        assert caught.value.tags == ["ValueError"]
        url = await performer.perform(CreateCallback("POST"))
        assert str(url).startswith("http://x/v1/e/callbacks/")
        assert await performer.perform(AwaitCallback(str(url), 0)) is None


async def test_without_stubs_or_a_clock_of_its_own_it_has_none() -> None:
    """What `mando up` gives it, and what it takes by default."""
    async with outgoing_session() as session:
        performer = LivePerformer(session, lambda _: "", "", lambda *_: None)
        with pytest.raises(WorkflowError, match="has no stub"):
            await performer.perform(ConnectorCall(CONNECTOR, {}))
        now_s = await performer.perform(Now())
        assert isinstance(now_s, float)
        assert await performer.perform(Sleep(0)) is None


SIDE_BY_SIDE = """
main:
  steps:
  - begin: {assign: [got: []]}
  - all:
      parallel:
        shared: [got]
        for:
          value: v
          in: [1, 2, 3]
          steps: [{s: {call: sys.sleep, args: {seconds: "${v}"}}}, {g: {assign: [got: "${list.concat(got, v)}"]}}]
  - done: {return: "${got}"}
"""


async def test_what_is_done_at_the_same_moment_is_told_in_another_order() -> None:
    """Which comes first is told by its number alone: the same run has the same journal."""

    async def at_once(_: Leaf) -> Outcome:
        return None

    assert await drive(compile_workflow(SIDE_BY_SIDE).run(None, {}), at_once) == [1, 2, 3]
