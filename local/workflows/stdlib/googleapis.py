"""googleapis.*: connectors of Cloud Tasks, Cloud Storage and Workflow Executions, as HTTP calls.

A connector authenticates by itself, repeats GETs as http.default_retry does, and gives the answer's body.
Source: Workflows, "Connectors reference".
"""

import json
from collections.abc import Generator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from local.workflows.effects import Effect, Outcome, Sleep, Value
from local.workflows.errors import WorkflowError
from local.workflows.stdlib import Asking, Function, text_of, wrong_type
from local.workflows.stdlib.http import default_retry_predicate, request

_TASKS = "https://cloudtasks.googleapis.com/v2/"
_STORAGE = "https://storage.googleapis.com/storage/v1/"
_EXECUTIONS = "https://workflowexecutions.googleapis.com/v1/"
_MAX_RETRIES = 5


@dataclass(frozen=True, slots=True)
class _Method:
    """One method: {name} in the URL is a resource name, {name!} one segment of the path; query names the rest."""

    verb: str
    url: str
    required: tuple[str, ...]
    query: tuple[str, ...] = ()


_NAMED, _LISTED = ("name",), ("parent",)
_PAGE = ("pageSize", "pageToken", "filter", "orderBy", "view")
_OBJECTS = ("delimiter", "maxResults", "pageToken", "prefix", "projection")
_METHODS: Mapping[str, _Method] = {
    "cloudtasks.v2.projects.locations.queues.create": _Method("POST", _TASKS + "{parent}/queues", ("parent", "body")),
    "cloudtasks.v2.projects.locations.queues.delete": _Method("DELETE", _TASKS + "{name}", _NAMED),
    "cloudtasks.v2.projects.locations.queues.get": _Method("GET", _TASKS + "{name}", _NAMED),
    "cloudtasks.v2.projects.locations.queues.list": _Method("GET", _TASKS + "{parent}/queues", _LISTED, _PAGE),
    "cloudtasks.v2.projects.locations.queues.pause": _Method("POST", _TASKS + "{name}:pause", _NAMED),
    "cloudtasks.v2.projects.locations.queues.purge": _Method("POST", _TASKS + "{name}:purge", _NAMED),
    "cloudtasks.v2.projects.locations.queues.resume": _Method("POST", _TASKS + "{name}:resume", _NAMED),
    "cloudtasks.v2.projects.locations.queues.tasks.create": _Method(
        "POST", _TASKS + "{parent}/tasks", ("parent", "body")
    ),
    "cloudtasks.v2.projects.locations.queues.tasks.delete": _Method("DELETE", _TASKS + "{name}", _NAMED),
    "cloudtasks.v2.projects.locations.queues.tasks.get": _Method("GET", _TASKS + "{name}", _NAMED, ("responseView",)),
    "cloudtasks.v2.projects.locations.queues.tasks.list": _Method("GET", _TASKS + "{parent}/tasks", _LISTED, _PAGE),
    "cloudtasks.v2.projects.locations.queues.tasks.run": _Method("POST", _TASKS + "{name}:run", _NAMED),
    "storage.v1.buckets.get": _Method("GET", _STORAGE + "b/{bucket!}", ("bucket",)),
    "storage.v1.buckets.list": _Method("GET", _STORAGE + "b", ("project",), ("project", *_OBJECTS)),
    "storage.v1.objects.delete": _Method("DELETE", _STORAGE + "b/{bucket!}/o/{object!}", ("bucket", "object")),
    "storage.v1.objects.get": _Method("GET", _STORAGE + "b/{bucket!}/o/{object!}", ("bucket", "object"), ("alt",)),
    "storage.v1.objects.insert": _Method(
        "POST",
        "https://storage.googleapis.com/upload/storage/v1/b/{bucket!}/o",
        ("bucket", "name", "body"),
        ("name", "uploadType", "ifGenerationMatch"),
    ),
    "storage.v1.objects.list": _Method("GET", _STORAGE + "b/{bucket!}/o", ("bucket",), _OBJECTS),
    "workflowexecutions.v1.projects.locations.workflows.executions.cancel": _Method(
        "POST", _EXECUTIONS + "{name}:cancel", _NAMED
    ),
    "workflowexecutions.v1.projects.locations.workflows.executions.create": _Method(
        "POST", _EXECUTIONS + "{parent}/executions", ("parent", "body")
    ),
    "workflowexecutions.v1.projects.locations.workflows.executions.get": _Method(
        "GET", _EXECUTIONS + "{name}", _NAMED, ("view",)
    ),
    "workflowexecutions.v1.projects.locations.workflows.executions.list": _Method(
        "GET", _EXECUTIONS + "{parent}/executions", _LISTED, _PAGE
    ),
}


def _call(name: str, method: _Method, given: Mapping[str, Value]) -> Asking:
    url = method.url
    for key, value in given.items():
        if f"{{{key}" in url:
            if not isinstance(value, str):
                raise wrong_type(f"{name} {key}", value, "string")
            url = url.replace(f"{{{key}}}", quote(value)).replace(f"{{{key}!}}", quote(value, safe=""))
    query: dict[str, Value] = {key: given[key] for key in method.query if given.get(key) is not None}
    if method.url.startswith("https://storage.googleapis.com/upload"):
        query.setdefault("uploadType", "media")
    failures = 0
    while True:
        try:
            answer = yield from request(
                method.verb, url, body=given.get("body"), query=query or None, auth={"type": "OAuth2"}
            )
        except WorkflowError as error:
            failures += 1
            if method.verb != "GET" or failures > _MAX_RETRIES or not default_retry_predicate(error.payload):
                raise
            yield Sleep(1.25 ** (failures - 1))
        else:
            return answer["body"] if isinstance(answer, dict) else None


def _function(name: str, method: _Method) -> Function:
    optional = [one for one in (*method.query, "connector_params") if one not in method.required]
    parameters: dict[str, Value] = dict.fromkeys([*method.required, *optional])

    def body(*values: Value) -> Asking:
        return (yield from _call(name, method, dict(zip(parameters, values, strict=True))))

    return Function(name, body, parameters, len(method.required), asks=True)


_RUN = "googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run"


def _run(
    environment: Mapping[str, str],
    workflow_id: Value,
    argument: Value,
    location: Value,
    project_id: Value,
    connector_params: Value,
) -> Asking:
    """Start an execution, wait for its end, give its result."""
    del connector_params
    project = project_id or environment.get("GOOGLE_CLOUD_PROJECT_ID", "")
    place = location or environment.get("GOOGLE_CLOUD_LOCATION", "")
    names = [text_of(_RUN, one) for one in (project, place, workflow_id)]
    parent = "projects/{}/locations/{}/workflows/{}".format(*names)
    sent: dict[str, Value] = {} if argument is None else {"argument": json.dumps(argument, ensure_ascii=False)}
    execution = yield from _execution("create", {"parent": parent, "body": sent})
    wait_s = 1.0
    while execution.get("state") in ("ACTIVE", "QUEUED"):
        yield Sleep(wait_s)
        wait_s = min(wait_s * 1.25, 60.0)
        execution = yield from _execution("get", {"name": execution.get("name")})
    if execution.get("state") != "SUCCEEDED":
        message = f"OperationError: execution {execution.get('name')!r} ended as {execution.get('state')!r}"
        raise WorkflowError({"message": message, "tags": ["OperationError"], "operation": execution})
    result: Value = json.loads(str(execution.get("result", "null")))
    return result


def _execution(verb: str, given: dict[str, Value]) -> Generator[Effect, Outcome, dict[str, Value]]:
    name = f"workflowexecutions.v1.projects.locations.workflows.executions.{verb}"
    answer = yield from _call(f"googleapis.{name}", _METHODS[name], given)
    if not isinstance(answer, dict):
        raise WorkflowError.tagged("ResponseTypeError", f"{_RUN}: the answer is no execution")
    return answer


FUNCTIONS: dict[str, Function] = {
    **{f"googleapis.{name}": _function(f"googleapis.{name}", method) for name, method in _METHODS.items()},
    _RUN: Function(
        _RUN,
        _run,
        dict.fromkeys(["workflow_id", "argument", "location", "project_id", "connector_params"]),
        1,
        asks=True,
        needs_environment=True,
    ),
}
