"""googleapis.*: calls of Google's services, and the wait for the operations that they start.

A connector of a service that is served here makes an HTTP call; any other is answered by the driver, from a stub.
A connector adds authentication, retries a failed call if that is safe, and returns the body of the answer.
Source: Workflows, "Understand connectors", "Connectors reference".
"""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from urllib.parse import quote

from local.workflows.effects import Effect, Effects, Outcome, Sleep, Value
from local.workflows.errors import WorkflowError
from local.workflows.stdlib import Function, ask_driver, text_of, wrong_type
from local.workflows.stdlib.connectors import ENDPOINT, Connector, find
from local.workflows.stdlib.http import default_retry_predicate, default_retry_predicate_non_idempotent, request

PARAMS = ("timeout", "polling_policy", "skip_polling", "scopes")
_MAX_RETRIES = 5
_REQUEST_TIMEOUT_S = 1800.0
_SECRETS = "googleapis.secretmanager.v1.projects.secrets."
# Source: Workflows, "Cloud Storage JSON API Connector Overview": the author of a workflow encodes an object's name.
# Every character that a URL may contain is left as it is.
_AS_GIVEN = "%/:?#[]@!$&'()*+,;="

Map = dict[str, Value]
CountPoll = Callable[[], None]


@dataclass(frozen=True, slots=True)
class Params:
    """connector_params: how long to wait for the operation that the call starts, and how often to poll it."""

    timeout_s: float
    initial_delay_s: float
    max_delay_s: float
    multiplier: float
    skips_polling: bool
    scopes: Value

    @classmethod
    def of(cls, name: str, given: Value) -> "Params":
        """Raises WorkflowError (TypeError; ValueError for a negative timeout, as each connector's page says)."""
        if given is None:
            given = {}
        if not isinstance(given, dict):
            raise wrong_type(f"{name} connector_params", given, "map")
        policy = given.get("polling_policy") or {}
        if not isinstance(policy, dict):
            raise wrong_type(f"{name} polling_policy", policy, "map")
        timeout_s = _number(name, given.get("timeout", _REQUEST_TIMEOUT_S))
        if timeout_s < 0:
            raise WorkflowError.tagged("ValueError", f"{name}: the timeout {timeout_s:g} is negative")
        return cls(
            timeout_s=timeout_s,
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


def call(connector: Connector, given: Map, count_poll: CountPoll) -> Effects:
    """Call a connector that is served here, and wait for its operation, if any.  count_poll is called at each poll."""
    name = connector.name
    params = Params.of(name, given.get("connector_params"))
    answer = yield from call_once(connector, given, params)
    if not connector.ends or params.skips_polling:
        return answer
    poll = find(".".join([*name.split(".")[:3], "projects.locations.operations.get"]))
    assert poll is not None  # noqa: S101 -- of the services with a face, Workflows alone has operations
    started = as_map(name, answer)
    operation = yield from wait_for_end(poll, started, params, lambda one: one.get("done") is True, count_poll)
    error = operation.get("error")
    if error is not None:
        message = error.get("message") if isinstance(error, dict) else None
        raise operation_error(message or "Long-running operation failed.", operation, error=error)
    return operation.get("response")


def call_once(connector: Connector, given: Map, params: Params) -> Effects:
    # Source: "Understand connectors", Retries: the idempotent policy for GET, the other one for all other methods.
    may_repeat = default_retry_predicate if connector.verb == "GET" else default_retry_predicate_non_idempotent
    url, query = _url(connector, given), _query(connector, given)
    auth: Map = {"type": "OAuth2", "scopes": params.scopes}
    timeout_s = _REQUEST_TIMEOUT_S if connector.ends else min(params.timeout_s, _REQUEST_TIMEOUT_S)
    failures = 0
    while True:
        try:
            answer = yield from request(
                connector.verb, url, timeout_s, body=given.get("body"), query=query or None, auth=auth
            )
        except WorkflowError as error:
            failures += 1
            if failures > _MAX_RETRIES or not may_repeat(error.payload):
                raise
            yield Sleep(1.25 ** (failures - 1))
        else:
            return answer["body"] if isinstance(answer, dict) else None


def _url(connector: Connector, given: Map) -> str:
    """Raises WorkflowError (TypeError)."""
    missing = [one for one in connector.path if given.get(one) is None]
    if missing:
        raise WorkflowError.tagged("TypeError", f"missing argument(s) {missing} in call of {connector.name}")
    url = connector.url
    for key in connector.path:
        value = text_of(f"{connector.name} {key}", given[key])
        url = url.replace(f"{{+{key}}}", quote(value)).replace(f"{{{key}}}", quote(value, safe=_AS_GIVEN))
    return url


def _query(connector: Connector, given: Map) -> Map:
    """All arguments that are neither in the path nor in the body; `query` may be a map of more."""
    taken = {*connector.path, "body", "connector_params"}
    taken.update(one for one in ENDPOINT if one not in connector.query)  # there is one endpoint here
    rest = {key: value for key, value in given.items() if key not in taken}
    if isinstance(rest.get("query"), dict):
        rest |= as_map(connector.name, rest.pop("query"))
    if "/upload/" in connector.url:
        rest.setdefault("uploadType", "media")
    return dict(_flat("", rest))


def _flat(around: str, given: Map) -> Generator[tuple[str, Value], None, None]:
    """updateMask: {fieldPaths: […]} is the parameter updateMask.fieldPaths.  Source: Google's Firestore samples."""
    for key, value in given.items():
        if isinstance(value, dict):
            yield from _flat(f"{around}{key}.", value)
        elif value is not None:
            yield around + key, value


def wait_for_end(
    poll: Connector, found: Map, params: Params, has_ended: Callable[[Map], bool], count_poll: CountPoll
) -> Generator[Effect, Outcome, Map]:
    """Poll until it has ended.  Raises WorkflowError (TimeoutError)."""
    wait_s, waited_s = params.initial_delay_s, 0.0
    while not has_ended(found):
        if waited_s + wait_s > params.timeout_s:
            raise WorkflowError.tagged("TimeoutError", f"{poll.name}: not done after {waited_s:g} seconds")
        yield Sleep(wait_s)
        count_poll()
        waited_s += wait_s
        wait_s = min(wait_s * params.multiplier, params.max_delay_s)
        found = as_map(poll.name, (yield from call_once(poll, {"name": found.get("name")}, params)))
    return found


def as_map(name: str, answer: Value) -> Map:
    if not isinstance(answer, dict):
        raise WorkflowError.tagged("ResponseTypeError", f"{name}: the answer is no JSON object")
    return answer


def operation_error(message: Value, operation: Map, *more_tags: str, **details: Value) -> WorkflowError:
    """Source: "Understand connectors": message, tags and the operation that failed; `error` with its details."""
    return WorkflowError(
        {"message": message, "operation": operation, "tags": [*more_tags, "OperationError"], **details}
    )


def answered_by_driver(name: str, required: int, parameters: Map) -> Function:
    """A function that only the driver can answer: its parameters with their defaults."""

    def body(*values: Value) -> Effects:
        return (yield from ask_driver(name, dict(zip(parameters, values, strict=True))))

    return Function(name, body, parameters, required, yields_effects=True)


_VERSION: Map = {"secret_id": None, "version": "latest", "project_id": None}
_NEW: Map = {"secret_id": None, "data": None, "project_id": None}
# Source: Workflows, "Secret Manager API Connector Overview", Helper methods; accessBytes is our guess.
FUNCTIONS = {
    function.name: function
    for function in (
        answered_by_driver(_SECRETS + "versions.accessString", 1, _VERSION),
        answered_by_driver(_SECRETS + "versions.accessBytes", 1, _VERSION),
        answered_by_driver(_SECRETS + "addVersionString", 2, _NEW),
        answered_by_driver(_SECRETS + "addVersionBytes", 2, _NEW),
    )
}
