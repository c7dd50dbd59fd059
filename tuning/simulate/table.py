"""The numbers of an answer as rows, with labels and units; of two answers, with their differences.

Called by text.py and by the page.  In: Answers.  Out: groups of rows, and of each row its text.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tuning.simulate.answer import Answer
from tuning.simulate.words import NOTHING, count, dollars, duration

Better = Literal["more", "less", "neither"]
Json = Mapping[str, Any]  # what numbers() says of an answer
Path = tuple[str, ...]
# The difference of a number between two versions: its 5th and 95th percentile over the seeds.
Bands = Mapping[Path, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Row:
    """A number: where it lies in numbers(), its name and unit, and which way is better."""

    group: str
    path: Path
    label: str
    shown: Callable[[float], str]
    better: Better = "neither"

    def value(self, said: Json) -> float | None:
        found: Any = said
        for key in self.path:
            if not isinstance(found, Mapping) or key not in found:
                return None
            found = found[key]
        return None if found is None else float(found)

    def text(self, said: Json) -> str:
        value = self.value(said)
        return NOTHING if value is None else self.shown(value)


_FIXED = (
    Row("requests", ("sent",), "sent", count),
    Row("requests", ("refused",), "refused", count, "less"),
    Row("requests", ("acknowledged",), "acknowledged", count, "more"),
    Row("replies", ("pictures",), "pictures", count, "more"),
    Row("replies", ("told",), "told why not", count, "less"),
    Row("replies", ("late",), "late", count, "less"),
    Row("replies", ("lost",), "lost", count, "less"),
    Row("replies", ("unreachable",), "unreachable", count, "less"),
    Row("replies", ("duplicates",), "shown twice", count, "less"),
    Row("time to reply", ("s_to_reply", "p50"), "p50", duration, "less"),
    Row("time to reply", ("s_to_reply", "p95"), "p95", duration, "less"),
    Row("time to reply", ("s_to_reply", "p99"), "p99", duration, "less"),
    Row("time to reply", ("s_to_reply", "max"), "max", duration, "less"),
    Row("recovered", ("recovered_after_s",), "after the fault", duration, "less"),
    Row("calls a request", ("calls_per_request", "generate"), "generate", count, "less"),
    Row("calls a request", ("calls_per_request", "reply"), "reply", count, "less"),
    Row("executions", ("executions", "most_at_once"), "at once", count, "less"),
    Row("executions", ("executions", "most_queued"), "queued", count, "less"),
    Row("executions", ("executions", "steps_per_request"), "steps a request", count, "less"),
    Row("instances", ("instances", "most"), "at once", count, "less"),
    Row("instances", ("instances", "hours"), "hours", count, "less"),
)

_SUMS = ("total", "per_million")
# The first word of an item of tuning/models/prices.yaml, and whose it is.
_SERVICES = {
    "appengine": "App Engine",
    "functions": "Cloud Run functions",
    "storage": "Cloud Storage",
    "tasks": "Cloud Tasks",
    "workflows": "Workflows",
}
# What must be zero for the promise to be kept.
BREAKS = (("lost",), ("duplicates",))


def numbers(answer: Answer) -> Json:
    """Answer.as_json(), with the cost by service."""
    said = answer.as_json()
    by_service: dict[str, float] = {name: said["cost_usd"][name] for name in _SUMS}
    for item, usd in said["cost_usd"].items():
        if item not in _SUMS:
            service = _SERVICES.get(item.partition("_")[0], item)
            by_service[service] = by_service.get(service, 0.0) + usd
    return {**said, "cost_usd": by_service}


def rows(*said: Json) -> list[Row]:
    """Every row that one of the answers has, in the order in which they are read."""
    queues = dict.fromkeys(name for one in said for name in one["queues"])
    costs = dict.fromkeys(name for one in said for name in one["cost_usd"])
    places = [row for row in _FIXED if row.group == "instances"]
    return [
        *(row for row in _FIXED if row not in places),
        *(row for name in queues for row in _queue(name)),
        *places,
        *(
            Row("cost", ("cost_usd", name), name.replace("per_million", "for a million"), dollars, "less")
            for name in costs
        ),
    ]


def groups(of: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in of:
        found.setdefault(row.group, []).append(row)
    return found


def _queue(name: str) -> Iterator[Row]:
    yield Row(name, ("queues", name, "most_waiting"), "waiting at once", count, "less")
    yield Row(name, ("queues", name, "longest_wait_s"), "longest wait", duration, "less")


@dataclass(frozen=True, slots=True)
class Difference:
    """What a row says of two versions.  verdict: whether `after` is better, as far as the band allows to say so."""

    row: Row
    before: str
    after: str
    change: str
    band: str
    verdict: Literal["better", "worse", "same"]

    @property
    def is_equal(self) -> bool:
        return self.before == self.after and self.band in ("", "= … =")


def differences(before: Answer, after: Answer, bands: Bands) -> list[Difference]:
    old, new = numbers(before), numbers(after)
    return [_difference(row, old, new, bands.get(row.path)) for row in rows(old, new)]


def same_in_both(of: Sequence[Difference]) -> str:
    """A sentence with what does not differ; empty where there is nothing."""
    equal = [f"{one.row.group} {one.row.label} {one.after}" for one in of if one.is_equal]
    return f"The same in both: {', '.join(equal)}." if equal else ""


def _difference(row: Row, before: Json, after: Json, band: tuple[float, float] | None) -> Difference:
    old, new = row.value(before), row.value(after)
    change = None if old is None or new is None else new - old
    low, high = band or (change or 0.0, change or 0.0)
    direction = (low > 0) - (high < 0)  # 0 where the band holds both signs
    verdict: Literal["better", "worse", "same"] = "same"
    if row.better != "neither" and direction:
        verdict = "better" if (direction > 0) == (row.better == "more") else "worse"
    return Difference(
        row,
        row.text(before),
        row.text(after),
        NOTHING if change is None else _signed(row, change),
        "" if band is None else f"{_signed(row, low)} … {_signed(row, high)}",
        verdict,
    )


def _signed(row: Row, change: float) -> str:
    size = row.shown(abs(change))
    return "=" if size == row.shown(0) else f"{'+' if change > 0 else '−'}{size}"
