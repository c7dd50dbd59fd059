"""What `mando simulate` prints: the sentence, a table, sparklines.  Called by cli/simulate.py.

In: one Answer, or two of the same load and faults.  Out: text without a line end after it.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from tuning.simulate.answer import Answer
from tuning.simulate.sparkline import mark, sparkline
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
    """One line: a column of Answer.series, and what is said at the end of the line."""

    column: str
    label: str
    said: Callable[[Answer], str]
    is_log: bool = False


def _column(name: str, answer: Answer) -> list[float]:
    return [number for number in answer.series.columns[name] if number is not None]


def _at_most(number: float) -> str:
    return f"{count(number)} at most"


def _per_s(name: str, answer: Answer) -> str:
    most = max(_column(name, answer), default=0.0)
    return f"{count(round(most / answer.series.bucket_s, 1))}/s at most"


def _waiting(answer: Answer) -> str:
    """A column has what was at the end of each time; a queue's own number is of every instant."""
    of_one = (line.most_waiting for line in answer.queues.values())
    return _at_most(max([*_column("waiting", answer), *of_one], default=0.0))


def _executions(answer: Answer) -> str:
    of = f" of {count(answer.limits['executions'])}" if "executions" in answer.limits else ""
    return f"{count(answer.executions.most_at_once)}{of} at most"


def _slowest(answer: Answer) -> str:
    numbers = _column("p95", answer)
    return f"{duration(min(numbers))} to {duration(max(numbers))}, log scale" if numbers else NOTHING


_LINES = (
    _Spark("arrivals", "arrivals", partial(_per_s, "arrivals")),
    _Spark("waiting", "in the queues", _waiting),
    _Spark("queued", "queued", lambda answer: _at_most(answer.executions.most_queued)),
    _Spark("asleep", "asleep", lambda answer: _at_most(max(_column("asleep", answer), default=0.0))),
    _Spark("executions", "executions", _executions),
    _Spark("instances", "instances", lambda answer: _at_most(answer.instances.most)),
    _Spark("errors", "errors", partial(_per_s, "errors")),
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
        drawn = sparkline(series.columns[line.column], _SPARKS, is_log=line.is_log)
        yield f"{line.label:{margin}}{drawn}  {line.said(answer)}"
    yield f"{'':{margin}}{'0':<{max(1, width - len(duration(length_s)))}}{duration(length_s)}"
