"""Queues and tasks as Cloud Tasks' JSON, and back."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from local.api_error import ApiError
from local.tasks.rules import QueueConfig, RateLimits, RetryConfig
from local.tasks.store import Task

# JSON name → (our group, our field, is it a duration).  Source: Cloud Tasks v2, Queue.
_FIELDS: Mapping[str, tuple[str, str, bool]] = {
    "rateLimits.maxDispatchesPerSecond": ("rate", "max_dispatches_per_s", False),
    "rateLimits.maxBurstSize": ("rate", "max_burst_size", False),
    "rateLimits.maxConcurrentDispatches": ("rate", "max_concurrent_dispatches", False),
    "retryConfig.maxAttempts": ("retry", "max_attempts", False),
    "retryConfig.maxRetryDuration": ("retry", "max_retry_duration_s", True),
    "retryConfig.minBackoff": ("retry", "min_backoff_s", True),
    "retryConfig.maxBackoff": ("retry", "max_backoff_s", True),
    "retryConfig.maxDoublings": ("retry", "max_doublings", False),
}
_METHODS = ("METHOD_UNSPECIFIED", "POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS")
_DURATION = re.compile(r"-?[0-9]+(\.[0-9]{1,9})?s")


def queue_json(config: QueueConfig) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": config.name, "state": config.state}
    for path, (group, field, is_duration) in _FIELDS.items():
        outer, inner = path.split(".")
        value = getattr(getattr(config, group), field)
        shown.setdefault(outer, {})[inner] = _duration(value) if is_duration else value
    return shown


def changed_queue(config: QueueConfig, body: Mapping[str, Any], mask: list[str] | None) -> QueueConfig:
    """config with the leaves of body that mask names (all of them that are there without a mask).

    A leaf that is named but not there goes back to its default.  Raises ApiError(400).
    """
    changes: dict[str, dict[str, Any]] = {"rate": {}, "retry": {}}
    defaults: dict[str, Any] = {"rate": RateLimits(), "retry": RetryConfig()}
    for path, (group, field, is_duration) in _FIELDS.items():
        outer, inner = path.split(".")
        given = (body.get(outer) or {}).get(inner)
        if mask is None and given is None:
            continue
        if mask is not None and path not in mask and outer not in mask:
            continue
        default = getattr(defaults[group], field)
        changes[group][field] = default if given is None else _number(path, given, type(default), is_duration)
    changed = replace(
        config, rate=replace(config.rate, **changes["rate"]), retry=replace(config.retry, **changes["retry"])
    )
    _check(changed)
    return changed


def _number(path: str, given: object, kind: type, is_duration: bool) -> float | int:
    try:
        if is_duration:
            return parse_duration(str(given))
        return int(str(given)) if kind is int else float(str(given))
    except ValueError:
        raise ApiError(400, f"Invalid value at 'queue.{path}', \"{given}\"") from None


def _check(config: QueueConfig) -> None:
    rate, retry = config.rate, config.retry
    refused = {
        "RateLimits.maxDispatchesPerSecond must be less than or equal to 500.": rate.max_dispatches_per_s > 500,
        "RateLimits.maxDispatchesPerSecond cannot be negative.": rate.max_dispatches_per_s < 0,
        "RateLimits.maxConcurrentDispatches must be less than or equal to 5000.": rate.max_concurrent_dispatches > 5000,
        "RateLimits.maxConcurrentDispatches cannot be negative.": rate.max_concurrent_dispatches < 0,
        "RetryConfig.maxAttempts must be greater or equal to -1.": retry.max_attempts < -1,
        "RetryConfig.minBackoff must be less than or equal to RetryConfig.maxBackoff.": (
            retry.min_backoff_s > retry.max_backoff_s
        ),
    }
    for message, is_wrong in refused.items():
        if is_wrong:
            raise ApiError(400, message)


def task_json(task: Task, full: bool) -> dict[str, Any]:
    """The BASIC view leaves out the body."""
    shown = {key: value for key, value in task.resource.items() if key != "createTime"}
    http = dict(shown["httpRequest"])
    if not full:
        http.pop("body", None)
    attempt = task.last_attempt or {}
    return {
        "name": task.name,
        **shown,
        "httpRequest": http,
        "createTime": task.resource["createTime"],
        "scheduleTime": _instant(task.schedule_s),
        "dispatchCount": task.attempts,
        "responseCount": task.responses,
        **({"lastAttempt": _attempt_json(attempt)} if attempt else {}),
        "view": "FULL" if full else "BASIC",
    }


def _attempt_json(attempt: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value if key == "responseStatus" else _instant(value) for key, value in attempt.items()}


def checked_http_request(given: Mapping[str, Any]) -> dict[str, Any]:
    """The task's httpRequest with the method's name in full.  Raises ApiError(400)."""
    request = given.get("httpRequest") or {}
    if not isinstance(request, dict):
        raise ApiError(400, "Invalid value at 'task.http_request'")
    http = dict(request)
    if not http.get("url"):
        raise ApiError(400, "HttpRequest.url is required.")
    if not re.match(r"https?://", str(http["url"])):
        raise ApiError(400, "HttpTarget.url must start with 'http://' or 'https://'.")
    method = http.get("httpMethod") or "POST"
    if isinstance(method, int) and 0 <= method < len(_METHODS):
        method = _METHODS[method]
    if method not in _METHODS:
        raise ApiError(400, f"Invalid value at 'task.http_request.http_method', \"{method}\"")
    http["httpMethod"] = "POST" if method == "METHOD_UNSPECIFIED" else method
    if http.get("body") and http["httpMethod"] not in ("POST", "PUT", "PATCH"):
        raise ApiError(400, "HTTP request body is not allowed with this HTTP method.")
    return http


def parse_duration(text: str) -> float:
    """Seconds of "1.5s".  Raises ValueError."""
    if not _DURATION.fullmatch(text):
        raise ValueError(text)
    return float(text[:-1])


def parse_instant(text: str) -> float:
    """Seconds since the epoch of an RFC 3339 text.  Raises ApiError(400)."""
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError:
        raise ApiError(400, f'Invalid value (not a timestamp): "{text}"') from None


def _duration(seconds: float) -> str:
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"


def _instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
