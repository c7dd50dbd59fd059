"""Queues, tasks and tombstones in SQLite: what is committed here survives kill -9."""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from local.tasks.rules import QueueConfig, RateLimits, RetryConfig

_SCHEMA = """
CREATE TABLE IF NOT EXISTS queues (name TEXT PRIMARY KEY, config TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS tasks (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    queue TEXT NOT NULL,
    name TEXT NOT NULL UNIQUE,
    resource TEXT NOT NULL,
    schedule_s REAL NOT NULL,
    attempts INTEGER NOT NULL DEFAULT 0,
    responses INTEGER NOT NULL DEFAULT 0,
    first_attempt_s REAL,
    in_flight INTEGER NOT NULL DEFAULT 0,
    last_attempt TEXT
);
CREATE INDEX IF NOT EXISTS due ON tasks (queue, in_flight, schedule_s, number);
CREATE TABLE IF NOT EXISTS tombstones (name TEXT PRIMARY KEY, until_s REAL NOT NULL);
CREATE INDEX IF NOT EXISTS buried ON tombstones (until_s);
"""


@dataclass(frozen=True, slots=True)
class Task:
    """One task.  resource is what the client sent (httpRequest, …); times are seconds since the epoch."""

    number: int
    queue: str
    name: str
    resource: dict[str, Any]
    schedule_s: float
    attempts: int
    responses: int
    first_attempt_s: float | None
    last_attempt: dict[str, Any] | None


class NameTaken(Exception):
    """Raised when a task of that name exists, or did so recently."""


class TaskStore:
    """One file, one process, one thread."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.row_factory = sqlite3.Row
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        self._database.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        self._database.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._database.execute("ROLLBACK")
            raise
        self._database.execute("COMMIT")

    # Queues

    def queues(self) -> list[QueueConfig]:
        return [_config(row) for row in self._database.execute("SELECT config FROM queues ORDER BY name")]

    def queue(self, name: str) -> QueueConfig | None:
        row = self._database.execute("SELECT config FROM queues WHERE name = ?", (name,)).fetchone()
        return _config(row) if row else None

    def put_queue(self, config: QueueConfig) -> None:
        self._database.execute("INSERT OR REPLACE INTO queues VALUES (?, ?)", (config.name, json.dumps(asdict(config))))

    def delete_queue(self, name: str) -> None:
        with self.transaction():
            self._database.execute("DELETE FROM tasks WHERE queue = ?", (name,))
            self._database.execute("DELETE FROM queues WHERE name = ?", (name,))

    # Tasks

    def create(self, queue: str, name: str, resource: dict[str, Any], schedule_s: float, now_s: float) -> Task:
        """Raises NameTaken."""
        buried = self._database.execute("SELECT 1 FROM tombstones WHERE name = ? AND until_s > ?", (name, now_s))
        if buried.fetchone():
            raise NameTaken(name)
        try:
            self._database.execute(
                "INSERT INTO tasks (queue, name, resource, schedule_s) VALUES (?, ?, ?, ?)",
                (queue, name, json.dumps(resource), schedule_s),
            )
        except sqlite3.IntegrityError:
            raise NameTaken(name) from None
        created = self.get(name)
        assert created is not None  # noqa: S101 -- inserted just above
        return created

    def get(self, name: str) -> Task | None:
        row = self._database.execute("SELECT * FROM tasks WHERE name = ?", (name,)).fetchone()
        return _task(row) if row else None

    def page(self, queue: str, after: int, limit: int) -> list[Task]:
        """Up to `limit` tasks in the order in which they were created, from the one after that number."""
        rows = self._database.execute(
            "SELECT * FROM tasks WHERE queue = ? AND number > ? ORDER BY number LIMIT ?", (queue, after, limit)
        )
        return [_task(row) for row in rows]

    def depth(self, queue: str) -> int:
        """How many tasks the queue holds."""
        return int(self._database.execute("SELECT count(*) FROM tasks WHERE queue = ?", (queue,)).fetchone()[0])

    def due(self, queue: str, now_s: float, limit: int) -> list[Task]:
        """Up to `limit` tasks whose time has come, the oldest first."""
        rows = self._database.execute(
            "SELECT * FROM tasks WHERE queue = ? AND in_flight = 0 AND schedule_s <= ?"
            " ORDER BY schedule_s, number LIMIT ?",
            (queue, now_s, limit),
        )
        return [_task(row) for row in rows]

    def next_due_s(self, queue: str) -> float | None:
        row = self._database.execute(
            "SELECT min(schedule_s) FROM tasks WHERE queue = ? AND in_flight = 0", (queue,)
        ).fetchone()
        return None if row[0] is None else float(row[0])

    def record_attempt(self, task: Task, now_s: float, last_attempt: dict[str, Any]) -> None:
        """Before a dispatch: count it; the task is not due again until its end is recorded or a new process starts."""
        self._database.execute(
            "UPDATE tasks SET attempts = attempts + 1, first_attempt_s = coalesce(first_attempt_s, ?), in_flight = 1,"
            " last_attempt = ? WHERE number = ?",
            (now_s, json.dumps(last_attempt), task.number),
        )

    def release_in_flight(self) -> None:
        """Nobody knows how the attempts of a process that was killed ended: make them again."""
        self._database.execute("UPDATE tasks SET in_flight = 0 WHERE in_flight")

    def record_failure(self, task: Task, schedule_s: float, last_attempt: dict[str, Any], *, answered: bool) -> None:
        self._database.execute(
            "UPDATE tasks SET in_flight = 0, schedule_s = ?, responses = responses + ?, last_attempt = ?"
            " WHERE number = ?",
            (schedule_s, int(answered), json.dumps(last_attempt), task.number),
        )

    def bury(self, task: Task, until_s: float) -> None:
        """The task is done, given up or deleted; its name is remembered."""
        with self.transaction():
            self._database.execute("DELETE FROM tasks WHERE number = ?", (task.number,))
            self._database.execute("INSERT OR REPLACE INTO tombstones VALUES (?, ?)", (task.name, until_s))

    def is_buried(self, name: str, now_s: float) -> bool:
        found = self._database.execute("SELECT 1 FROM tombstones WHERE name = ? AND until_s > ?", (name, now_s))
        return found.fetchone() is not None

    def purge(self, queue: str) -> None:
        self._database.execute("DELETE FROM tasks WHERE queue = ?", (queue,))

    def forget_tombstones(self, now_s: float) -> None:
        self._database.execute("DELETE FROM tombstones WHERE until_s <= ?", (now_s,))


def _config(row: sqlite3.Row) -> QueueConfig:
    fields = json.loads(row["config"])
    return QueueConfig(**{**fields, "rate": RateLimits(**fields["rate"]), "retry": RetryConfig(**fields["retry"])})


def _task(row: sqlite3.Row) -> Task:
    last_attempt = row["last_attempt"]
    return Task(
        number=row["number"],
        queue=row["queue"],
        name=row["name"],
        resource=json.loads(row["resource"]),
        schedule_s=row["schedule_s"],
        attempts=row["attempts"],
        responses=row["responses"],
        first_attempt_s=row["first_attempt_s"],
        last_attempt=json.loads(last_attempt) if last_attempt else None,
    )
