"""The REST faces of Workflows and Workflow Executions (v1), as gcloud and the client libraries call them."""

from aiohttp import web

from local.api_error import read_json
from local.executions.callbacks import Callbacks
from local.executions.executions_api import ExecutionsApi
from local.executions.workflows_api import WorkflowsApi

_PARENT = r"/v1/{parent:projects/[^/]+/locations/[^/]+}"
_WORKFLOW = r"/v1/{workflow:projects/[^/]+/locations/[^/]+/workflows/[^/:]+}"
_EXECUTION = r"/v1/{execution:projects/[^/]+/locations/[^/]+/workflows/[^/]+/executions/[^/:]+}"


def routes(workflows: WorkflowsApi, executions: ExecutionsApi, callbacks: Callbacks) -> list[web.AbstractRouteDef]:
    face = _Face(workflows, executions)
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
        web.post(_EXECUTION + ":deleteExecutionHistory", face.delete_history),
        web.get(_EXECUTION + "/stepEntries", face.list_step_entries),
        web.get(_EXECUTION + "/stepEntries/{entry:[0-9]+}", face.get_step_entry),
        *callbacks.routes(),
    ]


class _Face:
    def __init__(self, workflows: WorkflowsApi, executions: ExecutionsApi) -> None:
        self._workflows = workflows
        self._executions = executions

    async def list_workflows(self, request: web.Request) -> web.Response:
        return web.json_response(self._workflows.list_workflows(request.match_info["parent"], request.query))

    async def create_workflow(self, request: web.Request) -> web.Response:
        workflow_id, body = request.query.get("workflowId", ""), await read_json(request)
        return web.json_response(self._workflows.create_workflow(request.match_info["parent"], workflow_id, body))

    async def get_workflow(self, request: web.Request) -> web.Response:
        revision_id = request.query.get("revisionId")
        return web.json_response(self._workflows.get_workflow(request.match_info["workflow"], revision_id))

    async def update_workflow(self, request: web.Request) -> web.Response:
        mask, body = request.query.get("updateMask", ""), await read_json(request)
        return web.json_response(self._workflows.update_workflow(request.match_info["workflow"], mask, body))

    async def delete_workflow(self, request: web.Request) -> web.Response:
        return web.json_response(self._workflows.delete_workflow(request.match_info["workflow"]))

    async def list_revisions(self, request: web.Request) -> web.Response:
        return web.json_response(self._workflows.list_revisions(request.match_info["workflow"], request.query))

    async def get_operation(self, request: web.Request) -> web.Response:
        name = f"{request.match_info['parent']}/operations/{request.match_info['operation']}"
        return web.json_response(self._workflows.get_operation(name))

    async def list_executions(self, request: web.Request) -> web.Response:
        return web.json_response(self._executions.list_executions(request.match_info["workflow"], request.query))

    async def create_execution(self, request: web.Request) -> web.Response:
        return web.json_response(self._executions.create(request.match_info["workflow"], await read_json(request)))

    async def get_execution(self, request: web.Request) -> web.Response:
        return web.json_response(self._executions.get(request.match_info["execution"], request.query.get("view")))

    async def cancel_execution(self, request: web.Request) -> web.Response:
        return web.json_response(self._executions.cancel(request.match_info["execution"]))

    async def delete_history(self, request: web.Request) -> web.Response:
        return web.json_response(self._executions.delete_history(request.match_info["execution"]))

    async def list_step_entries(self, request: web.Request) -> web.Response:
        return web.json_response(self._executions.list_step_entries(request.match_info["execution"], request.query))

    async def get_step_entry(self, request: web.Request) -> web.Response:
        name, number = request.match_info["execution"], request.match_info["entry"]
        return web.json_response(self._executions.get_step_entry(name, number))
