"""Workflows with their revisions, and executions, in SQLite: what is committed here survives kill -9."""

import json
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_SCHEMA = """
CREATE TABLE IF NOT EXISTS revisions (
    workflow TEXT NOT NULL, revision_id TEXT NOT NULL, number INTEGER NOT NULL, resource TEXT NOT NULL,
    PRIMARY KEY (workflow, revision_id)
);
CREATE TABLE IF NOT EXISTS executions (
    number INTEGER PRIMARY KEY AUTOINCREMENT, workflow TEXT NOT NULL, name TEXT NOT NULL UNIQUE, state TEXT NOT NULL,
    resource TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS histories (name TEXT PRIMARY KEY, entries TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_workflow ON executions (workflow, number);
CREATE INDEX IF NOT EXISTS by_state ON executions (state, number);
"""


@dataclass(frozen=True, slots=True)
class Revision:
    """One deployed text of a workflow.  workflow is its full name; times are RFC 3339."""

    workflow: str
    revision_id: str
    number: int
    source: str
    service_account: str | None
    env: dict[str, str]
    create_time: str
    update_time: str
    revision_create_time: str
    description: str = ""
    labels: dict[str, str] = field(default_factory=dict)
    call_log_level: str = "CALL_LOG_LEVEL_UNSPECIFIED"
    history_level: str = "EXECUTION_HISTORY_LEVEL_UNSPECIFIED"


class ExecutionStore:
    """One file, one process, one thread.  An execution is kept as the JSON that the API answers."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, isolation_level=None)
        self._database.execute("PRAGMA journal_mode=WAL")
        self._database.execute("PRAGMA synchronous=NORMAL")
        self._database.executescript(_SCHEMA)

    def close(self) -> None:
        self._database.close()

    def put_revision(self, revision: Revision) -> None:
        kept = {name: getattr(revision, name) for name in Revision.__slots__}
        self._database.execute(
            "INSERT OR REPLACE INTO revisions VALUES (?, ?, ?, ?)",
            (revision.workflow, revision.revision_id, revision.number, json.dumps(kept)),
        )

    def revisions(self, workflow: str) -> list[Revision]:
        """The newest first."""
        rows = self._database.execute(
            "SELECT resource FROM revisions WHERE workflow = ? ORDER BY number DESC", (workflow,)
        )
        return [Revision(**json.loads(row[0])) for row in rows]

    def revision(self, workflow: str, revision_id: str | None = None) -> Revision | None:
        """That revision, or the newest."""
        row = self._database.execute(
            "SELECT resource FROM revisions WHERE workflow = ? AND (? IS NULL OR revision_id = ?)"
            " ORDER BY number DESC LIMIT 1",
            (workflow, revision_id, revision_id),
        ).fetchone()
        return Revision(**json.loads(row[0])) if row else None

    def workflows(self, parent: str) -> list[Revision]:
        """The newest revision of each workflow of that place."""
        rows = self._database.execute("SELECT DISTINCT workflow FROM revisions ORDER BY workflow").fetchall()
        newest = [self.revision(row[0]) for row in rows if row[0].startswith(parent + "/workflows/")]
        return [revision for revision in newest if revision is not None]

    def delete_workflow(self, workflow: str) -> None:
        self._database.execute("DELETE FROM revisions WHERE workflow = ?", (workflow,))
        self._database.execute(
            "DELETE FROM histories WHERE name IN (SELECT name FROM executions WHERE workflow = ?)", (workflow,)
        )
        self._database.execute("DELETE FROM executions WHERE workflow = ?", (workflow,))

    def insert(self, workflow: str, execution: dict[str, Any]) -> None:
        self._database.execute(
            "INSERT INTO executions (workflow, name, state, resource) VALUES (?, ?, ?, ?)",
            (workflow, execution["name"], execution["state"], json.dumps(execution)),
        )

    def update(self, execution: dict[str, Any]) -> None:
        self._database.execute(
            "UPDATE executions SET state = ?, resource = ? WHERE name = ?",
            (execution["state"], json.dumps(execution), execution["name"]),
        )

    def get(self, name: str) -> dict[str, Any] | None:
        row = self._database.execute("SELECT resource FROM executions WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else None

    def put_history(self, name: str, entries: Sequence[dict[str, Any]]) -> None:
        """The step entries of an execution that has ended."""
        self._database.execute("INSERT OR REPLACE INTO histories VALUES (?, ?)", (name, json.dumps(entries)))

    def history(self, name: str) -> list[dict[str, Any]]:
        row = self._database.execute("SELECT entries FROM histories WHERE name = ?", (name,)).fetchone()
        return json.loads(row[0]) if row else []

    def page(self, workflow: str, before: int | None, limit: int) -> list[tuple[int, dict[str, Any]]]:
        """Up to `limit` numbered executions, the newest first, older than the one of the number `before`."""
        rows = self._database.execute(
            "SELECT number, resource FROM executions WHERE workflow = ? AND (? IS NULL OR number < ?)"
            " ORDER BY number DESC LIMIT ?",
            (workflow, before, before, limit),
        )
        return [(row[0], json.loads(row[1])) for row in rows]

    def unfinished(self) -> Sequence[tuple[str, dict[str, Any]]]:
        """(workflow, execution), the oldest first."""
        rows = self._database.execute(
            "SELECT workflow, resource FROM executions WHERE state IN ('ACTIVE', 'QUEUED') ORDER BY number"
        )
        return [(row[0], json.loads(row[1])) for row in rows]
