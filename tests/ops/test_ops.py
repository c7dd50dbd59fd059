"""What /ops tells of workflow, queues, executions and faults, and what its buttons do, over HTTP."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local.project import PLACE, WORKFLOW
from local.server import LocalCloud
from tests.running import until
from tests.system.up import four_free_ports

ECHO = "main: {params: [given], steps: [{answer: {return: '${given}'}}]}"
WAITS = "main: {params: [given], steps: [{wait: {call: sys.sleep, args: {seconds: 1000}}}]}"
FAILS = "main: {params: [given], steps: [{fail: {raise: 'gone'}}]}"


class Ops:
    def __init__(self, cloud: LocalCloud, url: str, session: aiohttp.ClientSession) -> None:
        self.cloud = cloud
        self._url = url
        self._session = session

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, Any]:
        async with self._session.request(method, self._url + path, json=body) as answer:
            text = await answer.text()
            return answer.status, json.loads(text) if answer.content_type == "application/json" else text

    async def state(self) -> dict[str, Any]:
        status, state = await self.ask("GET", "/ops/state")
        assert status == 200
        found: dict[str, Any] = state
        return found

    async def run(self, source: str, argument: object) -> str:
        """The name of an execution of that workflow, which has begun."""
        self.cloud.deploy(WORKFLOW, source, {})
        made: str = self.cloud.executions.create(WORKFLOW, json.dumps(argument))["name"]
        return made

    async def ended(self, name: str) -> None:
        await until(lambda: not self.cloud.executions.is_running(name))


@pytest.fixture
async def ops(tmp_path: Path) -> AsyncIterator[Ops]:
    port = four_free_ports()
    async with LocalCloud(tmp_path, port, "http://127.0.0.1:1") as cloud, aiohttp.ClientSession() as session:
        yield Ops(cloud, f"http://127.0.0.1:{port}", session)
        await cloud.executions.stop()


async def test_nothing_has_happened_yet(ops: Ops) -> None:
    state = await ops.state()
    said = "A task starts the workflow, and the workflow calls the steps."
    assert (state["workflow"], state["form"]) == (WORKFLOW, said)
    assert (state["files"], state["queues"], state["latest"], state["faults"]) == ([], [], [], [])


async def test_executions_are_counted_by_their_state_and_the_latest_comes_first(ops: Ops) -> None:
    for source, argument in ((ECHO, 1), (ECHO, 2), (FAILS, 3)):
        await ops.ended(await ops.run(source, argument))
    running = await ops.run(WAITS, 4)
    state = await ops.state()
    assert state["counts"] == {"SUCCEEDED": 2, "FAILED": 1, "ACTIVE": 1}
    assert [one["state"] for one in state["latest"]] == ["ACTIVE", "FAILED", "SUCCEEDED", "SUCCEEDED"]
    assert [json.loads(one["argument"]) for one in state["latest"]] == [4, 3, 2, 1]
    assert state["latest"][0]["name"] == running


async def test_an_execution_that_runs_shows_the_step_that_it_is_in(ops: Ops) -> None:
    await ops.run(WAITS, None)
    while "status" not in (await ops.state())["latest"][0]:
        await asyncio.sleep(0.005)
    (step,) = (await ops.state())["latest"][0]["status"]["currentSteps"]
    assert (step["routine"], step["step"]) == ("main", "wait")


async def test_of_many_executions_the_latest_thirty_are_shown(ops: Ops) -> None:
    for number in range(32):
        name = await ops.run(ECHO, number)
    await ops.ended(name)
    shown = [json.loads(one["argument"]) for one in (await ops.state())["latest"]]
    assert shown == list(range(31, 1, -1))


async def test_a_queue_shows_what_is_in_force_and_how_much_waits(ops: Ops) -> None:
    queue = f"{PLACE}/queues/q"
    limits = {"maxDispatchesPerSecond": 7}
    await ops.ask("POST", f"/v2/{PLACE}/queues", {"name": queue, "rateLimits": limits})
    await ops.ask("POST", f"/v2/{queue}:pause", {})
    for _ in range(2):
        made, _ = await ops.ask("POST", f"/v2/{queue}/tasks", {"task": {"httpRequest": {"url": "http://127.0.0.1:1"}}})
        assert made == 200
    (shown,) = (await ops.state())["queues"]
    assert shown["name"] == "q"
    assert (shown["state"], shown["perSecond"], shown["waiting"]) == ("PAUSED", 7, 2)


LEAVES = "main: {params: [task], steps: [{leave: {return: {waits_in: '${task}'}}}]}"


async def test_an_execution_that_left_its_request_to_a_task_shows_where_it_waits_until_the_task_is_gone(
    ops: Ops,
) -> None:
    queues = [f"{PLACE}/queues/{name}" for name in ("first", "second")]
    for queue in queues:
        await ops.ask("POST", f"/v2/{PLACE}/queues", {"name": queue})
    until = f"{datetime.now(UTC) + timedelta(days=1):%Y-%m-%dT%H:%M:%S.%fZ}"
    task = {"name": f"{queues[1]}/tasks/a-77", "httpRequest": {"url": "http://127.0.0.1:1"}, "scheduleTime": until}
    assert (await ops.ask("POST", f"/v2/{queues[1]}/tasks", {"task": task}))[0] == 200
    await ops.ended(await ops.run(LEAVES, "a-77"))
    await ops.ended(await ops.run(LEAVES, "b-78"))
    await ops.ended(await ops.run(LEAVES, [7]))
    await ops.ended(await ops.run(ECHO, "a-77"))
    *others, waits = [one.get("waits") for one in (await ops.state())["latest"]]
    assert others == [None] * 3
    assert waits == {"queue": "second", "until": until}
    for name, waits_in, later in (("a-77-r2", "second", 2), ("a-77-r10", "first", 3)):  # steps/task_call.py
        until = f"{datetime.now(UTC) + timedelta(days=later):%Y-%m-%dT%H:%M:%S.%fZ}"
        queue = f"{PLACE}/queues/{waits_in}"
        task = {"name": f"{queue}/tasks/{name}", "httpRequest": {"url": "http://127.0.0.1:1"}, "scheduleTime": until}
        assert (await ops.ask("POST", f"/v2/{queue}/tasks", {"task": task}))[0] == 200
        assert (await ops.state())["latest"][-1]["waits"] == {"queue": waits_in, "until": until}
    for queue, name in ((queues[0], "a-77-r10"), (queues[1], "a-77-r2"), (queues[1], "a-77")):
        await ops.ask("DELETE", f"/v2/{queue}/tasks/{name}")
    assert [one.get("waits") for one in (await ops.state())["latest"]] == [None] * 4


async def test_a_replay_is_another_execution_with_the_same_argument(ops: Ops) -> None:
    first = await ops.run(ECHO, {"a": 1})
    await ops.ended(first)
    status, again = await ops.ask("POST", f"/ops/replay/{first.rpartition('/')[2]}")
    assert status == 200
    assert again["name"] != first
    await ops.ended(again["name"])
    assert json.loads(ops.cloud.executions.get(again["name"])["result"]) == {"a": 1}
    assert again["labels"] == {"replay-of": first.rpartition("/")[2]}


async def test_what_nobody_ran_cannot_be_replayed(ops: Ops) -> None:
    await ops.run(ECHO, 1)
    status, said = await ops.ask("POST", "/ops/replay/nothing")
    assert (status, said["error"]["status"]) == (404, "NOT_FOUND")


async def test_faults_that_are_to_come_are_shown_until_they_are_taken_back(ops: Ops) -> None:
    fault = {"target": "discord", "kind": "503", "count": 4}
    await ops.ask("POST", "/faults", fault)
    assert (await ops.state())["faults"] == [fault | {"after": False}]
    await ops.ask("DELETE", "/faults")
    assert (await ops.state())["faults"] == []


@pytest.mark.parametrize(("path", "begins"), [("/ops", "<!doctype html>"), ("/ops/live.js", ""), ("/ops/ops.css", "")])
async def test_the_page_and_its_parts_are_served(ops: Ops, path: str, begins: str) -> None:
    status, text = await ops.ask("GET", path)
    assert status == 200
    assert len(text) > 500
    assert text.lower().startswith(begins)


@pytest.mark.parametrize("path", ["/ops/ops.py", "/ops/../ops.py", "/ops/index.html", "/ops/opsxjs"])
async def test_nothing_else_is_served_beside_them(ops: Ops, path: str) -> None:
    assert (await ops.ask("GET", path))[0] == 404
