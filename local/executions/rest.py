"""The REST faces of Workflows and Workflow Executions (v1), as gcloud and the client libraries call them."""

import base64
import re
import uuid
from typing import Any

from aiohttp import web

from local.api_error import ApiError, read_json
from local.executions.service import ExecutionService, instant
from local.executions.store import ExecutionStore, Revision

_PARENT = r"/v1/{parent:projects/[^/]+/locations/[^/]+}"
_WORKFLOW = _PARENT + r"/workflows/{workflow:[^/:]+}"
_EXECUTION = _WORKFLOW + r"/executions/{execution:[^/:]+}"
_NAME = re.compile(r"[a-zA-Z]([-_a-zA-Z0-9]{0,62}[a-zA-Z0-9])?")
_BASIC = ("name", "startTime", "endTime", "duration", "state", "workflowRevisionId")
_TYPE = "type.googleapis.com/google.cloud.workflows.v1."


def routes(service: ExecutionService, store: ExecutionStore) -> list[web.AbstractRouteDef]:
    face = _Face(service, store)
    return [
        web.get(_PARENT + "/workflows", face.list_workflows),
        web.post(_PARENT + "/workflows", face.create_workflow),
        web.get(_WORKFLOW, face.get_workflow),
        web.patch(_WORKFLOW, face.update_workflow),
        web.delete(_WORKFLOW, face.delete_workflow),
        web.get(_WORKFLOW + ":listRevisions", face.list_revisions),
        web.get(_PARENT + "/operations/{operation}", face.get_operation),
        web.get(_WORKFLOW + "/executions", face.list_executions),
        web.post(_WORKFLOW + "/executions", face.create_execution),
        web.get(_EXECUTION, face.get_execution),
        web.post(_EXECUTION + ":cancel", face.cancel_execution),
        web.get(_EXECUTION + "/stepEntries", face.list_step_entries),
        web.get(_EXECUTION + "/stepEntries/{entry:[0-9]+}", face.get_step_entry),
    ]


class _Face:
    def __init__(self, service: ExecutionService, store: ExecutionStore) -> None:
        self._service = service
        self._store = store
        self._operations: dict[str, dict[str, Any]] = {}

    async def list_workflows(self, request: web.Request) -> web.Response:
        workflows = [_workflow_json(revision) for revision in self._store.workflows(request.match_info["parent"])]
        return web.json_response({"workflows": workflows} if workflows else {})

    async def create_workflow(self, request: web.Request) -> web.Response:
        workflow_id = request.query.get("workflowId", "")
        if not _NAME.fullmatch(workflow_id):
            raise ApiError(
                400, f"The workflow ID '{workflow_id}' must match ^[a-zA-Z]([-_a-zA-Z0-9]{{0,62}}[a-zA-Z0-9])?$"
            )
        name = f"{request.match_info['parent']}/workflows/{workflow_id}"
        if self._store.revision(name):
            raise ApiError(409, f"workflow {name} already exists")
        body = await read_json(request)
        return self._operation(self._deploy(name, body), "create")

    async def get_workflow(self, request: web.Request) -> web.Response:
        name = _workflow_name(request)
        revision = self._store.revision(name, request.query.get("revisionId"))
        if revision is None:
            raise ApiError(404, f"workflow {name} not found")
        return web.json_response(_workflow_json(revision))

    async def update_workflow(self, request: web.Request) -> web.Response:
        present = self._workflow(request)
        body = await read_json(request)
        shown = _workflow_json(present)
        mask = request.query.get("updateMask")
        fields = (
            [re.sub(r"_([a-z])", lambda letter: letter[1].upper(), path) for path in mask.split(",")]
            if mask
            else [*body]
        )
        for path in fields:
            field = path.partition(".")[0]
            shown[field] = body.get(field)
        return self._operation(self._deploy(present.workflow, shown), "update")

    async def delete_workflow(self, request: web.Request) -> web.Response:
        revision = self._workflow(request)
        self._store.delete_workflow(revision.workflow)
        return self._operation(revision, "delete")

    async def list_revisions(self, request: web.Request) -> web.Response:
        revisions = self._store.revisions(self._workflow(request).workflow)
        return web.json_response({"workflows": [_workflow_json(revision) for revision in revisions]})

    async def get_operation(self, request: web.Request) -> web.Response:
        name = f"{request.match_info['parent']}/operations/{request.match_info['operation']}"
        if name not in self._operations:
            raise ApiError(404, f"operation {name} not found")
        return web.json_response(self._operations[name])

    async def list_executions(self, request: web.Request) -> web.Response:
        workflow = self._workflow(request).workflow
        full = request.query.get("view") in ("FULL", "2")
        token = request.query.get("pageToken")
        try:
            size = min(int(request.query.get("pageSize") or 100), 100 if full else 1000)
            before = int(base64.urlsafe_b64decode(token)) if token else None
        except ValueError:
            raise ApiError(400, "The page size or the page token is not valid.") from None
        rows = self._store.page(workflow, before, size + 1)
        page: dict[str, Any] = {"executions": [_execution_json(one, full) for _, one in rows[:size]]}
        if len(rows) > size:
            page["nextPageToken"] = base64.urlsafe_b64encode(str(rows[size - 1][0]).encode()).decode()
        return web.json_response(page if rows else {})

    async def create_execution(self, request: web.Request) -> web.Response:
        body = await read_json(request)
        kept = ("labels", "callLogLevel", "executionHistoryLevel", "disableConcurrencyQuotaOverflowBuffering")
        settings = {name: body[name] for name in kept if body.get(name)}
        argument = body.get("argument")
        if argument is not None and not isinstance(argument, str):
            raise ApiError(400, "Invalid value at 'execution.argument' (TYPE_STRING)")
        return web.json_response(self._service.create(_workflow_name(request), argument, **settings))

    async def get_execution(self, request: web.Request) -> web.Response:
        name = _execution_name(request)
        execution = self._store.get(name)
        if execution is None:
            raise ApiError(404, f"execution {name} not found")
        return web.json_response(_execution_json(execution, request.query.get("view") not in ("BASIC", "1")))

    async def cancel_execution(self, request: web.Request) -> web.Response:
        return web.json_response(self._service.cancel(_execution_name(request)))

    async def list_step_entries(self, request: web.Request) -> web.Response:
        entries = self._history(request)
        try:
            size = min(int(request.query.get("pageSize") or 1000), 1000)
            start = int(request.query.get("pageToken") or request.query.get("skip") or 0)
        except ValueError:
            raise ApiError(400, "The page size or the page token is not valid.") from None
        page: dict[str, Any] = {"stepEntries": entries[start : start + size], "totalSize": len(entries)}
        if start + size < len(entries):
            page["nextPageToken"] = str(start + size)
        return web.json_response(page)

    async def get_step_entry(self, request: web.Request) -> web.Response:
        number = request.match_info["entry"]
        entry = next((one for one in self._history(request) if one["entryId"] == number), None)
        if entry is None:
            raise ApiError(404, f"step entry {number} not found")
        return web.json_response(entry)

    def _history(self, request: web.Request) -> list[dict[str, Any]]:
        name = _execution_name(request)
        if self._store.get(name) is None:
            raise ApiError(404, f"execution {name} not found")
        return self._service.history(name)

    def _workflow(self, request: web.Request) -> Revision:
        name = _workflow_name(request)
        revision = self._store.revision(name)
        if revision is None:
            raise ApiError(404, f"workflow {name} not found")
        return revision

    def _deploy(self, name: str, body: dict[str, Any]) -> Revision:
        account = str(body.get("serviceAccount") or "").rpartition("/")[2] or None
        return self._service.deploy(
            name,
            str(body.get("sourceContents") or ""),
            account,
            body.get("userEnvVars") or {},
            description=body.get("description") or "",
            labels=body.get("labels") or {},
            call_log_level=body.get("callLogLevel") or "CALL_LOG_LEVEL_UNSPECIFIED",
            history_level=body.get("executionHistoryLevel") or "EXECUTION_HISTORY_LEVEL_UNSPECIFIED",
        )

    def _operation(self, revision: Revision, verb: str) -> web.Response:
        """Deployment is done when it is answered; gcloud asks for the operation once all the same."""
        parent = revision.workflow.partition("/workflows/")[0]
        now = instant()
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
            "response": (
                {"@type": "type.googleapis.com/google.protobuf.Empty"}
                if verb == "delete"
                else {"@type": _TYPE + "Workflow", **_workflow_json(revision)}
            ),
        }
        self._operations[operation["name"]] = operation
        return web.json_response(operation)


def _workflow_name(request: web.Request) -> str:
    return f"{request.match_info['parent']}/workflows/{request.match_info['workflow']}"


def _execution_name(request: web.Request) -> str:
    return f"{_workflow_name(request)}/executions/{request.match_info['execution']}"


def _workflow_json(revision: Revision) -> dict[str, Any]:
    project = revision.workflow.split("/")[1]
    account = revision.service_account
    shown = {
        "name": revision.workflow,
        "description": revision.description,
        "state": "ACTIVE",
        "revisionId": revision.revision_id,
        "createTime": revision.create_time,
        "updateTime": revision.update_time,
        "revisionCreateTime": revision.revision_create_time,
        "labels": revision.labels,
        "serviceAccount": f"projects/{project}/serviceAccounts/{account}" if account else None,
        "sourceContents": revision.source,
        "callLogLevel": revision.call_log_level,
        "userEnvVars": revision.env,
        "executionHistoryLevel": revision.history_level,
    }
    return {name: value for name, value in shown.items() if value}


def _execution_json(execution: dict[str, Any], full: bool) -> dict[str, Any]:
    return execution if full else {name: execution[name] for name in _BASIC if name in execution}
