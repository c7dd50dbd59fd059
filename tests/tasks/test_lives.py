"""How long names and tasks are kept: just below, at and above each limit, by a clock of the test's own."""

import asyncio
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from local.tasks.rules import QueueConfig
from local.tasks.task import AttemptResult, HttpRequest, NewTask
from tests.running import counting_turns, until
from tests.tasks.face import PARENT, QUEUE, Face, a_face

DAY_S = 86400.0


class Clock:
    def __init__(self) -> None:
        self.now_s = 2_000_000_000.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[tuple[Face, Clock]]:
    clock = Clock()
    async with a_face(tmp_path) as face:
        face.dispatcher.now_s = clock
        await face.post(f"{PARENT}/queues", {"name": QUEUE})
        yield face, clock


async def is_free(face: Face, name: str) -> bool:
    """Whether a task of that name is taken; it is for much later."""
    task = {"name": f"{QUEUE}/tasks/{name}", "httpRequest": {"url": "http://x"}, "scheduleTime": "2033-06-10T00:00:00Z"}
    return (await face.ask("POST", f"{QUEUE}/tasks", {"task": task}))[0] == 200


async def end(face: Face, clock: Clock, name: str) -> None:
    """The task of that name goes in the way that it says."""
    if name in ("done", "given-up"):
        face.answers.append(200 if name == "done" else 500)
        await face.create(QUEUE, name)
        await until(lambda: face.store.get(QUEUE, name) is None)
        return
    await face.post(f"{QUEUE}:pause")
    await face.create(QUEUE, name)
    if name == "deleted":
        await face.ask("DELETE", f"{QUEUE}/tasks/{name}")
    elif name == "purged":
        await face.post(f"{QUEUE}:purge")
    elif name == "expired":
        clock.now_s += 31 * DAY_S
        config = face.store.queue(QUEUE)
        assert config is not None
        await face.dispatcher._expire(config)
        assert face.store.get(QUEUE, name) is not None, "31 days are not over yet"
        clock.now_s += 0.001
        await face.dispatcher._expire(config)
    assert face.store.get(QUEUE, name) is None


@pytest.mark.parametrize("name", ["done", "given-up", "deleted", "purged", "expired"])
async def test_the_name_of_a_task_that_is_gone_is_free_within_a_day_or_later(
    face: tuple[Face, Clock], name: str
) -> None:
    """Source: Cloud Tasks, CreateTaskRequest.task: up to 24 hours; recorded, a task is kept for 31 days."""
    served, clock = face
    if name == "given-up":
        await served.ask("PATCH", QUEUE, {"retryConfig": {"maxAttempts": 1}})
    await end(served, clock, name)
    gone_s = clock.now_s
    for age_s, free in ((0, False), (DAY_S - 0.5, False), (DAY_S, True)):
        clock.now_s = gone_s + age_s
        assert await is_free(served, name) == free, age_s


async def test_the_name_of_a_deleted_queue_is_free_within_seven_days_or_later(face: tuple[Face, Clock]) -> None:
    """Source: Cloud Tasks, "Quotas and limits"."""
    served, clock = face
    await served.ask("DELETE", QUEUE)
    deleted_s = clock.now_s
    for age_s, status in ((0, 400), (7 * DAY_S - 0.5, 400), (7 * DAY_S, 200)):
        clock.now_s = deleted_s + age_s
        assert (await served.ask("POST", f"{PARENT}/queues", {"name": QUEUE}))[0] == status, age_s
    assert served.store.queue_free_again_s(f"{QUEUE}-never") == 0


async def test_a_task_is_given_up_by_the_age_of_its_first_attempt_only_when_there_was_a_second(
    face: tuple[Face, Clock],
) -> None:
    """The first attempt itself may last longer than all of them may."""
    served, clock = face
    await served.ask("PATCH", QUEUE, {"retryConfig": {"maxAttempts": -1, "maxRetryDuration": "60s"}})

    async def send(_: object) -> AttemptResult:
        clock.now_s += 59.5 if served.store.get(QUEUE, "shorter") else 60
        return AttemptResult(503)

    served.dispatcher._send = send
    await served.create(QUEUE, "shorter")
    await until(lambda: (found := served.store.get(QUEUE, "shorter")) is None or found.responses)
    assert served.store.get(QUEUE, "shorter") is not None
    await served.ask("DELETE", f"{QUEUE}/tasks/shorter")
    await served.create(QUEUE, "longer")
    await until(lambda: (found := served.store.get(QUEUE, "longer")) is None or found.responses)
    assert served.store.get(QUEUE, "longer") is None


async def test_names_are_forgotten_only_once_or_never_after_the_disk_was_full(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("local.tasks.dispatcher._CLEAN_UP_EVERY_S", 0.01)
    monkeypatch.setattr("local.data.disk._logged_at_s", -1e9)
    async with a_face(tmp_path) as face:
        face.store.put_queue(QueueConfig(QUEUE, state="PAUSED"))
        for number in range(3):
            await face.create(QUEUE, f"t{number}")
            task = face.store.get(QUEUE, f"t{number}")
            assert task is not None
            face.store.leave_tombstones([task], time.time() - 1)
            if number == 1:
                face.store._database.run("PRAGMA query_only = ON")
                await until(lambda: "cannot keep anything" in caplog.text)
                face.store._database.run("PRAGMA query_only = OFF")
            await until(lambda: face.store._database.rows("SELECT * FROM task") == [])


@pytest.mark.parametrize("act", ["purged", "expired", "forgotten"])
async def test_others_wait_until_a_million_tasks_are_gone_or_those_wait_too(
    face: tuple[Face, Clock], act: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Rows change in slices, and between them everybody gets a turn, and no more than that."""
    sleep, waits_s = asyncio.sleep, list[float]()

    async def at_once(delay_s: float) -> None:
        waits_s.append(delay_s)
        await (asyncio.Event().wait() if delay_s == 600 else sleep(0))

    monkeypatch.setattr("local.tasks.dispatcher.asyncio.sleep", at_once)
    served, clock = face
    await served.post(f"{QUEUE}:pause")
    config = served.store.queue(QUEUE)
    assert config is not None
    with served.store.transaction():
        for number in range(2001):
            served.store.create(QUEUE, NewTask(f"t{number}", HttpRequest("http://x"), 0.0), clock.now_s)
    served.store.order_purge(QUEUE)
    clock.now_s += 40 * DAY_S

    async def forget() -> None:
        served.store.delete_queue(QUEUE, clock.now_s)
        house = asyncio.create_task(served.dispatcher._clean_up())
        while served.store._database.row("SELECT 1 FROM task"):
            await asyncio.sleep(0)
        house.cancel()

    async with counting_turns() as turns:
        if act == "purged":
            await served.dispatcher.purge(QUEUE)
        elif act == "expired":
            await served.dispatcher._expire(config)
        else:
            await forget()
        assert turns() >= 4, "2001 are five slices"
    assert set(waits_s) - {600} == {0}, "it looks again after ten minutes"
    assert act == "forgotten" or served.store.depth(QUEUE) == 0
