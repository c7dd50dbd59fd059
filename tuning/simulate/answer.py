"""What a simulation says: the numbers of `mando simulate --json`, and beside them what the views draw.

Made by measure.py, read by the views.  Instants are seconds since the load's begin.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

# A stretch of one request's life.  queue: in Cloud Tasks; queued: behind the executions at once; generate, reply, tell:
# a call by the workflow or by a task; wait: a sleep of the workflow.
BarKind = Literal["queue", "queued", "generate", "reply", "wait", "tell"]


@dataclass(frozen=True, slots=True)
class Spread:
    """From the command to the picture, in seconds; None if there was no picture."""

    p50: float | None
    p95: float | None
    p99: float | None
    max: float | None


@dataclass(frozen=True, slots=True)
class CallsPerRequest:
    """Calls of each step, by workflows and by tasks, divided by the acknowledged requests."""

    generate: float
    reply: float


@dataclass(frozen=True, slots=True)
class Executions:
    """most_at_once: running and asleep; most_queued: behind the limit; steps_per_request: billed, of both kinds."""

    most_at_once: int
    most_queued: int
    steps_per_request: float


@dataclass(frozen=True, slots=True)
class Line:
    """One queue of Cloud Tasks.  longest_wait_s: from a task's creation to its first dispatch.

    most_waiting: also those whose time has not come.
    """

    most_waiting: int
    longest_wait_s: float


@dataclass(frozen=True, slots=True)
class Instances:
    """Of App Engine.  hours: billed time, from an instance's start to 15 minutes after its last request."""

    most: int
    hours: float


@dataclass(frozen=True, slots=True)
class Series:
    """Equal columns over time; item i is of [i × bucket_s, (i + 1) × bucket_s).

    arrivals and errors: how many in that time; errors are answers of 400 and above, and calls without an answer.
    waiting (Cloud Tasks), queued, asleep, executions (at once) and instances: how many at the end of that time.
    p50, p95, p99: from the command to the picture, of the requests sent in that time; None if none got a picture.
    """

    bucket_s: float
    columns: Mapping[str, Sequence[float | None]]


@dataclass(frozen=True, slots=True)
class Histogram:
    """How many pictures came after edges_s[i] to edges_s[i + 1]; there is one edge more than counts."""

    edges_s: Sequence[float]
    counts: Sequence[int]


@dataclass(frozen=True, slots=True)
class Bar:
    kind: BarKind
    begins_s: float
    ends_s: float
    ok: bool


@dataclass(frozen=True, slots=True)
class Life:
    """One request: title is "typical" or "slowest"; end is the field of Answer in which it is counted."""

    title: str
    request: int
    sent_s: float
    ended_s: float
    end: str
    bars: Sequence[Bar]


@dataclass(frozen=True, slots=True)
class Shade:
    """The time of one fault."""

    begins_s: float
    ends_s: float
    label: str


@dataclass(frozen=True, slots=True)
class Answer:
    """sent = refused + acknowledged; acknowledged = pictures + told + late + lost + unreachable.

    refused: the member was told at once, or Discord said that the application did not respond.
    late: shown by the bot after the token's life.  lost: nothing was shown, though Discord could be reached at some
    time in the token's life; unreachable: the same where it never could.  duplicates: requests with two messages.
    recovered_after_s: from the end of the faults until new requests are answered within twice the p95 of before and
    nothing older waits; None where that never is, and where there was no fault.
    kept: nothing was lost, nothing was shown twice.  limits: the quotas that the views draw as a line.
    """

    seed: int
    commit: str | None
    sent: int
    refused: int
    acknowledged: int
    pictures: int
    told: int
    late: int
    lost: int
    unreachable: int
    duplicates: int
    s_to_reply: Spread
    calls_per_request: CallsPerRequest
    executions: Executions
    queues: Mapping[str, Line]
    instances: Instances
    recovered_after_s: float | None
    cost_usd: Mapping[str, float]  # an item a service, then `total` and `per_million`
    kept: bool
    # For the views alone.
    load: str
    scenario: str
    length_s: float
    series: Series
    histogram: Histogram
    lives: Sequence[Life]
    faults: Sequence[Shade]
    limits: Mapping[str, float]
    prices_as_of: str  # the date of the oldest price in cost_usd

    def as_json(self) -> dict[str, Any]:
        """Exactly the keys of `mando simulate --json`."""
        every = asdict(self)
        return {name: value for name, value in every.items() if name not in _FOR_VIEWS}


_FOR_VIEWS = frozenset(
    {"load", "scenario", "length_s", "series", "histogram", "lives", "faults", "limits", "prices_as_of"}
)
