"""Queues as Cloud Tasks' JSON, and back.

Source: Cloud Tasks v2 and v2beta3, Queue; error texts as recorded from the real service.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from local.api_error import ApiError
from local.tasks.rules import (
    MAX_BURST,
    MAX_CONCURRENT,
    MAX_RATE_PER_S,
    QueueConfig,
    QueueState,
    RateLimits,
    RetryConfig,
    burst_for,
)
from local.tasks.wire import duration, instant, parse_duration

Version = Literal["v2", "v2beta3"]

# JSON name → (our group, our field, what it is).
_FIELDS: Mapping[str, tuple[str, str, type | None]] = {
    "rateLimits.maxDispatchesPerSecond": ("rate", "max_dispatches_per_s", float),
    "rateLimits.maxBurstSize": ("rate", "max_burst_size", int),
    "rateLimits.maxConcurrentDispatches": ("rate", "max_concurrent_dispatches", int),
    "retryConfig.maxAttempts": ("retry", "max_attempts", int),
    "retryConfig.maxRetryDuration": ("retry", "max_retry_duration_s", None),  # None is a duration
    "retryConfig.minBackoff": ("retry", "min_backoff_s", None),
    "retryConfig.maxBackoff": ("retry", "max_backoff_s", None),
    "retryConfig.maxDoublings": ("retry", "max_doublings", int),
}
# Where 0 cannot be told from "not given", which is what a client that speaks protobuf sends.
_ZERO_IS_DEFAULT = frozenset(
    ("rateLimits.maxBurstSize", "rateLimits.maxConcurrentDispatches", "retryConfig.maxAttempts")
)
_BURST = "rateLimits.maxBurstSize"
_LOG_RATIO = "stackdriverLoggingConfig.samplingRatio"
# Fixed when a queue is made: JSON name → (our field, the least, the most), in seconds.
_TTLS: Mapping[str, tuple[str, float, float]] = {
    "taskTtl": ("task_ttl_s", 10 * 86400.0, 3650 * 86400.0),
    "tombstoneTtl": ("tombstone_s", 3600.0, 9 * 86400.0),
}
_WHOLE_RANGE = 2**31


def queue_json(config: QueueConfig, version: Version) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": config.name}
    for path, (group, field, kind) in _FIELDS.items():
        outer, inner = path.split(".")
        value = getattr(getattr(config, group), field)
        shown.setdefault(outer, {})[inner] = duration(value) if kind is None else value
    shown["state"] = config.state
    if config.purged_at_s is not None:
        shown["purgeTime"] = instant(config.purged_at_s)
    if config.log_ratio:
        shown["stackdriverLoggingConfig"] = {"samplingRatio": config.log_ratio}
    if version == "v2beta3":
        ttls = {name: duration(getattr(config, field)) for name, (field, _, _) in _TTLS.items()}
        shown |= {"type": "PUSH", **ttls}
    return shown


def new_queue(name: str, body: Mapping[str, Any], version: Version) -> QueueConfig:
    """Only v2beta3, which `gcloud app deploy queue.yaml` speaks, says how long things live.  Raises ApiError(400)."""
    config = changed_queue(QueueConfig(name), body, [*_FIELDS, _LOG_RATIO], version)
    if _value(body, _BURST) is None or version == "v2":
        burst = burst_for(config.rate.max_dispatches_per_s)
        config = replace(config, rate=replace(config.rate, max_burst_size=burst))
    if version == "v2":
        return config
    ttls: dict[str, Any] = {}
    for path, (field, least, most) in _TTLS.items():
        if body.get(path) is not None:
            ttls[field] = parse_duration(body[path], f"queue.{path}")
            if not least <= ttls[field] <= most:
                raise ApiError(400, f"Queue.{path} must be between [{duration(least)}, {duration(most)}].")
    # A queue that is not to dispatch at all is one that waits for somebody to resume it.
    state: QueueState = "RUNNING" if config.rate.max_dispatches_per_s else "PAUSED"
    return replace(config, state=state, **ttls)


def changed_queue(
    config: QueueConfig, body: Mapping[str, Any], mask: Sequence[str] | None, version: Version
) -> QueueConfig:
    """config with the leaves that mask names (all of them without one); a leaf that body lacks gets its default.

    The burst is output only in v2: it follows the rate.  Raises ApiError(400).
    """
    if body.get("httpTarget"):
        raise ApiError(400, "Queue.httpTarget is not imitated: name the target in each task.")
    changes: dict[str, dict[str, Any]] = {"rate": {}, "retry": {}}
    defaults: dict[str, Any] = {"rate": RateLimits(), "retry": RetryConfig()}
    for path, (group, field, kind) in _FIELDS.items():
        if not _is_named(path, mask) or (path == _BURST and version == "v2"):
            continue
        given = _value(body, path)
        number = None if given is None else _number(path, given, kind)
        is_unset = number is None or (number == 0 and path in _ZERO_IS_DEFAULT)
        changes[group][field] = getattr(defaults[group], field) if is_unset else number
    rate, retry = replace(config.rate, **changes["rate"]), replace(config.retry, **changes["retry"])
    if version == "v2" and changes["rate"]:
        rate = replace(rate, max_burst_size=burst_for(rate.max_dispatches_per_s))
    log_ratio = config.log_ratio
    if _is_named(_LOG_RATIO, mask):
        log_ratio = float(_number(_LOG_RATIO, _value(body, _LOG_RATIO) or 0, float))
    changed = replace(config, rate=rate, retry=retry, log_ratio=log_ratio)
    _check(changed)
    return changed


def _is_named(path: str, mask: Sequence[str] | None) -> bool:
    return mask is None or path in mask or path.partition(".")[0] in mask


def _value(body: Mapping[str, Any], path: str) -> Any:
    outer, inner = path.split(".")
    group = body.get(outer) or {}
    if not isinstance(group, dict):
        raise ApiError(400, f"Invalid value at 'queue.{outer}', {group!r}")
    return group.get(inner)


def _number(path: str, given: Any, kind: type | None) -> float | int:
    if kind is None:
        return parse_duration(given, f"queue.{path}")
    try:
        number = math.nan if isinstance(given, bool) else float(given)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if math.isfinite(number) and kind is float:
        return number
    if abs(number) < _WHOLE_RANGE and number.is_integer():
        return int(number)
    raise ApiError(400, f"Invalid value at 'queue.{path}', \"{given}\"")


def _check(config: QueueConfig) -> None:
    rate, retry = config.rate, config.retry
    refused = {
        f"RateLimits.maxDispatchesPerSecond must be less than or equal to {MAX_RATE_PER_S}.": (
            rate.max_dispatches_per_s > MAX_RATE_PER_S
        ),
        "RateLimits.maxDispatchesPerSecond cannot be negative.": rate.max_dispatches_per_s < 0,
        f"RateLimits.maxBurstSize must be between 1 and {MAX_BURST}.": not 1 <= rate.max_burst_size <= MAX_BURST,
        f"RateLimits.maxConcurrentDispatches must be less than or equal to {MAX_CONCURRENT}.": (
            rate.max_concurrent_dispatches > MAX_CONCURRENT
        ),
        "RateLimits.maxConcurrentDispatches cannot be negative.": rate.max_concurrent_dispatches < 0,
        "RetryConfig.maxAttempts must be greater or equal to -1.": retry.max_attempts < -1,
        "RetryConfig.maxDoublings cannot be negative.": retry.max_doublings < 0,
        "RetryConfig.minBackoff cannot be negative.": retry.min_backoff_s < 0,
        "RetryConfig.maxBackoff cannot be negative.": retry.max_backoff_s < 0,
        "RetryConfig.maxRetryDuration cannot be negative.": retry.max_retry_duration_s < 0,
        "RetryConfig.minBackoff must be less than or equal to RetryConfig.maxBackoff.": (
            retry.min_backoff_s > retry.max_backoff_s
        ),
    }
    for message, is_wrong in refused.items():
        if is_wrong:
            raise ApiError(400, message)
    if not 0 <= config.log_ratio <= 1:
        raise ApiError(400, "StackdriverLoggingConfig.samplingRatio must be between 0.0 and 1.0.")
