"""A SQLite file before it is opened: made, looked at, and brought to the present layout.  Called by sqlite.py.

Nothing is deleted and nothing repaired here: what a person should look at is told in one sentence that names the file.
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

_BEFORE_NUMBERS = 0  # what SQLite says of a file for which nobody chose a number
_START_AFRESH = "bring it back from a copy, or move it away: a new and empty one is made then"


class CannotMigrate(Exception):
    """Raised by a step of a layout when what the file holds cannot go on in the next layout; says what that is."""


@dataclass(frozen=True, slots=True)
class Layout:
    """The shape of the files of one kind.

    kind is four letters that tell such a file from others; number counts the shapes that it had.  steps: each number
    below it → what makes the next shape of a file of that one, in a transaction; it raises CannotMigrate.
    """

    kind: bytes
    number: int
    schema: str
    steps: Mapping[int, Callable[[sqlite3.Connection], None]] = field(default_factory=dict)

    @property
    def mark(self) -> int:
        return int.from_bytes(self.kind, "big")


def prepare(path: Path, layout: Layout) -> None:
    """Make the file if there is none, else look at it and bring it to that layout.

    Raises UnusableFile; DiskUnavailable where the disk takes nothing.
    """
    try:
        if not os.path.lexists(path):
            _make(path, layout)
        number = _look(path, layout)
        if number < layout.number:
            _migrate(path, layout, number)
        with closing(_connect(path, "ro")) as connection:
            if not _columns(connection).items() >= _expected(layout).items():
                raise UnusableFile(f"{path} lacks tables or columns that it should have; {_START_AFRESH}")
    except (OSError, sqlite3.Error) as error:
        if isinstance(error, PermissionError):
            raise UnusableFile(
                f"{path} cannot be read and written: {error.strerror}; give yourself the right"
            ) from None
        if is_transient(error):
            raise DiskUnavailable(f"cannot keep anything in {path}: {error}") from error
        raise UnusableFile(f"{path} cannot be used: {error}; {_START_AFRESH}") from error


def _make(path: Path, layout: Layout) -> None:
    """Aside, and renamed when it is whole: a process that is killed leaves no half a file."""
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
            f"PRAGMA auto_vacuum = INCREMENTAL; BEGIN; {layout.schema}; PRAGMA application_id = {layout.mark};"
            f"PRAGMA user_version = {layout.number}; COMMIT; PRAGMA journal_mode = WAL;"
        )
    draft.rename(path)


def _look(path: Path, layout: Layout) -> int:
    """The number of its layout, if it is whole and of this kind.  Raises UnusableFile."""
    if path.is_dir():
        raise UnusableFile(f"{path} is a directory, where a file belongs; move it away")
    if not path.exists():
        raise UnusableFile(f"{path} is a link to nothing; bring back what it leads to, or remove the link")
    if not os.access(path, os.R_OK | os.W_OK):
        raise UnusableFile(f"{path} cannot be read and written by you; give yourself the right, or run as its owner")
    if path.stat().st_size == 0:
        raise UnusableFile(f"{path} is empty, and should hold at least its tables; {_START_AFRESH}")
    problem, mark, number = _read(path, "ro")
    wal = _beside(path, "-wal")
    if (problem or mark not in (layout.mark, 0)) and wal.exists() and wal.stat().st_size:
        alone, mark_alone, _ = _read(path, "ro&immutable=1")
        if alone is None and mark_alone in (layout.mark, 0):
            raise UnusableFile(f"{wal} does not belong to {path.name}; bring back the right one, or move it away")
    if problem is not None:
        raise UnusableFile(f"{path} is damaged: {problem}; {_START_AFRESH}")
    if mark not in (layout.mark, 0) or (mark == 0 and number != _BEFORE_NUMBERS):
        raise UnusableFile(f"{path} belongs to another program, or to another part of this one; move it away")
    if number > layout.number:
        raise UnusableFile(
            f"{path} was written by a newer mando (layout {number}, this one knows up to {layout.number});"
            f" use that one, or move {path.parent} away"
        )
    return number


def _read(path: Path, mode: str) -> tuple[str | None, int, int]:
    """What is wrong with it, its mark and its number.  Read-only: a wrong -wal is not written into the file."""
    try:
        with closing(_connect(path, mode)) as connection:
            ((found,),) = connection.execute("PRAGMA quick_check(1)").fetchall()
            ((mark,),) = connection.execute("PRAGMA application_id").fetchall()
            ((number,),) = connection.execute("PRAGMA user_version").fetchall()
    except sqlite3.DatabaseError as error:
        if is_transient(error):
            raise
        return str(error), 0, 0
    return (None if found == "ok" else found.replace("\n", " ")), mark, number


def _migrate(path: Path, layout: Layout, number: int) -> None:
    older = f"{path} was written by an older mando"
    otherwise = f"move {path.parent} away: a new and empty one is made then"
    with closing(_connect(path, "rw")) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            for each in range(number, layout.number):
                layout.steps[each](connection)
        except CannotMigrate as reason:
            raise UnusableFile(f"{older}, and {reason}; let that one finish, or {otherwise}") from None
        except sqlite3.Error as error:
            if is_transient(error):
                raise
            raise UnusableFile(
                f"{older}, and this one cannot read it ({error}); use that one, or {otherwise}"
            ) from None
        connection.execute(f"PRAGMA application_id = {layout.mark}")
        connection.execute(f"PRAGMA user_version = {layout.number}")
        connection.execute("COMMIT")
        with contextlib.suppress(sqlite3.Error):  # gives back what the old layout used; needs room itself
            connection.executescript("PRAGMA auto_vacuum = INCREMENTAL; VACUUM;")


def _columns(connection: sqlite3.Connection) -> dict[Any, Any]:
    """Every table and its columns."""
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
