"""The index of the bucket: one SQLite file beside the contents.  Its transactions decide what exists."""

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

_SCHEMA = """
CREATE TABLE IF NOT EXISTS buckets (
    name TEXT PRIMARY KEY,
    resource TEXT NOT NULL,
    policy TEXT NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS objects (
    bucket TEXT NOT NULL,
    name TEXT NOT NULL,
    generation INTEGER NOT NULL UNIQUE,
    metageneration INTEGER NOT NULL,
    size INTEGER NOT NULL,
    md5_hash TEXT,
    crc32c TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    settings TEXT NOT NULL,
    component_count INTEGER,
    PRIMARY KEY (bucket, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sessions (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    preconditions TEXT NOT NULL,
    checksums TEXT NOT NULL,
    created TEXT NOT NULL,
    generation INTEGER
) STRICT;
"""


class Database:
    """One connection that several threads may use, one at a time."""

    def __init__(self, path: Path) -> None:
        self._lock = threading.RLock()
        self._connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._connection.row_factory = sqlite3.Row
        # NORMAL: a killed process loses nothing; only a machine without power may lose the last transactions.
        self._connection.executescript("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL;" + _SCHEMA)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    def row(self, sql: str, *values: object) -> sqlite3.Row | None:
        with self._lock:
            found: sqlite3.Row | None = self._connection.execute(sql, values).fetchone()
            return found

    def rows(self, sql: str, *values: object) -> list[sqlite3.Row]:
        with self._lock:
            return self._connection.execute(sql, values).fetchall()

    def execute(self, sql: str, *values: object) -> int:
        """Runs one statement and returns how many rows it changed."""
        with self._lock:
            return self._connection.execute(sql, values).rowcount

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of the block or nothing of it."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")
