"""The methods of Workflows v1: JSON in, JSON out, whatever carries it.  Called by rest.py."""

import re
import uuid
from collections.abc import Mapping
from typing import Any

from local.api_error import ApiError
from local.executions.deployment import check_workflow_id, settings_of
from local.executions.instant import instant
from local.executions.pages import Query
from local.executions.registry import WORKFLOW_FIELDS, Revision
from local.executions.service import ExecutionService

_TYPE = "type.googleapis.com/google.cloud.workflows.v1."


class WorkflowsApi:
    """Names are full resource names; asked are a call's query parameters.  All methods raise ApiError."""

    def __init__(self, service: ExecutionService) -> None:
        self._service = service
        self._registry = service.registry

    def list_workflows(self, parent: str, asked: Mapping[str, str]) -> dict[str, Any]:
        page = self._registry.workflows(parent, Query.of(asked, WORKFLOW_FIELDS, 500, 1000))
        page.items[:] = [workflow_json(one) for one in page.items]
        return page.as_json("workflows")

    def create_workflow(self, parent: str, workflow_id: str, body: Mapping[str, Any]) -> dict[str, Any]:
        check_workflow_id(workflow_id)
        name = f"{parent}/workflows/{workflow_id}"
        if self._registry.newest(name):
            raise ApiError(409, f"workflow {name} already exists")
        return self._operation(self._service.deployments.deploy(name, settings_of(body)), "create")

    def get_workflow(self, name: str, revision_id: str | None) -> dict[str, Any]:
        if not revision_id:
            return workflow_json(self._newest(name))
        revision = self._registry.revision(name, revision_id)
        if revision is None:
            raise ApiError(404, f"revision {revision_id} of workflow {name} not found")
        return workflow_json(revision)

    def update_workflow(self, name: str, update_mask: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """update_mask: members of a Workflow, comma-separated, in either case; "" means those of the body."""
        shown = workflow_json(self._newest(name))
        fields = [_camel(path) for path in update_mask.split(",")] if update_mask else list(body)
        for path in fields:
            field = path.partition(".")[0]
            shown[field] = body.get(field)
        return self._operation(self._service.deployments.deploy(name, settings_of(shown)), "update")

    def delete_workflow(self, name: str) -> dict[str, Any]:
        revision = self._newest(name)
        self._service.delete_workflow(name)
        return self._operation(revision, "delete")

    def list_revisions(self, name: str, asked: Mapping[str, str]) -> dict[str, Any]:
        self._newest(name)
        page = self._registry.revisions(name, Query.of(asked, {}, 20, 100))
        page.items[:] = [workflow_json(one) for one in page.items]
        return page.as_json("workflows")

    def get_operation(self, name: str) -> dict[str, Any]:
        operation = self._registry.operation(name)
        if operation is None:
            raise ApiError(404, f"operation {name} not found")
        return operation

    def _newest(self, name: str) -> Revision:
        revision = self._registry.newest(name)
        if revision is None:
            raise ApiError(404, f"workflow {name} not found")
        return revision

    def _operation(self, revision: Revision, verb: str) -> dict[str, Any]:
        """Deployment is done when it is answered; gcloud asks for the operation once all the same."""
        parent = revision.workflow.partition("/workflows/")[0]
        now = instant()
        is_gone = verb == "delete"
        operation: dict[str, Any] = {
            "name": f"{parent}/operations/operation-{uuid.uuid4()}",
            "done": True,
            "metadata": {
                "@type": _TYPE + "OperationMetadata",
                "createTime": now,
                "endTime": now,
                "target": revision.workflow,
                "verb": verb,
                "apiVersion": "v1",
            },
            "response": {"@type": "type.googleapis.com/google.protobuf.Empty"}
            if is_gone
            else {"@type": _TYPE + "Workflow", **workflow_json(revision)},
        }
        self._registry.put_operation(operation)
        return operation


def workflow_json(revision: Revision) -> dict[str, Any]:
    """The Workflow resource; what is empty is left out."""
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
        "executionHistoryLevel": settings.history_level,
    }
    return {name: value for name, value in shown.items() if value}


def _camel(path: str) -> str:
    return re.sub(r"_([a-z])", lambda letter: letter[1].upper(), path)
