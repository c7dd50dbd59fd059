"""The methods of Workflows v1: JSON in, JSON out, without HTTP.  Called by rest.py."""

import uuid
from collections.abc import Mapping, Sequence
from typing import Any

from local.executions.data.instant import instant
from local.executions.data.pages import Query
from local.executions.data.workflows import WORKFLOW_FIELDS, Revision, Settings
from local.executions.engine.deployment import SourceError, check_workflow_id, settings_of
from local.executions.engine.service import ExecutionService
from local.googleapi.binding import RequestFields
from local.http.api_error import ApiError

_TYPE = "type.googleapis.com/google.cloud.workflows.v1."
_INVALID_ARGUMENT = 3  # google.rpc.Code


class WorkflowsApi:
    """Names are full resource names; asked holds the other fields of the request, as googleapi/ reads them.

    All methods raise ApiError.
    """

    def __init__(self, service: ExecutionService) -> None:
        self._service = service
        self._registry = service.registry

    def list_workflows(self, parent: str, asked: RequestFields) -> dict[str, Any]:
        page = self._registry.workflows(parent, Query.of(asked, WORKFLOW_FIELDS, 500, 1000))
        page.items[:] = [workflow_json(one) for one in page.items]
        return page.as_json("workflows")

    async def create_workflow(self, parent: str, asked: RequestFields) -> dict[str, Any]:
        workflow_id = asked.get("workflowId", "")
        check_workflow_id(workflow_id)
        name, settings = f"{parent}/workflows/{workflow_id}", settings_of(asked["workflow"])
        await self._service.deployments.prepare(settings.source)
        if self._registry.newest(name):
            raise ApiError(409, f"workflow {name} already exists")
        return self._deployed(name, settings, "create")

    def get_workflow(self, name: str, asked: RequestFields) -> dict[str, Any]:
        revision_id = asked.get("revisionId")
        if not revision_id:
            return workflow_json(self._newest(name))
        revision = self._registry.revision(name, revision_id)
        if revision is None:
            raise ApiError(404, f"revision {revision_id} of workflow {name} not found")
        return workflow_json(revision)

    async def update_workflow(self, name: str, asked: RequestFields) -> dict[str, Any]:
        """Without an updateMask the body replaces all.  Source: Workflows v1, UpdateWorkflowRequest."""
        given, mask = asked["workflow"], asked["updateMask"]
        present = workflow_json(self._newest(name))
        wanted = given if mask is None else _merged(present, given, mask)
        settings = settings_of(wanted)
        await self._service.deployments.prepare(settings.source)
        return self._deployed(name, settings, "update")

    def delete_workflow(self, name: str, asked: RequestFields) -> dict[str, Any]:
        self._newest(name)
        self._service.delete_workflow(name)
        return self._operation(name, "delete", {"response": {"@type": "type.googleapis.com/google.protobuf.Empty"}})

    def list_revisions(self, name: str, asked: RequestFields) -> dict[str, Any]:
        self._newest(name)
        page = self._registry.revisions(name, Query.of(asked, {}, 20, 100))
        page.items[:] = [workflow_json(one) for one in page.items]
        return page.as_json("workflows")

    def list_operations(self, parent: str, asked: RequestFields) -> dict[str, Any]:
        return self._registry.operations(parent, Query.of(asked, {}, 100, 1000)).as_json("operations")

    def delete_operation(self, name: str, asked: RequestFields) -> dict[str, Any]:
        self.get_operation(name, asked)
        self._registry.delete_operation(name)
        return {}

    def get_operation(self, name: str, asked: RequestFields) -> dict[str, Any]:
        operation = self._registry.operation(name)
        if operation is None:
            raise ApiError(404, f"operation {name} not found")
        return operation

    def _newest(self, name: str) -> Revision:
        revision = self._registry.newest(name)
        if revision is None:
            raise ApiError(404, f"workflow {name} not found")
        return revision

    def _deployed(self, name: str, settings: Settings, verb: str) -> dict[str, Any]:
        """A broken source ends the operation, not the call.  Source: recorded; gcloud prints [INVALID_ARGUMENT]."""
        try:
            revision = self._service.deployments.deploy(name, settings)
        except SourceError as error:
            return self._operation(name, verb, {"error": {"code": _INVALID_ARGUMENT, "message": str(error)}})
        return self._operation(name, verb, {"response": {"@type": _TYPE + "Workflow", **workflow_json(revision)}})

    def _operation(self, workflow: str, verb: str, outcome: dict[str, Any]) -> dict[str, Any]:
        """Store an operation that is already done; gcloud still polls it once."""
        parent = workflow.partition("/workflows/")[0]
        now = instant()
        operation: dict[str, Any] = {
            "name": f"{parent}/operations/operation-{uuid.uuid4()}",
            "done": True,
            "metadata": {
                "@type": _TYPE + "OperationMetadata",
                "createTime": now,
                "endTime": now,
                "target": workflow,
                "verb": verb,
                "apiVersion": "v1",
            },
            **outcome,
        }
        self._registry.put_operation(operation)
        return operation


def workflow_json(revision: Revision) -> dict[str, Any]:
    """The Workflow resource without empty fields."""
    settings = revision.settings
    project = revision.workflow.split("/")[1]
    account = settings.service_account
    shown = {
        "name": revision.workflow,
        "description": settings.description,
        "state": "ACTIVE",
        "revisionId": revision.revision_id,
        "createTime": revision.create_time,
        "updateTime": revision.update_time,
        "revisionCreateTime": revision.revision_create_time,
        "labels": settings.labels,
        "serviceAccount": f"projects/{project}/serviceAccounts/{account}" if account else None,
        "sourceContents": settings.source,
        "callLogLevel": settings.call_log_level,
        "userEnvVars": settings.env,
        "cryptoKeyName": settings.crypto_key_name,
        "executionHistoryLevel": settings.history_level,
    }
    return {name: value for name, value in shown.items() if value}


def _merged(present: Mapping[str, Any], given: Mapping[str, Any], mask: Sequence[str]) -> dict[str, Any]:
    """present, with the fields of the mask from given; a mask may also name a single label or variable."""
    merged = dict(present)
    for path in mask:
        field, _, key = path.partition(".")
        if key:
            kept = {name: value for name, value in merged.get(field, {}).items() if name != key.strip("`")}
            merged[field] = kept | {n: v for n, v in given.get(field, {}).items() if n == key.strip("`")}
        else:
            merged[field] = given.get(field)
    return {name: value for name, value in merged.items() if value is not None}
