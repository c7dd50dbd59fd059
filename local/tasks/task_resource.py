"""Converts tasks to Cloud Tasks' JSON and back.

Source: Cloud Tasks v2, Task and HttpRequest; error texts as recorded from the real service.  Requests to App Engine are
in app_engine.py.
"""

import base64
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local.http.api_error import ApiError
from local.tasks.app_engine import app_engine_json, app_engine_request
from local.tasks.headers import given_headers, shown_headers
from local.tasks.queue_resource import changed_queue
from local.tasks.rules import MAX_AHEAD_S, QueueConfig, RetryConfig
from local.tasks.task import DEADLINE_S, AttemptResult, HttpRequest, LastAttempt, NewTask, Task, TaskRequest, Token
from local.tasks.wire import duration, instant, whole_instant

_UNSPECIFIED = "HTTP_METHOD_UNSPECIFIED"
_WITH_BODY = ("POST", "PUT", "PATCH")
_MAX_URL, _MAX_HEADERS_BYTES, _MAX_TASK_BYTES = 2083, 80 * 1024, 1024 * 1024
_MIN_DEADLINE_S, _MAX_DEADLINE_S, _MAX_APP_ENGINE_DEADLINE_S = 15.0, 1800.0, 24 * 3600.0 + 15
_DEFAULT_SCOPE = "https://www.googleapis.com/auth/cloud-platform"

# Source: google.rpc.Code for the status of a failed attempt.
_RPC_CODES = {400: 3, 401: 16, 403: 7, 404: 5, 409: 10, 429: 8, 499: 1, 500: 13, 501: 12, 503: 14, 504: 4}
_RPC_NAMES = {
    1: "CANCELLED",
    2: "UNKNOWN",
    3: "INVALID_ARGUMENT",
    4: "DEADLINE_EXCEEDED",
    5: "NOT_FOUND",
    7: "PERMISSION_DENIED",
    8: "RESOURCE_EXHAUSTED",
    10: "ABORTED",
    12: "UNIMPLEMENTED",
    13: "INTERNAL",
    14: "UNAVAILABLE",
    16: "UNAUTHENTICATED",
}


def task_json(task: Task, *, full: bool) -> dict[str, Any]:
    """The task as JSON; without its body (the BASIC view) unless full."""
    request = task.request
    shown: dict[str, Any] = {
        "name": task.name,
        **(
            {"httpRequest": _http_json(request, full=full)}
            if isinstance(request, HttpRequest)
            else {"appEngineHttpRequest": app_engine_json(task.queue, request, full=full)}
        ),
        "scheduleTime": instant(task.schedule_s),
        "createTime": whole_instant(task.created_s),
        # unsure: that the default of an App Engine service is shown like this, whatever it scales by.
        "dispatchDeadline": duration(request.deadline_s or DEADLINE_S),
        "dispatchCount": task.attempts,
        "responseCount": task.responses,
        "view": "FULL" if full else "BASIC",
    }
    if task.first_attempt_s is not None:
        shown["firstAttempt"] = {"dispatchTime": instant(task.first_attempt_s)}
    if task.last is not None:
        shown["lastAttempt"] = _attempt_json(task.last)
    if task.retry is not None:
        shown["retryConfig"] = _retry_json(task.retry)
    return shown


def _http_json(request: HttpRequest, *, full: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "url": request.url,
        "httpMethod": request.method,
        "headers": shown_headers(request),
    }
    if full and request.body:
        shown["body"] = base64.b64encode(request.body).decode()
    if request.token is not None:
        kind, second = ("oidcToken", "audience") if request.token.kind == "OIDC" else ("oauthToken", "scope")
        shown[kind] = {"serviceAccountEmail": request.token.email, second: request.token.audience_or_scope}
    return shown


def _attempt_json(attempt: LastAttempt) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "scheduleTime": instant(attempt.scheduled_s),
        "dispatchTime": instant(attempt.dispatched_s),
    }
    if attempt.responded_at_s is not None and attempt.result is not None:
        shown["responseTime"] = instant(attempt.responded_at_s)
        shown["responseStatus"] = _status_json(attempt.result)
    return shown


def _status_json(result: AttemptResult) -> dict[str, Any]:
    if result.status is None:
        code = 4 if result.timed_out else 14
        return {"code": code, "message": f"{_RPC_NAMES[code]}({code}): {result.error}"}
    code = _RPC_CODES.get(result.status, 2)
    return {"code": code, "message": f"{_RPC_NAMES[code]}({code}): HTTP status code {result.status}"}


def _retry_json(retry: RetryConfig) -> dict[str, Any]:
    return {
        "maxAttempts": retry.max_attempts,
        "maxRetryDuration": duration(retry.max_retry_duration_s),
        "minBackoff": duration(retry.min_backoff_s),
        "maxBackoff": duration(retry.max_backoff_s),
        "maxDoublings": retry.max_doublings,
    }


def new_task(queue: str, given: Mapping[str, Any], now_s: float) -> NewTask:
    """The task of a CreateTask request, as googleapi/ reads it; its task_id is "" where it has no name.

    Raises ApiError(400).
    """
    task_id = _task_id(queue, given.get("name", ""))
    schedule_s = given.get("scheduleTime", now_s)
    if schedule_s > now_s + MAX_AHEAD_S:
        raise ApiError(
            400,
            f"The Task.scheduleTime, {datetime.fromtimestamp(schedule_s, UTC).isoformat(timespec='seconds')}, "
            "is too far in the future. Schedule time must be no more than 720h in the future.",
        )
    request = _request(given)
    if _size(queue, task_id, request) > _MAX_TASK_BYTES:
        raise ApiError(400, "Task size too large")
    retry = None
    if given.get("retryConfig"):
        retry = changed_queue(QueueConfig(queue), given, ["retryConfig"], "v2").retry
    return NewTask(task_id, request, max(schedule_s, now_s), retry)


def _task_id(queue: str, name: str) -> str:
    if not name:
        return ""
    parent, tasks, task_id = name.rpartition("/tasks/")
    if not tasks:
        raise ApiError(
            400,
            'Task name must be formatted: "projects/<PROJECT_ID>/locations/<LOCATION_ID>/queues/<QUEUE_ID>'
            '/tasks/<TASK_ID>"',
        )
    if parent != queue:
        raise ApiError(
            400,
            f"The queue name from request ('{queue}') must be the same as "
            f"the queue name in the named task ('{parent}').",
        )
    if not re.fullmatch(r"[A-Za-z0-9_-]{1,500}", task_id):
        raise ApiError(
            400,
            f'Task ID "{task_id}" can contain only letters ([A-Za-z]), numbers ([0-9]), hyphens (-), or '
            "underscores (_). Task ID must between 1 and 500 characters.",
        )
    return task_id


def _request(task: Mapping[str, Any]) -> TaskRequest:
    if "pullMessage" in task:
        raise ApiError(400, "Task.pullMessage is not imitated: use httpRequest.")
    to_app_engine = task.get("appEngineHttpRequest")
    # Source: Task.dispatch_deadline: 0 is the default of an App Engine task.
    deadline_s = task.get("dispatchDeadline", DEADLINE_S if to_app_engine is None else 0.0)
    if to_app_engine is None:
        if not _MIN_DEADLINE_S <= deadline_s <= _MAX_DEADLINE_S:
            raise ApiError(400, "Task.dispatchDeadline must be between [15s, 30m].")
        return _http_request(task, deadline_s)
    if deadline_s and not _MIN_DEADLINE_S <= deadline_s <= _MAX_APP_ENGINE_DEADLINE_S:
        raise ApiError(400, "Task.dispatchDeadline must be between [15s, 24h15s].")
    return app_engine_request(to_app_engine, _method(to_app_engine), deadline_s)


def _method(given: Mapping[str, Any]) -> str:
    method: str = given.get("httpMethod", _UNSPECIFIED)
    return "POST" if method == _UNSPECIFIED else method


def _http_request(task: Mapping[str, Any], deadline_s: float) -> HttpRequest:
    given = task.get("httpRequest", {})
    url = given.get("url")
    if not url:
        raise ApiError(400, "HttpRequest.url is required.")
    if not re.match(r"https?://", url, re.IGNORECASE):
        raise ApiError(400, "HttpTarget.url must start with 'http://' or 'https://'.")
    if len(url) > _MAX_URL:
        raise ApiError(400, f"HttpRequest.url must be at most {_MAX_URL} characters.")
    method, body = _method(given), given.get("body", b"")
    if body and method not in _WITH_BODY:
        raise ApiError(400, "HTTP request body is not allowed with this HTTP method.")
    return HttpRequest(url, method, _headers(given.get("headers", {})), body, _token(given), deadline_s)


def _headers(given: Mapping[str, str]) -> dict[str, str]:
    kept = given_headers(given, "task.http_request.headers")
    if sum(len(name) + len(value) for name, value in given.items()) > _MAX_HEADERS_BYTES:
        raise ApiError(400, "HttpRequest.headers must be smaller than 80 KB in all.")
    return kept


def _token(given: Mapping[str, Any]) -> Token | None:
    oidc, oauth = given.get("oidcToken"), given.get("oauthToken")
    token = oidc or oauth
    if not token:
        return None
    if not token.get("serviceAccountEmail"):
        raise ApiError(400, "The service account email of HttpRequest.authorization_header is required.")
    if oidc:
        return Token("OIDC", token["serviceAccountEmail"], token.get("audience") or given["url"])
    return Token("OAUTH", token["serviceAccountEmail"], token.get("scope") or _DEFAULT_SCOPE)


def _size(queue: str, task_id: str, request: TaskRequest) -> int:
    headers = sum(len(name) + len(value) for name, value in request.headers.items())
    return len(queue) + len(task_id) + len(request.target) + headers + len(request.body)
