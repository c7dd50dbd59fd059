"""Stores the files of messages in a folder beside the store's SQLite file.  Used by store.py.

A file is written before the transaction that names it is committed, and removed after the one that drops it.
"""

import sqlite3
from collections.abc import Collection, Iterable
from pathlib import Path

from local.data.content_pool import ContentPool
from local.data.disk import DiskUnavailable, is_transient


class MessageFiles:
    """The files by their ids.  add and drop belong to a transaction; commit or roll_back ends it."""

    def __init__(self, folder: Path, pool: ContentPool) -> None:
        self._folder = folder
        self._pool = pool
        self._added: list[int] = []
        self._dropped: list[int] = []
        folder.mkdir(exist_ok=True)

    def path(self, file_id: int) -> Path:
        return self._folder / str(file_id)

    def add(self, file_id: int, content: bytes) -> None:
        """Raises DiskUnavailable."""
        self._added.append(file_id)
        try:
            self._pool.keep_bytes(content, self.path(file_id))
        except OSError as error:
            if is_transient(error):
                raise DiskUnavailable(f"cannot keep anything in {self._folder}: {error}") from None
            raise

    def drop(self, file_id: int) -> None:
        self._dropped.append(file_id)

    def commit(self) -> None:
        self._remove(self._dropped)

    def roll_back(self) -> None:
        self._remove(self._added)

    def remove_orphans(self, known: Collection[int]) -> None:
        """Remove files that a process left when it was killed within a transaction."""
        names = {str(file_id) for file_id in known}
        for path in self._folder.iterdir():
            if path.name not in names:
                self._pool.drop(path)

    def migrate_from_table(self, connection: sqlite3.Connection) -> None:
        """Move the bytes out of the table `files`, where they were before layouts had versions."""
        for (file_id,) in connection.execute("SELECT id FROM files").fetchall():
            ((content,),) = connection.execute("SELECT bytes FROM files WHERE id = ?", (file_id,)).fetchall()
            self.path(file_id).unlink(missing_ok=True)
            self.add(file_id, content)
        for statement in (
            "ALTER TABLE files RENAME TO before",
            "DROP INDEX files_of_message",
            "CREATE TABLE files (id INTEGER PRIMARY KEY, message_id INTEGER NOT NULL) STRICT",
            "CREATE INDEX files_of_message ON files (message_id)",
            "INSERT INTO files SELECT id, message_id FROM before",
            "DROP TABLE before",
        ):
            connection.execute(statement)
        self._added, self._dropped = [], []

    def _remove(self, files: Iterable[int]) -> None:
        for file_id in files:
            self._pool.drop(self.path(file_id))
        self._added, self._dropped = [], []
