"""What a workflow or a task asks of others: a call of a step, the start of an execution, a new task.

In: an HTTP call, as the real workflow makes it.  Out: what it means.  Called by check/ and simulate/.
"""

import base64
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from local.workflows.effects import Auth, HttpCall, Leaf

# Second 0 of a load, for the workflow's clock.
EPOCH_S = datetime.fromisoformat("2026-01-01T00:00:00Z").timestamp()

_TASKS = "https://cloudtasks.googleapis.com/v2/"
_EXECUTIONS = "https://workflowexecutions.googleapis.com/v1/"

DISPATCH_DEADLINE_S = 600.0  # of a task's call.  Source: Cloud Tasks, Task.dispatch_deadline, HTTP targets
STEP_TASK_DEADLINE_S = 30.0  # the same of tasks that ingress and steps make for a step.  Source: service/step_tasks.py
_TOKENS = {"oidcToken": Auth("OIDC"), "oauthToken": Auth("OAuth2")}  # fields of an HttpRequest

_TELLS = re.compile(rb'"failure":\s*"')  # of a picture it is null, or not there

CallKind = Literal["generate", "reply", "tell"]  # of a step; tell: of a failure
TaskKind = Literal["start"] | CallKind  # start: of an execution


class UnknownCall(Exception):
    """Raised when a workflow or a task asks for something that no model answers; the message says what."""


@dataclass(frozen=True, slots=True)
class Order:
    """A call of a step.  attempt: its number, where the workflow says it, as those of before 2026-11-26 do."""

    kind: CallKind
    timeout_s: float
    attempt: int | None = None


@dataclass(frozen=True, slots=True)
class NewTask:
    """A task to be created.  queue: its short name; due_s: not before; http: what it sends; timeout_s: of its creation.

    due_s and name are None where the workflow says nothing.
    """

    queue: str
    kind: TaskKind
    due_s: float | None
    name: str | None
    http: HttpCall
    timeout_s: float


def order_of(effect: Leaf) -> Order | NewTask:
    """Raises UnknownCall."""
    if not isinstance(effect, HttpCall):
        raise UnknownCall(f"the workflow asks for {type(effect).__name__}, which no model answers")
    if is_new_task(effect):
        return new_task_of(effect)
    kind = _kind(effect.method, effect.url, effect.body or b"")
    if kind is None or kind == "start":
        raise UnknownCall(f"the workflow calls {effect.method} {effect.url}, which no model answers")
    said = effect.headers.get("X-Attempt", "")
    return Order(kind, effect.timeout_s, int(said) if said.isdecimal() else None)


def is_new_task(call: HttpCall) -> bool:
    """Whether a workflow's connector creates a task by it."""
    return call.method == "POST" and call.url.startswith(_TASKS) and call.url.endswith("/tasks")


def new_task_of(call: HttpCall) -> NewTask:
    """Raises UnknownCall: also where Cloud Tasks would refuse it."""
    queue = call.url[len(_TASKS) : -len("/tasks")].rpartition("/")[2]
    body: Mapping[str, Any] = json.loads(call.body or b"{}")
    task = body.get("task") or {}
    http = task.get("httpRequest") or {}
    method, url = http.get("httpMethod") or "POST", str(http.get("url"))
    try:
        content = base64.b64decode(http.get("body") or "")
        kind = _kind(method, url, content)
        at = task.get("scheduleTime")
        due_s = None if at is None else datetime.fromisoformat(at).timestamp() - EPOCH_S
    except ValueError as error:
        raise UnknownCall(f"Cloud Tasks would refuse a task of {queue}: {error}") from None
    if kind is None:
        raise UnknownCall(f"a task of {queue} calls {method} {url}, which no model answers")
    auth = next((auth for name, auth in _TOKENS.items() if http.get(name)), None)
    sent = HttpCall(method, url, http.get("headers") or {}, content, DISPATCH_DEADLINE_S, auth)
    return NewTask(queue, kind, due_s, task.get("name"), sent, call.timeout_s)


def _kind(method: str, url: str, body: bytes) -> TaskKind | None:
    if method != "POST":
        return None
    if url.startswith(_EXECUTIONS) and url.endswith("/executions"):
        return "start"
    path = url.partition("://")[2].partition("/")[2].partition("?")[0]
    if path == "generate-image":
        return "generate"
    if path == "reply-discord":
        return "tell" if _TELLS.search(body) else "reply" if b'"picture"' in body else None
    return None
