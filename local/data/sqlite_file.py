"""Prepares a SQLite file before it is opened: creates it, checks it, migrates it to the current layout.

Called by sqlite.py.  Nothing is deleted or repaired here: the error names the file and says what a person can do.
"""

import contextlib
import os
import sqlite3
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import quote

from local.data.disk import DiskUnavailable, UnusableFile, is_transient

_UNVERSIONED = 0  # SQLite's default: files from before layouts had versions
_REMEDY = "bring it back from a copy, or move it away: a new and empty one is made then"


class CannotMigrate(Exception):
    """Raised by a migration when the next layout cannot hold the file's data; the message says which data."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The tables of one kind of file.

    kind: four letters, stored in the file as its application_id.  version counts the layouts so far.  migrations: each
    older version → the function that brings a file to the next one, in a transaction.  It may raise CannotMigrate.
    """

    kind: bytes
    version: int
    schema: str
    migrations: Mapping[int, Callable[[sqlite3.Connection], None]] = field(default_factory=dict)

    @property
    def application_id(self) -> int:
        """Tells our files from those of other programs."""
        return int.from_bytes(self.kind, "big")


def prepare(path: Path, layout: Layout) -> None:
    """Create the file if it is missing, else check it and migrate it.  Raises UnusableFile and DiskUnavailable."""
    try:
        if not os.path.lexists(path):
            _make(path, layout)
        version = _inspect(path, layout)
        if version < layout.version:
            _migrate(path, layout, version)
        with closing(_connect(path, "ro")) as connection:
            if not _columns(connection).items() >= _expected(layout).items():
                raise UnusableFile(f"{path} lacks tables or columns that it should have; {_REMEDY}")
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, PermissionError):
            raise UnusableFile(
                f"{path} cannot be read and written: {error.strerror}; give yourself the right"
            ) from None
        if is_transient(error):
            raise DiskUnavailable(f"cannot keep anything in {path}: {error}") from error
        raise UnusableFile(f"{path} cannot be used: {error}; {_REMEDY}") from error


def _make(path: Path, layout: Layout) -> None:
    """Create the file under another name and rename it when it is complete, so a kill leaves no partial file."""
    for kept in (_beside(path, "-wal"), _beside(path, "-journal")):
        if kept.exists() and kept.stat().st_size:
            raise UnusableFile(
                f"{path} is missing, but {kept.name}, a part of it, is there; bring both or move it away"
            )
    draft = _beside(path, ".new")
    for left in (draft, _beside(draft, "-wal"), _beside(draft, "-shm"), _beside(draft, "-journal")):
        left.unlink(missing_ok=True)
    with closing(sqlite3.connect(draft, isolation_level=None)) as connection:
        connection.executescript(
            f"PRAGMA auto_vacuum = INCREMENTAL; BEGIN; {layout.schema};"
            f"PRAGMA application_id = {layout.application_id}; PRAGMA user_version = {layout.version};"
            "COMMIT; PRAGMA journal_mode = WAL;"
        )
    draft.rename(path)


def _inspect(path: Path, layout: Layout) -> int:
    """The version of the file's layout.  Raises UnusableFile where it is damaged or of another kind."""
    if path.is_dir():
        raise UnusableFile(f"{path} is a directory, where a file belongs; move it away")
    if not path.exists():
        raise UnusableFile(f"{path} is a link to nothing; bring back what it leads to, or remove the link")
    if not os.access(path, os.R_OK | os.W_OK):
        raise UnusableFile(f"{path} cannot be read and written by you; give yourself the right, or run as its owner")
    if path.stat().st_size == 0:
        raise UnusableFile(f"{path} is empty, and should hold at least its tables; {_REMEDY}")
    problem, application_id, version = _read_header(path, "ro")
    wal = _beside(path, "-wal")
    if (problem or application_id not in (layout.application_id, 0)) and wal.exists() and wal.stat().st_size:
        alone, id_alone, _ = _read_header(path, "ro&immutable=1")
        if alone is None and id_alone in (layout.application_id, 0):
            raise UnusableFile(f"{wal} does not belong to {path.name}; bring back the right one, or move it away")
    if problem is not None:
        raise UnusableFile(f"{path} is damaged: {problem}; {_REMEDY}")
    if application_id not in (layout.application_id, 0) or (application_id == 0 and version != _UNVERSIONED):
        raise UnusableFile(f"{path} belongs to another program, or to another part of this one; move it away")
    if version > layout.version:
        raise UnusableFile(
            f"{path} was written by a newer mando (layout {version}, this one knows up to {layout.version});"
            f" use that one, or move {path.parent} away"
        )
    return version


def _read_header(path: Path, mode: str) -> tuple[str | None, int, int]:
    """(problem or None, application_id, version).  Read-only, so a foreign -wal is not written into the file."""
    try:
        with closing(_connect(path, mode)) as connection:
            ((found,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
            ((application_id,),) = connection.execute("PRAGMA application_id").fetchall()
            ((version,),) = connection.execute("PRAGMA user_version").fetchall()
    except sqlite3.DatabaseError as error:
        if is_transient(error):
            raise
        return str(error), 0, 0
    return (None if found == "ok" else found.replace("\n", " ")), application_id, version


def _migrate(path: Path, layout: Layout, version: int) -> None:
    older = f"{path} was written by an older mando"
    otherwise = f"move {path.parent} away: a new and empty one is made then"
    with closing(_connect(path, "rw")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            for each in range(version, layout.version):
                layout.migrations[each](connection)
        except CannotMigrate as reason:
            raise UnusableFile(f"{older}, and {reason}; let that one finish, or {otherwise}") from None
        except sqlite3.Error as error:
            if is_transient(error):
                raise
            raise UnusableFile(
                f"{older}, and this one cannot read it ({error}); use that one, or {otherwise}"
            ) from None
        connection.execute(f"PRAGMA application_id = {layout.application_id}")
        connection.execute(f"PRAGMA user_version = {layout.version}")
        connection.execute("COMMIT")
        with contextlib.suppress(sqlite3.Error):  # frees the space of the old layout; needs free space itself
            connection.executescript("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;")


def _columns(connection: sqlite3.Connection) -> dict[Any, Any]:
    """Table → its columns."""
    rows = connection.execute(
        "SELECT t.name, group_concat(c.name) FROM sqlite_master t, pragma_table_info(t.name) c"
        " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%' GROUP BY t.name"
    )
    return {table: frozenset(columns.split(",")) for table, columns in rows}


def _expected(layout: Layout) -> dict[Any, Any]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as fresh:
        fresh.executescript(layout.schema)
        return _columns(fresh)


def _connect(path: Path, mode: str) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{quote(str(path))}?mode={mode}", uri=True, isolation_level=None)


def _beside(path: Path, suffix: str) -> Path:
    return path.with_name(path.name + suffix)
