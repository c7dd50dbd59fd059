"""What the dispatcher sends, when, and how often."""

import base64
import time
from pathlib import Path

import aiohttp
from google.auth import jwt

from local.tasks.rules import QueueConfig, RateLimits, RetryConfig
from local.tasks.task import HttpRequest, LastAttempt, NewTask
from tests.running import until
from tests.tasks.face import QUEUE, Face, a_face, a_task


def a_queue(face: Face, rate: RateLimits | None = None, retry: RetryConfig | None = None) -> None:
    face.store.put_queue(QueueConfig(QUEUE, rate=rate or RateLimits(), retry=retry or RetryConfig(min_backoff_s=0.01)))
    face.dispatcher.wake(QUEUE)


async def create(face: Face, name: str | None = None, status: int = 200, **changes: object) -> None:
    task = a_task(face.url, **changes)
    if name is not None:
        task["name"] = f"{QUEUE}/tasks/{name}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"{face.url}/v2/{QUEUE}/tasks", json={"task": task}) as answer,
    ):
        assert answer.status == status, await answer.text()


async def test_a_task_reaches_its_target_as_cloud_tasks_sends_it(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        a_queue(face)
        body = base64.b64encode(b'{"a": 1}').decode()
        oidc = {"serviceAccountEmail": "me@demo.iam.gserviceaccount.com", "audience": "you"}
        await create(face, "t1", body=body, headers={"Content-Type": "application/json"}, oidcToken=oidc)
        await face.arrived(1)
        ((_, path, headers, sent),) = face.arrivals
    assert (path, sent) == ("/target", b'{"a": 1}')
    assert headers["Content-Type"] == "application/json"
    assert headers["User-Agent"] == "Google-Cloud-Tasks"
    assert headers["X-CloudTasks-QueueName"] == "create-image-queue"
    assert headers["X-CloudTasks-TaskName"] == "t1"
    assert (headers["X-CloudTasks-TaskRetryCount"], headers["X-CloudTasks-TaskExecutionCount"]) == ("0", "0")
    claims = jwt.decode(headers["Authorization"].removeprefix("Bearer "), verify=False)
    assert (claims["aud"], claims["email"]) == ("you", "me@demo.iam.gserviceaccount.com")


async def test_a_failed_task_is_tried_again_with_its_counts_and_a_done_one_is_remembered(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        a_queue(face)
        face.answers += [503, 404]
        await create(face, "t1")
        await face.arrived(3)
        counts = [
            (headers["X-CloudTasks-TaskRetryCount"], headers["X-CloudTasks-TaskExecutionCount"])
            for _, _, headers, _ in face.arrivals
        ]
        assert counts == [("0", "0"), ("1", "0"), ("2", "1")]
        await until(lambda: face.store.get(QUEUE, "t1") is None)
        await create(face, "t1", status=409)
        assert len(face.arrivals) == 3


async def test_a_task_is_given_up_after_its_attempts(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        a_queue(face, retry=RetryConfig(max_attempts=3, min_backoff_s=0.01))
        face.answers += [500] * 5
        await create(face, "t1")
        await face.arrived(3)
        await create(face, "t2")
        await face.arrived(4)
        names = [headers["X-CloudTasks-TaskName"] for _, _, headers, _ in face.arrivals]
    assert names[:4] == ["t1", "t1", "t1", "t2"]


async def test_a_queue_holds_its_rate_after_its_burst(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        a_queue(face, rate=RateLimits(max_dispatches_per_s=50, max_burst_size=5))
        for _ in range(30):
            await create(face)
        await face.arrived(30)
        times = [when for when, _, _, _ in face.arrivals]
    assert times[-1] - times[0] >= (30 - 5 - 1) / 50 * 0.95


async def test_a_longer_sleep_of_the_queue_ends_when_its_rate_is_raised(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        a_queue(face, rate=RateLimits(max_dispatches_per_s=0.01, max_burst_size=1))
        await create(face)
        await create(face)
        await face.arrived(1)
        a_queue(face, rate=RateLimits(max_dispatches_per_s=500, max_burst_size=1))
        await face.arrived(2)


async def test_what_was_in_flight_when_the_process_died_is_sent_again(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        a_queue(face, rate=RateLimits(max_dispatches_per_s=500))
        lost = face.store.create(QUEUE, NewTask("lost", HttpRequest(f"{face.url}/target"), schedule_s=0.0), time.time())
        face.store.record_attempt(lost, LastAttempt(0.0, 0.0))
        assert face.store.due(QUEUE, 1.0, 10) == []
        await face.dispatcher.start()
        await face.arrived(1)
