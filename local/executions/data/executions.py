"""The store of executions and their step entries.  An execution is stored as the JSON of the API."""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from local.executions.data.database import Database, Statement
from local.executions.data.filters import Field
from local.executions.data.pages import Page, Query

ENTRIES_A_PART = 250  # to make JSON of so many takes about 2 ms
STATES = ("STATE_UNSPECIFIED", "ACTIVE", "SUCCEEDED", "FAILED", "CANCELLED", "UNAVAILABLE", "QUEUED")
# Source: Workflow Executions v1, executions.list, filter.
EXECUTION_FIELDS: Mapping[str, Field] = {
    "executionId": Field("substr(json_extract(resource, '$.name'), -36)", "text"),  # a UUID
    "state": Field("json_extract(resource, '$.state')", "enum", STATES),
    "createTime": Field("json_extract(resource, '$.createTime')", "time"),
    "startTime": Field("json_extract(resource, '$.startTime')", "time"),
    "endTime": Field("json_extract(resource, '$.endTime')", "time"),
    "duration": Field("CAST(rtrim(json_extract(resource, '$.duration'), 's') AS REAL)", "duration"),
    "workflowRevisionId": Field("json_extract(resource, '$.workflowRevisionId')", "text"),
    "stepName": Field("json_extract(resource, '$.status.currentSteps[0].step')", "text"),
    "labels": Field("json_extract(resource, '$.labels')", "labels"),
}


class ExecutionStore:
    """Each execution has a number, which never belongs to another one.

    update(), put_history() and finish() write nothing: they give the statements for Database.committed().
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def insert(self, workflow: str, execution: dict[str, Any]) -> int:
        """Store a new execution; returns its number."""
        row = (workflow, execution["name"], execution["state"], json.dumps(execution))
        made = "INSERT INTO executions (workflow, name, state, resource) VALUES (?, ?, ?, ?) RETURNING number"
        ((number,),) = self._database.rows(made, *row)
        return int(number)

    @staticmethod
    def update(number: int, execution: dict[str, Any]) -> Statement:
        row = (execution["state"], json.dumps(execution), number)
        return "UPDATE executions SET state = ?, resource = ? WHERE number = ?", row

    @staticmethod
    def put_history(number: int, part: int, entries: Sequence[dict[str, Any]]) -> Statement:
        """Store up to ENTRIES_A_PART step entries.  They are shown only after finish()."""
        return "INSERT OR REPLACE INTO histories VALUES (?, ?, ?)", (number, part, json.dumps(entries))

    @staticmethod
    def finish(number: int, execution: dict[str, Any]) -> Sequence[Statement]:
        """Store an execution that has ended, and delete its journal and its callbacks: it will not be resumed."""
        name, ended_s = execution["name"], datetime.fromisoformat(execution["endTime"]).timestamp()
        row = (execution["state"], json.dumps(execution), ended_s, number)
        callbacks = "SELECT name FROM callbacks WHERE execution = ?"
        return (
            ("UPDATE executions SET state = ?, resource = ?, ended_s = ? WHERE number = ?", row),
            ("DELETE FROM journal WHERE execution = ?", (number,)),
            (f"DELETE FROM callback_requests WHERE callback IN ({callbacks})", (name,)),  # noqa: S608 -- our own words
            ("DELETE FROM callbacks WHERE execution = ?", (name,)),
        )

    def get(self, name: str) -> dict[str, Any] | None:
        row = self._database.row("SELECT resource FROM executions WHERE name = ?", name)
        return json.loads(row[0]) if row else None

    def history(self, name: str) -> list[dict[str, Any]]:
        """The step entries of an execution that has ended."""
        rows = self._database.rows(
            "SELECT entries FROM histories JOIN executions ON number = execution WHERE name = ? ORDER BY part", name
        )
        return [entry for (entries,) in rows for entry in json.loads(entries)]

    def page(self, workflow: str, query: Query) -> Page:
        """Executions, the newest first."""
        source = "SELECT number AS position, resource FROM executions WHERE workflow = ?"
        return query.page(self._database, source, workflow)

    def counts(self, workflow: str) -> dict[str, int]:
        """The number of executions in each state; states without any are left out."""
        rows = self._database.rows("SELECT state, count(*) FROM executions WHERE workflow = ? GROUP BY state", workflow)
        return dict(rows)

    def ended_by_step(self, workflow: str, begin_s: float, step_s: int, steps: int) -> dict[str, list[int]]:
        """How many ended in each state, in each of so many steps from begin_s on; states without any are left out."""
        rows = self._database.rows(
            "SELECT state, CAST((ended_s - ?) / ? AS INTEGER) AS step, count(*) FROM executions"
            " WHERE ended_s >= ? AND workflow = ? GROUP BY state, step",
            *(begin_s, step_s, begin_s, workflow),
        )
        found: dict[str, list[int]] = {}
        for state, step, count in rows:
            found.setdefault(state, [0] * steps)[min(step, steps - 1)] += count
        return found

    def unfinished(self) -> Sequence[tuple[int, str, dict[str, Any]]]:
        """All (number, workflow, execution) that have not ended, the oldest first."""
        rows = self._database.rows(
            "SELECT number, workflow, resource FROM executions WHERE state IN ('ACTIVE', 'QUEUED') ORDER BY number"
        )
        return [(number, workflow, json.loads(resource)) for number, workflow, resource in rows]

    def oldest_unfinished_s(self) -> float | None:
        """When the oldest execution that has not ended was created; None if there is none."""
        row = self._database.row(
            "SELECT json_extract(resource, '$.createTime') FROM executions"
            " WHERE state IN ('ACTIVE', 'QUEUED') ORDER BY number LIMIT 1"
        )
        return datetime.fromisoformat(row[0]).timestamp() if row else None

    def delete_history(self, name: str) -> None:
        self._database.run(
            "DELETE FROM histories WHERE execution = (SELECT number FROM executions WHERE name = ?)", name
        )

    def delete_all(self, workflow: str) -> None:
        """Delete all executions of that workflow, with everything stored for them."""
        self._delete("workflow = ?", workflow)

    def oldest_end_s(self) -> float | None:
        row = self._database.row("SELECT min(ended_s) FROM executions WHERE ended_s IS NOT NULL")
        return row[0] if row else None

    def forget(self, before_s: float, most: int) -> int:
        """Delete up to `most` executions that ended, and operations created, before that instant; returns how many."""
        operations = self._database.run(
            "DELETE FROM operations WHERE name IN"
            " (SELECT name FROM operations WHERE created_s < ? ORDER BY created_s LIMIT ?)",
            before_s,
            most,
        )
        ended = "SELECT number FROM executions WHERE ended_s < ? ORDER BY ended_s LIMIT ?"
        return operations.rowcount + self._delete(f"number IN ({ended})", before_s, most)

    def _delete(self, which: str, *values: Any) -> int:
        numbers = f"SELECT number FROM executions WHERE {which}"  # noqa: S608 -- our own words
        names = f"SELECT name FROM executions WHERE {which}"  # noqa: S608
        opened = f"SELECT name FROM callbacks WHERE execution IN ({names})"  # noqa: S608
        with self._database.transaction():
            self._database.run(f"DELETE FROM callback_requests WHERE callback IN ({opened})", *values)  # noqa: S608
            for table, executions in (("histories", numbers), ("journal", numbers), ("callbacks", names)):
                self._database.run(f"DELETE FROM {table} WHERE execution IN ({executions})", *values)  # noqa: S608
            return self._database.run(f"DELETE FROM executions WHERE {which}", *values).rowcount  # noqa: S608
