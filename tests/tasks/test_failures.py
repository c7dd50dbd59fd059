"""What fails while a task is sent: an attempt always ends, and the next one tells the target what came before."""

import asyncio
import base64
import sqlite3
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from aiohttp import web

from local.http.listening import listening
from local.tasks.dispatcher import Dispatcher
from local.tasks.rules import QueueConfig, RetryConfig
from local.tasks.store import TaskStore
from local.tasks.task import AttemptResult, HttpRequest, NewTask, Task
from tests.full_disk import full
from tests.running import until
from tests.tasks.face import QUEUE, Face, a_face


def a_queue(store: TaskStore, **changes: int) -> None:
    store.put_queue(QueueConfig(QUEUE, retry=RetryConfig(min_backoff_s=0.01, max_backoff_s=0.01, **changes)))


def a_task(store: TaskStore, url: str = "http://x", deadline_s: float = 20) -> None:
    now_s = time.time()
    store.create(QUEUE, NewTask("t1", HttpRequest(url, deadline_s=deadline_s), now_s), now_s)


def before(headers: dict[str, str]) -> tuple[str | None, str | None]:
    return headers.get("X-CloudTasks-TaskPreviousResponse"), headers.get("X-CloudTasks-TaskRetryReason")


async def test_a_retry_tells_the_answer_before_it_and_an_empty_reason(tmp_path: Path) -> None:
    """Source: recorded from the real service."""
    async with a_face(tmp_path) as face:
        a_queue(face.store)
        face.answers += [503, 404]
        await face.create(QUEUE, "t1")
        await face.arrived(3)
        assert [before(headers) for _, _, headers, _ in face.arrivals] == [(None, None), ("503", ""), ("404", "")]


async def test_a_retry_after_a_time_out_says_504_and_after_a_broken_connection_nothing(tmp_path: Path) -> None:
    """Source: recorded from the real service (504); the notes of who recorded it (nothing)."""
    async with a_face(tmp_path) as face:
        a_queue(face.store)
        heard: list[dict[str, str]] = []

        async def answer(request: web.Request) -> web.StreamResponse:
            heard.append(dict(request.headers))
            if len(heard) == 1:
                await asyncio.sleep(30)
            if len(heard) == 2 and request.transport is not None:
                request.transport.abort()
            return web.Response()

        app = web.Application()
        app.router.add_route("*", "/", answer)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        async with listening(runner, "127.0.0.1", 0) as port:
            a_task(face.store, f"http://127.0.0.1:{port}/", deadline_s=0.1)
            face.dispatcher.wake(QUEUE)
            await until(lambda: len(heard) == 3)
    assert [before(headers) for headers in heard] == [(None, None), ("504", ""), (None, None)]


@pytest.mark.parametrize("fault", [RuntimeError, asyncio.CancelledError, TypeError])
async def test_whatever_is_raised_while_sending_ends_the_attempt(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, fault: type[BaseException]
) -> None:
    sent: list[int] = []

    async def send(task: Task) -> AttemptResult:
        sent.append(task.attempts)
        if len(sent) == 1:
            raise fault("nobody thought of this")
        return AttemptResult(200)

    store = TaskStore(tmp_path / "tasks.sqlite")
    a_queue(store)
    a_task(store)
    dispatcher = Dispatcher(store, send)
    await dispatcher.start()
    await until(lambda: store.depth(QUEUE) == 0)
    assert sent == [0, 1]
    assert "an attempt of projects/demo" in caplog.text
    await dispatcher.stop()
    store.close()


async def test_an_attempt_whose_end_cannot_be_kept_at_once_is_kept_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a disk that is full for a while: the target is not called a second time."""
    async with a_face(tmp_path) as face:
        a_queue(face.store)
        monkeypatch.setattr("local.tasks.dispatcher._RECORD_AGAIN_S", 0.01)
        sent: list[Task] = []

        async def send(task: Task) -> AttemptResult:
            sent.append(task)
            if len(sent) == 1:  # while it is under way, the system makes the disk read-only
                face.store._database.run("PRAGMA query_only = ON")
            return AttemptResult(503 if len(sent) == 1 else 200)

        face.dispatcher._send = send
        await face.create(QUEUE, "t1")
        await until(lambda: face.dispatcher._ended)
        await asyncio.sleep(0.1)  # ten tries to record it
        assert len(sent) == 1
        face.store._database.run("PRAGMA query_only = OFF")
        await until(lambda: face.store.depth(QUEUE) == 0)
        assert [task.responses for task in sent] == [0, 1]


async def test_a_queue_goes_on_when_the_disk_takes_something_again(tmp_path: Path) -> None:
    """Its own task must outlive a dispatch that cannot be recorded."""
    async with a_face(tmp_path) as face:
        a_queue(face.store)
        a_task(face.store, f"{face.url}/target")
        face.store._database.run("PRAGMA query_only = ON")
        face.dispatcher.wake(QUEUE)
        await asyncio.sleep(0.15)  # the first wait of the backoff
        assert face.arrivals == []
        face.store._database.run("PRAGMA query_only = OFF")
        await until(lambda: face.store.depth(QUEUE) == 0)
        assert len(face.arrivals) == 1


async def test_a_task_for_which_there_is_no_room_is_refused_and_another_is_taken(tmp_path: Path) -> None:
    """No room is not a name that is taken."""
    async with a_face(tmp_path) as face:
        face.store.put_queue(QueueConfig(QUEUE, state="PAUSED"))
        task = {"httpRequest": {"url": "http://x", "body": base64.b64encode(b"x" * 50_000).decode()}}
        asked = {"task": {"name": f"{QUEUE}/tasks/t1", **task}}
        with full(face.store._database):
            status, answer = await face.ask("POST", f"{QUEUE}/tasks", asked)
            assert (status, answer["error"]["status"]) == (503, "UNAVAILABLE")
            assert face.store.depth(QUEUE) == 0
        assert (await face.ask("POST", f"{QUEUE}/tasks", asked))[0] == 200


def test_a_row_that_is_refused_for_another_reason_is_no_name_that_is_taken(tmp_path: Path) -> None:
    """SQLite tells them apart by its codes: this is SQLITE_CONSTRAINT_NOTNULL."""
    store = TaskStore(tmp_path / "tasks.sqlite")
    store.put_queue(QueueConfig(QUEUE))
    with pytest.raises(sqlite3.IntegrityError):
        store.create(QUEUE, NewTask("t1", HttpRequest("http://x"), None), 0.0)  # type: ignore[arg-type]
    store.close()


async def ended(face: Face, act: Callable[[], object]) -> None:
    """A task is in flight while act() happens; then its target answers 503."""
    release = asyncio.Event()

    async def send(task: Task) -> AttemptResult:
        await release.wait()
        return AttemptResult(503)

    face.dispatcher._send = send
    await face.create(QUEUE, "t1")
    await until(lambda: face.dispatcher._attempts.get(QUEUE))
    act()
    release.set()
    await until(lambda: not face.dispatcher._attempts.get(QUEUE))


async def test_a_queue_that_is_deleted_while_an_attempt_is_in_flight_stays_deleted(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        a_queue(face.store)
        await ended(face, lambda: face.store.delete_queue(QUEUE, time.time() + 60))
        assert (await face.ask("GET", QUEUE))[0] == 404
        assert (await face.ask("GET", f"{QUEUE}/tasks/t1"))[0] == 404


async def test_a_queue_that_is_paused_while_an_attempt_is_in_flight_keeps_its_task(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        a_queue(face.store)
        await ended(face, lambda: face.store.put_queue(QueueConfig(QUEUE, state="PAUSED")))
        assert (await face.ask("GET", f"{QUEUE}/tasks/t1"))[1]["responseCount"] == 1


async def test_a_name_that_was_used_is_refused_in_other_words_than_one_that_is_in_use(tmp_path: Path) -> None:
    """Source: recorded from the real service."""
    async with a_face(tmp_path) as face:
        face.store.put_queue(QueueConfig(QUEUE, state="PAUSED"))
        task = {"task": {"name": f"{QUEUE}/tasks/t1", "httpRequest": {"url": "http://x"}}}
        await face.post(f"{QUEUE}/tasks", task)
        for said in ("Requested entity already exists", "The task cannot be created because a task with this name"):
            status, answer = await face.ask("POST", f"{QUEUE}/tasks", task)
            assert (status, answer["error"]["status"]) == (409, "ALREADY_EXISTS")
            assert answer["error"]["message"].startswith(said)
            await face.ask("DELETE", f"{QUEUE}/tasks/t1")
