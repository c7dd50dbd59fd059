"""Callbacks over real HTTP: an execution waits at an address of its own until a request comes or the time is over."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from aiohttp import web

from local.executions.callbacks import Callbacks
from local.executions.live import LivePerformer, drive
from local.workflows.compile import compile_workflow
from local.workflows.effects import Value
from local.workflows.errors import WorkflowError

SOURCE = """
main:
  params: [timeout]
  steps:
  - open: {call: events.create_callback_endpoint, args: {http_callback_method: POST}, result: callback}
  - tell: {call: sys.log, args: {text: "${callback.url}"}}
  - wait: {call: events.await_callback, args: {callback: "${callback}", timeout: "${timeout}"}, result: request}
  - done: {return: ["${request.http_request.body}", "${request.http_request.query}", "${request.http_request.method}"]}
"""


@asynccontextmanager
async def _running(timeout_s: float) -> AsyncIterator[tuple[asyncio.Task[Value], asyncio.Queue[str]]]:
    """The execution, and the addresses that it logs."""
    told: asyncio.Queue[str] = asyncio.Queue()
    app = web.Application()
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.0)
    callbacks = Callbacks("")
    app.add_routes(callbacks.routes())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    callbacks.base_url = f"http://127.0.0.1:{runner.addresses[0][1]}"
    async with aiohttp.ClientSession() as session:
        performer = LivePerformer(
            session, lambda _: "", "http://127.0.0.1:1", lambda data, _: told.put_nowait(str(data)), callbacks=callbacks
        )
        run = compile_workflow(SOURCE).run(timeout_s, {})
        try:
            yield asyncio.create_task(drive(run, performer.perform)), told
        finally:
            await runner.cleanup()


async def test_a_request_with_the_right_method_goes_on_and_others_are_refused() -> None:
    async with _running(30) as (execution, told), aiohttp.ClientSession() as session:
        url = await asyncio.wait_for(told.get(), 10)
        async with session.get(url) as refused:
            assert (refused.status, (await refused.json())["error"]["code"]) == (405, 405)
        async with session.post(url + "x") as unknown:
            assert unknown.status == 404
        assert not execution.done()
        async with session.post(url + "?a=b", json={"x": 1}) as taken:
            assert taken.status == 200
        assert await asyncio.wait_for(execution, 10) == [{"x": 1}, {"a": "b"}, "POST"]


async def test_without_a_request_there_is_a_timeout_error() -> None:
    async with _running(0.01) as (execution, _):
        with pytest.raises(WorkflowError) as raised:
            await asyncio.wait_for(execution, 10)
    assert raised.value.tags == ["TimeoutError"]
