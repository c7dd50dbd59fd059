"""The one SQLite file of workflows and executions."""

import sqlite3
from pathlib import Path

from local.data.sqlite import Sqlite
from local.data.sqlite_file import CannotMigrate, Layout

_SCHEMA = """
CREATE TABLE revisions (
    workflow TEXT NOT NULL, revision_id TEXT NOT NULL, number INTEGER NOT NULL, resource TEXT NOT NULL,
    PRIMARY KEY (workflow, revision_id)
);
CREATE TABLE operations (name TEXT PRIMARY KEY, resource TEXT NOT NULL, created_s REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX operations_by_age ON operations (created_s);
-- ended_s is NULL while it is ACTIVE or QUEUED.
CREATE TABLE executions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, workflow TEXT NOT NULL, name TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
    resource TEXT NOT NULL, ended_s REAL
);
CREATE INDEX by_workflow ON executions (workflow, number);
CREATE INDEX unfinished ON executions (state, number) WHERE state IN ('ACTIVE', 'QUEUED');
CREATE INDEX executions_by_end ON executions (ended_s) WHERE ended_s IS NOT NULL;
-- The step entries of an execution that has ended, in parts of a few hundred: lists of JSON.
CREATE TABLE histories (
    name TEXT NOT NULL, part INTEGER NOT NULL, entries TEXT NOT NULL, PRIMARY KEY (name, part)
);
-- position is the order of the outcomes; effect is the number of the effect in local/workflows/run/branches.py.
-- kind and digest are the fingerprint of the effect (fingerprint.py); they are NULL in rows of layout 1.
CREATE TABLE journal (
    execution TEXT NOT NULL, position INTEGER NOT NULL, effect INTEGER NOT NULL, at TEXT NOT NULL,
    outcome TEXT NOT NULL, kind TEXT, digest INTEGER, PRIMARY KEY (execution, position)
) WITHOUT ROWID;
CREATE UNIQUE INDEX one_outcome ON journal (execution, effect);
CREATE TABLE callbacks (
    name TEXT PRIMARY KEY, execution TEXT NOT NULL, method TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX callbacks_by_execution ON callbacks (execution);
CREATE TABLE callback_requests (
    number INTEGER PRIMARY KEY AUTOINCREMENT, callback TEXT NOT NULL, request TEXT NOT NULL
);
CREATE INDEX requests_by_callback ON callback_requests (callback, number);
"""


def _seconds(instant: str) -> str:
    """The SQL for an RFC 3339 text as seconds since the epoch."""
    return f"(julianday({instant}) - 2440587.5) * 86400"


def _migrate_from_0(connection: sqlite3.Connection) -> None:
    """A file without a layout number may be of any version, with other effect numbers: its journals are useless."""
    ((waiting,),) = connection.execute(
        "SELECT count(DISTINCT name) FROM executions JOIN journal ON execution = name"
        " WHERE state IN ('ACTIVE', 'QUEUED')"
    ).fetchall()
    if waiting:
        raise CannotMigrate(f"{waiting} of its executions have begun and not ended, which this one cannot go on with")
    ended = _seconds("json_extract(resource, '$.endTime')")
    created = _seconds("json_extract(resource, '$.metadata.createTime')")
    for statement in (
        "ALTER TABLE executions ADD COLUMN ended_s REAL",
        f"UPDATE executions SET ended_s = {ended} WHERE state NOT IN ('ACTIVE', 'QUEUED')",  # noqa: S608
        "CREATE INDEX executions_by_end ON executions (ended_s) WHERE ended_s IS NOT NULL",
        "ALTER TABLE operations ADD COLUMN created_s REAL NOT NULL DEFAULT 0",
        f"UPDATE operations SET created_s = {created}",  # noqa: S608
        "CREATE INDEX operations_by_age ON operations (created_s)",
        "ALTER TABLE histories RENAME TO before",
        "CREATE TABLE histories"
        " (name TEXT NOT NULL, part INTEGER NOT NULL, entries TEXT NOT NULL, PRIMARY KEY (name, part))",
        "INSERT INTO histories SELECT name, 0, entries FROM before",
        "DROP TABLE before",
        "DELETE FROM journal",
    ):
        connection.execute(statement)


def _migrate_from_1(connection: sqlite3.Connection) -> None:
    """Existing rows get no fingerprint, so their replay compares nothing."""
    for column in ("kind TEXT", "digest INTEGER"):
        connection.execute(f"ALTER TABLE journal ADD COLUMN {column}")


_LAYOUT = Layout(b"mexe", 2, _SCHEMA, {0: _migrate_from_0, 1: _migrate_from_1})


class Database(Sqlite):
    """One file, one process, one thread."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _LAYOUT)
