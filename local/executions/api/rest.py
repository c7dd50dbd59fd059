"""The REST faces of Workflows and Workflow Executions (v1), as gcloud and the client libraries call them."""

from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from local.executions.api.executions_api import ExecutionsApi
from local.executions.api.workflows_api import WorkflowsApi
from local.executions.engine.callbacks import Callbacks
from local.googleapi.binding import RequestFields, read_request
from local.googleapi.methods import EXECUTIONS, OPERATIONS, WORKFLOWS

_PARENT = r"/v1/{name:projects/[^/]+/locations/[^/]+}"
_WORKFLOW = r"/v1/{name:projects/[^/]+/locations/[^/]+/workflows/[^/:]+}"
_EXECUTION = r"/v1/{name:projects/[^/]+/locations/[^/]+/workflows/[^/]+/executions/[^/:]+}"
_OPERATION = r"/v1/{name:projects/[^/]+/locations/[^/]+/operations/[^/:]+}"


def routes(workflows: WorkflowsApi, executions: ExecutionsApi, callbacks: Callbacks) -> list[web.AbstractRouteDef]:
    w, e, o = WORKFLOWS, EXECUTIONS, OPERATIONS
    return [
        _route(w, "ListWorkflows", "GET", _PARENT + "/workflows", workflows.list_workflows),
        _route(w, "CreateWorkflow", "POST", _PARENT + "/workflows", workflows.create_workflow),
        _route(w, "GetWorkflow", "GET", _WORKFLOW, workflows.get_workflow),
        _route(w, "UpdateWorkflow", "PATCH", _WORKFLOW, workflows.update_workflow),
        _route(w, "DeleteWorkflow", "DELETE", _WORKFLOW, workflows.delete_workflow),
        _route(w, "ListWorkflowRevisions", "GET", _WORKFLOW + ":listRevisions", workflows.list_revisions),
        _route(o, "ListOperations", "GET", _PARENT + "/operations", workflows.list_operations),
        _route(o, "GetOperation", "GET", _OPERATION, workflows.get_operation),
        _route(o, "DeleteOperation", "DELETE", _OPERATION, workflows.delete_operation),
        _route(e, "ListExecutions", "GET", _WORKFLOW + "/executions", executions.list_executions),
        _route(e, "CreateExecution", "POST", _WORKFLOW + "/executions", executions.create),
        _route(e, "GetExecution", "GET", _EXECUTION, executions.get),
        _route(e, "CancelExecution", "POST", _EXECUTION + ":cancel", executions.cancel),
        _route(e, "DeleteExecutionHistory", "POST", _EXECUTION + ":deleteExecutionHistory", executions.delete_history),
        _route(e, "ListStepEntries", "GET", _EXECUTION + "/stepEntries", executions.list_step_entries),
        _route(e, "GetStepEntry", "GET", _EXECUTION + "/stepEntries/{entry:[0-9]+}", executions.get_step_entry),
        *callbacks.routes(),
    ]


def _route(
    service: str, method: str, verb: str, path: str, answer: Callable[..., dict[str, Any] | Awaitable[dict[str, Any]]]
) -> web.AbstractRouteDef:
    """A route; answer takes the names in the path, and the other fields of the request."""

    async def handler(request: web.Request, asked: RequestFields) -> web.Response:
        answered = answer(*request.match_info.values(), asked)
        return web.json_response(answered if isinstance(answered, dict) else await answered)

    return web.route(verb, path, read_request(service, method, handler))
