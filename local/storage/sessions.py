"""Sessions of resumable uploads.  Called by rest_uploads.py.

A session is in the index and its bytes are in a file, so it survives a restart, as in the cloud.
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
    """One session.  generation: that of the finished object, None while the session is open."""

    id: str
    bucket: str
    name: str
    settings: Settings
    preconditions: Preconditions
    checksums: Checksums
    generation: int | None


class UploadSessions:
    """Starts, continues and ends sessions."""

    def __init__(self, store: ObjectStore) -> None:
        self._store = store

    def start(
        self, bucket: str, name: str, settings: Settings, preconditions: Preconditions, checksums: Checksums
    ) -> str:
        """Start a session and return its id.  Raises StorageError: 400, 404, 412 for a precondition that fails now."""
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
        """Raises StorageError(404) for a session that does not exist."""
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
        """The number of bytes received so far."""
        return (self._store.incoming / session.id).stat().st_size

    def write(self, session: Session, offset: int, data: bytes) -> None:
        """Write the bytes at the offset; writing the same bytes again changes nothing."""
        with (self._store.incoming / session.id).open("r+b") as file:
            file.seek(offset)
            file.write(data)

    def finish(self, session: Session, expected: Checksums) -> StoredObject:
        """Create the object.  Raises what ObjectStore.create raises; this ends the session, too."""
        try:
            return self._store.create(
                session.bucket,
                session.name,
                session.settings,
                self._store.incoming / session.id,
                session.preconditions,
                expected.or_else(session.checksums),
                session=session.id,
            )
        except BaseException:  # create() has removed the bytes
            self.cancel(session)
            raise

    def cancel(self, session: Session) -> None:
        self._store.database.run("DELETE FROM sessions WHERE id = ?", session.id)
        (self._store.incoming / session.id).unlink(missing_ok=True)


def _object(text: str) -> Mapping[str, Any]:
    parsed: dict[str, Any] = json.loads(text)
    return parsed
