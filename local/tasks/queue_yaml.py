"""Reads the queues of a queue.yaml, as `gcloud app deploy queue.yaml` reads it.

gcloud treats 0 as "not given", except for a rate and for task_retry_limit.

Source: App Engine, "queue.yaml reference"; the values that gcloud 528 fills in where the file is silent.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass

import yaml

from local.retention import YAML_TASK_TTL_S, YAML_TOMBSTONE_S
from local.tasks.rules import MAX_BURST, MAX_CONCURRENT, QueueConfig, RateLimits, RetryConfig
from local.yaml_source import YamlMistake, compose

_SECONDS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_RATE = re.compile(r"(?P<count>[0-9]+(\.[0-9]*)?)/(?P<unit>[smhd])")
# A bare 0, which App Engine's reference allows, crashes gcloud 528: "could not convert string to float".
_RATES = "a rate like 5/s, 30/m, 100/h or 1000/d, or 0/s for a paused queue; gcloud crashes on 0"
_AGE = re.compile(r"(?P<count>[0-9]+(\.[0-9]*)?)(?P<unit>[smhd])")
_NAME = re.compile(r"[A-Za-z0-9-]{1,100}")
_BOOLEAN = re.compile(r"True|False")


class QueueYamlError(Exception):
    """Raised when gcloud would refuse the queue.yaml: file:line:column, what is wrong, what was expected."""

    def __init__(self, file: str, line: int, column: int, message: str) -> None:
        super().__init__(f"{file}:{line}:{column}: {message}")
        self.line, self.column, self.message = line, column, message


@dataclass(frozen=True, slots=True)
class QueueYaml:
    """The file's content.  resumes_paused: whether a paused queue that has a rate is resumed."""

    queues: tuple[QueueConfig, ...]
    resumes_paused: bool = True


def read_queue_yaml(text: str, file: str, parent: str) -> QueueYaml:
    """Parse the text; parent is projects/…/locations/….  Raises QueueYamlError."""
    try:
        root = compose(text)
    except YamlMistake as mistake:
        raise QueueYamlError(file, mistake.line, mistake.column, str(mistake)) from None
    reader = _Reader(file)
    if root is None:
        raise QueueYamlError(file, 1, 1, "the file is empty, expected a list under `queue`")
    found = dict(reader.entries(root, {"queue", "total_storage_limit", "resume_paused_queues"}))
    queues: dict[str, QueueConfig] = {}
    for node in reader.items(found["queue"]) if "queue" in found else []:
        queue = _queue(reader, node, parent)
        if queue.name in queues:
            raise reader.error(node, f"the queue '{queue.name.rpartition('/')[2]}' is defined twice")
        queues[queue.name] = queue
    resumes = True
    if "resume_paused_queues" in found:
        resumes = reader.match(found["resume_paused_queues"], _BOOLEAN, "True or False")[0] == "True"
    return QueueYaml(tuple(queues.values()), resumes)


def _queue(reader: "_Reader", node: yaml.Node, parent: str) -> QueueConfig:
    known = {"name", "rate", "mode", "bucket_size", "max_concurrent_requests", "target", "retry_parameters"}
    found = dict(reader.entries(node, known))
    if "mode" in found:
        reader.match(found["mode"], re.compile("push"), "push: this local cloud has no pull queues")
    for needed in ("name", "rate"):
        if needed not in found:
            raise reader.error(node, f"a queue needs `{needed}`")
    rate = reader.match(found["rate"], _RATE, _RATES)
    limits = RateLimits(
        max_dispatches_per_s=round(float(rate["count"]) / _SECONDS[rate["unit"]], 9),
        max_burst_size=reader.whole(found.get("bucket_size"), 5, 0, MAX_BURST) or 5,
        max_concurrent_dispatches=min(
            reader.whole(found.get("max_concurrent_requests"), 1000, 0, 2**31 - 1) or 1000, MAX_CONCURRENT
        ),
    )
    if limits.max_dispatches_per_s > 500:
        raise reader.error(found["rate"], "a queue dispatches at most 500 tasks a second")
    return QueueConfig(
        name=f"{parent}/queues/{reader.match(found['name'], _NAME, 'letters, digits and hyphens, at most 100')[0]}",
        rate=limits,
        retry=_retry(reader, found.get("retry_parameters")),
        state="RUNNING" if limits.max_dispatches_per_s else "PAUSED",
        tombstone_s=YAML_TOMBSTONE_S,
        task_ttl_s=YAML_TASK_TTL_S,
    )


def _retry(reader: "_Reader", node: yaml.Node | None) -> RetryConfig:
    defaults = RetryConfig(max_attempts=-1)
    if node is None:
        return defaults
    known = {"task_retry_limit", "task_age_limit", "min_backoff_seconds", "max_backoff_seconds", "max_doublings"}
    found = dict(reader.entries(node, known))
    limit = reader.whole(found.get("task_retry_limit"), -2, 0, 2**31 - 2)
    age = found.get("task_age_limit")
    least = reader.seconds(found.get("min_backoff_seconds"), defaults.min_backoff_s) or defaults.min_backoff_s
    most = reader.seconds(found.get("max_backoff_seconds"), defaults.max_backoff_s) or defaults.max_backoff_s
    if least > most:
        if {"min_backoff_seconds", "max_backoff_seconds"} <= set(found):
            raise reader.error(node, "min_backoff_seconds must not be larger than max_backoff_seconds")
        # Only one is given: the other one becomes equal to it.
        least = most = most if "max_backoff_seconds" in found else least
    return RetryConfig(
        max_attempts=limit + 1,  # the limit does not count the first attempt
        max_retry_duration_s=reader.age(age) if age else 0.0,
        min_backoff_s=least,
        max_backoff_s=most,
        max_doublings=reader.whole(found.get("max_doublings"), defaults.max_doublings, 0, 2**31 - 1)
        or defaults.max_doublings,
    )


class _Reader:
    """Reads values from YAML nodes; errors have line and column."""

    def __init__(self, file: str) -> None:
        self._file = file

    def error(self, node: yaml.Node, message: str) -> QueueYamlError:
        return QueueYamlError(self._file, node.start_mark.line + 1, node.start_mark.column + 1, message)

    def entries(self, node: yaml.Node, known: set[str]) -> list[tuple[str, yaml.Node]]:
        if not isinstance(node, yaml.MappingNode):
            raise self.error(node, f"expected a map with {', '.join(sorted(known))}")
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise self.error(key, "expected a name before the colon")
            if key.value not in known:
                raise self.error(key, f"unexpected '{key.value}', expected one of {', '.join(sorted(known))}")
            if key.value in seen:
                raise self.error(key, f"'{key.value}' is given twice")
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
        expected = "an age like 14m, 2h or 1d, at least a second"
        found = self.match(node, _AGE, expected)
        seconds = math.floor(float(found["count"]) * _SECONDS[found["unit"]])
        if seconds < 1:
            raise self.error(node, f"expected {expected}")
        return float(seconds)

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
