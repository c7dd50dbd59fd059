"""The plots of docs/benchmarks.md, in the colours of the pages of tuning/.  Called by page.py.

In: the figures kept.  Out: SVG, or None where the figures of a plot are not there.
"""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape

from bench.report.figure import OURS, Figure
from bench.report.kept import Run
from bench.report.numbers import number
from bench.report.sections import Section, sections
from tuning.page.axis import Axis, from_zero
from tuning.page.picture import style

_WIDTH_PX, _EDGE_PX, _TOP_PX = 880, 24, 92
_ROW_PX, _SECTION_PX, _BAR_PX = 34, 42, 9
_LEFT_PX, _CURVES_PX, _TICKS_PX, _KEYS_PX = 84, 260, 64, 290
_COLOURS = ("arrivals", "queued", "instances", "asleep", "errors")
_STYLE = "".join(
    f".line.{name} {{ stroke: var(--{name}); stroke-width: 2.5; }} :is(.dot, .key).{name} {{ fill: var(--{name}); }}\n"
    for name in _COLOURS
) + (
    ".best.good { fill: var(--good); } .best.bad { fill: var(--bad); } .even { stroke: var(--muted); }\n"
    "circle.limit { fill: var(--raised); stroke: var(--other); stroke-width: 1.5; stroke-dasharray: none; }\n"
    ".other { fill: var(--other); stroke: var(--raised); stroke-width: 1.5; }\n"
)

_AT_A_SHARE = re.compile(r"whole path at (?P<x>\d+)% of that, (?P<line>evenly: p\d+|by chance: p99) to the picture")
_AMONG = re.compile(r"([\d,]{5,}) (?:tasks wait|wait|requests)")

Runs = Mapping[str, Run]
Points = Sequence[tuple[float, float]]


@dataclass(frozen=True, slots=True)
class Plot:
    """file: beside the page.  words: for who cannot see it."""

    file: str
    words: str
    draw: Callable[[Runs], str | None]


def ratios(runs: Runs) -> str | None:
    """A row for each figure: a bar to the peer that does best, a dot for each other peer, a ring for a limit."""
    groups = [(one, _with_others(one.benchmarks, runs)) for one in sections() if one.is_drawn]
    times = [figure.advantage(peer) for _, figures in groups for figure in figures for peer in figure.others]
    if not times:
        return None
    finite = [one for one in times if 0 < one < math.inf] or [1.0]  # a number of mando or of a peer may be 0
    axis = _decades(min(finite), max(finite), _EDGE_PX + 6, _WIDTH_PX - _EDGE_PX - 6)
    parts: list[str] = []
    y_px = _TOP_PX - 10
    for section, figures in groups:
        if figures:
            parts.append(f'<text class="name" x="{_EDGE_PX}" y="{y_px + 26}">{escape(section.title)}</text>')
            y_px += _SECTION_PX
        for figure in figures:
            parts += _row(figure, section, axis, y_px)
            y_px += _ROW_PX
    grid = [line for tick in axis.ticks for line in _upright(axis, tick, _TOP_PX, y_px, f"{tick:g}×")]
    grid.append(f'<path class="even" d="M{axis.place(1):.1f} {_TOP_PX}V{y_px}"/>')
    said = (
        "The bar ends at the peer that does best; dots are other peers, rings are programs that do a part of the work"
    )
    return _svg("How many times better mando is than its peers", said, [*grid, *parts], y_px + 36)


def _with_others(benchmarks: Sequence[str], runs: Runs) -> list[Figure]:
    return [figure for name in benchmarks if name in runs for figure in runs[name].figures if figure.others]


def _row(figure: Figure, section: Section, axis: Axis, y_px: float) -> Iterator[str]:
    peers = [peer for peer in figure.others if not section.is_limit(peer)]
    best = min(peers or figure.others, key=figure.advantage)
    worst = figure.advantage(best)
    ends_px, even_px, mood = axis.place(worst), axis.place(1), "good" if worst >= 1 else "bad"
    yield f'<text x="{_EDGE_PX}" y="{y_px + 10}">{escape(figure.what)}</text>'
    number_style = mood if peers else "key"
    yield (
        f'<text class="key" x="{_WIDTH_PX - _EDGE_PX}" y="{y_px + 10}" text-anchor="end">'
        f'<tspan class="{number_style}">{number(worst)}×</tspan> {escape(best)}</text>'
    )
    middle_px = y_px + 16 + _BAR_PX / 2
    if peers:
        yield (
            f'<rect class="best {mood}" x="{min(ends_px, even_px):.1f}" y="{y_px + 16}" '
            f'width="{max(1.0, abs(ends_px - even_px)):.1f}" height="{_BAR_PX}" rx="2"/>'
        )
    for peer in figure.others:
        if peer != best or not peers:
            style = "limit" if section.is_limit(peer) else "other"
            place_px = axis.place(figure.advantage(peer))
            yield (
                f'<circle class="{style}" cx="{place_px:.1f}" cy="{middle_px}" r="4.5">'
                f"<title>{escape(peer)}: {number(figure.advantage(peer))}×</title></circle>"
            )


def curves(title: str, said: str, x_unit: str, lines: Mapping[str, Points]) -> str | None:
    """Lines over each other: across in equal ratios, upwards from zero."""
    points = [point for line in lines.values() for point in line]
    if not points:
        return None
    bottom_px, right_px = _TOP_PX + _CURVES_PX, _WIDTH_PX - _KEYS_PX
    across = sorted({x for x, _ in points})
    xs = Axis(across[0] * 0.9, across[-1] * 1.1, _LEFT_PX, right_px, across, is_log=True)
    ys = from_zero([y for _, y in points], bottom_px, _TOP_PX)
    parts = [line for tick in xs.ticks for line in _upright(xs, tick, _TOP_PX, bottom_px, f"{tick:,.0f}")]
    for tick in ys.ticks:
        y_px = ys.place(tick)
        parts.append(f'<path class="grid" d="M{_LEFT_PX} {y_px:.1f}H{right_px}"/>')
        parts.append(f'<text class="tick" x="{_LEFT_PX - 10}" y="{y_px + 4:.1f}" text-anchor="end">{tick:g}</text>')
    middle_px = (_LEFT_PX + right_px) / 2
    parts.append(
        f'<text class="tick" x="{middle_px}" y="{bottom_px + 42}" text-anchor="middle">{escape(x_unit)}</text>'
    )
    key_px = 0.0
    ordered = sorted(lines.items(), key=lambda line: -max(line[1])[1])  # as their right ends lie, from above
    for (name, line), colour in zip(ordered, _COLOURS, strict=False):
        places = [(xs.place(x), ys.place(y)) for x, y in sorted(line)]
        key_px = max(places[-1][1] + 4, key_px + 18)
        parts += _curve(colour, places)
        parts.append(f'<text class="key {colour}" x="{right_px + 14}" y="{key_px:.1f}">{escape(name)}</text>')
    return _svg(title, said, parts, bottom_px + _TICKS_PX)


def _curve(colour: str, places: Points) -> Iterator[str]:
    yield f'<path class="line {colour}" d="M{"L".join(f"{x:.1f} {y:.1f}" for x, y in places)}"/>'
    for x, y in places:
        yield f'<circle class="dot {colour}" cx="{x:.1f}" cy="{y:.1f}" r="4"/>'


def _decades(least: float, most: float, low_px: float, high_px: float) -> Axis:
    """From the power of ten below to the one above; 1 lies within."""
    first, last = math.floor(math.log10(min(least, 0.5))), math.ceil(math.log10(max(most, 2)))
    return Axis(
        10.0**first, 10.0**last, low_px, high_px, [10.0**power for power in range(first, last + 1)], is_log=True
    )


def _upright(axis: Axis, tick: float, top_px: float, bottom_px: float, said: str) -> Iterator[str]:
    x_px = axis.place(tick)
    yield f'<path class="grid" d="M{x_px:.1f} {top_px}V{bottom_px}"/>'
    yield f'<text class="tick" x="{x_px:.1f}" y="{bottom_px + 20}" text-anchor="middle">{said}</text>'


def _svg(title: str, said: str, parts: Sequence[str], height_px: float) -> str:
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH_PX} {height_px:.0f}" role="img">',
            f"<title>{escape(title)}</title>",
            f"<desc>{escape(said)}</desc>",
            f"<style>\n{style()}\n{_STYLE}</style>",
            f'<rect class="ground" width="{_WIDTH_PX}" height="{height_px:.0f}" rx="10"/>',
            f'<text class="title" x="{_EDGE_PX}" y="38">{escape(title)}</text>',
            f'<text class="key" x="{_EDGE_PX}" y="62">{escape(said)}</text>',
            *parts,
            "</svg>\n",
        ]
    )


def latencies(runs: Runs) -> str | None:
    """From a command to its picture, at shares of the capacity."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for figure in runs["path"].figures if "path" in runs else ():
        if found := _AT_A_SHARE.fullmatch(figure.what):
            lines.setdefault(found["line"], []).append((float(found["x"]), figure.value()))
    return curves("From a command to its picture", "milliseconds on a running mando up", "% of the capacity", lines)


def growth(runs: Runs) -> str | None:
    """The processor time of one among many, divided by that among few: of mando, and of who keeps as many."""
    lines: dict[str, list[tuple[float, float]]] = {}
    for benchmark, title in (("simulate", "simulator"), ("backlog", "queue")):
        for figure in runs[benchmark].figures if benchmark in runs else ():
            for program in figure.rounds:
                said = _AMONG.search(figure.what if program == OURS else program)
                _, colon, what = figure.what.partition(": ")
                if said and colon and "CPU" in figure.unit:
                    who = title if program.startswith(OURS) else program.partition(", ")[0]
                    point = (float(said[1].replace(",", "")), figure.value(program))
                    lines.setdefault(f"{who}: {what}", []).append(point)
    grown = {name: [(x, y / min(line)[1]) for x, y in line] for name, line in lines.items() if len(line) > 1}
    text = "processor time of one among so many ÷ that of one among the fewest"
    return curves("One costs as much among many as among few", text, "requests, tasks", grown)


PLOTS = (
    Plot("plots/benchmarks-ratios.svg", "For each figure how many times better mando is than its peers", ratios),
    Plot("plots/benchmarks-latencies.svg", "The time from a command to its picture grows with the load", latencies),
    Plot("plots/benchmarks-growth.svg", "What a request or a task costs hardly grows with their number", growth),
)
