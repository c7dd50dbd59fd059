"""One way to keep data in a SQLite file: looked at before it is opened, its layout numbered, its errors read by codes.

Used by the four that keep data: tasks/store, executions/database, storage/database, discord/store.
What is committed survives kill -9 of this process.  A commit goes to the operating system, not to the disk: only a
machine that loses power may forget its last seconds.
"""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from local.data.disk import DiskUnavailable, is_transient
from local.data.sqlite_file import Layout, prepare

# Nobody else should write to the file.  Whoever does (a person with sqlite3) holds up everybody for so long at most.
_WAIT_FOR_OTHERS_S = 0.25
_KEPT_WAL_BYTES = 4 * 1024 * 1024
_TAKEN = frozenset(
    {sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY, sqlite3.SQLITE_CONSTRAINT_UNIQUE, sqlite3.SQLITE_CONSTRAINT_ROWID}
)


class Taken(Exception):
    """Raised when a row of that key is there."""


class Sqlite:
    """One file, one process, any number of threads that take turns.  ":memory:" is a file that is gone at the end.

    Raises UnusableFile where the file cannot be used.  Every method raises DiskUnavailable where the disk takes nothing,
    and Taken where a row of that key is there; other errors are mistakes of ours.
    """

    def __init__(self, path: Path, layout: Layout) -> None:
        self.path = path
        self._lock = threading.RLock()
        in_memory = str(path) == ":memory:"
        if not in_memory:
            prepare(path, layout)
        try:
            self._connection = sqlite3.connect(
                path, isolation_level=None, check_same_thread=False, timeout=_WAIT_FOR_OTHERS_S
            )
            self._connection.executescript(
                "PRAGMA synchronous = NORMAL; PRAGMA temp_store = MEMORY;"
                f"PRAGMA journal_size_limit = {_KEPT_WAL_BYTES};"
            )
            if in_memory:
                self._connection.executescript(layout.schema)
        except sqlite3.Error as error:
            raise self._told(error) from None

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def run(self, statement: str, *values: Any) -> sqlite3.Cursor:
        """One statement, committed when it returns unless a transaction is open."""
        try:
            with self._lock:
                return self._connection.execute(statement, values)
        except sqlite3.Error as error:
            raise self._told(error) from None

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        try:
            with self._lock:
                return self._connection.execute(statement, values).fetchall()
        except sqlite3.Error as error:
            raise self._told(error) from None

    def row(self, statement: str, *values: Any) -> tuple[Any, ...] | None:
        try:
            with self._lock:
                found: tuple[Any, ...] | None = self._connection.execute(statement, values).fetchone()
                return found
        except sqlite3.Error as error:
            raise self._told(error) from None

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All statements of the block, or none of them; one that is open already takes them in."""
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

    def give_back(self, pages: int) -> None:
        """Up to so many free pages go back to the disk."""
        try:
            with (
                self._lock
            ):  # execute() would stop at the first page: the statement gives one a step and has no columns
                self._connection.executescript(f"PRAGMA incremental_vacuum({pages})")
        except sqlite3.Error as error:
            raise self._told(error) from None
        self.rows("PRAGMA wal_checkpoint(PASSIVE)")

    def _told(self, error: sqlite3.Error) -> Exception:
        if is_transient(error):
            return DiskUnavailable(f"cannot keep anything in {self.path}: {error}")
        if getattr(error, "sqlite_errorcode", None) in _TAKEN:
            return Taken(str(error))
        return error
