"""Converts queues to Cloud Tasks' JSON and back.

Source: Cloud Tasks v2 and v2beta3, Queue; error texts as recorded from the real service.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from local.http.api_error import ApiError
from local.tasks.app_engine import routing, routing_json
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
from local.tasks.wire import duration, instant

Version = Literal["v2", "v2beta3"]

# JSON name → (our group, our field, whether it is a duration).
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
# 0 means "not given" here: a protobuf client cannot send the difference.
_ZERO_IS_DEFAULT = frozenset(
    ("rateLimits.maxBurstSize", "rateLimits.maxConcurrentDispatches", "retryConfig.maxAttempts")
)
_BURST = "rateLimits.maxBurstSize"
_LOG_RATIO = "stackdriverLoggingConfig.samplingRatio"
_NOT_IMITATED = {
    "httpTarget": "is not imitated: name the target in each task.",
    "type": "PULL is not imitated: tasks of such a queue are leased by workers, and nothing here leases any.",
}
# Fixed when a queue is created: JSON name → (our field, minimum, maximum), in seconds.
_TTL_RANGES: Mapping[str, tuple[str, float, float]] = {
    "taskTtl": ("task_ttl_s", 10 * 86400.0, 3650 * 86400.0),
    "tombstoneTtl": ("tombstone_s", 3600.0, 9 * 86400.0),
}
# The target of all App Engine tasks of the queue, whatever they say themselves.
_ROUTING: Mapping[Version, str] = {
    "v2": "appEngineRoutingOverride",
    "v2beta3": "appEngineHttpQueue.appEngineRoutingOverride",
}


def queue_json(config: QueueConfig, version: Version) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": config.name}
    for path, (group, field, is_duration) in _FIELDS.items():
        outer, inner = path.split(".")
        value = getattr(getattr(config, group), field)
        shown.setdefault(outer, {})[inner] = duration(value) if is_duration else value
    shown["state"] = config.state
    if config.purged_at_s is not None:
        shown["purgeTime"] = instant(config.purged_at_s)
    if config.log_ratio:
        shown["stackdriverLoggingConfig"] = {"samplingRatio": config.log_ratio}
    if config.routing:
        outer, _, inner = _ROUTING[version].partition(".")
        routed = routing_json(config.name, config.routing)
        shown[outer] = {inner: routed} if inner else routed
    if version == "v2beta3":
        ttls = {name: duration(getattr(config, field)) for name, (field, _, _) in _TTL_RANGES.items()}
        shown |= {"type": "PUSH", **ttls}
    return shown


def new_queue(name: str, body: Mapping[str, Any], version: Version) -> QueueConfig:
    """The queue of a CreateQueue request.  Only v2beta3 (`gcloud app deploy`) has TTLs.  Raises ApiError(400)."""
    config = changed_queue(QueueConfig(name), body, [*_FIELDS, _LOG_RATIO, _ROUTING[version]], version)
    if _value(body, _BURST) is None:
        burst = burst_for(config.rate.max_dispatches_per_s)
        config = replace(config, rate=replace(config.rate, max_burst_size=burst))
    if version == "v2":
        return config
    ttls: dict[str, Any] = {}
    for path, (field, least, most) in _TTL_RANGES.items():
        if path in body:
            ttls[field] = body[path]
            if not least <= ttls[field] <= most:
                raise ApiError(400, f"Queue.{path} must be between [{duration(least)}, {duration(most)}].")
    # A queue with a rate of 0 is paused until somebody resumes it.
    state: QueueState = "RUNNING" if config.rate.max_dispatches_per_s else "PAUSED"
    return replace(config, state=state, **ttls)


def changed_queue(
    config: QueueConfig, body: Mapping[str, Any], mask: Sequence[str] | None, version: Version
) -> QueueConfig:
    """config with the fields that mask names (all without a mask) from body; a field that body lacks gets its default.

    body and mask are as googleapi/ reads them.  In v2 the burst is output only: it is derived from the rate.
    Raises ApiError(400).
    """
    for field, is_ours in (("httpTarget", not body.get("httpTarget")), ("type", body.get("type") != "PULL")):
        if not is_ours:
            raise ApiError(400, f"Queue.{field} {_NOT_IMITATED[field]}")
    changes: dict[str, dict[str, Any]] = {"rate": {}, "retry": {}}
    defaults: dict[str, Any] = {"rate": RateLimits(), "retry": RetryConfig()}
    for path, (group, field, _) in _FIELDS.items():
        if not _is_named(path, mask) or (path == _BURST and version == "v2"):
            continue
        given = _value(body, path)
        is_unset = given is None or (given == 0 and path in _ZERO_IS_DEFAULT)
        changes[group][field] = getattr(defaults[group], field) if is_unset else given
    rate, retry = replace(config.rate, **changes["rate"]), replace(config.retry, **changes["retry"])
    changed = replace(config, rate=rate, retry=retry)
    if _is_named(_LOG_RATIO, mask):
        changed = replace(changed, log_ratio=_value(body, _LOG_RATIO) or 0.0)
    if _is_named(_ROUTING[version], mask):
        changed = replace(changed, routing=routing(_value(body, _ROUTING[version])) or None)
    _check(changed)
    if version == "v2" and changes["rate"]:
        changed = replace(changed, rate=replace(rate, max_burst_size=burst_for(rate.max_dispatches_per_s)))
    return changed


def _is_named(path: str, mask: Sequence[str] | None) -> bool:
    """Whether the mask names the field, a message around it or, as for routing, a part of it."""
    return mask is None or any(path == one or path.startswith(f"{one}.") or one.startswith(f"{path}.") for one in mask)


def _value(body: Mapping[str, Any], path: str) -> Any:
    outer, _, inner = path.partition(".")
    return body.get(outer, {}).get(inner) if inner else body.get(outer)


def _check(config: QueueConfig) -> None:
    rate, retry = config.rate, config.retry
    refused = {
        f"RateLimits.maxDispatchesPerSecond must be less than or equal to {MAX_RATE_PER_S}.": (
            not rate.max_dispatches_per_s <= MAX_RATE_PER_S  # NaN, too
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
