"""How an execution ends: cancelled in the middle, with siblings that end meanwhile, at an address as its time ends."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local.executions.data.database import Database
from local.executions.data.instant import instant
from local.executions.engine.callbacks import Callbacks
from local.executions.engine.journal import Journal
from local.executions.engine.live import drive
from local.workflows.compile.workflow import compile_workflow
from local.workflows.effects import CallbackRequest, Leaf, Now, Outcome, Sleep
from tests.executions.face import WORKFLOW, Face, a_face
from tests.executions.test_history import entries
from tests.executions.test_service import SLEEP
from tests.running import until

SIDE_BY_SIDE = """
main:
  steps:
  - all:
      parallel:
        branches:
        - short: {steps: [{s: {call: sys.sleep, args: {seconds: 100}}}]}
        - long: {steps: [{l: {call: sys.sleep, args: {seconds: 300}}}, {n: {call: sys.now}}]}
  - done: {return: ended}
"""
WAIT = """
main:
  params: [timeout]
  steps:
  - open: {call: events.create_callback_endpoint, args: {http_callback_method: POST}, result: callback}
  - wait: {call: events.await_callback, args: {callback: "${callback}", timeout: "${timeout}"}, result: request}
  - done: {return: "${request.http_request.body}"}
"""
TWO_WAIT = """
main:
  params: [timeout]
  steps:
  - open: {call: events.create_callback_endpoint, args: {http_callback_method: POST}, result: callback}
  - begin: {assign: [got: []]}
  - wait:
      parallel:
        shared: [got]
        for:
          value: one
          in: [1, 2]
          steps:
          - w: {call: events.await_callback, args: {callback: "${callback}", timeout: "${timeout}"}, result: request}
          - g: {assign: [got: '${list.concat(got, request.http_request.body)}']}
  - done: {return: "${got}"}
"""


async def test_a_cancelled_execution_leaves_a_step_in_progress(tmp_path: Path) -> None:
    """Source: Workflow Executions v1, StepEntry.State, STATE_CANCELLED."""
    async with a_face(tmp_path) as face:
        face.deploy(SIDE_BY_SIDE)
        name = face.service.create(WORKFLOW, None)["name"]
        await until(lambda: sum(one["step"] in ("s", "l") for one in face.service.history(name)) == 2)
        async with aiohttp.ClientSession() as session, session.post(f"{face.url}/v1/{name}:cancel") as answer:
            cancelled = await answer.json()
        shown = (await entries(face, name))["stepEntries"]
    states = {one["step"]: one["state"] for one in shown}
    assert states == dict.fromkeys(states, "STATE_CANCELLED")
    assert {"all", "s", "l"} <= set(states)
    assert all(one["updateTime"] >= one["createTime"] for one in shown)
    assert (cancelled["state"], cancelled["endTime"] >= cancelled["startTime"]) == ("CANCELLED", True)
    assert cancelled["error"]["context"] == "Execution cancelled"
    async with a_face(tmp_path) as face:
        assert (await entries(face, name))["stepEntries"] == shown


async def test_a_cancelled_execution_keeps_its_place_and_the_next_waits_for_ever(tmp_path: Path) -> None:
    async with a_face(tmp_path, max_concurrent=1) as face:
        face.deploy(SLEEP)
        names = [face.service.create(WORKFLOW, None)["name"] for _ in range(2)]
        await until(lambda: face.service.history(names[0]))
        await face.service.cancel(names[1])  # while it is queued
        await face.service.cancel(names[0])
        await until(lambda: not any(map(face.service.is_running, names)))
        assert [face.service.get(name)["state"] for name in names] == ["CANCELLED"] * 2
        third = face.service.create(WORKFLOW, None)
        assert third["state"] == "ACTIVE"


async def test_what_a_cancelled_execution_had_begun_goes_on() -> None:
    begun: list[Leaf] = []
    ended: list[Leaf] = []

    async def perform(effect: Leaf) -> Outcome:
        begun.append(effect)
        try:
            await asyncio.Event().wait()
        finally:
            ended.append(effect)
        raise AssertionError

    driving = asyncio.create_task(drive(compile_workflow(SIDE_BY_SIDE).run(None, {}), perform))
    await until(lambda: len(begun) == 2)
    driving.cancel()
    await asyncio.gather(driving, return_exceptions=True)
    await until(lambda: len(ended) == 2)
    assert begun == [Sleep(100.0), Sleep(300.0)]


@pytest.mark.parametrize(("away_s", "left_s"), [(0, [100, 300]), (99, [1, 201]), (100, [0, 200]), (400, [0, 0])])
async def test_a_sleep_begins_anew_or_is_cut_short_after_a_restart(
    tmp_path: Path, away_s: float, left_s: list[float]
) -> None:
    """Each goes on for what is left of it, and is not asked for again when its sibling has ended."""
    clock = {"now": datetime(2026, 1, 1, tzinfo=UTC)}
    database = Database(tmp_path / "executions.sqlite")

    def a_journal() -> Journal:
        return Journal(database, 1, "2026-01-01T00:00:00.000000Z", lambda: instant(clock["now"]))

    async def hang(_: Leaf) -> Outcome:
        await asyncio.Event().wait()
        raise AssertionError

    slept: list[float] = []

    async def sleep(effect: Leaf) -> Outcome:
        if isinstance(effect, Now):
            return 1.0
        assert isinstance(effect, Sleep)
        slept.append(effect.seconds)
        return None

    workflow = compile_workflow(SIDE_BY_SIDE)
    killed = asyncio.create_task(drive(workflow.run(None, {}), hang, a_journal()))
    await asyncio.sleep(0)
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    clock["now"] += timedelta(seconds=away_s)
    assert await drive(workflow.run(None, {}), sleep, a_journal()) == "ended"
    assert slept == left_s
    # Once more from the journal alone: nothing is performed again.
    assert await drive(workflow.run(None, {}), hang, a_journal()) == "ended"
    database.close()


async def test_a_sleep_begins_anew_where_its_sibling_ended_before_the_restart(tmp_path: Path) -> None:
    clock = {"now": datetime(2026, 1, 1, tzinfo=UTC)}
    database = Database(tmp_path / "executions.sqlite")

    def a_journal() -> Journal:
        return Journal(database, 1, "2026-01-01T00:00:00.000000Z", lambda: instant(clock["now"]))

    async def only_the_short_one(effect: Leaf) -> Outcome:
        if effect == Sleep(100.0):
            clock["now"] += timedelta(seconds=100)
            return None
        await asyncio.Event().wait()
        raise AssertionError

    slept: list[float] = []

    async def sleep(effect: Leaf) -> Outcome:
        if isinstance(effect, Sleep):
            slept.append(effect.seconds)
            return None
        return 1.0

    workflow = compile_workflow(SIDE_BY_SIDE)
    killed = asyncio.create_task(drive(workflow.run(None, {}), only_the_short_one, a_journal()))
    await until(lambda: database.rows("SELECT 1 FROM journal"))
    killed.cancel()
    await asyncio.gather(killed, return_exceptions=True)
    clock["now"] += timedelta(seconds=50)
    assert await drive(workflow.run(None, {}), sleep, a_journal()) == "ended"
    assert slept == [150.0]
    database.close()


async def opened(face: Face, source: str, timeout_s: float) -> tuple[str, str]:
    """An execution that waits, and the path of its address."""
    face.deploy(source)
    name = face.service.create(WORKFLOW, str(timeout_s))["name"]
    await until(lambda: any(one["step"] in ("w", "wait") for one in face.service.history(name)))
    async with aiohttp.ClientSession() as session, session.get(f"{face.url}/v1/{name}/callbacks") as listed:
        (callback,) = (await listed.json())["callbacks"]
    return name, f"/v1/{callback['name']}"


async def post(url: str, body: Any) -> int:
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as answer:
        return answer.status


async def test_a_request_that_comes_as_the_time_ends_is_lost(tmp_path: Path) -> None:
    """It is taken, and its sender told so; then the wait's time ends before anybody was woken."""
    database = Database(tmp_path / "executions.sqlite")
    callbacks = Callbacks(database, "http://x")
    url = callbacks.create("e", "POST")
    name = url.removeprefix("http://x/v1/")
    waiting = asyncio.create_task(callbacks.wait(url, 0.05))
    await until(lambda: name in callbacks._waiting.get("e", {}))
    kept = {"received_at": instant(), "method": "POST", "url": "/", "headers": {}, "query": {}, "body": "MQ=="}
    database.run("INSERT INTO callback_requests (callback, request) VALUES (?, ?)", name, json.dumps(kept))
    request = await waiting
    assert isinstance(request, CallbackRequest)
    assert request.body == b"1"
    assert await callbacks.wait(url, 0.01) is None, "it went to two who wait"
    database.close()


async def test_a_request_before_anybody_waits_is_lost_also_after_a_restart(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        name, path = await opened(face, WAIT, 30)
        await face.service.stop()  # nobody waits
        assert await post(face.url + path, "early") == 200
    async with a_face(tmp_path) as face:
        assert json.loads((await face.ended(name))["result"]) == "early"


async def test_one_request_goes_to_two_who_wait(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        name, path = await opened(face, TWO_WAIT, 30)
        await until(lambda: sum(one["step"] == "w" for one in face.service.history(name)) == 2)
        for body in ("first", "second"):
            assert await post(face.url + path, body) == 200
        ended = await face.ended(name)
    assert json.loads(ended["result"]) == ["first", "second"]


async def test_a_request_that_one_of_two_had_goes_to_the_other_after_a_restart(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        name, path = await opened(face, TWO_WAIT, 30)
        assert await post(face.url + path, "first") == 200
        await until(lambda: any(one["step"] == "g" for one in face.service.history(name)))
    async with a_face(tmp_path) as face:
        assert await post(face.url + path, "second") == 200
        assert json.loads((await face.ended(name))["result"]) == ["first", "second"]


async def test_an_address_outlives_its_execution(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        name, path = await opened(face, WAIT, 30)
        _, other = await opened(face, WAIT, 30)
        await face.service.cancel(name)
        assert [await post(face.url + one, 1) for one in (path, other)] == [404, 200]
