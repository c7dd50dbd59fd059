"""What the dispatcher sends, when, and how often."""

import asyncio
import base64
import time
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import aiohttp
from aiohttp import web
from google.auth import jwt

from local.tasks.dispatcher import Dispatcher
from local.tasks.rules import QueueConfig, RateLimits, RetryConfig
from local.tasks.sender import retry_after_s
from local.tasks.task import AttemptResult, HttpRequest, LastAttempt, NewTask, Task
from local.tasks.task_resource import task_json
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
    rest_s = (30 - 5 - 1) / 50
    assert times[-1] - times[0] >= 0.6 * rest_s, "the first may have been on its way for longer than the last"


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


async def test_nothing_goes_before_the_start_which_would_send_it_a_second_time(
    tmp_path: Path,
) -> None:
    async with a_face(tmp_path) as face:
        a_queue(face)
        early = Dispatcher(face.store, face.dispatcher._send)
        face.dispatcher._is_running = False
        await create(face, "t1")
        early.wake(QUEUE)
        await asyncio.sleep(0)
        assert task_of(face, "t1").attempts == 0
        await early.start()
        await face.arrived(1)
        await until(lambda: face.store.get(QUEUE, "t1") is None)
        await early.stop()
        assert len(face.arrivals) == 1


async def test_the_target_may_ask_for_a_longer_wait(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        a_queue(face)
        face.answers.append(web.Response(status=503, headers={"Retry-After": "1000"}))
        await create(face, "t1")
        task = await failed(face, "t1")
        assert task.last is not None
        assert task.last.responded_at_s is not None
        assert 999 <= task.schedule_s - task.last.responded_at_s <= 1001


async def test_what_the_target_says_of_waiting_is_seconds_or_a_date_and_anything_else_is_nothing() -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=100), usegmt=True)
    assert 98 < retry_after_s(soon) <= 100
    assert [retry_after_s(value) for value in (None, "7", "Mon, 01 Jan 2001 00:00:00 GMT", "soon", "-5", "")] == (
        [0, 7, 0, 0, 0, 0]
    )


async def test_an_attempt_that_passes_its_deadline_is_over_and_told_as_such(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        a_queue(face, retry=RetryConfig(min_backoff_s=600))

        async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            try:
                await reader.read()  # until the other side has had enough
            finally:
                writer.close()

        async with await asyncio.start_server(hang, "127.0.0.1", 0) as server:
            url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
            request = HttpRequest(url, deadline_s=0.05)
            face.store.create(QUEUE, NewTask("t1", request, time.time()), time.time())
            face.dispatcher.wake(QUEUE)
            shown = task_json(await failed(face, "t1"), full=False)
    assert shown["lastAttempt"]["responseStatus"] == {
        "code": 4,
        "message": "DEADLINE_EXCEEDED(4): no answer within 0.05 s",
    }
    assert (shown["dispatchCount"], shown["responseCount"]) == (1, 0)


async def test_a_failed_task_shows_its_first_and_its_last_attempt_and_tells_the_target_of_it(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        a_queue(face)
        face.answers += [503, 500, web.Response(status=429, headers={"Retry-After": "1000"})]
        await create(face, "t1")
        await face.arrived(3)
        await until(lambda: task_of(face, "t1").responses == 3)
        _, shown = await face.ask("GET", f"{QUEUE}/tasks/t1")
        previous = [headers.get("X-CloudTasks-TaskPreviousResponse") for _, _, headers, _ in face.arrivals]
    assert previous == [None, "503", "500"]
    assert (shown["dispatchCount"], shown["responseCount"]) == (3, 3)
    assert set(shown["firstAttempt"]) == {"dispatchTime"}
    assert shown["firstAttempt"]["dispatchTime"] < shown["lastAttempt"]["dispatchTime"]
    assert shown["lastAttempt"]["dispatchTime"] < shown["lastAttempt"]["responseTime"]
    assert shown["lastAttempt"]["responseStatus"] == {
        "code": 8,
        "message": "RESOURCE_EXHAUSTED(8): HTTP status code 429",
    }


async def test_a_task_of_a_paused_queue_runs_when_it_is_asked_for_and_the_others_wait(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.store.put_queue(QueueConfig(QUEUE, state="PAUSED"))
        await create(face, "t1")
        await create(face, "t2")
        assert (await face.post(f"{QUEUE}/tasks/t2:run"))["dispatchCount"] == 1
        await until(lambda: face.store.get(QUEUE, "t2") is None)
        await create(face, "t2", status=409)
        assert [headers["X-CloudTasks-TaskName"] for _, _, headers, _ in face.arrivals] == ["t2"]
        await face.post(f"{QUEUE}:resume")
        await face.arrived(2)


async def test_a_task_that_is_deleted_while_it_is_in_flight_is_not_tried_again(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        a_queue(face)
        arrived, go_on = asyncio.Event(), asyncio.Event()

        async def wait_and_fail(_: Task) -> AttemptResult:
            arrived.set()
            await go_on.wait()
            return AttemptResult(500)

        face.dispatcher._send = wait_and_fail
        await create(face, "t1")
        await arrived.wait()
        await face.ask("DELETE", f"{QUEUE}/tasks/t1")
        go_on.set()
        await until(lambda: not face.dispatcher._attempts[QUEUE])
        assert face.store.get(QUEUE, "t1") is None
        assert face.store.depth(QUEUE) == 0


async def test_a_task_with_retries_of_its_own_follows_them(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        a_queue(face, retry=RetryConfig(max_attempts=5, min_backoff_s=0.01))
        face.answers += [500] * 5
        task = {"name": f"{QUEUE}/tasks/t1", "retryConfig": {"maxAttempts": 2, "minBackoff": "0.01s"}}
        await face.post(f"{QUEUE}/tasks", {"task": {**task, **a_task(face.url)}})
        await until(lambda: face.store.get(QUEUE, "t1") is None)
        assert len(face.arrivals) == 2


async def test_a_task_that_was_kept_for_31_days_goes_undispatched(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.store.put_queue(QueueConfig(QUEUE, state="PAUSED"))
        long_ago_s = time.time() - 32 * 86400
        face.store.create(QUEUE, NewTask("old", HttpRequest(f"{face.url}/target"), long_ago_s), long_ago_s)
        await create(face, "new")
    async with a_face(tmp_path) as face:
        await until(lambda: face.store.get(QUEUE, "old") is None)
        assert face.store.get(QUEUE, "new") is not None


def task_of(face: Face, task_id: str) -> Task:
    found = face.store.get(QUEUE, task_id)
    assert found is not None
    return found


async def failed(face: Face, task_id: str) -> Task:
    """The task after an attempt of it has ended."""
    await until(lambda: (last := task_of(face, task_id).last) is not None and last.result is not None)
    return task_of(face, task_id)
