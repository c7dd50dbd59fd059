"""The numbers of an answer as rows, with labels and units; of two answers, with their differences.

Called by text.py and by the page.  In: Answers, as their JSON.  Out: groups of rows, and of each row its text.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from tuning.simulate.answer import Answer
from tuning.simulate.words import NOTHING, count, dollars, duration

Better = Literal["more", "less", "neither"]
Json = Mapping[str, Any]  # Answer.as_json()
Path = tuple[str, ...]
# The difference of a number between two versions: its 5th and 95th percentile over the seeds.
Bands = Mapping[Path, tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Row:
    """A number: where it lies in Answer.as_json(), its name and unit, and which way is better."""

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

# What must be zero for the promise to be kept.
BREAKS = (("lost",), ("duplicates",))


def rows(*said: Json) -> list[Row]:
    """Every row that one of the answers has, in the order in which they are read."""
    queues = dict.fromkeys(name for one in said for name in one["queues"])
    costs = dict.fromkeys(name for one in said for name in one["cost_usd"])
    places = [row for row in _FIXED if row.group == "instances"]
    return [
        *(row for row in _FIXED if row not in places),
        *(row for name in queues for row in _queue(name)),
        *places,
        *(Row("cost", ("cost_usd", name), _cost_label(name), dollars, "less") for name in _total_first(costs)),
    ]


def groups(of: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in of:
        found.setdefault(row.group, []).append(row)
    return found


def _queue(name: str) -> Iterator[Row]:
    yield Row(name, ("queues", name, "most_waiting"), "waiting at once", count, "less")
    yield Row(name, ("queues", name, "longest_wait_s"), "longest wait", duration, "less")


def _total_first(names: Mapping[str, None]) -> list[str]:
    sums = [name for name in ("total", "per_million") if name in names]
    return sums + [name for name in names if name not in sums]


def _cost_label(name: str) -> str:
    return "for a million" if name == "per_million" else name.replace("_", " ")


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
        return self.before == self.after and not self.band


def differences(before: Answer, after: Answer, bands: Bands) -> list[Difference]:
    old, new = before.as_json(), after.as_json()
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
    if change == 0:
        return "="
    return f"{'+' if change > 0 else '−'}{row.shown(abs(change))}"
