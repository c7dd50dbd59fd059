"""googleapis.workflowexecutions.….run, experimental.executions.*: run another workflow and wait for its result.

Source: Workflows, "Workflow Executions API Connector Overview", Helper method; experimental.executions.
"""

import json
from collections.abc import Callable, Generator, Mapping

from local.workflows.effects import BranchOutcome, Effect, Fork, Outcome, Value
from local.workflows.json_text import compact
from local.workflows.stdlib import Asking, Function, text_of, wrong_type
from local.workflows.stdlib.connectors import find
from local.workflows.stdlib.googleapis import Map, Params, Polled, as_map, call_once, ended, failed

_EXECUTIONS = "googleapis.workflowexecutions.v1.projects.locations.workflows.executions."
_BETA = _EXECUTIONS.replace(".v1.", ".v1beta.")


def _execution(
    environment: Mapping[str, str],
    polled: Polled,
    workflow_id: Value,
    argument: Value,
    location: Value,
    project_id: Value,
    connector_params: Value,
) -> Generator[Effect, Outcome, Map | None]:
    """Start an execution and wait for its end; None where nobody waits."""
    name = _EXECUTIONS + "run"
    params = Params.of(name, connector_params)
    project = project_id or environment.get("GOOGLE_CLOUD_PROJECT_ID", "")
    place = location or environment.get("GOOGLE_CLOUD_LOCATION", "")
    parent = "projects/{}/locations/{}/workflows/{}".format(
        *(text_of(name, one) for one in (project, place, workflow_id))
    )
    create, get = find(_EXECUTIONS + "create"), find(_EXECUTIONS + "get")
    assert create is not None  # noqa: S101 -- both are in the data
    assert get is not None  # noqa: S101
    begun = as_map(name, (yield from call_once(create, {"parent": parent, "body": _sent(name, argument)}, params)))
    if params.skips_polling:
        return None
    return (yield from ended(get, begun, params, lambda one: one.get("state") not in ("ACTIVE", "QUEUED"), polled))


def _sent(name: str, argument: Value) -> Map:
    if argument is None:
        return {}
    try:
        return {"argument": compact(argument)}
    except TypeError:  # Source: executions.run: integer, float, bool, string, list or map
        raise wrong_type(f"{name} argument", argument, "value without bytes") from None


def _result(execution: Map, *more_tags: str) -> Value:
    if execution.get("state") != "SUCCEEDED":
        # Source: recorded from the real service.
        raise failed("Execution failed or cancelled.", execution, *more_tags)
    result: Value = json.loads(str(execution.get("result", "null")))
    return result


def _run(
    environment: Mapping[str, str],
    polled: Polled,
    workflow_id: Value,
    argument: Value,
    location: Value,
    project_id: Value,
    connector_params: Value,
) -> Asking:
    """Start an execution, wait for its end, give its result; with skip_polling it gives null, as its page says."""
    execution = yield from _execution(
        environment, polled, workflow_id, argument, location, project_id, connector_params
    )
    return None if execution is None else _result(execution)


def _run_once(
    environment: Mapping[str, str],
    polled: Polled,
    workflow_id: Value,
    argument: Value,
    location: Value,
    project_id: Value,
) -> Asking:
    """The older one.  Source: experimental.executions.run: ExecutionError."""
    execution = yield from _execution(environment, polled, workflow_id, argument, location, project_id, None)
    return _result(as_map("experimental.executions.run", execution), "ExecutionError")


def _map_over(
    environment: Mapping[str, str],
    polled: Polled,
    workflow_id: Value,
    arguments: Value,
    location: Value,
    project_id: Value,
) -> Asking:
    """An execution for each of the arguments, side by side; their results in the order of the arguments."""
    if not isinstance(arguments, list):
        raise wrong_type("experimental.executions.map arguments", arguments, "list")
    runs = tuple(_run_once(environment, polled, workflow_id, one, location, project_id) for one in arguments)
    outcomes = yield Fork(runs)
    assert isinstance(outcomes, tuple)  # noqa: S101 -- the driver's contract
    return list(map(_value, outcomes))


def _value(outcome: BranchOutcome) -> Value:
    if outcome.error is not None:
        raise outcome.error
    return outcome.value


def _of_executions(name: str, body: Callable[..., Asking], *parameters: str) -> Function:
    return Function(name, body, dict.fromkeys(parameters), 1, asks=True, needs_environment=True)


_RUN = ("workflow_id", "argument", "location", "project_id")
FUNCTIONS = {
    function.name: function
    for function in (
        _of_executions(_EXECUTIONS + "run", _run, *_RUN, "connector_params"),
        _of_executions(_BETA + "run", _run, *_RUN, "connector_params"),
        _of_executions("experimental.executions.run", _run_once, *_RUN),
        _of_executions("experimental.executions.map", _map_over, "workflow_id", "arguments", *_RUN[2:]),
    )
}
