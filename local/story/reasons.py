"""Why a request waits: which number in which line of YAML decides it.  Pure.

The key of a reason is made in summary.py: "line:QUEUE", "backoff:QUEUE", "workflow:QUEUE", "steps:QUEUE",
"step:ROUTINE.STEP", "asked" or "places".
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import isclose

from local.story.yaml_places import Number, WorkflowPlaces, number_at, places_of

WORKFLOW_FILE, QUEUE_FILE, DEPLOYMENT_FILE = "workflows/mando.yaml", "queue.yaml", "deploy/deployment.yaml"
_URGENT = "urgent-reply-queue"
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}  # Source: queue.yaml reference, "rate"


@dataclass(frozen=True, slots=True)
class Reason:
    """words: for people.  name: of the number, value and line in the file; "" and 0 where no file decides it."""

    key: str
    words: str
    file: str = ""
    line: int = 0
    name: str = ""
    value: str = ""


@dataclass(frozen=True, slots=True)
class Files:
    """The texts in force.  workflow: that of the revision that the request runs with.

    paused: queues, short names.  rates_per_s: what each queue may send, which an operator may have changed since.
    """

    workflow: str = ""
    queues: str = ""
    deployment: str = ""
    paused: frozenset[str] = frozenset()
    rates_per_s: Mapping[str, float] = field(default_factory=dict)


NO_FILES = Files()


def reason_of(key: str, wait_s: float, files: Files) -> Reason:
    """wait_s: how long the wait is in all."""
    kind, _, about = key.partition(":")
    places = places_of(files.workflow)
    match kind:
        case "line" if about in files.paused:
            words = f"{about} is paused; nothing leaves it until it is resumed"
            return _in_queue(key, words, files, about, "rate")
        case "line":
            return _in_line(key, files, about)
        case "backoff":
            return _backoff(key, wait_s, files, about)
        case "workflow":
            words = "the workflow has put it off: it waits as long as the request is old, at most so long"
            return _knob(key, words, places, "longest_wait_s")
        case "steps":
            return _put_off_by_steps(key, about, files)
        case "step":
            knob = places.waits.get(about, "longest_wait_s")
            step = about.rpartition(".")[2]
            line = places.steps.get(about)
            at = f" (line {line})" if line else ""
            return _knob(key, f"the step {step}{at} tries again after this wait, doubled each time", places, knob)
        case "asked":
            return Reason(key, "Discord has asked for this wait (Retry-After of its answer 429)", name="Retry-After")
        case "places":
            return Reason(key, "10,000 executions run, which is the most of a region", name="concurrent executions")
    return Reason(key, "")


def _in_line(key: str, files: Files, queue: str) -> Reason:
    rate_per_s = files.rates_per_s.get(queue)
    much = "so many" if rate_per_s is None else f"{rate_per_s:g}"
    reason = _in_queue(key, f"it stands in {queue}, which sends {much} a second", files, queue, "rate")
    count, _, unit = reason.value.partition("/")
    if rate_per_s is None or unit not in _UNITS_S or isclose(float(count) / _UNITS_S[unit], rate_per_s, rel_tol=1e-6):
        return reason
    return replace(reason, words=f"{reason.words}; somebody has changed that, the file has another rate")


def _backoff(key: str, wait_s: float, files: Files, queue: str) -> Reason:
    longest = number_at(files.queues, "queue", queue, "retry_parameters", "max_backoff_seconds")
    is_longest = longest is not None and wait_s >= _float(longest) * 0.99
    name = "max_backoff_seconds" if is_longest else "min_backoff_seconds"
    how = "its longest wait" if is_longest else "its first wait, doubled after each failure"
    words = f"{queue} repeats a call that failed after a back-off: {how}"
    return _in_queue(key, words, files, queue, "retry_parameters", name)


def _put_off_by_steps(key: str, queue: str, files: Files) -> Reason:
    if queue == _URGENT:
        words = "the token ends soon: the reply step tries more often, in the queue for those"
        path: tuple[str, ...] = ("steps", "last_word_s")
    else:
        words = "the reply step has put it off: it waits as long as the request is old, at most so long"
        path = ("steps", "reply_waits", "longest_s")
    return _of(key, words, DEPLOYMENT_FILE, ".".join(path), number_at(files.deployment, *path))


def _in_queue(key: str, words: str, files: Files, queue: str, *path: str) -> Reason:
    return _of(key, words, QUEUE_FILE, ".".join((queue, *path)), number_at(files.queues, "queue", queue, *path))


def _knob(key: str, words: str, places: WorkflowPlaces, name: str) -> Reason:
    return _of(key, words, WORKFLOW_FILE, f"knobs.{name}", places.knobs.get(name))


def _of(key: str, words: str, file: str, name: str, number: Number | None) -> Reason:
    if number is None:
        return Reason(key, words, file, name=name)
    return Reason(key, words, file, number.line, name, number.value)


def _float(number: Number) -> float:
    try:
        return float(number.value)
    except ValueError:
        return float("inf")
