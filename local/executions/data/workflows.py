"""The store of workflows, their revisions and the operations that deployed them.  Used by deployment and service."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from local.executions.data.database import Database
from local.executions.data.filters import Field
from local.executions.data.pages import Page, Query
from local.googleapi.levels import HISTORY_LEVELS

CALL_LOG_LEVELS = ("CALL_LOG_LEVEL_UNSPECIFIED", "LOG_ALL_CALLS", "LOG_ERRORS_ONLY", "LOG_NONE")


@dataclass(frozen=True, slots=True)
class Settings:
    """The settings of a deployment.  service_account is an e-mail address, None for the project's default account.

    crypto_key_name is only stored and shown: nothing is encrypted here.
    """

    source: str
    service_account: str | None = None
    env: Mapping[str, str] = field(default_factory=dict)
    description: str = ""
    labels: Mapping[str, str] = field(default_factory=dict)
    call_log_level: str = CALL_LOG_LEVELS[0]
    history_level: str = HISTORY_LEVELS[0]
    crypto_key_name: str = ""


@dataclass(frozen=True, slots=True)
class Revision:
    """One deployed text of a workflow.  workflow is its full name; times are RFC 3339; number counts from 1."""

    workflow: str
    number: int
    revision_id: str
    settings: Settings
    create_time: str
    update_time: str
    revision_create_time: str


WORKFLOW_FIELDS: Mapping[str, Field] = {
    "name": Field("json_extract(resource, '$.workflow')", "text"),
    "description": Field("json_extract(resource, '$.settings.description')", "text"),
    "state": Field("'ACTIVE'", "enum", ("ACTIVE", "UNAVAILABLE")),
    "revisionId": Field("json_extract(resource, '$.revision_id')", "text"),
    "createTime": Field("json_extract(resource, '$.create_time')", "time"),
    "updateTime": Field("json_extract(resource, '$.update_time')", "time"),
    "revisionCreateTime": Field("json_extract(resource, '$.revision_create_time')", "time"),
    "serviceAccount": Field("json_extract(resource, '$.settings.service_account')", "text"),
    "callLogLevel": Field("json_extract(resource, '$.settings.call_log_level')", "enum", CALL_LOG_LEVELS),
    "executionHistoryLevel": Field("json_extract(resource, '$.settings.history_level')", "enum", HISTORY_LEVELS),
    "labels": Field("json_extract(resource, '$.settings.labels')", "labels"),
}


class WorkflowRegistry:
    """Revisions and operations.  A revision that was read stays in memory: thousands of executions may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._read: dict[tuple[str, str], Revision] = {}  # by workflow and revision id

    def put(self, revision: Revision) -> None:
        kept = {name: getattr(revision, name) for name in Revision.__slots__}
        kept["settings"] = {name: getattr(revision.settings, name) for name in Settings.__slots__}
        row = (revision.workflow, revision.revision_id, revision.number, json.dumps(kept))
        self._database.run("INSERT OR REPLACE INTO revisions VALUES (?, ?, ?, ?)", *row)
        self._read.pop((revision.workflow, revision.revision_id), None)

    def newest(self, workflow: str) -> Revision | None:
        row = self._database.row(
            "SELECT revision_id FROM revisions WHERE workflow = ? ORDER BY number DESC LIMIT 1", workflow
        )
        return self._shared(workflow, row[0]) if row else None

    def revision(self, workflow: str, revision_id: str) -> Revision | None:
        return self._shared(workflow, revision_id)

    def _shared(self, workflow: str, revision_id: str) -> Revision | None:
        found = self._read.get((workflow, revision_id))
        if found is not None:
            return found
        row = self._database.row(
            "SELECT resource FROM revisions WHERE workflow = ? AND revision_id = ?", workflow, revision_id
        )
        if row is None:
            return None
        return self._read.setdefault((workflow, revision_id), _revision(json.loads(row[0])))

    def revisions(self, workflow: str, query: Query) -> Page:
        """Revisions, the newest first."""
        source = "SELECT number AS position, resource FROM revisions WHERE workflow = ?"
        page = query.page(self._database, source, workflow)
        return Page([_revision(one) for one in page.items], page.next_token)

    def workflows(self, parent: str, query: Query) -> Page:
        """The newest Revision of each workflow of a location, in the order of their names."""
        source = (
            "SELECT row_number() OVER (ORDER BY workflow) AS position, resource FROM (SELECT workflow, resource,"
            " max(number) FROM revisions WHERE workflow >= ? AND workflow < ? GROUP BY workflow)"
        )
        names = f"{parent}/workflows/"
        page = query.page(self._database, source, names, names + "\U0010ffff", newest_first=False)
        return Page([_revision(one) for one in page.items], page.next_token)

    def sources(self, workflow: str) -> set[str]:
        """The sources of all its revisions."""
        rows = self._database.rows("SELECT resource FROM revisions WHERE workflow = ?", workflow)
        return {json.loads(row[0])["settings"]["source"] for row in rows}

    def delete(self, workflow: str) -> None:
        self._database.run("DELETE FROM revisions WHERE workflow = ?", workflow)
        self._read = {key: revision for key, revision in self._read.items() if key[0] != workflow}

    def put_operation(self, operation: Mapping[str, Any]) -> None:
        created_s = datetime.fromisoformat(operation["metadata"]["createTime"]).timestamp()
        row = (operation["name"], json.dumps(operation), created_s)
        self._database.run("INSERT INTO operations VALUES (?, ?, ?)", *row)

    def operations(self, parent: str, query: Query) -> Page:
        """The operations of a location, the newest first."""
        source = (
            "SELECT row_number() OVER (ORDER BY json_extract(resource, '$.metadata.createTime'), name) AS position,"
            " resource FROM operations WHERE name >= ? AND name < ?"
        )
        names = f"{parent}/operations/"
        return query.page(self._database, source, names, names + "\U0010ffff")

    def delete_operation(self, name: str) -> None:
        self._database.run("DELETE FROM operations WHERE name = ?", name)

    def operation(self, name: str) -> dict[str, Any] | None:
        row = self._database.row("SELECT resource FROM operations WHERE name = ?", name)
        return json.loads(row[0]) if row else None


def _revision(kept: dict[str, Any]) -> Revision:
    return Revision(**{**kept, "settings": Settings(**kept["settings"])})
