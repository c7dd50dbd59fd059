"""What the store remembers, and that nothing it is asked costs more when the queue is long."""

import itertools
import sqlite3
from pathlib import Path

import pytest

from local.tasks.rules import QueueConfig
from local.tasks.store import NameTaken, TaskStore
from local.tasks.task import AttemptResult, HttpRequest, LastAttempt, NewTask, Task
from tests.tasks.face import QUEUE


def a_store(folder: Path) -> TaskStore:
    store = TaskStore(folder / "tasks.sqlite")
    if store.queue(QUEUE) is None:
        store.put_queue(QueueConfig(QUEUE))
    return store


def put(store: TaskStore, task_id: str, now_s: float = 0.0) -> Task:
    return store.create(QUEUE, NewTask(task_id, HttpRequest("http://x"), schedule_s=now_s), now_s)


def test_a_name_is_free_again_when_its_tombstone_is_over_and_not_before(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.leave_tombstones([put(store, "t")], free_again_s=100)
    with pytest.raises(NameTaken):
        put(store, "t", now_s=99)
    assert store.is_gone(QUEUE, "t", now_s=99)
    assert not store.is_gone(QUEUE, "t", now_s=100)
    assert put(store, "t", now_s=100).created_s == 100
    assert store.depth(QUEUE) == 1


def test_a_name_is_of_one_queue_only(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    store.put_queue(QueueConfig(f"{QUEUE}-2"))
    put(store, "t")
    store.create(f"{QUEUE}-2", NewTask("t", HttpRequest("http://x"), 0.0), 0.0)
    assert (store.depth(QUEUE), store.depth(f"{QUEUE}-2")) == (1, 1)


def test_the_newest_task_of_a_range_of_names_is_found(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    assert store.latest(QUEUE, "a-7", "a-7-r9999") is None
    for name in ("a-7-r10", "a-7", "a-7-r2", "a-77", "a-7-s", "a-6-r3"):
        put(store, name)
    newest = store.latest(QUEUE, "a-7", "a-7-r9999")
    assert newest is not None
    assert newest.task_id == "a-7-r2"
    store.leave_tombstones([newest], free_again_s=100)
    again = store.latest(QUEUE, "a-7", "a-7-r9999")
    assert again is not None
    assert again.task_id == "a-7"


def test_a_task_is_the_same_after_a_restart(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    task = store.create(QUEUE, NewTask("t", HttpRequest("http://x", "PUT", {"X-a": "1"}, b"\n\x00"), 5.0), 1.0)
    attempt = LastAttempt(5.0, 6.0, 7.0, AttemptResult(503, retry_after_s=3.0))
    store.record_attempt(task, attempt)
    store.record_failure(task, 9.0, attempt)
    before = store.get(QUEUE, "t")
    store.close()
    again = a_store(tmp_path)
    assert again.get(QUEUE, "t") == before
    assert before is not None
    assert (before.request, before.attempts, before.responses, before.refusals) == (task.request, 1, 1, 0)
    assert again.depth(QUEUE) == 1


def test_a_purge_takes_what_was_there_and_nothing_that_came_later(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    for number in range(5):
        put(store, f"before-{number}")
    store.order_purge(QUEUE)
    put(store, "after")
    store.close()
    store = a_store(tmp_path)
    assert [store.purge(QUEUE, 100, limit=3) for _ in range(3)] == [3, 2, 0]
    assert [task.task_id for task in store.page(QUEUE, 0, 10)] == ["after"]
    assert store.depth(QUEUE) == 1


def test_only_tasks_that_were_kept_long_enough_expire(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    for created_s in range(5):
        put(store, f"t{created_s}", now_s=created_s)
    assert store.expire(QUEUE, created_before_s=3, free_again_s=100, limit=10) == 3
    assert [task.task_id for task in store.page(QUEUE, 0, 10)] == ["t3", "t4"]


def test_a_deleted_queue_leaves_nothing_to_one_of_the_same_name(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    old = put(store, "t")
    store.delete_queue(QUEUE, free_again_s=100)
    assert store.queue_free_again_s(QUEUE) == 100
    store.put_queue(QueueConfig(QUEUE))
    assert (store.depth(QUEUE), store.get(QUEUE, "t")) == (0, None)
    put(store, "t", now_s=1.0)
    store.leave_tombstones([old], free_again_s=100)
    assert store.depth(QUEUE) == 1
    assert store.forget(0.0, limit=10) == 1
    assert store.get(QUEUE, "t") is not None


def test_a_transaction_that_fails_leaves_everything_as_it_was(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    put(store, "t")

    def fail_halfway() -> None:
        with store.transaction():
            put(store, "u")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_halfway()
    assert (store.depth(QUEUE), store.get(QUEUE, "u")) == (1, None)


def test_no_question_reads_the_whole_queue(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    asked: list[str] = []
    store._database._connection.set_trace_callback(asked.append)
    tasks = [put(store, f"t{number}") for number in range(5)]
    attempt = LastAttempt(0.0, 0.0, 0.0, AttemptResult(500))
    store.record_attempt(tasks[0], attempt)
    store.release_in_flight()
    store.record_failure(tasks[0], 1.0, attempt)
    store.leave_tombstones(tasks[:1], 10.0)
    with pytest.raises(NameTaken):
        put(store, "t0")
    put(store, "t0", now_s=10.0)
    store.get(QUEUE, "t1")
    store.latest(QUEUE, "t1", "t1-r9999")
    store.is_gone(QUEUE, "t1", 0.0)
    store.page(QUEUE, 0, 10)
    store.due(QUEUE, 5.0, 10)
    store.next_due_s(QUEUE)
    store.order_purge(QUEUE)
    store.purge(QUEUE, 10.0, 2)
    store.expire(QUEUE, 5.0, 10.0, 2)
    store.forget(20.0, 2)
    store.depth(QUEUE)
    store._database._connection.set_trace_callback(None)

    about_tasks = [text for text in asked if "task" in text.replace("sqlite_sequence", "")]
    assert len(about_tasks) >= 20
    with sqlite3.connect(tmp_path / "tasks.sqlite") as database:
        plans = [(text, database.execute(f"EXPLAIN QUERY PLAN {text}").fetchall()) for text in about_tasks]
    database.close()
    lines = itertools.chain.from_iterable([(text, row[3]) for row in plan] for text, plan in plans)
    few = "SCAN task USING INDEX task_in_flight"  # only those in flight stand in that index
    slow = [(text, line) for text, line in lines if "TEMP B-TREE" in line or (line != few and "SCAN task" in line)]
    assert slow == []
