"""The one SQLite file of workflows and executions."""

import asyncio
import sqlite3
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter
from pathlib import Path
from typing import Any, TypeAlias

from local.data.disk import DiskUnavailable, backoffs_s, log_waiting_for_disk
from local.data.sqlite import Sqlite
from local.data.sqlite_file import CannotMigrate, Layout

_WRITES_AT_ONCE = 500  # in one transaction: about 20 ms
_SCHEMA = """
CREATE TABLE revisions (
    workflow TEXT NOT NULL, revision_id TEXT NOT NULL, number INTEGER NOT NULL, resource TEXT NOT NULL,
    PRIMARY KEY (workflow, revision_id)
);
CREATE TABLE operations (name TEXT PRIMARY KEY, resource TEXT NOT NULL, created_s REAL NOT NULL) WITHOUT ROWID;
CREATE INDEX operations_by_age ON operations (created_s);
-- ended_s is NULL while it is ACTIVE or QUEUED.  Other tables know an execution by its number: its name is long and
-- random, and would be looked up at a place of its own each time.
CREATE TABLE executions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, workflow TEXT NOT NULL, name TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
    resource TEXT NOT NULL, ended_s REAL
);
CREATE INDEX by_workflow ON executions (workflow, number);
CREATE INDEX unfinished ON executions (state, number) WHERE state IN ('ACTIVE', 'QUEUED');
CREATE INDEX executions_by_end ON executions (ended_s) WHERE ended_s IS NOT NULL;
-- The step entries of an execution that has ended, in parts of a few hundred: lists of JSON.
CREATE TABLE histories (
    execution INTEGER NOT NULL, part INTEGER NOT NULL, entries TEXT NOT NULL, PRIMARY KEY (execution, part)
);
-- position is the order of the outcomes; effect is the number of the effect in local/workflows/run/branches.py.
-- kind and digest are the fingerprint of the effect (fingerprint.py); they are NULL in rows of layout 1.
CREATE TABLE journal (
    execution INTEGER NOT NULL, position INTEGER NOT NULL, effect INTEGER NOT NULL, at TEXT NOT NULL,
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


def _migrate_from_2(connection: sqlite3.Connection) -> None:
    """Journals and histories were kept by the name of their execution."""
    for statement in (
        "DROP INDEX one_outcome",
        "ALTER TABLE journal RENAME TO journal_by_name",
        "ALTER TABLE histories RENAME TO histories_by_name",
        "CREATE TABLE journal ("
        " execution INTEGER NOT NULL, position INTEGER NOT NULL, effect INTEGER NOT NULL, at TEXT NOT NULL,"
        " outcome TEXT NOT NULL, kind TEXT, digest INTEGER, PRIMARY KEY (execution, position)) WITHOUT ROWID",
        "INSERT INTO journal SELECT number, position, effect, at, outcome, kind, digest"
        " FROM journal_by_name JOIN executions ON name = execution",
        "CREATE UNIQUE INDEX one_outcome ON journal (execution, effect)",
        "CREATE TABLE histories ("
        "execution INTEGER NOT NULL, part INTEGER NOT NULL, entries TEXT NOT NULL, PRIMARY KEY (execution, part))",
        "INSERT INTO histories SELECT number, part, entries FROM histories_by_name JOIN executions USING (name)",
        "DROP TABLE journal_by_name",
        "DROP TABLE histories_by_name",
    ):
        connection.execute(statement)


_LAYOUT = Layout(b"mexe", 3, _SCHEMA, {0: _migrate_from_0, 1: _migrate_from_1, 2: _migrate_from_2})


Statement: TypeAlias = tuple[str, tuple[Any, ...]]  # the SQL, and the values of its places


class Database(Sqlite):
    """One file, one process, one thread."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _LAYOUT)
        self._waiting: list[tuple[Sequence[Statement], asyncio.Future[None]]] = []

    async def committed(self, *writes: Statement) -> None:
        """Run them in one transaction, and return when it is committed; retry it while the disk is unavailable.

        All that is to be written in one round of the event loop is one transaction: a commit takes as long as ten
        statements.  What is cancelled before the commit is not written.
        """
        for wait_s in backoffs_s():
            loop = asyncio.get_running_loop()
            if not self._waiting:
                loop.call_soon(self.commit_waiting)
            done = loop.create_future()
            self._waiting.append((writes, done))
            try:
                await done
            except DiskUnavailable as error:
                log_waiting_for_disk(error)
                await asyncio.sleep(wait_s)
            else:
                return

    def commit_waiting(self) -> None:
        """Commit what waits, or the first part of it: the event loop does other work between two parts."""
        parts, self._waiting = self._waiting, []
        part, self._waiting = parts[:_WRITES_AT_ONCE], parts[_WRITES_AT_ONCE:]
        if self._waiting:
            asyncio.get_running_loop().call_soon(self.commit_waiting)
        part = [one for one in part if not one[1].done()]
        error = self._commit([write for writes, _ in part for write in writes])
        for writes, done in part:
            own = self._commit(writes) if error is not None and not isinstance(error, DiskUnavailable) else error
            if own is None:
                done.set_result(None)
            else:
                done.set_exception(own)

    def _commit(self, writes: Sequence[Statement]) -> Exception | None:
        """One transaction of all these writes.  Returns the error for which nothing is written."""
        try:
            with self.transaction():
                for statement, alike in groupby(writes, itemgetter(0)):
                    self.run_for_each(statement, map(itemgetter(1), alike))
        except Exception as error:
            return error
        return None
