"""sys.*, uuid.*: what a workflow learns from its surroundings."""

from collections.abc import Mapping
from typing import Any

from local.workflows.effects import Log, NewUuid, Now, Sleep, Value
from local.workflows.errors import WorkflowError
from local.workflows.stdlib import MISSING, Asking, functions, text_of, wrong_type
from local.workflows.stdlib.time import parse


def now() -> Asking:
    return (yield Now())  # type: ignore[return-value]


def sleep(seconds: Value) -> Asking:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise wrong_type("sys.sleep", seconds, "number of seconds")
    if seconds < 0:
        raise WorkflowError.tagged("ValueError", f"sys.sleep: {seconds} is negative")
    yield Sleep(float(seconds))
    return None


def sleep_until(time: Value) -> Asking:
    until_s = parse(time)
    now_s = yield Now()
    assert isinstance(until_s, float)  # noqa: S101 -- parse returns nothing else
    assert isinstance(now_s, float)  # noqa: S101 -- the driver's contract
    yield Sleep(max(0.0, until_s - now_s))
    return None


def log(data: Value = None, severity: Value = "DEFAULT", text: Value = None, json_: Value = None) -> Asking:
    yield Log(next((one for one in (data, text, json_) if one is not None), None), text_of("sys.log", severity))
    return None


def generate() -> Asking:
    return (yield NewUuid())  # type: ignore[return-value]


def get_env(environment: Mapping[str, str], name: Value, default: Any = MISSING) -> Value:
    value = environment.get(text_of("sys.get_env", name), default)
    if value is MISSING:
        raise WorkflowError.tagged("KeyError", f"environment variable not found: {name!r}", "LookupError")
    return value  # type: ignore[no-any-return]  # a text, or the default that the workflow gave


FUNCTIONS = {**functions("sys", get_env, now, sleep, sleep_until, log), **functions("uuid", generate)}
