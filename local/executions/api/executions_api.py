"""The methods of Workflow Executions v1: JSON in, JSON out, without HTTP.  Called by rest.py."""

import json
from collections.abc import Mapping
from typing import Any

from local.executions.data.database import Database
from local.executions.data.executions import EXECUTION_FIELDS
from local.executions.data.filters import Field
from local.executions.data.pages import Page, Query
from local.executions.data.workflows import CALL_LOG_LEVELS
from local.executions.engine.deployment import labels_of
from local.executions.engine.service import ExecutionService
from local.googleapi.binding import RequestFields
from local.googleapi.levels import HISTORY_LEVELS
from local.http.api_error import ApiError

_BASIC = ("name", "startTime", "endTime", "duration", "state", "workflowRevisionId")
_MAX_BASIC, _MAX_FULL, _DEFAULT_SIZE, _ENTRIES = 1000, 100, 100, 1000
# Source: Workflow Executions v1, executions.stepEntries.list, filter.
_ENTRY_FIELDS: Mapping[str, Field] = {
    "entryId": Field("CAST(json_extract(resource, '$.entryId') AS INTEGER)", "integer"),
    "createTime": Field("json_extract(resource, '$.createTime')", "time"),
    "updateTime": Field("json_extract(resource, '$.updateTime')", "time"),
    "routine": Field("json_extract(resource, '$.routine')", "text"),
    "step": Field("json_extract(resource, '$.step')", "text"),
    "stepType": Field("json_extract(resource, '$.stepType')", "text"),
    "parent": Field("CAST(json_extract(resource, '$.navigationInfo.parent') AS INTEGER)", "integer"),
    "state": Field("substr(json_extract(resource, '$.state'), 7)", "text"),
}


class ExecutionsApi:
    """Names are full resource names; asked holds the other fields of the request, as googleapi/ reads them.

    All methods raise ApiError.
    """

    def __init__(self, service: ExecutionService, database: Database) -> None:
        self._service = service
        self._database = database

    def create(self, workflow: str, asked: RequestFields) -> dict[str, Any]:
        given = asked["execution"]
        settings: dict[str, Any] = {"labels": labels_of(given)}
        for field, names in (("callLogLevel", CALL_LOG_LEVELS), ("executionHistoryLevel", HISTORY_LEVELS)):
            if given.get(field, names[0]) != names[0]:
                settings[field] = given[field]
        may_queue = not given.get("disableConcurrencyQuotaOverflowBuffering")
        if not may_queue:
            settings["disableConcurrencyQuotaOverflowBuffering"] = True
        return self._service.create(workflow, given.get("argument"), may_queue=may_queue, **settings)

    def get(self, name: str, asked: RequestFields) -> dict[str, Any]:
        execution = self._service.get(name)
        return execution if asked.get("view") != "BASIC" else _basic(execution)

    def list_executions(self, workflow: str, asked: RequestFields) -> dict[str, Any]:
        """Executions, the newest first unless orderBy is given."""
        if self._service.registry.newest(workflow) is None:
            raise ApiError(404, f"workflow {workflow} not found")
        is_full = asked.get("view") == "FULL"
        query = Query.of(asked, EXECUTION_FIELDS, _DEFAULT_SIZE, _MAX_FULL if is_full else _MAX_BASIC)
        page = self._service.store.page(workflow, query)
        return (page if is_full else Page([_basic(one) for one in page.items], page.next_token)).as_json("executions")

    async def cancel(self, name: str, asked: RequestFields) -> dict[str, Any]:
        return await self._service.cancel(name)

    def delete_history(self, name: str, asked: RequestFields) -> dict[str, Any]:
        """Raises ApiError: FAILED_PRECONDITION while it runs."""
        self._service.get(name)
        if self._service.is_running(name):
            raise ApiError(400, f"execution {name} is still active", "FAILED_PRECONDITION")
        self._service.store.delete_history(name)
        return {}

    def list_step_entries(self, name: str, asked: RequestFields) -> dict[str, Any]:
        self._service.get(name)
        entries = self._service.history(name)
        query = Query.of(asked, _ENTRY_FIELDS, _ENTRIES, _ENTRIES)
        source = "SELECT key AS position, value AS resource FROM json_each(?)"
        page = query.page(self._database, source, json.dumps(entries), newest_first=False)
        return {**page.as_json("stepEntries"), "totalSize": len(entries)}

    def get_step_entry(self, name: str, number: str, asked: RequestFields) -> dict[str, Any]:
        self._service.get(name)
        entry = next((one for one in self._service.history(name) if one["entryId"] == number), None)
        if entry is None:
            raise ApiError(404, f"step entry {number} not found")
        return entry


def _basic(execution: dict[str, Any]) -> dict[str, Any]:
    return {name: execution[name] for name in _BASIC if name in execution}
