"""The headers of a task: those that a client may give, those that the service shows, and those that it adds.

Source: Cloud Tasks v2, HttpRequest.headers and AppEngineHttpRequest.headers; "Create HTTP target tasks" and "Create App
Engine task handlers", request headers; values as recorded from the real service.
"""

import re
from collections.abc import Mapping

from local.http.api_error import ApiError
from local.tasks.task import AppEngineRequest, HttpRequest, Task, TaskRequest

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
# The service sets or removes these.
_OVERWRITTEN = re.compile(r"host|content-length|user-agent|x-(google|appengine|cloudtasks)-.*", re.IGNORECASE)
_OVERWRITTEN_APP_ENGINE = re.compile(r"host|content-length|x-(google|appengine)-.*", re.IGNORECASE)
_AGENT = "Google-Cloud-Tasks"
_AGENT_APP_ENGINE = "AppEngine-Google; (+http://code.google.com/appengine)"
_TIMED_OUT = 504


def given_headers(given: Mapping[str, str], at: str, *, of_app_engine: bool = False) -> dict[str, str]:
    """The headers that the service does not set itself, in the case that the client used.  at: the field in errors."""
    for name, value in given.items():
        if not _TOKEN.fullmatch(name) or not value.isprintable() or not value.isascii():
            raise ApiError(400, f"Invalid value at '{at}': the header {name!r} cannot be sent")
    overwritten = _OVERWRITTEN_APP_ENGINE if of_app_engine else _OVERWRITTEN
    return {name: value for name, value in given.items() if not overwritten.fullmatch(name)}


def shown_headers(request: TaskRequest) -> dict[str, str]:
    """The headers of the task as the service shows them."""
    if isinstance(request, HttpRequest):
        return {"User-Agent": _AGENT, **request.headers}
    length = {"Content-Length": str(len(request.body))} if request.body else {}
    return {**_of_app_engine(request), **length}


def _of_app_engine(request: AppEngineRequest) -> dict[str, str]:
    """Those of the client and the defaults.

    unsure: that a space stands between the client's agent and the service's own.
    """
    agents = [value for name, value in request.headers.items() if name.lower() == "user-agent"]
    rest = {name: value for name, value in request.headers.items() if name.lower() != "user-agent"}
    has_type = not request.body or any(name.lower() == "content-type" for name in rest)
    kind = {} if has_type else {"Content-Type": "application/octet-stream"}
    return {"User-Agent": " ".join([*agents, _AGENT_APP_ENGINE]), **kind, **rest}


def dispatched_headers(task: Task) -> dict[str, str]:
    """The headers of an attempt, without the token's; each of them stands once."""
    if isinstance(task.request, HttpRequest):
        own = {"User-Agent": _AGENT, **_about(task, "X-CloudTasks", task.refusals)}
        return without(task.request.headers, {"host", *map(str.lower, own)}) | own
    return _of_app_engine(task.request) | _about(task, "X-AppEngine", task.responses)


def without(headers: Mapping[str, str], names: set[str]) -> dict[str, str]:
    return {name: value for name, value in headers.items() if name.lower() not in names}


def _about(task: Task, prefix: str, executions: int) -> dict[str, str]:
    """What the target is told of the task.

    FailFast is never there: recordings do not have it, and no field of a task asks for it.
    """
    headers = {
        "QueueName": task.queue.rpartition("/")[2],
        "TaskName": task.task_id,
        "TaskRetryCount": str(task.attempts),
        "TaskExecutionCount": str(executions),
        "TaskETA": f"{task.schedule_s:.6f}",
    }
    if previous := _previous(task):
        headers["TaskPreviousResponse"], headers["TaskRetryReason"] = previous
    return {f"{prefix}-{name}": value for name, value in headers.items()}


def _previous(task: Task) -> tuple[str, str] | None:
    """The answer to the attempt before, and the reason to repeat it."""
    before = task.last.result if task.last else None
    if before is None:
        return None
    if isinstance(task.request, AppEngineRequest):
        # Recorded after an answer and after a time-out; unsure: that a broken connection is told like the latter.
        return ("0", "Instance Unavailable") if before.status is None else (str(before.status), "App Error")
    if before.status is None and not before.timed_out:
        return None  # recorded: neither header comes after a connection that failed
    return str(before.status or _TIMED_OUT), ""
