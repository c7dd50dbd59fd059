"""What the file gives back of what was put into it, and of whom a question is."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from local.data.disk import UnusableFile
from local.tasks.rules import QueueConfig, RateLimits, RetryConfig
from local.tasks.store import NameTaken, TaskStore
from local.tasks.task import (
    AppEngineRequest,
    AttemptResult,
    HttpRequest,
    LastAttempt,
    NewTask,
    Task,
    TaskRequest,
    Token,
)
from tests.tasks.face import QUEUE
from tests.tasks.test_store import a_store, put

OTHER = f"{QUEUE}-2"
REQUEST = HttpRequest("http://x/y", "PUT", {"X-a": "1", "b": "2"}, b"\n\x00{", Token("OIDC", "a@b", "you"), 15.5)
TO_APP_ENGINE = AppEngineRequest("/x", "PUT", {"X-a": "1"}, b"\n\x00{", {"service": "a"}, 15.5)
RETRY = RetryConfig(9, 10.5, 0.25, 12.0, 13)


@pytest.mark.parametrize("result", [None, AttemptResult(503, "why", True, 3.5), AttemptResult(None, "broke")])
@pytest.mark.parametrize("request_", [REQUEST, HttpRequest("http://x"), TO_APP_ENGINE])
@pytest.mark.parametrize("retry", [None, RETRY])
def test_a_task_comes_back_from_the_file_as_another(
    tmp_path: Path, request_: TaskRequest, retry: RetryConfig | None, result: AttemptResult | None
) -> None:
    store = a_store(tmp_path)
    made = store.create(QUEUE, NewTask("t", request_, 5.5, retry), 1.5)
    assert made == Task(1, QUEUE, "t", request_, 1.5, 5.5, retry=retry)
    attempt = LastAttempt(5.5, 6.5, 7.5 if result else None, result)
    store.record_attempt(made, LastAttempt(4.5, 4.75))
    store.record_attempt(made, attempt)
    schedule_s, responses = 5.5, 0
    if result is not None:
        store.record_failure(made, 9.5, attempt)
        schedule_s, responses = 9.5, int(result.status is not None)
    store.close()
    again = a_store(tmp_path)
    expected = Task(1, QUEUE, "t", request_, 1.5, schedule_s, 2, responses, 0, 4.75, attempt, retry)
    assert again.get(QUEUE, "t") == expected
    assert again.page(QUEUE, 0, 1) == [expected]
    again.close()


def test_a_queue_comes_back_from_the_file_as_another(tmp_path: Path) -> None:
    rate = RateLimits(1.5, 2, 3)
    every = QueueConfig(OTHER, rate, RETRY, "PAUSED", 4.5, 5.5, 0.5, 6.5, {"service": "a"})
    store = a_store(tmp_path)
    store.put_queue(every)
    store.close()
    again = a_store(tmp_path)
    assert again.queues() == [QueueConfig(QUEUE), every]
    again.close()


def test_how_many_wait_is_another_number_after_a_restart(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    for name in (OTHER, f"{QUEUE}-empty"):
        store.put_queue(QueueConfig(name))
    for number in range(3):
        put(store, f"t{number}")
    store.create(OTHER, NewTask("t", HttpRequest("http://x"), 0.0), 0.0)
    store.leave_tombstones(store.page(QUEUE, 0, 1), 100.0)
    store.close()
    again = a_store(tmp_path)
    assert [again.depth(name) for name in (QUEUE, OTHER, f"{QUEUE}-empty")] == [2, 1, 0]
    again.delete_queue(OTHER, 0.0)
    again.put_queue(QueueConfig(OTHER))
    assert again.depth(OTHER) == 0
    again.close()


def test_a_later_task_goes_before_an_earlier_one_or_one_goes_twice(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    for task_id, schedule_s in (("c", 3.0), ("a", 1.0), ("flying", 0.5), ("b1", 2.0), ("b2", 2.0), ("gone", 0.0)):
        put(store, task_id, now_s=schedule_s)
    store.leave_tombstones([found for found in store.page(QUEUE, 0, 9) if found.task_id == "gone"], 100.0)
    flying = store.get(QUEUE, "flying")
    assert flying is not None
    store.record_attempt(flying, LastAttempt(0.5, 0.5))
    assert [task.task_id for task in store.due(QUEUE, 3.0, 9)] == ["a", "b1", "b2", "c"]
    assert [task.task_id for task in store.due(QUEUE, 2.0, 9)] == ["a", "b1", "b2"]
    assert [task.task_id for task in store.due(QUEUE, 3.0, 2)] == ["a", "b1"]
    assert store.due(QUEUE, 3.0, 0) == []
    assert store.next_due_s(QUEUE) == 1.0
    for task in store.due(QUEUE, 3.0, 9):
        store.record_attempt(task, LastAttempt(0.0, 0.0))
    assert store.next_due_s(QUEUE) is None
    store.release_in_flight()
    assert store.next_due_s(QUEUE) == 0.5
    store.close()


def test_a_name_that_is_free_gives_away_another(tmp_path: Path) -> None:
    """Names of the same queue, and the same name of another queue."""
    store = a_store(tmp_path)
    store.put_queue(QueueConfig(OTHER))
    store.leave_tombstones([put(store, "over")], 10.0)
    store.leave_tombstones([put(store, "kept")], 100.0)
    store.leave_tombstones([store.create(OTHER, NewTask("over", HttpRequest("http://x"), 0.0), 0.0)], 10.0)
    with pytest.raises(NameTaken):
        put(store, "kept", now_s=50.0)
    put(store, "over", now_s=50.0)
    assert store.is_gone(QUEUE, "kept", 50.0)
    assert store._database.rows("SELECT count(*) FROM task WHERE task_id = 'over'") == [(2,)]
    assert not store.is_gone(f"{QUEUE}-never", "kept", 50.0)
    assert store.get(f"{QUEUE}-never", "kept") is None
    store.close()


def test_what_a_deleted_queue_held_is_not_forgotten_or_counted_wrongly(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.put_queue(QueueConfig(OTHER))
    for number in range(5):
        put(store, f"t{number}")
    store.leave_tombstones(store.page(QUEUE, 0, 2), 10.0)
    store.create(OTHER, NewTask("t", HttpRequest("http://x"), 0.0), 0.0)
    held = store.page(QUEUE, 0, 9)
    store.delete_queue(QUEUE, 100.0)
    store.leave_tombstones(held, 10.0)  # its last attempts end after it
    assert [store.forget(10.0, 2) for _ in range(4)] == [4, 1, 0, 0]
    assert store.depth(OTHER) == 1
    store.close()


@pytest.mark.parametrize(
    "broken",
    [
        "UPDATE task SET request = 'x'",
        "UPDATE task SET request = x'7b'",
        "UPDATE task SET request = NULL",
        "UPDATE task SET retry = '{\"no_such_rule\": 1}'",
        "UPDATE task SET last = '{}'",
        "UPDATE queue SET config = '{}'",
    ],
)
def test_a_file_of_an_older_mando_is_taken_with_tasks_that_cannot_be_read(tmp_path: Path, broken: str) -> None:
    """It is refused at the start, with a sentence; what can be read goes on."""
    store = a_store(tmp_path)
    put(store, "t")
    store.leave_tombstones([put(store, "gone")], 100.0)
    store.close()
    path = tmp_path / "tasks.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript("PRAGMA application_id = 0; PRAGMA user_version = 0;")
    assert TaskStore(path).depth(QUEUE) == 1
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(f"PRAGMA application_id = 0; PRAGMA user_version = 0; {broken};")
    with pytest.raises(UnusableFile, match="tasks wait in it that this one cannot read"):
        TaskStore(path)


def test_a_file_that_was_closed_is_still_open(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.close()
    with pytest.raises(sqlite3.ProgrammingError):
        store.put_note("a", "b")


def test_a_note_is_kept_beside_the_one_before(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    assert store.note("a") is None
    for value in ("1", "2"):
        store.put_note("a", value)
        assert store.note("a") == value
    store.close()
