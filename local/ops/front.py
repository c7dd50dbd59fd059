"""What the front page of /ops shows: numbers with their last 15 minutes, queues, what the waiting wait for.  Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from local.ops.charts import Spark, spark
from local.story.figures import Figures, QueueFigures
from local.story.reasons import DEPLOYMENT_FILE, QUEUE_FILE, WORKFLOW_FILE, Files, Reason, reason_of
from local.story.summary import OVER
from local.story.words import seconds


@dataclass(frozen=True, slots=True)
class Tile:
    """One number.  id: of its element; kinds: the states to which it leads in the list of requests."""

    id: str
    name: str
    number: str
    unit: str
    spark: Spark
    tone: str
    kinds: str = ""


@dataclass(frozen=True, slots=True)
class Line:
    """A queue, and what it sent in each step."""

    queue: QueueFigures
    spark: Spark


@dataclass(frozen=True, slots=True)
class Executions:
    """How many are in that state, and how many came to it in each step; of those that go on that is not known."""

    state: str
    count: int
    spark: Spark | None


@dataclass(frozen=True, slots=True)
class Wait:
    """What so many wait for."""

    reason: Reason
    count: int


_OUTCOMES = (
    ("shown", "Pictures", "good"),
    ("told", "Told of a failure", "bad"),
    ("failed", "Failed", "bad"),
    ("refused", "Refused", "bad"),
)


def tiles(figures: Figures) -> list[Tile]:
    found = []
    for kind, name, tone in _OUTCOMES:
        line = spark(figures.outcomes[kind], figures)
        number = figures.per_minute[kind]
        quiet = tone if any(figures.outcomes[kind]) else "idle"
        found.append(Tile(f"tile-{kind}", name, f"{number:g}", "a minute", line, quiet, kind))
    for share, values in (("p50", figures.reply_p50_s), ("p95", figures.reply_p95_s)):
        number_s = figures.reply_s[share]
        name = "Time to reply, half of them" if share == "p50" else "Time to reply, 95 %"
        words, _, unit = ("–" if number_s is None else seconds(number_s)).partition(" ")
        found.append(Tile(f"tile-{share}", name, words, unit, spark(values, figures), "busy"))
    return found


def on_their_way(figures: Figures) -> int:
    return sum(count for kind, count in figures.requests.items() if kind not in OVER)


def lines(figures: Figures) -> list[Line]:
    return [Line(one, spark(one.dispatches, figures)) for one in figures.queues]


def executions(figures: Figures, ended: Mapping[str, Sequence[int]]) -> list[Executions]:
    return [
        Executions(state, count, spark(ended[state], figures) if state in ended else None)
        for state, count in figures.executions.items()
    ]


def waits(waiting_for: Mapping[str, int], files: Files) -> list[Wait]:
    """The reason of the most first."""
    ordered = sorted(waiting_for.items(), key=lambda one: (-one[1], one[0]))
    return [Wait(reason_of(key, 0.0, files), count) for key, count in ordered]


def file_lines(text: str, line: int, around: int = 2) -> list[tuple[int, str]]:
    """The lines of a file about that line, with their numbers."""
    every = text.splitlines()
    first, last = max(1, line - around), min(len(every), line + around)
    return [(number, every[number - 1]) for number in range(first, last + 1)] if line else []


def text_of(files: Files, name: str) -> str:
    """The text of the file with that name."""
    return {WORKFLOW_FILE: files.workflow, QUEUE_FILE: files.queues, DEPLOYMENT_FILE: files.deployment}.get(name, "")
