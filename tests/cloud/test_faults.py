"""What is broken on purpose breaks as said, as often as said, and at the call that was named."""

import json
import time
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from google.auth import jwt

from local.executions.data.workflows import Settings
from local.faults.fault import Fault
from local.project import PLACE, REPLY_QUEUE
from local.server import LocalCloud
from tests.running import until
from tests.system.up import four_free_ports
from tests.wire import a_wire

QUEUE = f"{PLACE}/queues/q"
WORKFLOW = f"{PLACE}/workflows/w"
CALL = """
main:
  steps:
  - call:
      try: {call: http.post, args: {url: "http://127.0.0.1:1/generate-image", timeout: 0.05}, result: answer}
      except: {as: error, steps: [{why: {return: "${error.tags[0]}"}}]}
  - done: {return: "${answer.body}"}
"""


@pytest.fixture
async def cloud(data: Path) -> AsyncIterator[tuple[LocalCloud, str, aiohttp.ClientSession]]:
    port = four_free_ports()
    async with LocalCloud(data, port, "http://127.0.0.1:1") as cloud, aiohttp.ClientSession() as session:
        yield cloud, f"http://127.0.0.1:{port}", session
        await cloud.executions.stop()


async def test_a_call_fails_as_often_as_was_asked_and_then_works(cloud: Any) -> None:
    _, url, session = cloud
    async with session.post(f"{url}/v2/{PLACE}/queues", json={"name": QUEUE}) as made:
        assert made.status == 200
    await session.post(f"{url}/faults", json={"target": "queue", "kind": "503", "count": 2})
    statuses = []
    for number in range(4):
        task = {"task": {"name": f"{QUEUE}/tasks/t{number}", "httpRequest": {"url": "http://127.0.0.1:1"}}}
        async with session.post(f"{url}/v2/{QUEUE}/tasks", json=task) as answer:
            statuses.append(answer.status)
    assert statuses == [503, 503, 200, 200]


@pytest.mark.parametrize("kind", ["reset", "garbage", "500"])
async def test_what_only_loses_its_answer_is_done(cloud: Any, kind: str) -> None:
    _, url, session = cloud
    await session.post(f"{url}/v2/{PLACE}/queues", json={"name": QUEUE})
    await session.post(f"{url}/faults", json={"target": "queue", "kind": kind, "count": 1, "after": True})
    task = {"task": {"name": f"{QUEUE}/tasks/t", "httpRequest": {"url": "http://127.0.0.1:1"}}}
    try:
        async with session.post(f"{url}/v2/{QUEUE}/tasks", json=task) as answer:
            assert (answer.status, kind) in ((200, "garbage"), (500, "500"))
    except aiohttp.ClientError:
        assert kind == "reset"
    async with session.post(f"{url}/v2/{QUEUE}/tasks", json=task) as again:
        assert again.status == 409


@pytest.mark.parametrize(
    ("kind", "seen"),
    [("429", "HttpError"), ("timeout", "TimeoutError"), ("reset", "ConnectionError"), ("garbage", "<html>")],
)
async def test_the_workflows_own_calls_fail_too(cloud: Any, kind: str, seen: str) -> None:
    local, url, session = cloud
    await session.post(f"{url}/faults", json={"target": "generate", "kind": kind})
    local.executions.deployments.deploy(WORKFLOW, Settings(CALL))
    name = local.executions.create(WORKFLOW, None)["name"]
    await until(lambda: not local.executions.is_running(name))
    assert seen in json.loads(local.executions.get(name)["result"])
    async with session.delete(f"{url}/faults") as cleared:
        assert await cleared.json() == []


@pytest.mark.parametrize("kind", ["500", "429", "timeout", "reset", "garbage"])
@pytest.mark.parametrize("after", [False, True])
async def test_a_step_is_done_whose_call_never_arrived_or_not_done_whose_answer_alone_is_lost(
    cloud: Any, kind: str, after: bool
) -> None:
    local, url, session = cloud
    async with a_wire() as steps:
        await session.post(f"{url}/faults", json={"target": "generate", "kind": kind, "count": 1, "after": after})
        local.executions.deployments.deploy(WORKFLOW, Settings(CALL.replace("http://127.0.0.1:1", steps.url)))
        results = []
        for _ in range(2):
            name = local.executions.create(WORKFLOW, None)["name"]
            await until(partial(_has_ended, local, name))
            results.append(json.loads(local.executions.get(name)["result"]))
    assert len(steps.heads) == 1 + after
    assert (results[0] != "ok", results[1]) == (True, "ok")


def _has_ended(local: LocalCloud, name: str) -> bool:
    return not local.executions.is_running(name)


@pytest.mark.parametrize("count", [1, 2, 3])
async def test_a_step_fails_once_too_often_or_too_rarely(cloud: Any, count: int) -> None:
    local, _, _ = cloud
    local.faults.pending.append(Fault("reply", "500", count))
    hits = [local.faults.take("reply") is not None for _ in range(count + 1)]
    assert hits == [True] * count + [False]
    assert local.faults.take("generate") is None


@pytest.mark.parametrize(("target", "refused"), [("reply_queue", REPLY_QUEUE), ("queue", QUEUE)])
async def test_of_two_queues_only_the_one_that_was_named_takes_no_task(cloud: Any, target: str, refused: str) -> None:
    _, url, session = cloud
    for name in (QUEUE, REPLY_QUEUE):
        await session.post(f"{url}/v2/{PLACE}/queues", json={"name": name})
    await session.post(f"{url}/faults", json={"target": target, "kind": "503"})
    for name in (QUEUE, REPLY_QUEUE):
        task = {"task": {"httpRequest": {"url": "http://127.0.0.1:1"}}}
        async with session.post(f"{url}/v2/{name}/tasks", json=task) as answer:
            assert answer.status == (503 if name == refused else 200)


@pytest.mark.parametrize("kind", ["500", "429", "timeout", "reset", "garbage"])
@pytest.mark.parametrize("after", [False, True])
async def test_a_queues_call_of_a_step_fails_too_and_is_repeated(
    cloud: Any, kind: str, after: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("local.faults.answers.HANG_S", 0.05)
    local, url, session = cloud
    retry = {"minBackoff": "0.05s", "maxBackoff": "0.05s"}
    await session.post(f"{url}/v2/{PLACE}/queues", json={"name": QUEUE, "retryConfig": retry})
    await session.post(f"{url}/faults", json={"target": "reply", "kind": kind, "count": 1, "after": after})
    await local.dispatcher.start()
    async with a_wire() as steps:
        task = {"task": {"httpRequest": {"url": f"{steps.url}/reply-discord"}}}
        async with session.post(f"{url}/v2/{QUEUE}/tasks", json=task) as made:
            assert made.status == 200
        await until(lambda: not local.tasks.depth(QUEUE))
    await local.dispatcher.stop()
    assert [head["x-cloudtasks-taskretrycount"] for head in map(steps.headers, range(len(steps.heads)))] == (
        ["0", "1"] if after else ["1"]
    )


async def test_a_queues_call_of_somebody_else_does_not_fail(cloud: Any) -> None:
    local, url, session = cloud
    await session.post(f"{url}/v2/{PLACE}/queues", json={"name": QUEUE})
    await session.post(f"{url}/faults", json={"target": "reply", "kind": "500"})
    await local.dispatcher.start()
    async with a_wire() as other:
        task = {"task": {"httpRequest": {"url": f"{other.url}/reply"}}}
        await session.post(f"{url}/v2/{QUEUE}/tasks", json=task)
        await until(lambda: not local.tasks.depth(QUEUE))
    await local.dispatcher.stop()
    assert len(other.heads) == 1


async def test_the_token_of_a_task_is_as_old_as_the_issuers_clock_says(cloud: Any) -> None:
    local, url, session = cloud
    await session.post(f"{url}/v2/{PLACE}/queues", json={"name": QUEUE})
    await session.post(f"{url}/faults/token-clock", json={"offset_s": 3600})
    await local.dispatcher.start()
    async with a_wire() as steps:
        request = {"url": f"{steps.url}/reply-discord", "oidcToken": {"serviceAccountEmail": "me@x"}}
        await session.post(f"{url}/v2/{QUEUE}/tasks", json={"task": {"httpRequest": request}})
        await until(lambda: not local.tasks.depth(QUEUE))
    await local.dispatcher.stop()
    token = steps.headers()["authorization"].removeprefix("Bearer ")
    assert jwt.decode(token, verify=False)["iat"] - time.time() > 3500


async def test_a_clock_that_was_set_wrong_stays_wrong(cloud: Any) -> None:
    local, url, session = cloud
    assert abs(local.faults.now_s() - time.time()) < 60
    async with session.post(f"{url}/faults/clock", json={"offset_s": 3600}) as answer:
        assert await answer.json() == {"offset_s": 3600}
    assert local.faults.now_s() - time.time() > 3500
    for wrong in ({"offset_s": True}, {"offset_s": "1"}, {}):
        async with session.post(f"{url}/faults/clock", json=wrong) as refused:
            assert refused.status == 400
    await session.delete(f"{url}/faults")
    assert abs(local.faults.now_s() - time.time()) < 60


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "target is one of queue, reply_queue"),
        ({"target": "moon", "kind": "503"}, "target is one of queue, reply_queue"),
        ({"target": "queue", "kind": "503", "count": 0}, "1 to 1000000, not 0"),
        ({"target": "queue", "kind": "503", "after": "yes"}, "after is true or false, not yes"),
        ({"target": "queue", "kind": "503", "times": 2}, "unknown field 'times'; those that are known here: target"),
        ({"scenario": "x", "count": 2}, "unknown field 'count'; those that are known here: scenario, for_s"),
    ],
)
async def test_what_cannot_be_broken_is_said(cloud: Any, body: dict[str, Any], why: str) -> None:
    """/faults is of our own making, so nobody else says what it refuses."""
    _, url, session = cloud
    async with session.post(f"{url}/faults", json=body) as refused:
        assert refused.status == 400
        assert why in (await refused.json())["error"]["message"]
    async with session.get(f"{url}/faults") as kept:
        assert await kept.json() == []


@pytest.mark.parametrize("offset_s", ["NaN", "1e308", "-86401", "true", '"8"', "null"])
async def test_a_clock_of_the_issuer_that_is_none_is_refused(cloud: Any, offset_s: str) -> None:
    _, url, session = cloud
    body = f'{{"offset_s": {offset_s}}}'
    headers = {"Content-Type": "application/json"}
    async with session.post(f"{url}/faults/token-clock", data=body, headers=headers) as refused:
        assert refused.status == 400
