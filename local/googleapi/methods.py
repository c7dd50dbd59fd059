"""The methods of Cloud Tasks, Workflows and Workflow Executions: the request message and the HTTP call of each.

The REST APIs read their requests with this table, and the gRPC gateway maps gRPC calls to HTTP calls with it.
Source: the google.api.http annotations of those APIs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from google.protobuf.descriptor import Descriptor
from google.protobuf.message import Message


@dataclass(frozen=True, slots=True)
class Method:
    """One method.  path has {field} or {field.inner}; body is the field sent as the body, * for all not in the path.

    fields: those of the REST request.  request, response: the gRPC messages, None where gRPC has no such method.
    """

    fields: Descriptor
    request: type[Message] | None
    response: type[Message] | None
    verb: str
    path: str
    body: str | None = None


# One row a method: its name, its answer, its HTTP verb and path, and the field that is its body.
_Row = tuple[str, str, str, str] | tuple[str, str, str, str, str]
TASKS, TASKS_BETA = "google.cloud.tasks.v2.CloudTasks", "google.cloud.tasks.v2beta3.CloudTasks"
WORKFLOWS = "google.cloud.workflows.v1.Workflows"
EXECUTIONS = "google.cloud.workflows.executions.v1.Executions"
OPERATIONS = "google.longrunning.Operations"

_TASKS_ROWS: tuple[_Row, ...] = (
    ("ListQueues", "ListQueuesResponse", "GET", "{parent}/queues"),
    ("GetQueue", "Queue", "GET", "{name}"),
    ("CreateQueue", "Queue", "POST", "{parent}/queues", "queue"),
    ("UpdateQueue", "Queue", "PATCH", "{queue.name}", "queue"),
    ("DeleteQueue", "Empty", "DELETE", "{name}"),
    ("PurgeQueue", "Queue", "POST", "{name}:purge", "*"),
    ("PauseQueue", "Queue", "POST", "{name}:pause", "*"),
    ("ResumeQueue", "Queue", "POST", "{name}:resume", "*"),
    ("ListTasks", "ListTasksResponse", "GET", "{parent}/tasks"),
    ("GetTask", "Task", "GET", "{name}"),
    ("CreateTask", "Task", "POST", "{parent}/tasks", "*"),
    ("DeleteTask", "Empty", "DELETE", "{name}"),
    ("RunTask", "Task", "POST", "{name}:run", "*"),
)
_ROWS: Mapping[str, tuple[_Row, ...]] = {
    TASKS: _TASKS_ROWS,
    TASKS_BETA: _TASKS_ROWS,
    WORKFLOWS: (
        ("ListWorkflows", "ListWorkflowsResponse", "GET", "{parent}/workflows"),
        ("GetWorkflow", "Workflow", "GET", "{name}"),
        ("CreateWorkflow", "Operation", "POST", "{parent}/workflows", "workflow"),
        ("UpdateWorkflow", "Operation", "PATCH", "{workflow.name}", "workflow"),
        ("DeleteWorkflow", "Operation", "DELETE", "{name}"),
        ("ListWorkflowRevisions", "ListWorkflowRevisionsResponse", "GET", "{name}:listRevisions"),
    ),
    EXECUTIONS: (
        ("ListExecutions", "ListExecutionsResponse", "GET", "{parent}/executions"),
        ("CreateExecution", "Execution", "POST", "{parent}/executions", "execution"),
        ("GetExecution", "Execution", "GET", "{name}"),
        ("CancelExecution", "Execution", "POST", "{name}:cancel", "*"),
        ("DeleteExecutionHistory", "Empty", "POST", "{name}:deleteExecutionHistory", "*"),
        ("ListCallbacks", "ListCallbacksResponse", "GET", "{parent}/callbacks"),
        ("ListStepEntries", "ListStepEntriesResponse", "GET", "{parent}/stepEntries"),
        ("GetStepEntry", "StepEntry", "GET", "{name}"),
    ),
    OPERATIONS: (
        ("ListOperations", "ListOperationsResponse", "GET", "{name}/operations"),
        ("GetOperation", "Operation", "GET", "{name}"),
        ("DeleteOperation", "Empty", "DELETE", "{name}"),
    ),
}


@cache
def methods() -> Mapping[str, Method]:
    """The methods by their gRPC names, /service/Method."""
    # Here, as the client libraries take a third of a second to load, and `mando run` asks for no method.
    from local.googleapi.messages import fields_of, message_of

    found = {}
    for service, rows in _ROWS.items():
        version = service.split(".")[-2] if "tasks" in service else "v1"
        for name, answer, verb, path, *body in rows:
            request = f"{name}Request"
            found[f"/{service}/{name}"] = Method(
                fields_of(service, request),
                message_of(service, request),
                message_of(OPERATIONS if answer == "Operation" else service, answer),
                verb,
                f"/{version}/{path}",
                *body,
            )
    return found
