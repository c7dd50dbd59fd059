"""The one way to store data in a SQLite file: checked before it is opened, with a versioned layout.

Used by the five stores: tasks/store, executions/data/database, storage/database, discord/store, story/store.
A commit survives kill -9 of this process.  It goes to the operating system, not to the disk: a machine that loses power
may lose its last seconds.
"""

import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.data.disk import DiskUnavailable, is_transient
from local.data.sqlite_file import Layout, prepare

# Only this process should write to the file.  If another one does (a person with sqlite3), we wait at most so long.
_LOCK_TIMEOUT_S = 0.25
_KEPT_WAL_BYTES = 4 * 1024 * 1024
_DUPLICATE_KEY_CODES = frozenset(
    {sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_ROWID}
)


class DuplicateKey(Exception):
    """Raised when a row with that key exists."""


class Sqlite:
    """One file, one process, any number of threads that take turns.  ":memory:" is a file that is gone at the end.

    Raises UnusableFile where the file cannot be used.  Every method raises DiskUnavailable where a write fails, and
    DuplicateKey where a row with that key exists; other errors are bugs of ours.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path = path
        self._lock = threading.RLock()
        in_memory = str(path) == ":memory:"
        if not in_memory:
            prepare(path, layout)
        try:
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=_LOCK_TIMEOUT_S
            )
            self._connection.executescript(
                "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;"
                f"PRAGMA journal_size_limit = {_KEPT_WAL_BYTES};"
            )
            if in_memory:
                self._connection.executescript(layout.schema)
        except sqlite3.Error as error:
            raise self._translated(error) from None

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @property
    def changes(self) -> int:
        """How many rows were written since it was opened: the same number means that nothing has changed."""
        return self._connection.total_changes

    def run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """One statement, committed when it returns unless a transaction is open."""
        try:
            with self._lock:
                return self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise self._translated(error) from None

    def run_for_each(self, statement: str, rows: Iterable[Sequence[Any]]) -> None:
        """The statement for each row of values, in a transaction of the caller's."""
        try:
            with self._lock:
                self._connection.executemany(statement, rows)
        except sqlite3.Error as error:
            raise self._translated(error) from None

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._translated(error) from None

    def row(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        try:
            with self._lock:
                found: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
                return found
        except sqlite3.Error as error:
            raise self._translated(error) from None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run all statements of the block, or none.  Inside an open transaction it becomes a part of that one."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self.run("BEGIN IMMEDIATE")
            try:
                yield
                self.run("COMMIT")
            except BaseException:
                if self._connection.in_transaction:  # some errors end the transaction by themselves
                    self.run("ROLLBACK")
                raise

    def release_free_pages(self, most: int) -> None:
        """Return up to `most` free pages of the file to the disk."""
        try:
            # Not execute(): it stops after one step, and the statement frees one page a step.
            with self._lock:
                self._connection.executescript(f"PRAGMA incremental_vacuum({most})")
        except sqlite3.Error as error:
            raise self._translated(error) from None
        self.rows("PRAGMA wal_checkpoint(PASSIVE)")

    def _translated(self, error: sqlite3.Error) -> Exception:
        if is_transient(error):
            return DiskUnavailable(f"cannot keep anything in {self.path}: {error}")
        if getattr(error, "sqlite_errorcode", None) in _DUPLICATE_KEY_CODES:
            return DuplicateKey(str(error))
        return error
