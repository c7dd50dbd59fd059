"""sys.*, uuid.*: what a workflow learns from its surroundings."""

from collections.abc import Mapping

from local.workflows.effects import Effects, Log, NewUuid, Now, Sleep, Value
from local.workflows.errors import WorkflowError
from local.workflows.stdlib import functions, text_of, wrong_type
from local.workflows.stdlib.json import encode_to_string
from local.workflows.stdlib.time import parse

_MAX_SLEEP_S = 31_536_000  # a year.  Source: Workflows, "Wait using polling", sys.sleep
_SEVERITIES = ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")


def now() -> Effects:
    return (yield Now())  # type: ignore[return-value]


def sleep(seconds: Value) -> Effects:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise wrong_type("sys.sleep", seconds, "number of seconds")
    if not 0 <= seconds <= _MAX_SLEEP_S:
        raise WorkflowError.tagged("ValueError", f"sys.sleep: {seconds} is not within 0 and {_MAX_SLEEP_S} seconds")
    yield Sleep(float(seconds))
    return None


def sleep_until(time: Value) -> Effects:
    until_s = parse(time)
    now_s = yield Now()
    assert isinstance(until_s, float)  # noqa: S101 -- parse returns nothing else
    assert isinstance(now_s, float)  # noqa: S101 -- the driver's contract
    return (yield from sleep(max(0.0, until_s - now_s)))


def log(
    data: Value = None, severity: Value = "DEFAULT", text: Value = None, json_: Value = None, timeout: Value = None
) -> Effects:
    """Exactly one of data, text and json.  A map is logged as JSON, unless it is the text; all else as text.

    Source: Workflows, sys.log.
    """
    given = [one for one in (data, text, json_) if one is not None]
    if len(given) != 1:
        raise WorkflowError.tagged("TypeError", f"sys.log takes one of data, text and json, not {len(given)}")
    (what,) = given
    if isinstance(what, bytes):
        raise wrong_type("sys.log", what, "integer, double, boolean, string, list or map")
    if json_ is not None and not isinstance(json_, dict):
        raise wrong_type("sys.log json", json_, "map")
    if timeout is not None and (isinstance(timeout, bool) or not isinstance(timeout, int | float)):
        raise wrong_type("sys.log timeout", timeout, "number of seconds")
    if text_of("sys.log severity", severity) not in _SEVERITIES:
        raise WorkflowError.tagged("ValueError", f"sys.log: severity {severity!r} is none of {', '.join(_SEVERITIES)}")
    is_map = isinstance(what, dict) and text is None
    logged = what if is_map or isinstance(what, str) else encode_to_string(what)
    yield Log(logged, str(severity))
    return None


def generate() -> Effects:
    return (yield NewUuid())  # type: ignore[return-value]


def get_env(environment: Mapping[str, str], name: Value, default: Value = None) -> Value:
    """Source: Workflows, sys.get_env, which names TypeError as its only error."""
    if default is not None and not isinstance(default, str):
        raise wrong_type("sys.get_env default", default, "string")
    return environment.get(text_of("sys.get_env", name), default)


FUNCTIONS = {**functions("sys", get_env, now, sleep, sleep_until, log), **functions("uuid", generate)}
