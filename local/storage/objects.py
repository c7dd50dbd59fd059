"""The bucket on disk: contents as files, their index in SQLite.  Called by rest.py and its neighbours.

An object exists once its row is committed; its content is complete by then.  A process that is killed before the commit
leaves at most an orphaned file and a note of it in pending/.  The next start reads the note and removes the file.
"""

import hashlib
import os
import uuid
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from local.data.content_pool import ContentPool
from local.retention import UPLOAD_SESSION_S
from local.storage.buckets import Buckets
from local.storage.checksums import Checksums, checksums_of
from local.storage.conditions import Preconditions
from local.storage.database import Database
from local.storage.errors import content_lost, no_such_object
from local.storage.resource import Settings, StoredObject, check_name
from local.storage.rows import INSERT, SELECT, from_row, to_row

_COPY_BYTES = 1 << 20
_ANY = Preconditions()


class ObjectStore:
    """Buckets and objects under `root`, for one process with any number of threads.

    pool: content that other stores share.  now gives aware UTC datetimes.
    """

    def __init__(
        self, root: Path, pool: ContentPool | None = None, now: Callable[[], datetime] = lambda: datetime.now(UTC)
    ) -> None:
        self._content, self._pending, self.incoming = root / "content", root / "pending", root / "incoming"
        for folder in (self._content, self._pending, self.incoming):
            folder.mkdir(parents=True, exist_ok=True)
        self.now = now
        self._pool = pool or ContentPool(root / "pool")
        self.database = Database(root / "index.sqlite")
        self.buckets = Buckets(self.database, now)
        self._remove_leftovers()

    def close(self) -> None:
        self.database.close()

    def receive(self) -> Path:
        """A new empty file for the bytes of an upload, to be passed to create()."""
        path = self.incoming / uuid.uuid4().hex
        path.touch()
        return path

    def create(
        self,
        bucket: str,
        name: str,
        settings: Settings,
        incoming: Path,
        preconditions: Preconditions = _ANY,
        expected: Checksums | None = None,
        session: str | None = None,
    ) -> StoredObject:
        """Create or replace the object, with the incoming file as its content; ends the session if one is given.

        Raises StorageError: 400 for the name or a checksum other than expected, 404 for the bucket, 412 for a
        precondition.  The incoming file is always removed.
        """
        try:
            found = checksums_of(incoming)
            (expected or Checksums()).check(found)
            return self._put(bucket, name, settings, incoming, found, preconditions, session=session)
        finally:
            incoming.unlink()

    def get(self, bucket: str, name: str, generation: int | None = None) -> StoredObject:
        """Raises StorageError(404), also if the live object has another generation."""
        found = self.find(bucket, name)
        if found is None or generation not in (None, found.generation):
            self.buckets.require(bucket)
            raise no_such_object(bucket, name)
        return found

    def find(self, bucket: str, name: str) -> StoredObject | None:
        row = self.database.row(f"{SELECT} WHERE bucket = ? AND name = ?", bucket, name)
        return None if row is None else from_row(row)

    def open(self, stored: StoredObject) -> BinaryIO:
        """Its content, readable even if the object is deleted.  Raises StorageError (404; 500: content lost)."""
        path = self._path(stored)
        try:
            content = path.open("rb")
        except FileNotFoundError:
            present = self.find(stored.bucket, stored.name)
            if present is None or present.generation != stored.generation:
                raise no_such_object(stored.bucket, stored.name) from None
            raise content_lost(stored.bucket, stored.name, f"{path} is missing") from None
        if (size := os.fstat(content.fileno()).st_size) != stored.size:
            content.close()
            raise content_lost(stored.bucket, stored.name, f"{path} has {size} bytes, not {stored.size}")
        return content

    def names(self, bucket: str, start: str, end: str | None, limit: int, *, after: bool) -> list[StoredObject]:
        """Objects whose names are ≥ start (> start if `after`) and < end, in the order of their UTF-8 bytes."""
        compare = ">" if after else ">="
        rows = self.database.rows(
            f"{SELECT} WHERE bucket = ? AND name {compare} ? AND (? IS NULL OR name < ?) ORDER BY name LIMIT ?",
            bucket,
            start,
            end,
            end,
            limit,
        )
        return [from_row(row) for row in rows]

    def update(
        self,
        bucket: str,
        name: str,
        change: Callable[[Settings], Settings],
        preconditions: Preconditions = _ANY,
        generation: int | None = None,
    ) -> StoredObject:
        """Change the settings and increase the metageneration; the content stays.  Raises StorageError."""
        with self.database.transaction():
            present = self.get(bucket, name, generation)
            preconditions.check(present)
            changed = replace(
                present,
                settings=change(present.settings),
                metageneration=present.metageneration + 1,
                updated=self.now(),
            )
            self._write_row(changed)
        return changed

    def delete(
        self, bucket: str, name: str, preconditions: Preconditions = _ANY, generation: int | None = None
    ) -> None:
        """Raises StorageError: 404, or 412 for a precondition."""
        with self.database.transaction():
            present = self.get(bucket, name, generation)
            preconditions.check(present)
            self._note(present)
            self.database.run("DELETE FROM objects WHERE bucket = ? AND name = ?", bucket, name)
        self._discard(present)

    def copy(
        self, source: StoredObject, bucket: str, name: str, settings: Settings, preconditions: Preconditions = _ANY
    ) -> StoredObject:
        """Create an object with the same content, which is stored only once on disk.  Raises StorageError."""
        found = Checksums(source.md5_hash, source.crc32c)
        try:
            return self._put(bucket, name, settings, self._path(source), found, preconditions)
        except FileNotFoundError:
            raise no_such_object(source.bucket, source.name) from None

    def compose(
        self,
        sources: Sequence[StoredObject],
        bucket: str,
        name: str,
        settings: Settings,
        preconditions: Preconditions = _ANY,
    ) -> StoredObject:
        """Create an object from the contents of several, in their order.  Raises StorageError."""
        joined = self.receive()
        try:
            with joined.open("wb") as out:
                for source in sources:
                    with self.open(source) as part:
                        while chunk := part.read(_COPY_BYTES):
                            out.write(chunk)
            found = Checksums(None, checksums_of(joined).crc32c)
            count = sum(source.component_count or 1 for source in sources)
            return self._put(bucket, name, settings, joined, found, preconditions, component_count=count)
        finally:
            joined.unlink()

    def expire_sessions(self, before: datetime) -> None:
        """Delete the upload sessions that began before that, with the bytes that they received."""
        for (session,) in self.database.rows("SELECT id FROM sessions WHERE created < ?", before.isoformat()):
            self.database.run("DELETE FROM sessions WHERE id = ?", session)
            (self.incoming / session).unlink(missing_ok=True)

    def _put(
        self,
        bucket: str,
        name: str,
        settings: Settings,
        content: Path,
        checksums: Checksums,
        preconditions: Preconditions,
        *,
        component_count: int | None = None,
        session: str | None = None,
    ) -> StoredObject:
        check_name(name)
        stored: StoredObject | None = None
        try:
            with self.database.transaction():
                self.buckets.require(bucket)
                present = self.find(bucket, name)
                preconditions.check(present)
                now = self.now()
                stored = StoredObject(
                    bucket=bucket,
                    name=name,
                    generation=self._next_generation(now),
                    metageneration=1,
                    size=content.stat().st_size,
                    md5_hash=checksums.md5_hash,
                    crc32c=checksums.crc32c or "",
                    created=now,
                    updated=now,
                    settings=settings,
                    component_count=component_count,
                )
                note = self._note(stored)
                self._pool.keep(content, self._path(stored))
                if present is not None:
                    self._note(present)
                self._write_row(stored)
                if session is not None:
                    self.database.run("UPDATE sessions SET generation = ? WHERE id = ?", stored.generation, session)
        except BaseException:
            if stored is not None:
                self._discard(stored)
            raise
        note.unlink()
        if present is not None:
            self._discard(present)
        return stored

    def _next_generation(self, now: datetime) -> int:
        """Microseconds since the epoch, as in the service, but always larger than all present ones."""
        ((last,),) = self.database.rows("SELECT coalesce(max(generation), 0) FROM objects")
        return max(int(now.timestamp() * 1_000_000), int(last) + 1)

    def _write_row(self, stored: StoredObject) -> None:
        self.database.run(INSERT, *to_row(stored))

    def _path(self, stored: StoredObject) -> Path:
        # The hash, not the name, is the path: a name may be `../x`, `%2F`, 1,024 bytes long, or differ only in case.
        digest = hashlib.sha256(f"{stored.bucket}\0{stored.name}".encode()).hexdigest()
        return self._content / digest[:2] / f"{digest}.{stored.generation}"

    def _note(self, stored: StoredObject) -> Path:
        """Note that this content is about to be added or removed, so that the next start checks it after a crash."""
        note = self._pending / self._path(stored).name
        note.touch()
        return note

    def _discard(self, stored: StoredObject) -> None:
        self._pool.drop(self._path(stored))
        (self._pending / self._path(stored).name).unlink(missing_ok=True)

    def _remove_leftovers(self) -> None:
        for note in self._pending.iterdir():
            digest, generation = note.name.split(".")
            if self.database.row("SELECT 1 FROM objects WHERE generation = ?", int(generation)) is None:
                self._pool.drop(self._content / digest[:2] / note.name)
            note.unlink()
        self.expire_sessions(self.now() - timedelta(seconds=UPLOAD_SESSION_S))
        sessions = {row[0] for row in self.database.rows("SELECT id FROM sessions WHERE generation IS NULL")}
        for path in self.incoming.iterdir():
            if path.name not in sessions:
                path.unlink()
