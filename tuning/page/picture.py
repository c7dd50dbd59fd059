"""An answer as one SVG for a page of text, light or dark as the reader's system is.  Called by tuning/plots.py.

In: one Answer, or two of the same load and faults.  Out: SVG; the same answers give the same bytes.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path

from tuning.page.axis import Axis, decades, from_zero, minutes
from tuning.simulate.answer import Answer
from tuning.simulate.sparkline import Column
from tuning.simulate.table import groups, numbers, rows
from tuning.simulate.verdict import verdict
from tuning.simulate.words import NOTHING, count, duration

_WIDTH_PX, _LEFT_PX, _RIGHT_PX = 880, 84, 24
_TOP_PX, _CAPTION_PX, _GAP_PX, _BOTTOM_PX = 92, 30, 22, 52
_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class _Panel:
    """A chart: columns of Answer.series with their labels; limit: its name in Answer.limits."""

    title: str
    lines: Mapping[str, str]
    height_px: int
    text: Callable[[float], str]
    limit: str = ""
    is_log: bool = False


_PANELS = (
    _Panel("Executions at once", {"executions": "running and asleep"}, 130, count, limit="executions"),
    _Panel("Queued for a place among them", {"queued": "executions"}, 90, count),
    _Panel("Time to reply, by the moment of the command", {"p50": "p50", "p95": "p95"}, 130, duration, is_log=True),
)


def picture(answer: Answer) -> str:
    """One answer."""
    return _svg(answer, {"": answer})


def picture_against(before: Answer, after: Answer, names: tuple[str, str]) -> str:
    """Two answers, `before` dashed.  names: of before and after."""
    return _svg(after, {names[1]: after, names[0]: before})


def _svg(answer: Answer, runs: Mapping[str, Answer]) -> str:
    """runs: by name; the first is drawn in colours."""
    length_s = max(len(run.series.columns["executions"]) * run.series.bucket_s for run in runs.values())
    time = Axis(0.0, length_s, _LEFT_PX, _WIDTH_PX - _RIGHT_PX, minutes(length_s))
    parts: list[str] = []
    top_px = _TOP_PX + 26 * (len(runs) - 1)
    first_px = top_px + _CAPTION_PX
    for panel in _PANELS:
        top_px += _CAPTION_PX
        parts += _panel(panel, runs, time, top_px)
        top_px += panel.height_px + _GAP_PX
    last_px = top_px - _GAP_PX
    head = [*_heading(answer, runs), *_shades(answer, time, first_px, last_px)]
    height_px = last_px + _BOTTOM_PX
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH_PX} {height_px}" role="img">',
            f"<title>{escape(_title(answer))}</title>",
            f"<desc>{escape(verdict(answer))}</desc>",
            f"<style>\n{style()}</style>",
            f'<rect class="ground" width="{_WIDTH_PX}" height="{height_px}" rx="10"/>',
            *head,
            *parts,
            *_moments(time, last_px),
            "</svg>\n",
        ]
    )


def style() -> str:
    """The page's colours, without what it needs besides; then the picture's own rules."""
    colours, _, _ = (_HERE / "page.css").read_text(encoding="utf-8").partition("\n* {")
    return f"{colours.strip()}\n\n{(_HERE / 'picture.css').read_text(encoding='utf-8')}"


def _title(answer: Answer) -> str:
    faults = ", ".join(dict.fromkeys(fault.label for fault in answer.faults)) or "Nothing fails"
    return f"{faults} · {answer.load}"


def _heading(answer: Answer, runs: Mapping[str, Answer]) -> Iterator[str]:
    yield f'<text class="title" x="24" y="38">{escape(_title(answer))}</text>'
    for row, (name, run) in enumerate(reversed(list(runs.items()))):
        y_px = 66 + 26 * row
        mood, promise = ("good", "kept") if run.kept else ("bad", "broken")
        who = f'<tspan class="who">{escape(name)}</tspan> ' if name else ""
        yield f'<circle class="{mood}" cx="30" cy="{y_px - 5}" r="5"/>'
        yield (
            f'<text class="promise" x="44" y="{y_px}">{who}<tspan class="{mood}">Promise {promise}:</tspan> '
            f"{escape(' · '.join(_ends(run)))}</text>"
        )


def _ends(run: Answer) -> Iterator[str]:
    """How requests ended, without those ends that none had; then the recovery."""
    said = numbers(run)
    for row in groups(rows(said))["replies"]:
        if row.value(said) or row.path == ("pictures",):
            yield f"{row.label} {row.text(said)}"
    if run.faults:
        after = run.recovered_after_s
        yield "did not recover" if after is None else f"recovered after {duration(after)}"


def _shades(answer: Answer, time: Axis, top_px: float, bottom_px: float) -> Iterator[str]:
    for fault in answer.faults:
        left_px, right_px = time.place(fault.begins_s), time.place(fault.ends_s)
        yield (
            f'<rect class="outage" x="{left_px:.1f}" y="{top_px:.1f}" width="{max(1.0, right_px - left_px):.1f}" '
            f'height="{bottom_px - top_px:.1f}"><title>{escape(fault.label)}</title></rect>'
        )


def _panel(panel: _Panel, runs: Mapping[str, Answer], time: Axis, top_px: float) -> Iterator[str]:
    answer, *others = runs.values()
    bottom_px = top_px + panel.height_px
    limit = answer.limits.get(panel.limit)
    shown = [one for run in runs.values() for line in panel.lines for one in _numbers(run.series.columns[line])]
    value = (decades if panel.is_log else from_zero)([*shown, *([] if limit is None else [limit])], bottom_px, top_px)
    yield f'<text class="name" x="{_LEFT_PX}" y="{top_px - 10:.1f}">{escape(panel.title)}</text>'
    yield from _keys(panel, runs, top_px - 10)
    for tick in value.ticks:
        y_px = value.place(tick)
        yield f'<path class="grid" d="M{_LEFT_PX} {y_px:.1f}H{_WIDTH_PX - _RIGHT_PX}"/>'
        yield f'<text class="tick" x="{_LEFT_PX - 10}" y="{y_px + 4:.1f}" text-anchor="end">{panel.text(tick)}</text>'
    for run in others:
        for name in panel.lines:
            yield f'<path class="before" d="{_line(run.series.columns[name], run.series.bucket_s, time, value)}"/>'
    for name in panel.lines:
        column = answer.series.columns[name]
        drawn = _line(column, answer.series.bucket_s, time, value)
        if not panel.is_log:
            end_px = time.place((len(column) - 0.5) * answer.series.bucket_s)
            begin_px = time.place(0.5 * answer.series.bucket_s)
            yield f'<path class="area {name}" d="{drawn}L{end_px:.1f} {bottom_px}H{begin_px:.1f}Z"/>'
        yield f'<path class="line {name}" d="{drawn}"/>'
    if limit is not None:
        y_px = value.place(limit)
        yield f'<path class="limit" d="M{_LEFT_PX} {y_px:.1f}H{_WIDTH_PX - _RIGHT_PX}"/>'
        yield f'<text class="quota" x="{_LEFT_PX + 8}" y="{y_px - 6:.1f}">quota {count(limit)}</text>'


def _keys(panel: _Panel, runs: Mapping[str, Answer], y_px: float) -> Iterator[str]:
    """From the right: what each line is, and the most that it shows."""
    answer, *others = runs.values()
    keys = [(f"line {name}", f"{label} ≤ {_most(answer, name, panel)}") for name, label in panel.lines.items()]
    for run in others:
        mosts = [_most(run, name, panel) for name in panel.lines]
        keys.append(("before", " ≤ ".join([list(runs)[-1], *(mosts if len(mosts) == 1 else [])])))
    x_px = float(_WIDTH_PX - _RIGHT_PX)
    for style, said in reversed(keys):
        yield f'<text class="key" x="{x_px:.1f}" y="{y_px}" text-anchor="end">{escape(said)}</text>'
        x_px -= 6.6 * len(said) + 8
        yield f'<path class="{style}" d="M{x_px - 18:.1f} {y_px - 4}h16"/>'
        x_px -= 34


def _line(column: Column, bucket_s: float, time: Axis, value: Axis) -> str:
    """Through the middle of each bucket; it is broken where there is no number."""
    drawn, pen = [], "M"
    for index, number in enumerate(column):
        if number is None:
            pen = "M"
            continue
        drawn.append(f"{pen}{time.place((index + 0.5) * bucket_s):.1f} {value.place(number):.1f}")
        pen = "L"
    return "".join(drawn)


def _moments(time: Axis, bottom_px: float) -> Iterator[str]:
    for tick in time.ticks:
        yield (
            f'<text class="tick" x="{time.place(tick):.1f}" y="{bottom_px + 20:.1f}" text-anchor="middle">'
            f"{tick / 60:g}</text>"
        )
    middle_px = (_LEFT_PX + _WIDTH_PX - _RIGHT_PX) / 2
    yield (
        f'<text class="tick" x="{middle_px:.1f}" y="{bottom_px + 40:.1f}" text-anchor="middle">'
        "minutes since the first command</text>"
    )


def _numbers(column: Column) -> Sequence[float]:
    return [number for number in column if number is not None]


def _most(answer: Answer, name: str, panel: _Panel) -> str:
    """A column has what was at the end of each time; the answer's own numbers are of every instant."""
    exact = {"executions": answer.executions.most_at_once, "queued": answer.executions.most_queued}
    numbers = _numbers(answer.series.columns[name])
    return panel.text(exact.get(name, max(numbers))) if numbers else NOTHING
