"""What `mando simulate` prints: the sentence, a table, sparklines.  Called by cli/simulate.py.

In: one Answer, or two of the same load and faults.  Out: text without a line end after it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from tuning.simulate.answer import Answer, Series
from tuning.simulate.sparkline import Column, mark, sparkline
from tuning.simulate.table import Bands, Difference, differences, groups, numbers, rows, same_in_both
from tuning.simulate.verdict import verdict, verdict_against
from tuning.simulate.words import NOTHING, count, duration

_SPARKS = 60
_WIDTH = 120


def report(answer: Answer) -> str:
    """One answer."""
    return "\n".join([verdict(answer), "", *_table(answer), "", *_sparklines(answer)])


def report_against(before: Answer, after: Answer, names: tuple[str, str], bands: Bands | None = None) -> str:
    """Two answers side by side.  names: of before and after, as the columns are titled; bands: of the differences."""
    parts = [
        verdict_against(before, after, names[0]),
        "",
        *_differences(differences(before, after, bands or {}), names),
    ]
    for name, answer in zip(names, (before, after), strict=True):
        parts += ["", name, *_sparklines(answer)]
    return "\n".join(parts)


def _table(answer: Answer) -> Iterator[str]:
    """A group: its name, then each number and what it is, in as many lines as it takes."""
    said = numbers(answer)
    grouped = groups(rows(said))
    width = max(len(name) for name in grouped)
    for name, members in grouped.items():
        cells = [f"{row.label} {row.text(said)}" for row in members]
        for place, line in enumerate(_lines(cells, _WIDTH - width - 2)):
            yield f"{'' if place else name:{width}}  {line}"


def _lines(cells: Sequence[str], room: int) -> Iterator[str]:
    """As many cells a line as fit."""
    line = cells[0]
    for cell in cells[1:]:
        if len(line) + len(f" · {cell}") > room:
            yield line
            line = cell
        else:
            line += f" · {cell}"
    yield line


def _differences(of: Sequence[Difference], names: tuple[str, str]) -> Iterator[str]:
    """A line a number that differs: before, after, the difference with its band, and whether that is better."""
    has_bands = any(one.band for one in of)
    lines = [("", *names, "difference", *(["90 % of the seeds"] if has_bands else []), "")]
    for one in of:
        if one.is_equal:
            continue
        mood = "" if one.verdict == "same" else one.verdict
        label = f"{one.row.group}: {one.row.label}"
        lines.append((label, one.before, one.after, one.change, *([one.band] if has_bands else []), mood))
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    for label, *cells in lines:
        padded = [f"{cell:>{width}}" for cell, width in zip(cells[:-1], widths[1:-1], strict=True)]
        yield "  ".join([f"{label:{widths[0]}}", *padded, cells[-1]]).rstrip()
    if said := same_in_both(of):
        yield said


@dataclass(frozen=True, slots=True)
class _Spark:
    """One line: a column of Answer.series, and what is said of it at the end of the line."""

    column: str
    label: str
    said: Callable[[Column, Series, Mapping[str, float]], str]
    is_log: bool = False


def _most_per_s(column: Column, series: Series, _: Mapping[str, float]) -> str:
    return f"{count(round(_most(column) / series.bucket_s, 1))}/s at most"


def _most_at_once(column: Column, *_: object) -> str:
    return f"{count(_most(column))} at most"


def _most_of_quota(column: Column, _: Series, limits: Mapping[str, float]) -> str:
    of = f" of {count(limits['executions'])}" if "executions" in limits else ""
    return f"{count(_most(column))}{of} at most"


def _slowest(column: Column, *_: object) -> str:
    numbers = [number for number in column if number is not None]
    return f"{duration(min(numbers))} to {duration(max(numbers))}, in decades" if numbers else NOTHING


def _most(column: Column) -> float:
    return max((number for number in column if number is not None), default=0.0)


_LINES = (
    _Spark("arrivals", "arrivals", _most_per_s),
    _Spark("waiting", "in the queues", _most_at_once),
    _Spark("queued", "queued", _most_at_once),
    _Spark("asleep", "asleep", _most_at_once),
    _Spark("executions", "executions", _most_of_quota),
    _Spark("instances", "instances", _most_at_once),
    _Spark("errors", "errors", _most_per_s),
    _Spark("p95", "p95 to reply", _slowest, is_log=True),
)


def _sparklines(answer: Answer) -> Iterator[str]:
    series = answer.series
    margin = max(len(line.label) for line in _LINES) + 2
    length = max(len(column) for column in series.columns.values())
    length_s, width = length * series.bucket_s, min(length, _SPARKS)
    yield from (
        " " * margin + mark(fault.begins_s, fault.ends_s, length_s, width, fault.label)
        for fault in answer.faults
        if fault.begins_s < length_s
    )
    for line in _LINES:
        column = series.columns[line.column]
        drawn = sparkline(column, _SPARKS, is_log=line.is_log)
        yield f"{line.label:{margin}}{drawn}  {line.said(column, series, answer.limits)}"
    yield f"{'':{margin}}{'0':<{max(1, width - len(duration(length_s)))}}{duration(length_s)}"
