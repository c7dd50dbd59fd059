"""googleapis.workflowexecutions.….run, experimental.executions.*: run another workflow and wait for its result.

Source: Workflows, "Workflow Executions API Connector Overview", Helper method; experimental.executions.
"""

import json
from collections.abc import Callable, Generator, Mapping
from typing import Any

from local.workflows.effects import BranchOutcome, Effect, Effects, Fork, Outcome, Value
from local.workflows.json_text import compact
from local.workflows.stdlib import Function, text_of, wrong_type
from local.workflows.stdlib.connectors import find
from local.workflows.stdlib.googleapis import CountPoll, Map, Params, as_map, call_once, operation_error, wait_for_end

_EXECUTIONS = "googleapis.workflowexecutions.v1.projects.locations.workflows.executions."
_BETA = _EXECUTIONS.replace(".v1.", ".v1beta.")


def _execution(
    environment: Mapping[str, str],
    count_poll: CountPoll,
    workflow_id: Value,
    argument: Value,
    location: Value,
    project_id: Value,
    connector_params: Value = None,
) -> Generator[Effect, Outcome, Map | None]:
    """Start an execution and wait for its end; None with skip_polling."""
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
    started = as_map(name, (yield from call_once(create, {"parent": parent, "body": _sent(name, argument)}, params)))
    if params.skips_polling:
        return None
    return (yield from wait_for_end(get, started, params, _has_ended, count_poll))


def _has_ended(execution: Map) -> bool:
    return execution.get("state") not in ("ACTIVE", "QUEUED")


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
        raise operation_error("Execution failed or cancelled.", execution, *more_tags)
    result: Value = json.loads(str(execution.get("result", "null")))
    return result


def _run(*arguments: Any) -> Effects:
    """The result of an _execution(); with skip_polling it is null, as its page says."""
    execution = yield from _execution(*arguments)
    return None if execution is None else _result(execution)


def _run_experimental(*arguments: Any) -> Effects:
    """The result of an _execution(); its errors have one more tag.  Source: experimental.executions.run."""
    execution = yield from _execution(*arguments)
    return _result(as_map("experimental.executions.run", execution), "ExecutionError")


def _map(
    environment: Mapping[str, str], count_poll: CountPoll, workflow_id: Value, arguments: Value, *where: Value
) -> Effects:
    """Run an execution for each of the arguments, in parallel; the results are in the order of the arguments."""
    if not isinstance(arguments, list):
        raise wrong_type("experimental.executions.map arguments", arguments, "list")
    runs = tuple(_run_experimental(environment, count_poll, workflow_id, one, *where) for one in arguments)
    outcomes = yield Fork(runs)
    assert isinstance(outcomes, tuple)  # noqa: S101 -- the driver's contract
    return list(map(_value, outcomes))


def _value(outcome: BranchOutcome) -> Value:
    if outcome.error is not None:
        raise outcome.error
    return outcome.value


def _of_executions(name: str, body: Callable[..., Effects], *parameters: str) -> Function:
    return Function(name, body, dict.fromkeys(parameters), 1, yields_effects=True, needs_environment=True)


_RUN = ("workflow_id", "argument", "location", "project_id")
FUNCTIONS = {
    function.name: function
    for function in (
        _of_executions(_EXECUTIONS + "run", _run, *_RUN, "connector_params"),
        _of_executions(_BETA + "run", _run, *_RUN, "connector_params"),
        _of_executions("experimental.executions.run", _run_experimental, *_RUN),
        _of_executions("experimental.executions.map", _map, "workflow_id", "arguments", *_RUN[2:]),
    )
}
