"""The figures of the operations page: queues, outcomes, times to reply, executions, refusals, outages.  Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local.story.tallies import DISPATCH, OUTCOME, REFUSAL, STEP_S, percentile
from local.tasks.rules import QueueConfig

SHOWN_S = 900  # the last 15 minutes
_MEASURED_STEPS = 4  # over so many steps a rate is measured
_OUTCOMES = ("shown", "told", "refused", "failed", "cancelled")


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """rate_per_s: what the queue may send; served_per_s: what it may while App Engine is overloaded.

    measured_per_s: what it has sent in the last minute.  drained_in_s: None while it is paused or sends nothing.
    dispatches: of each step.
    """

    name: str
    full_name: str
    state: str
    waiting: int
    rate_per_s: float
    served_per_s: float
    measured_per_s: float
    burst: int
    oldest_s: float | None
    drained_in_s: float | None
    dispatches: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Figures:
    """Lists have one entry a step of step_s seconds, the oldest first; the last step is still running.

    per_minute and reply_s are of the last minute.  refusals: their words → how many in the time shown.
    """

    now_s: float
    begin_s: float
    step_s: int
    queues: tuple[QueueFigures, ...]
    outcomes: Mapping[str, tuple[int, ...]]
    per_minute: Mapping[str, float]
    reply_p50_s: tuple[float | None, ...]
    reply_p95_s: tuple[float | None, ...]
    reply_s: Mapping[str, float | None]
    requests: Mapping[str, int]
    executions: Mapping[str, int]
    refusals: Mapping[str, int]
    waiting_for: Mapping[str, int]
    outages: tuple["Outage", ...]


@dataclass(frozen=True, slots=True)
class Outage:
    """A fault, from its beginning to its end (None while it is there)."""

    target: str
    kind: str
    begin_s: float
    end_s: float | None


@dataclass(frozen=True, slots=True)
class QueueNow:
    """A queue as it is: served is the same queue with the rate at which it is served now."""

    config: QueueConfig
    served: QueueConfig
    waiting: int
    oldest_created_s: float | None


def figures(
    now_s: float,
    tallies: Mapping[int, Mapping[str, int]],
    queues: Sequence[QueueNow],
    *,
    requests: Mapping[str, int],
    executions: Mapping[str, int],
    waiting_for: Mapping[str, int],
    outages: Sequence[Outage],
) -> Figures:
    last = int(now_s // STEP_S)
    steps = range(last - SHOWN_S // STEP_S + 1, last + 1)
    counts = [tallies.get(step, {}) for step in steps]
    minute = _sum(counts[-_MEASURED_STEPS:])
    measured_s = (_MEASURED_STEPS - 1) * STEP_S + now_s % STEP_S
    return Figures(
        now_s=now_s,
        begin_s=float(steps[0] * STEP_S),
        step_s=STEP_S,
        queues=tuple(_queue(one, now_s, counts, measured_s) for one in queues),
        outcomes={one: tuple(count.get(OUTCOME + one, 0) for count in counts) for one in _OUTCOMES},
        per_minute={one: round(minute.get(OUTCOME + one, 0) * 60 / measured_s, 1) for one in _OUTCOMES},
        reply_p50_s=tuple(percentile(count, 0.5) for count in counts),
        reply_p95_s=tuple(percentile(count, 0.95) for count in counts),
        reply_s={"p50": percentile(minute, 0.5), "p95": percentile(minute, 0.95)},
        requests=dict(requests),
        executions=dict(executions),
        refusals={name.removeprefix(REFUSAL): n for name, n in _sum(counts).items() if name.startswith(REFUSAL)},
        waiting_for=dict(waiting_for),
        outages=tuple(outages),
    )


def _queue(one: QueueNow, now_s: float, counts: Sequence[Mapping[str, int]], measured_s: float) -> QueueFigures:
    name = one.config.name.rpartition("/")[2]
    dispatches = tuple(count.get(DISPATCH + name, 0) for count in counts)
    served_per_s = one.served.rate.max_dispatches_per_s if one.config.state == "RUNNING" else 0.0
    return QueueFigures(
        name=name,
        full_name=one.config.name,
        state=one.config.state,
        waiting=one.waiting,
        rate_per_s=one.config.rate.max_dispatches_per_s,
        served_per_s=served_per_s,
        measured_per_s=round(sum(dispatches[-_MEASURED_STEPS:]) / measured_s, 2),
        burst=one.config.rate.max_burst_size,
        oldest_s=None if one.oldest_created_s is None else max(0.0, now_s - one.oldest_created_s),
        drained_in_s=one.waiting / served_per_s if served_per_s else None if one.waiting else 0.0,
        dispatches=dispatches,
    )


def _sum(counts: Sequence[Mapping[str, int]]) -> dict[str, int]:
    total: dict[str, int] = {}
    for count in counts:
        for name, number in count.items():
            total[name] = total.get(name, 0) + number
    return total
