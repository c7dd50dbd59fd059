"""The one SQLite file of workflows and executions.  What is committed here survives kill -9 of this process.

A commit goes to the operating system, not to the disk: only a machine that loses power may forget its last seconds.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS revisions (
    workflow TEXT NOT NULL, revision_id TEXT NOT NULL, number INTEGER NOT NULL, resource TEXT NOT NULL,
    PRIMARY KEY (workflow, revision_id)
);
CREATE TABLE IF NOT EXISTS operations (name TEXT PRIMARY KEY, resource TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS executions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, workflow TEXT NOT NULL, name TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
    resource TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS by_workflow ON executions (workflow, number);
CREATE INDEX IF NOT EXISTS unfinished ON executions (state, number) WHERE state IN ('ACTIVE', 'QUEUED');
CREATE TABLE IF NOT EXISTS histories (name TEXT PRIMARY KEY, entries TEXT NOT NULL);
-- position is the order in which outcomes were told; effect is its number in local/workflows/branches.py.
CREATE TABLE IF NOT EXISTS journal (
    execution TEXT NOT NULL, position INTEGER NOT NULL, effect INTEGER NOT NULL, at TEXT NOT NULL,
    outcome TEXT NOT NULL, PRIMARY KEY (execution, position)
) WITHOUT ROWID;
CREATE UNIQUE INDEX IF NOT EXISTS one_outcome ON journal (execution, effect);
CREATE TABLE IF NOT EXISTS callbacks (
    name TEXT PRIMARY KEY, execution TEXT NOT NULL, method TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS callbacks_by_execution ON callbacks (execution);
CREATE TABLE IF NOT EXISTS callback_requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT, callback TEXT NOT NULL, request TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS requests_by_callback ON callback_requests (callback, number);
"""


class Database:
    """One file, one process, one thread."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.execute("PRAGMA journal_mode=WAL")
        self._connection.execute("PRAGMA synchronous=NORMAL")
        self._connection.executescript(_SCHEMA)

    def close(self) -> None:
        self._connection.close()

    def run(self, statement: str, *values: Any) -> int:
        """One statement, committed when it returns unless a transaction is open; the rowid of an insertion."""
        return self._connection.execute(statement, values).lastrowid or 0

    def rows(self, statement: str, *values: Any) -> Sequence[tuple[Any, ...]]:
        return self._connection.execute(statement, values).fetchall()

    def row(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        found: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
        return found

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements of the block, or none of them."""
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
