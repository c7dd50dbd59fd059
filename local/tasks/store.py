"""Queues, tasks and tombstones in SQLite.

A tombstone is a task's row without its request, so one lookup finds the name of a task or of its tombstone.
"""

import json
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from local.data.sqlite import DuplicateKey, Sqlite
from local.data.sqlite_file import CannotMigrate, Layout
from local.tasks.row import COLUMNS, pack_last, pack_request, pack_retry, unpack
from local.tasks.rules import QueueConfig, RateLimits, RetryConfig
from local.tasks.task import LastAttempt, NewTask, Task

_SCHEMA = """
CREATE TABLE queue (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    config TEXT,  -- NULL: the queue was deleted
    free_again_s REAL,  -- when the name of a deleted queue may be used again
    purge_to INTEGER NOT NULL DEFAULT 0  -- tasks up to this number are to go
);
CREATE UNIQUE INDEX queue_name ON queue (name) WHERE config IS NOT NULL;
CREATE TABLE task (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    queue INTEGER NOT NULL,
    task_id TEXT NOT NULL,
    request BLOB,
    retry TEXT,
    created_s REAL NOT NULL,
    schedule_s REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    responses INTEGER NOT NULL DEFAULT 0,
    refusals INTEGER NOT NULL DEFAULT 0,
    first_attempt_s REAL,
    last TEXT,
    in_flight INTEGER NOT NULL DEFAULT 0,
    free_again_s REAL,  -- set: the task is gone, and this is when its name may be used again
    UNIQUE (queue, task_id)
);
CREATE INDEX task_due ON task (queue, schedule_s, number) WHERE in_flight = 0 AND free_again_s IS NULL;
CREATE INDEX task_present ON task (queue, number) WHERE free_again_s IS NULL;
CREATE INDEX task_in_flight ON task (number) WHERE in_flight = 1 AND free_again_s IS NULL;
CREATE INDEX task_gone ON task (free_again_s) WHERE free_again_s IS NOT NULL;
CREATE TABLE note (name TEXT PRIMARY KEY, value TEXT NOT NULL);
"""
_CACHE_KIB = 8 * 1024  # the names of a large backlog are read at random; 16 MB are no faster
_SELECT = f"SELECT {COLUMNS} FROM task"  # noqa: S608 -- our own column names
_TO_TOMBSTONE = "UPDATE task SET free_again_s = ?, request = NULL, retry = NULL, last = NULL"


def _from_before_numbers(connection: sqlite3.Connection) -> None:
    """The tables are the same.  Check that waiting tasks and queues can be read."""
    waiting = connection.execute(f"{_SELECT} WHERE free_again_s IS NULL")
    try:
        for row in waiting:
            unpack("", row)
        for (config,) in connection.execute("SELECT config FROM queue WHERE config IS NOT NULL"):
            _config(config)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise CannotMigrate(f"tasks wait in it that this one cannot read ({error})") from None


_LAYOUT = Layout(b"mtsk", 1, _SCHEMA, {0: _from_before_numbers})


class NameTaken(Exception):
    """Raised when a task of that name exists, or its tombstone does."""


class TaskStore:
    """One file, one process, one thread.  Queues and their depths are cached in memory, because every call needs them.

    Raises UnusableFile.  Every method that raises DiskUnavailable has changed nothing.  created(task): is told of each.
    """

    def __init__(self, path: Path, created: Callable[[Task], None] = lambda _: None) -> None:
        self._created = created
        self._database = Sqlite(path, _LAYOUT)
        self._database.run(f"PRAGMA cache_size=-{_CACHE_KIB}")
        self._load()

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        try:
            with self._database.transaction():
                yield
        except BaseException:
            self._load()
            raise

    def _load(self) -> None:
        """Read the cached values from the file."""
        rows = self._database.rows("SELECT number, name, config FROM queue WHERE config IS NOT NULL")
        held = dict(self._database.rows("SELECT queue, count(*) FROM task WHERE free_again_s IS NULL GROUP BY queue"))
        self._numbers: dict[str, int] = {name: number for number, name, _ in rows}
        self._queues: dict[str, QueueConfig] = {name: _config(config) for _, name, config in rows}
        self._depths: dict[str, int] = {name: held.get(number, 0) for number, name, _ in rows}

    # Queues

    def queues(self) -> list[QueueConfig]:
        return [self._queues[name] for name in sorted(self._queues)]

    def queue(self, name: str) -> QueueConfig | None:
        return self._queues.get(name)

    def put_queue(self, config: QueueConfig) -> None:
        text = json.dumps(asdict(config))
        if config.name in self._queues:
            self._database.run("UPDATE queue SET config = ? WHERE number = ?", text, self._numbers[config.name])
        else:
            made = "INSERT INTO queue (name, config) VALUES (?, ?) RETURNING number"
            ((self._numbers[config.name],),) = self._database.rows(made, config.name, text)
            self._depths[config.name] = 0
        self._queues[config.name] = config

    def delete_queue(self, name: str, free_again_s: float) -> None:
        """Delete the queue at once; forget() deletes its tasks later.  Its name is reserved until free_again_s."""
        self._database.run(
            "UPDATE queue SET config = NULL, free_again_s = ? WHERE number = ?", free_again_s, self._numbers[name]
        )
        for kept in (self._queues, self._numbers, self._depths):
            del kept[name]

    def queue_free_again_s(self, name: str) -> float:
        """When the name of a deleted queue may be used again; 0 where there never was such a queue."""
        ((free_again_s,),) = self._database.rows("SELECT max(free_again_s) FROM queue WHERE name = ?", name)
        return float(free_again_s or 0)

    def depth(self, queue: str) -> int:
        """How many tasks wait in the queue or are in flight."""
        return self._depths[queue]

    # Tasks

    def create(self, queue: str, new: NewTask, now_s: float) -> Task:
        """Raises NameTaken."""
        number = self._numbers[queue]
        values = (number, new.task_id, pack_request(new.request), pack_retry(new.retry), now_s, new.schedule_s)
        try:
            row = self._insert(values)
        except DuplicateKey:
            if not self._forget_name(number, new.task_id, now_s):
                raise NameTaken(new.task_id) from None
            row = self._insert(values)
        self._depths[queue] += 1
        self._created(task := Task(row, queue, new.task_id, new.request, now_s, new.schedule_s, retry=new.retry))
        return task

    def _insert(self, values: tuple[Any, ...]) -> int:
        ((number,),) = self._database.rows(
            "INSERT INTO task (queue, task_id, request, retry, created_s, schedule_s) VALUES (?, ?, ?, ?, ?, ?)"
            " RETURNING number",
            *values,
        )
        return int(number)

    def _forget_name(self, number: int, task_id: str, now_s: float) -> bool:
        forgotten = self._database.run(
            "DELETE FROM task WHERE queue = ? AND task_id = ? AND free_again_s <= ?", number, task_id, now_s
        )
        return forgotten.rowcount > 0

    def get(self, queue: str, task_id: str) -> Task | None:
        found = self._all(queue, "task_id = ? AND free_again_s IS NULL", task_id)
        return found[0] if found else None

    def latest(self, queue: str, first_id: str, last_id: str) -> Task | None:
        """The newest of the tasks with an id in that alphabetical range."""
        found = self._all(queue, "task_id >= ? AND task_id <= ? AND free_again_s IS NULL", first_id, last_id)
        return max(found, key=lambda task: task.number, default=None)

    def is_gone(self, queue: str, task_id: str, now_s: float) -> bool:
        """Whether there is a tombstone of that name that has not expired."""
        found = self._database.row(
            "SELECT 1 FROM task WHERE queue = ? AND task_id = ? AND free_again_s > ?",
            self._numbers.get(queue),
            task_id,
            now_s,
        )
        return found is not None

    def page(self, queue: str, after: int, limit: int) -> list[Task]:
        """Up to `limit` tasks with larger numbers than `after`, in the order of creation."""
        return self._all(queue, "number > ? AND free_again_s IS NULL ORDER BY number LIMIT ?", after, limit)

    def due(self, queue: str, now_s: float, limit: int) -> list[Task]:
        """Up to `limit` tasks that are due and not in flight, the oldest first."""
        waiting = "in_flight = 0 AND free_again_s IS NULL AND schedule_s <= ? ORDER BY schedule_s, number LIMIT ?"
        return self._all(queue, waiting, now_s, limit)

    def next_due_s(self, queue: str) -> float | None:
        row = self._database.row(
            "SELECT schedule_s FROM task WHERE queue = ? AND in_flight = 0 AND free_again_s IS NULL"
            " ORDER BY schedule_s, number LIMIT 1",
            self._numbers[queue],
        )
        return None if row is None else float(row[0])

    def record_attempt(self, task: Task, attempt: LastAttempt) -> None:
        """Count a dispatch.  The task is in flight until the attempt's end is recorded or a new process starts."""
        self._database.run(
            "UPDATE task SET attempts = attempts + 1, first_attempt_s = coalesce(first_attempt_s, ?), in_flight = 1,"
            " last = ? WHERE number = ?",
            attempt.dispatched_s,
            pack_last(attempt),
            task.number,
        )

    def release_in_flight(self) -> None:
        """Make tasks due again that were in flight when an earlier process ended: their results are unknown."""
        self._database.run("UPDATE task SET in_flight = 0 WHERE in_flight = 1 AND free_again_s IS NULL")

    def record_failure(self, task: Task, schedule_s: float, attempt: LastAttempt) -> None:
        status = attempt.result.status if attempt.result else None
        self._database.run(
            "UPDATE task SET in_flight = 0, schedule_s = ?, responses = responses + ?, refusals = refusals + ?,"
            " last = ? WHERE number = ? AND free_again_s IS NULL",
            schedule_s,
            status is not None,
            status is not None and status < 500,
            pack_last(attempt),
            task.number,
        )

    def leave_tombstones(self, tasks: Iterable[Task], free_again_s: float) -> None:
        """Replace tasks (done, given up or deleted) by tombstones, which reserve their names until free_again_s."""
        for task in tasks:
            number = self._numbers.get(task.queue)
            present = f"{_TO_TOMBSTONE} WHERE number = ? AND queue = ? AND free_again_s IS NULL"
            self._remove(task.queue, present, free_again_s, task.number, number)

    # Many tasks, in batches, so that no other call waits for a million

    def order_purge(self, queue: str) -> None:
        """Select all present tasks for deletion; purge() deletes them, also after a restart."""
        self._database.run(
            "UPDATE queue SET purge_to = (SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'task')"
            " WHERE number = ?",
            self._numbers[queue],
        )

    def purge(self, queue: str, free_again_s: float, limit: int) -> int:
        """Replace up to `limit` tasks that order_purge() selected by tombstones.  Returns how many."""
        number = self._numbers[queue]
        ((purge_to,),) = self._database.rows("SELECT purge_to FROM queue WHERE number = ?", number)
        oldest = (
            "SELECT number FROM task WHERE queue = ? AND free_again_s IS NULL AND number <= ? ORDER BY number LIMIT ?"
        )
        return self._remove(queue, f"{_TO_TOMBSTONE} WHERE number IN ({oldest})", free_again_s, number, purge_to, limit)

    def expire(self, queue: str, created_before_s: float, free_again_s: float, limit: int) -> int:
        """Replace up to `limit` tasks that were created before that instant by tombstones.  Returns how many."""
        oldest = "SELECT number FROM task WHERE queue = ? AND free_again_s IS NULL ORDER BY number LIMIT ?"
        statement = f"{_TO_TOMBSTONE} WHERE created_s < ? AND number IN ({oldest})"
        return self._remove(queue, statement, free_again_s, created_before_s, self._numbers[queue], limit)

    def forget(self, now_s: float, limit: int) -> int:
        """Delete up to `limit` expired tombstones, and as many tasks of each deleted queue.  Returns how many."""
        over = self._database.run(
            "DELETE FROM task WHERE number IN (SELECT number FROM task WHERE free_again_s <= ? LIMIT ?)", now_s, limit
        ).rowcount
        for (number,) in self._database.rows("SELECT number FROM queue WHERE config IS NULL"):
            over += self._database.run(
                "DELETE FROM task WHERE number IN (SELECT number FROM task WHERE queue = ? LIMIT ?)", number, limit
            ).rowcount
        return over

    # Notes: other values to store, one for each name

    def note(self, name: str) -> str | None:
        row = self._database.row("SELECT value FROM note WHERE name = ?", name)
        return None if row is None else str(row[0])

    def put_note(self, name: str, value: str) -> None:
        self._database.run("INSERT OR REPLACE INTO note VALUES (?, ?)", name, value)

    def _all(self, queue: str, where: str, *values: object) -> list[Task]:
        rows = self._database.rows(f"{_SELECT} WHERE queue = ? AND {where}", self._numbers.get(queue), *values)
        return [unpack(queue, row) for row in rows]

    def _remove(self, queue: str, statement: str, *values: object) -> int:
        taken = self._database.run(statement, *values).rowcount
        if queue in self._depths:
            self._depths[queue] -= taken
        return taken


def _config(text: str) -> QueueConfig:
    fields = json.loads(text)
    return QueueConfig(**{**fields, "rate": RateLimits(**fields["rate"]), "retry": RetryConfig(**fields["retry"])})
