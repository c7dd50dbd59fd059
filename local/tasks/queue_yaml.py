"""queue.yaml → queue configurations, as `gcloud app deploy queue.yaml` reads and sends it.

Source: App Engine, "queue.yaml reference"; the values that gcloud 528 fills in where the file is silent.
"""

import re
from collections.abc import Callable

import yaml

from local.tasks.rules import YAML_TOMBSTONE_S, QueueConfig, RateLimits, RetryConfig
from local.yaml_source import YamlMistake, compose

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_RATE = re.compile(r"0|(?P<count>[0-9]+(\.[0-9]*)?)/(?P<unit>[smhd])")
_AGE = re.compile(r"(?P<count>[0-9]+(\.[0-9]*)?)(?P<unit>[smhd])")
_NAME = re.compile(r"[A-Za-z0-9-]{1,100}")


class QueueYamlError(Exception):
    """Raised when queue.yaml is not what gcloud would take: file:line:column, what is wrong, what was expected."""


def parse_queue_yaml(text: str, file: str, parent: str) -> tuple[QueueConfig, ...]:
    """The queues in text; parent is projects/…/locations/….  Raises QueueYamlError."""
    try:
        root = compose(text)
    except YamlMistake as mistake:
        raise QueueYamlError(f"{file}:{mistake.line}:{mistake.column}: {mistake}") from None
    reader = _Reader(file)
    if root is None:
        raise QueueYamlError(f"{file}:1:1: the file is empty, expected a list under `queue`")
    queues: list[QueueConfig] = []
    for key, node in reader.entries(root, {"queue", "total_storage_limit", "resume_paused_queues"}):
        if key == "queue":
            queues = [_queue(reader, entry, parent) for entry in reader.items(node)]
    names = [queue.name for queue in queues]
    for name in names:
        if names.count(name) > 1:
            raise reader.error(root, f"the queue '{name.rpartition('/')[2]}' stands there twice")
    return tuple(queues)


def _queue(reader: "_Reader", node: yaml.Node, parent: str) -> QueueConfig:
    known = {"name", "rate", "mode", "bucket_size", "max_concurrent_requests", "target", "retry_parameters"}
    found = dict(reader.entries(node, known))
    for needed in ("name", "rate"):
        if needed not in found:
            raise reader.error(node, f"a queue needs `{needed}`")
    rate = reader.match(found["rate"], _RATE, "a rate like 5/s, 30/m, 100/h, 1000/d or 0")
    count, unit = rate["count"], rate["unit"]
    limits = RateLimits(
        max_dispatches_per_s=float(count) / _SECONDS[unit] if unit else 0.0,
        max_burst_size=reader.whole(found.get("bucket_size"), 5, 1, 500),
        max_concurrent_dispatches=reader.whole(found.get("max_concurrent_requests"), 1000, 1, 5000),
    )
    if limits.max_dispatches_per_s > 500:
        raise reader.error(found["rate"], "a queue dispatches at most 500 tasks a second")
    return QueueConfig(
        name=f"{parent}/queues/{reader.match(found['name'], _NAME, 'letters, digits and hyphens, at most 100')[0]}",
        rate=limits,
        retry=_retry(reader, found.get("retry_parameters")),
        state="RUNNING" if limits.max_dispatches_per_s else "PAUSED",
        tombstone_s=YAML_TOMBSTONE_S,
    )


def _retry(reader: "_Reader", node: yaml.Node | None) -> RetryConfig:
    defaults = RetryConfig(max_attempts=-1)
    if node is None:
        return defaults
    known = {"task_retry_limit", "task_age_limit", "min_backoff_seconds", "max_backoff_seconds", "max_doublings"}
    found = dict(reader.entries(node, known))
    limit = reader.whole(found.get("task_retry_limit"), -2, 0, 2**31 - 2)
    age = found.get("task_age_limit")
    retry = RetryConfig(
        max_attempts=limit + 1,  # the limit counts what comes after the first attempt
        max_retry_duration_s=reader.age(age) if age else 0.0,
        min_backoff_s=reader.seconds(found.get("min_backoff_seconds"), defaults.min_backoff_s),
        max_backoff_s=reader.seconds(found.get("max_backoff_seconds"), defaults.max_backoff_s),
        max_doublings=reader.whole(found.get("max_doublings"), defaults.max_doublings, 0, 2**31 - 1),
    )
    if retry.min_backoff_s > retry.max_backoff_s:
        raise reader.error(node, "min_backoff_seconds must not be larger than max_backoff_seconds")
    return retry


class _Reader:
    """Values out of YAML nodes; what is wrong is said with its place."""

    def __init__(self, file: str) -> None:
        self._file = file

    def error(self, node: yaml.Node, message: str) -> QueueYamlError:
        return QueueYamlError(f"{self._file}:{node.start_mark.line + 1}:{node.start_mark.column + 1}: {message}")

    def entries(self, node: yaml.Node, known: set[str]) -> list[tuple[str, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            raise self.error(node, f"expected a map with {', '.join(sorted(known))}")
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value not in known:
                raise self.error(key, f"unexpected '{key.value}', expected one of {', '.join(sorted(known))}")
            if key.value in seen:
                raise self.error(key, f"'{key.value}' stands there twice")
            seen.add(key.value)
        return [(key.value, value) for key, value in node.value]

    def items(self, node: yaml.Node) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            raise self.error(node, "expected a list")
        return list(node.value)

    def match(self, node: yaml.Node, pattern: re.Pattern[str], expected: str) -> re.Match[str]:
        found = pattern.fullmatch(node.value) if isinstance(node, yaml.ScalarNode) else None
        if found is None:
            raise self.error(node, f"expected {expected}")
        return found

    def age(self, node: yaml.Node) -> float:
        found = self.match(node, _AGE, "an age like 14m, 2h or 1d")
        return float(found["count"]) * _SECONDS[found["unit"]]

    def whole(self, node: yaml.Node | None, default: int, low: int, high: int) -> int:
        return int(self._number(node, default, int, low, high, "a whole number"))

    def seconds(self, node: yaml.Node | None, default: float) -> float:
        return self._number(node, default, float, 0, 1e9, "a number of seconds")

    def _number(
        self,
        node: yaml.Node | None,
        default: float,
        convert: Callable[[str], float],
        low: float,
        high: float,
        what: str,
    ) -> float:
        if node is None:
            return default
        try:
            value = convert(node.value)
        except (TypeError, ValueError):
            raise self.error(node, f"expected {what}") from None
        if not low <= value <= high:
            raise self.error(node, f"expected {what} from {low} to {high}")
        return value
