"""googleapis.*, experimental.executions.*: connectors as HTTP calls, and the wait for what they start.

A connector authenticates by itself, repeats GETs as http.default_retry does, and gives the answer's body.
Source: Workflows, "Understand connectors".
"""

import json
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from local.workflows.effects import BranchOutcome, Effect, Fork, Outcome, Sleep, Value
from local.workflows.errors import WorkflowError
from local.workflows.stdlib import Asking, Function, text_of, wrong_type
from local.workflows.stdlib.connectors import METHODS, Method
from local.workflows.stdlib.http import default_retry_predicate, request

_MAX_RETRIES = 5
_EXECUTIONS = "googleapis.workflowexecutions.v1.projects.locations.workflows.executions."
_OPERATION = METHODS["googleapis.workflows.v1.projects.locations.operations.get"]

Map = dict[str, Value]


@dataclass(frozen=True, slots=True)
class _Params:
    """connector_params: how long to wait for what the call starts, in seconds, and how often to look after it."""

    timeout_s: float = 1800.0
    initial_delay_s: float = 1.0
    max_delay_s: float = 60.0
    multiplier: float = 1.25
    skips_polling: bool = False
    scopes: Value = None

    @classmethod
    def of(cls, name: str, given: Value) -> "_Params":
        """Raises WorkflowError (TypeError)."""
        if given is None:
            return cls()
        if not isinstance(given, dict):
            raise wrong_type(f"{name} connector_params", given, "map")
        unknown = sorted(given.keys() - {"timeout", "polling_policy", "skip_polling", "scopes"})
        if unknown:
            raise WorkflowError.tagged("TypeError", f"{name}: unexpected connector_params {unknown}")
        policy = given.get("polling_policy") or {}
        if not isinstance(policy, dict):
            raise wrong_type(f"{name} polling_policy", policy, "map")
        return cls(
            timeout_s=_number(name, given.get("timeout", 1800.0)),
            initial_delay_s=_number(name, policy.get("initial_delay", 1.0)),
            max_delay_s=_number(name, policy.get("max_delay", 60.0)),
            multiplier=_number(name, policy.get("multiplier", 1.25)),
            skips_polling=given.get("skip_polling") is True,
            scopes=given.get("scopes"),
        )


def _number(name: str, value: Value) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(f"{name} connector_params", value, "number")
    return float(value)


def _function(name: str, method: Method) -> Function:
    optional = [one for one in (*method.query, "connector_params") if one not in method.required]
    parameters: Map = dict.fromkeys([*method.required, *optional])

    def body(*values: Value) -> Asking:
        given = dict(zip(parameters, values, strict=True))
        params = _Params.of(name, given.pop("connector_params"))
        answer = yield from _call(name, method, given, params)
        if not method.is_long or params.skips_polling:
            return answer
        begun = _map(name, answer)
        operation = yield from _ended(name, _OPERATION, begun, params, lambda one: one.get("done") is True)
        if "error" in operation:
            raise _failed(f"{name}: the operation failed", operation)
        return operation.get("response")

    return Function(name, body, parameters, len(method.required), asks=True)


def _call(name: str, method: Method, given: Mapping[str, Value], params: _Params) -> Asking:
    url = method.url
    for key, value in given.items():
        if f"{{{key}" in url:
            if not isinstance(value, str):
                raise wrong_type(f"{name} {key}", value, "string")
            url = url.replace(f"{{{key}}}", quote(value)).replace(f"{{{key}!}}", quote(value, safe=""))
    query: Map = {key: given[key] for key in method.query if given.get(key) is not None}
    if "/upload/" in method.url:
        query.setdefault("uploadType", "media")
    auth: Map = {"type": "OAuth2", "scopes": params.scopes}
    failures = 0
    while True:
        try:
            answer = yield from request(method.verb, url, body=given.get("body"), query=query or None, auth=auth)
        except WorkflowError as error:
            failures += 1
            if method.verb != "GET" or failures > _MAX_RETRIES or not default_retry_predicate(error.payload):
                raise
            yield Sleep(1.25 ** (failures - 1))
        else:
            return answer["body"] if isinstance(answer, dict) else None


def _ended(
    name: str, poll: Method, found: Map, params: _Params, has_ended: Callable[[Map], bool]
) -> Generator[Effect, Outcome, Map]:
    """Look again and again until it has ended.  Raises WorkflowError (TimeoutError)."""
    wait_s, waited_s = params.initial_delay_s, 0.0
    while not has_ended(found):
        if waited_s + wait_s > params.timeout_s:
            raise WorkflowError.tagged("TimeoutError", f"{name}: not done after {waited_s:g} seconds")
        yield Sleep(wait_s)
        waited_s += wait_s
        wait_s = min(wait_s * params.multiplier, params.max_delay_s)
        found = _map(name, (yield from _call(name, poll, {"name": found.get("name")}, params)))
    return found


def _map(name: str, answer: Value) -> Map:
    if not isinstance(answer, dict):
        raise WorkflowError.tagged("ResponseTypeError", f"{name}: the answer is no JSON object")
    return answer


def _failed(message: str, operation: Map) -> WorkflowError:
    return WorkflowError({"message": f"OperationError: {message}", "tags": ["OperationError"], "operation": operation})


def _run(
    environment: Mapping[str, str],
    workflow_id: Value,
    argument: Value,
    location: Value,
    project_id: Value,
    connector_params: Value = None,
) -> Asking:
    """Start an execution, wait for its end, give its result."""
    name = _EXECUTIONS + "run"
    params = _Params.of(name, connector_params)
    project = project_id or environment.get("GOOGLE_CLOUD_PROJECT_ID", "")
    place = location or environment.get("GOOGLE_CLOUD_LOCATION", "")
    parent = "projects/{}/locations/{}/workflows/{}".format(
        *(text_of(name, one) for one in (project, place, workflow_id))
    )
    sent: Map = {} if argument is None else {"argument": json.dumps(argument, ensure_ascii=False)}
    create, get = METHODS[_EXECUTIONS + "create"], METHODS[_EXECUTIONS + "get"]
    begun = _map(name, (yield from _call(name, create, {"parent": parent, "body": sent}, params)))
    if params.skips_polling:
        return begun
    execution = yield from _ended(name, get, begun, params, lambda one: one.get("state") not in ("ACTIVE", "QUEUED"))
    if execution.get("state") != "SUCCEEDED":
        raise _failed(f"execution {execution.get('name')!r} ended as {execution.get('state')!r}", execution)
    result: Value = json.loads(str(execution.get("result", "null")))
    return result


def _map_over(
    environment: Mapping[str, str], workflow_id: Value, arguments: Value, location: Value, project_id: Value
) -> Asking:
    """An execution for each of the arguments, side by side; their results in the order of the arguments."""
    if not isinstance(arguments, list):
        raise wrong_type("experimental.executions.map arguments", arguments, "list")
    runs = tuple(_run(environment, workflow_id, one, location, project_id) for one in arguments)
    outcomes = yield Fork(runs)
    assert isinstance(outcomes, tuple)  # noqa: S101 -- the driver's contract
    return list(map(_value, outcomes))


def _value(outcome: BranchOutcome) -> Value:
    if outcome.error is not None:
        raise outcome.error
    return outcome.value


def _of_executions(name: str, body: Callable[..., Asking], *parameters: str) -> Function:
    return Function(name, body, dict.fromkeys(parameters), 1, asks=True, needs_environment=True)


_WHERE = ("location", "project_id")
FUNCTIONS: dict[str, Function] = {
    **{name: _function(name, method) for name, method in METHODS.items()},
    **{
        function.name: function
        for function in (
            _of_executions(_EXECUTIONS + "run", _run, "workflow_id", "argument", *_WHERE, "connector_params"),
            _of_executions("experimental.executions.run", _run, "workflow_id", "argument", *_WHERE),
            _of_executions("experimental.executions.map", _map_over, "workflow_id", "arguments", *_WHERE),
        )
    },
}
