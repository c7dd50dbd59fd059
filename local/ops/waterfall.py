"""A request's bars as lanes over one axis of time.  Pure.  Drawn by the template of a request."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from local.story.span import DISCORD, INGRESS, WORKFLOW
from local.story.story import Bar, Story
from local.story.words import name_of, seconds

_MOST_TICKS = 6
_STEPS_S = (
    *(0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
    *(60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400),
)
_SHORTEST_S = 0.02


@dataclass(frozen=True, slots=True)
class Drawn:
    """One bar: place and width in per cent of the axis.  number: of the bar in the story, from 0."""

    number: int
    x: float
    width: float
    kind: str
    words: str


@dataclass(frozen=True, slots=True)
class Lane:
    """One row.  errors: each sentence, and how often; long_s: how long its bars are in all."""

    label: str
    is_inner: bool
    bars: tuple[Drawn, ...]
    errors: tuple[tuple[str, int], ...]
    long_s: float


@dataclass(frozen=True, slots=True)
class Waterfall:
    """ticks: (place in per cent, words)."""

    lanes: tuple[Lane, ...]
    ticks: tuple[tuple[float, str], ...]
    begin_s: float
    end_s: float


def waterfall_of(story: Story) -> Waterfall | None:
    """None where nothing was recorded."""
    if not story.bars:
        return None
    begin_s = min(bar.begin_s for bar in story.bars)
    end_s = max(*(bar.end_s or story.now_s for bar in story.bars), begin_s + _SHORTEST_S)
    if not story.summary.is_over:
        end_s = max(end_s, story.now_s)
    lanes = tuple(_lane(bars, begin_s, end_s, story.now_s) for bars in _rows(story.bars))
    return Waterfall(lanes, _ticks(end_s - begin_s), begin_s, end_s)


def _rows(bars: Sequence[Bar]) -> list[list[tuple[int, Bar]]]:
    """The bars of each row, with their numbers; the steps of an execution stand below it."""
    rows: dict[str, list[tuple[int, Bar]]] = {}
    for number, bar in enumerate(bars):
        rows.setdefault(bar.row, []).append((number, bar))
    inner: dict[str, list[list[tuple[int, Bar]]]] = {}
    for row in rows.values():
        if row[0][1].step:
            inner.setdefault(row[0][1].execution, []).append(row)
    ordered = []
    for row in rows.values():
        first = row[0][1]
        if not first.step:
            ordered.append(row)
            ordered += inner.pop(first.execution, []) if first.part == WORKFLOW else []
    return ordered + [row for found in inner.values() for row in found]


def _lane(bars: list[tuple[int, Bar]], begin_s: float, end_s: float, now_s: float) -> Lane:
    first = bars[0][1]
    scale = 100 / (end_s - begin_s)
    drawn = []
    for number, bar in bars:
        long_s = (bar.end_s or now_s) - bar.begin_s
        kind = "whole" if bar.part == WORKFLOW and not bar.step and bar.kind == "work" else bar.kind
        words = f"{bar.label}: {seconds(long_s)}" + ("" if bar.end_s else " so far")
        words += f". {bar.sentence}" if bar.sentence else ""
        x = (bar.begin_s - begin_s) * scale
        drawn.append(Drawn(number, round(x, 3), round(max(long_s * scale, 0.01), 3), kind, words))
    errors = Counter(bar.sentence for _, bar in bars if bar.sentence)
    worked_s = sum((bar.end_s or now_s) - bar.begin_s for _, bar in bars)
    return Lane(_label(first), bool(first.step), tuple(drawn), tuple(errors.items()), worked_s)


def _label(bar: Bar) -> str:
    if bar.part == INGRESS:
        return "ingress"
    if bar.part == DISCORD:
        return name_of(DISCORD)
    if bar.step:
        return bar.label
    return f"execution {bar.execution[:8]}" if bar.execution and bar.part == WORKFLOW else bar.part


def _ticks(long_s: float) -> tuple[tuple[float, str], ...]:
    step_s = next((one for one in _STEPS_S if long_s / one <= _MOST_TICKS), _STEPS_S[-1] * math.ceil(long_s / 518400))
    most = int(long_s / step_s)
    return tuple((round(100 * n * step_s / long_s, 3), seconds(n * step_s) if n else "0") for n in range(most + 1))
