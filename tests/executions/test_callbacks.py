"""The requests at an execution's addresses: what is kept of them, to whom each goes, and until when."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web

from local.executions.data.database import Database
from local.executions.data.instant import instant
from local.executions.engine.callbacks import Callbacks
from local.executions.engine.journal import Journal
from local.executions.engine.live import drive
from local.http.api_error import api_errors
from local.workflows.compile.workflow import compile_workflow
from local.workflows.effects import AwaitCallback, CallbackRequest, CreateCallback, Leaf, Outcome
from tests.running import served, until

EXECUTION = "projects/p/locations/l/workflows/w/executions/e"
OTHER = EXECUTION[:-1] + "f"


@asynccontextmanager
async def addresses() -> AsyncIterator[tuple[Callbacks, aiohttp.ClientSession]]:
    database = Database(Path(":memory:"))
    callbacks = Callbacks(database, "")
    app = web.Application(middlewares=[api_errors])
    app.add_routes(callbacks.routes())
    async with served(app) as url, aiohttp.ClientSession() as session:
        callbacks.base_url = url
        yield callbacks, session
    database.close()


async def send(session: aiohttp.ClientSession, url: str, method: str = "POST", **more: Any) -> tuple[int, Any]:
    async with session.request(method, url, **more) as answer:
        return answer.status, await answer.json()


async def test_a_request_loses_a_part_before_the_workflow_sees_it() -> None:
    """Source: Workflows, "Wait using callbacks": the request's method, URL, headers, query and body."""
    async with addresses() as (callbacks, session):
        url = callbacks.create(EXECUTION, "PUT")
        assert re.fullmatch(rf"http://127\.0\.0\.1:\d+/v1/{EXECUTION}/callbacks/[0-9a-f-]{{36}}", url)
        before = datetime.now(UTC)
        sent = {"params": {"a": "b c"}, "data": b"\xff\x00", "headers": {"X-Mine": "1", "Content-Type": "x/y"}}
        assert await send(session, url, "PUT", **sent) == (200, {})
        request = await callbacks.wait(url, 5)
    assert isinstance(request, CallbackRequest)
    kept = asdict(request)
    headers, at = kept.pop("headers"), datetime.fromisoformat(kept.pop("received_at"))
    path = url.partition("/v1")[2]
    assert kept == {
        "number": 1,
        "method": "PUT",
        "url": f"/v1{path}?a=b+c",
        "query": {"a": "b c"},
        "body": b"\xff\x00",
    }
    assert (headers["X-Mine"], headers["Content-Type"]) == ("1", "x/y")
    assert before <= at <= datetime.now(UTC)


async def test_a_request_with_another_method_is_kept_or_refused_in_other_words() -> None:
    async with addresses() as (callbacks, session):
        url = callbacks.create(EXECUTION, "POST")
        status, refused = await send(session, url, "PUT")
        assert (status, refused["error"]["status"]) == (405, "INVALID_ARGUMENT")
        assert refused["error"]["message"] == "The callback takes POST, not PUT."
        status, refused = await send(session, url + "x")
        assert (status, refused["error"]["status"]) == (404, "NOT_FOUND")
        assert await callbacks.wait(url, 0) is None


async def test_requests_are_taken_in_another_order_or_by_another_address() -> None:
    async with addresses() as (callbacks, session):
        first, second = callbacks.create(EXECUTION, "POST"), callbacks.create(EXECUTION, "POST")
        for url, body in ((first, b"1"), (second, b"2"), (first, b"3")):
            await send(session, url, data=body)
        taken = [await callbacks.wait(url, 0.01) for url in (first, first, first, second, second)]
        assert [request and request.body for request in taken] == [b"1", b"3", None, b"2", None]


async def test_the_list_shows_addresses_of_another_execution_or_lacks_their_methods() -> None:
    """Source: Workflow Executions v1, executions.callbacks.list, Callback."""
    async with addresses() as (callbacks, session):
        made = {callbacks.create(EXECUTION, method): method for method in ("POST", "GET", "PUT")}
        callbacks.create(OTHER, "POST")
        url = f"{callbacks.base_url}/v1/{EXECUTION}/callbacks"
        shown = [{"name": one.partition("/v1/")[2], "method": made[one]} for one in sorted(made)]
        assert await send(session, url, "GET") == (200, {"callbacks": shown})
        assert await send(session, url[: -len("/callbacks")][:-1] + "g/callbacks", "GET") == (200, {})


async def test_who_waits_learns_of_a_request_only_when_the_time_is_over() -> None:
    async with addresses() as (callbacks, session):
        url = callbacks.create(EXECUTION, "POST")
        waiting = asyncio.create_task(callbacks.wait(url, 600))
        await until(lambda: callbacks._waiting.get(EXECUTION))
        await send(session, url, data=b"1")
        async with asyncio.timeout(10):
            request = await waiting
        assert request is not None
        assert request.body == b"1"


async def test_what_was_claimed_for_an_execution_that_goes_on_from_its_journal_is_lost() -> None:
    """Its outcome was not recorded, so nobody has had it; other executions keep what they claimed."""
    async with addresses() as (callbacks, session):
        url, other = callbacks.create(EXECUTION, "POST"), callbacks.create(OTHER, "POST")
        for one in (url, other):
            await send(session, one, data=b"1")
            assert await callbacks.wait(one, 0) is not None
            assert await callbacks.wait(one, 0) is None
        callbacks.end(EXECUTION)
        again = await callbacks.wait(url, 0)
        assert again is not None
        assert again.body == b"1"
        assert await callbacks.wait(other, 0) is None
        callbacks.end(EXECUTION)
        callbacks.end(EXECUTION)


@pytest.mark.parametrize("url", ["", "http://x/v1/none", "none", "http://x/v2/e/callbacks/1"])
async def test_an_address_that_never_was_is_waited_at(url: str) -> None:
    async with addresses() as (callbacks, _):
        callbacks.create(EXECUTION, "POST")
        with pytest.raises(KeyError):
            await callbacks.wait(url, 0)


WAIT = """
main:
  steps:
  - open: {call: events.create_callback_endpoint, args: {http_callback_method: POST}, result: c}
  - wait: {call: events.await_callback, args: {callback: "${c}", timeout: 30}, result: request}
  - done: {return: "${request.http_request.body}"}
"""


@pytest.mark.parametrize(("away_s", "left_s"), [(0, 30), (29, 1), (30, 0), (31, 0)])
async def test_a_wait_for_a_request_begins_anew_or_is_cut_short_after_a_restart(away_s: float, left_s: float) -> None:
    """As with a sleep: what it waits for has been waiting since it was asked for, and never below nothing."""
    clock = datetime(2026, 1, 1, tzinfo=UTC)
    database = Database(Path(":memory:"))
    waited: list[float] = []

    def a_journal() -> Journal:
        return Journal(database, 1, "2026-01-01T00:00:00.000000Z", lambda: instant(clock))

    async def perform(effect: Leaf) -> Outcome:
        if isinstance(effect, CreateCallback):
            return "http://x/v1/e/callbacks/1"
        assert isinstance(effect, AwaitCallback)
        assert effect.url == "http://x/v1/e/callbacks/1"
        waited.append(effect.timeout_s)
        if len(waited) == 1:
            await asyncio.Event().wait()
        return CallbackRequest(1, instant(clock), "POST", "/", {"Content-Type": "application/json"}, {}, b'"come"')

    workflow = compile_workflow(WAIT)
    killed = asyncio.create_task(drive(workflow.run(None, {}), perform, a_journal()))
    await until(lambda: waited)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    clock += timedelta(seconds=away_s)
    database.run("INSERT INTO callback_requests VALUES (1, 'a', '{}'), (2, 'a', '{}')")
    assert await drive(workflow.run(None, {}), perform, a_journal()) == "come"
    assert waited == [30, left_s]
    assert database.rows("SELECT number FROM callback_requests") == [(2,)], "used up with its outcome, and no other"
    told = database.rows("SELECT position, effect, at, outcome FROM journal ORDER BY position")
    assert [(position, effect, at) for position, effect, at, _ in told] == [
        (1, 0, "2026-01-01T00:00:00.000000Z"),
        (2, 1, instant(clock)),
    ]
    assert json.loads(told[0][3]) == "http://x/v1/e/callbacks/1"
    database.close()
