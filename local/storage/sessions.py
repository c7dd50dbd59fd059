"""Resumable uploads: what was promised, and how much of it has come.  Called by rest_uploads.py.

A session lives in the index and its bytes in a file, so it outlives the process, as it does in the cloud.
"""

import json
import uuid
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from local.storage.checksums import Checksums
from local.storage.conditions import Preconditions
from local.storage.errors import StorageError
from local.storage.objects import ObjectStore
from local.storage.resource import Settings, StoredObject, check_name


@dataclass(frozen=True, slots=True)
class Session:
    """generation is that of the finished object, None while the session is open."""

    id: str
    bucket: str
    name: str
    settings: Settings
    preconditions: Preconditions
    checksums: Checksums
    generation: int | None


class UploadSessions:
    """Raises StorageError(404) for a session that is not there, wherever one is named by its id."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def start(
        self, bucket: str, name: str, settings: Settings, preconditions: Preconditions, checksums: Checksums
    ) -> str:
        """The new session's id.  Raises StorageError: 400, 404, 412 for a precondition that fails already."""
        check_name(name)
        self._store.buckets.require(bucket)
        preconditions.check(self._store.find(bucket, name))
        session_id = uuid.uuid4().hex
        (self._store.incoming / session_id).touch()
        self._store.database.run(
            "INSERT INTO sessions VALUES (?, ?, ?, ?, ?, ?, ?, NULL)",
            session_id,
            bucket,
            name,
            *(json.dumps(asdict(part)) for part in (settings, preconditions, checksums)),
            self._store.now().isoformat(),
        )
        return session_id

    def get(self, session_id: str) -> Session:
        row = self._store.database.row(
            "SELECT bucket, name, settings, preconditions, checksums, generation FROM sessions WHERE id = ?", session_id
        )
        if row is None:
            raise StorageError(404, "notFound", "No such upload session.")
        bucket, name, settings, preconditions, checksums, generation = row
        return Session(
            id=session_id,
            bucket=bucket,
            name=name,
            settings=Settings(**_object(settings)),
            preconditions=Preconditions(**_object(preconditions)),
            checksums=Checksums(**_object(checksums)),
            generation=generation,
        )

    def received(self, session: Session) -> int:
        """Bytes that have come so far."""
        return (self._store.incoming / session.id).stat().st_size

    def write(self, session: Session, offset: int, data: bytes) -> None:
        """Puts the bytes where they belong; the same bytes again change nothing."""
        with (self._store.incoming / session.id).open("r+b") as file:
            file.seek(offset)
            file.write(data)

    def finish(self, session: Session, told: Checksums) -> StoredObject:
        """Makes the object.  Raises what ObjectStore.create raises; the session is over then, too."""
        try:
            return self._store.create(
                session.bucket,
                session.name,
                session.settings,
                self._store.incoming / session.id,
                session.preconditions,
                told.over(session.checksums),
                session=session.id,
            )
        except BaseException:  # whatever it was, create() has taken the bytes away
            self.cancel(session)
            raise

    def cancel(self, session: Session) -> None:
        self._store.database.run("DELETE FROM sessions WHERE id = ?", session.id)
        (self._store.incoming / session.id).unlink(missing_ok=True)


def _object(text: str) -> Mapping[str, Any]:
    parsed: dict[str, Any] = json.loads(text)
    return parsed
