"""The real gcloud against the local face: its `tasks` commands, and `app deploy queue.yaml`."""

import asyncio
import base64
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from cli.env import gcloud_environment
from local.retention import YAML_TASK_TTL_S, YAML_TOMBSTONE_S
from local.tasks.rules import QueueConfig
from tests.gcloud import gcloud, require_gcloud
from tests.tasks.face import PARENT, Face, a_face


class Gcloud:
    """Runs commands in a folder of its own; the words are those after `gcloud`."""

    def __init__(self, face: Face, folder: Path) -> None:
        self._variables = gcloud_environment(face.url, folder / "gcloud")
        self.folder = folder

    async def run(self, *words: str) -> Any:
        """What it prints as JSON; None where it prints nothing."""
        done = await asyncio.to_thread(gcloud, self._variables, *words, "--format=json")
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout or "null")

    async def fail(self, *words: str) -> str:
        done = await asyncio.to_thread(gcloud, self._variables, *words)
        assert done.returncode == 1, done.stdout.decode()
        return done.stderr.decode()

    async def deploy(self, text: str) -> None:
        path = self.folder / "queue.yaml"
        path.write_text(text)
        await self.run("app", "deploy", str(path))


Cloud = tuple[Face, Gcloud]


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Cloud]:
    require_gcloud()
    async with a_face(tmp_path) as face:
        yield face, Gcloud(face, tmp_path)


def queue_of(face: Face) -> QueueConfig:
    """The queue `q` as it is kept."""
    queue = face.store.queue(f"{PARENT}/queues/q")
    assert queue is not None
    return queue


async def a_queue(face: Face, *, is_paused: bool = False) -> str:
    """The name of a new queue `q`."""
    name = f"{PARENT}/queues/q"
    await face.post(f"{PARENT}/queues", {"name": name})
    if is_paused:
        await face.post(f"{name}:pause", {})
    return name


async def test_a_deployed_queue_yaml_makes_the_queue_and_then_changes_the_running_one(cloud: Cloud) -> None:
    face, gcloud = cloud
    entry = "queue:\n- name: q\n  rate: {rate}\n  bucket_size: 1\n"
    await gcloud.deploy(entry.format(rate="1/d"))
    made = queue_of(face)
    assert (made.rate.max_burst_size, made.retry.max_attempts) == (1, -1)
    assert (made.tombstone_s, made.task_ttl_s) == (YAML_TOMBSTONE_S, YAML_TASK_TTL_S)
    for number in range(3):
        await face.create(made.name, f"t{number}")
    await face.arrived(1)
    await gcloud.deploy(entry.format(rate="400/s"))
    await face.arrived(3)
    changed = queue_of(face)
    assert (changed.rate.max_dispatches_per_s, changed.tombstone_s) == (400, YAML_TOMBSTONE_S)


async def test_a_deployed_queue_yaml_pauses_what_it_does_not_name_or_gives_no_rate(cloud: Cloud) -> None:
    face, gcloud = cloud
    await face.post(f"{PARENT}/queues", {"name": f"{PARENT}/queues/other"})
    await gcloud.deploy("queue:\n- {name: q, rate: 5/s}\n- {name: still, rate: 0/s}\n")
    states = {queue.name.rpartition("/")[2]: queue.state for queue in face.store.queues()}
    assert states == {"other": "PAUSED", "q": "RUNNING", "still": "PAUSED"}
    await gcloud.deploy("queue:\n- {name: q, rate: 0/s}\n- {name: still, rate: 7/s}\n")
    states = {queue.name.rpartition("/")[2]: queue.state for queue in face.store.queues()}
    assert states == {"other": "PAUSED", "q": "PAUSED", "still": "RUNNING"}
    assert queue_of(face).rate.max_dispatches_per_s == 5


async def test_what_gcloud_cannot_deploy_is_no_surprise_of_ours(cloud: Cloud) -> None:
    """queue_yaml.py refuses a bare 0 because of the first, and pull queues as the face does in the second."""
    face, gcloud = cloud
    path = gcloud.folder / "queue.yaml"
    for entry, said in (
        ("{name: q, rate: 0}", "gcloud crashed (ValueError)"),
        ("{name: q, mode: pull}", "INVALID_ARGUMENT: Queue.type PULL is not imitated"),
    ):
        path.write_text(f"queue:\n- {entry}\n")
        assert said in await gcloud.fail("app", "deploy", str(path))
    assert face.store.queues() == []


async def test_queues_are_made_and_changed_also_without_a_location(cloud: Cloud) -> None:
    _, gcloud = cloud
    queues = ("tasks", "queues")
    await gcloud.run(*queues, "create", "q", "--max-attempts=7", "--max-dispatches-per-second=5", "--min-backoff=1s")
    assert "ALREADY_EXISTS: Queue already exists" in await gcloud.fail(*queues, "create", "q", "--location=us-central1")
    described = await gcloud.run(*queues, "describe", "q")
    assert (described["retryConfig"]["maxAttempts"], described["rateLimits"]["maxDispatchesPerSecond"]) == (7, 5)
    updated = await gcloud.run(*queues, "update", "q", "--clear-max-attempts", "--max-concurrent-dispatches=3")
    assert (updated["retryConfig"]["maxAttempts"], updated["retryConfig"]["minBackoff"]) == (100, "1s")
    assert updated["rateLimits"]["maxConcurrentDispatches"] == 3


async def test_queues_are_paused_and_resumed_also_without_a_location(cloud: Cloud) -> None:
    face, gcloud = cloud
    await a_queue(face)
    await gcloud.run("tasks", "queues", "pause", "q")
    assert [one["state"] for one in await gcloud.run("tasks", "queues", "list")] == ["PAUSED"]
    await gcloud.run("tasks", "queues", "resume", "q")
    assert queue_of(face).state == "RUNNING"


async def test_a_deleted_queue_is_gone_and_its_name_is_not_given_again_soon(cloud: Cloud) -> None:
    face, gcloud = cloud
    await a_queue(face)
    await gcloud.run("tasks", "queues", "delete", "q")
    assert "FAILED_PRECONDITION: The queue cannot be created because a queue with this name existed too" in (
        await gcloud.fail("tasks", "queues", "create", "q")
    )
    assert "NOT_FOUND: Queue does not exist." in await gcloud.fail("tasks", "queues", "describe", "q")


async def test_tasks_are_made_and_listed_also_without_a_location(cloud: Cloud) -> None:
    face, gcloud = cloud
    await a_queue(face, is_paused=True)
    of_q, to = "--queue=q", f"--url={face.url}/target"
    await gcloud.run("tasks", "create-http-task", "t1", of_q, to, "--body-content=hello", "--header=X-A:b")
    assert "ALREADY_EXISTS: Requested entity already exists" in (
        await gcloud.fail("tasks", "create-http-task", "t1", of_q, to)
    )
    await gcloud.run("tasks", "create-http-task", of_q, to, "--method=GET")
    assert "too far in the future" in await gcloud.fail(
        "tasks", "create-http-task", of_q, to, "--schedule-time=2999-01-01T00:00:00Z"
    )
    first, second = await gcloud.run("tasks", "list", of_q)
    assert (first["name"], second["httpRequest"]["httpMethod"]) == (f"{PARENT}/queues/q/tasks/t1", "GET")
    full = await gcloud.run("tasks", "describe", "t1", of_q, "--response-view=full")
    assert (full["httpRequest"]["body"], full["httpRequest"]["headers"]["X-A"]) == ("aGVsbG8=", "b")


async def test_tasks_for_app_engine_are_made_and_go_where_the_queue_says(cloud: Cloud) -> None:
    face, gcloud = cloud
    queue = await gcloud.run("tasks", "queues", "create", "q", "--routing-override=service:a")
    assert queue["appEngineRoutingOverride"] == {"service": "a", "host": "a.demo.uc.r.appspot.com"}
    await gcloud.run("tasks", "queues", "pause", "q")
    create = ("tasks", "create-app-engine-task", "t1", "--queue=q")
    to = ("--relative-uri=/target?x=1", "--method=put", "--routing=service:b,version:2", "--body-content=hello")
    await gcloud.run(*create, *to, "--header=X-A:b")
    described = await gcloud.run("tasks", "describe", "t1", "--queue=q")
    request = described["appEngineHttpRequest"]
    assert (request["relativeUri"], request["httpMethod"], request["headers"]["X-A"]) == ("/target?x=1", "PUT", "b")
    assert request["appEngineRouting"] == {"service": "b", "version": "2", "host": "2.b.demo.uc.r.appspot.com"}
    assert "ALREADY_EXISTS" in await gcloud.fail(*create)
    await gcloud.run("tasks", "run", "t1", "--queue=q")
    await face.arrived(1)
    _, path, headers, body = face.arrivals[0]
    assert (path, headers["Host"], headers["X-AppEngine-TaskName"], body) == (
        *("/target", "a.demo.uc.r.appspot.com", "t1"),
        b"hello",
    )
    cleared = await gcloud.run("tasks", "queues", "update", "q", "--clear-routing-override")
    assert "appEngineRoutingOverride" not in cleared


async def test_a_task_is_run_at_once_and_is_gone_when_it_is_done(cloud: Cloud) -> None:
    face, gcloud = cloud
    name = await a_queue(face, is_paused=True)
    await face.create(name, "t1", body=base64.b64encode(b"hello").decode())
    assert (await gcloud.run("tasks", "run", "t1", "--queue=q"))["dispatchCount"] == 1
    await face.arrived(1)
    assert face.arrivals[0][3] == b"hello"
    assert "The task no longer exists, though" in await gcloud.fail("tasks", "describe", "t1", "--queue=q")
    assert "NOT_FOUND: Requested entity was not found." in await gcloud.fail("tasks", "run", "never", "--queue=q")


async def test_one_task_is_deleted_and_a_queue_is_emptied(cloud: Cloud) -> None:
    face, gcloud = cloud
    name = await a_queue(face, is_paused=True)
    for task in ("t1", "t2", "t3"):
        await face.create(name, task)
    await gcloud.run("tasks", "delete", "t1", "--queue=q")
    left = [one["name"].rpartition("/")[2] for one in await gcloud.run("tasks", "list", "--queue=q")]
    assert left == ["t2", "t3"]
    await gcloud.run("tasks", "queues", "purge", "q")
    assert await gcloud.run("tasks", "list", "--queue=q") == []
