"""A column of numbers as one line of ▁▂▃▄▅▆▇█.  Called by text.py."""

import math
from collections.abc import Callable, Sequence

_LEVELS = "▁▂▃▄▅▆▇█"

Column = Sequence[float | None]


def sparkline(column: Column, width: int, *, is_log: bool = False) -> str:
    """Each character is the greatest number of its part of the column; a part without numbers is a space.

    The levels are from 0 up or, if is_log, in decades; then all numbers are above 0.
    """
    parts = [_greatest(column[begin:end]) for begin, end in _parts(len(column), width)]
    numbers = [number for number in parts if number is not None]
    if not numbers:
        return " " * len(parts)
    level = _decades(numbers) if is_log else _from_zero(max(numbers))
    return "".join(" " if number is None else _LEVELS[level(number)] for number in parts)


def mark(begins_s: float, ends_s: float, length_s: float, width: int, label: str) -> str:
    """A stretch of time above sparklines of that width: ├ Discord down ┤, the words after it where it is too short.

    begins_s < length_s.  A stretch that goes on after length_s ends in an arrow.
    """
    end = "→" if ends_s > length_s else "┤"
    first = min(width - 1, int(begins_s / length_s * width))
    last = min(width - 1, max(first, math.ceil(ends_s / length_s * width) - 1))
    inside = last - first - 1
    if inside < len(label) + 2:
        stretch = "▼" if inside < 0 else f"├{'─' * inside}{end}"
        return f"{' ' * first}{stretch} {label}"
    return f"{' ' * first}├{f' {label} '.center(inside, '─')}{end}"


def _parts(length: int, width: int) -> list[tuple[int, int]]:
    """At most width stretches of nearly equal length that cover it all."""
    count = min(length, width)
    return [(length * part // count, length * (part + 1) // count) for part in range(count)]


def _greatest(part: Column) -> float | None:
    return max((number for number in part if number is not None), default=None)


def _from_zero(most: float) -> Callable[[float], int]:
    # What is not zero is seen: only zero itself is the lowest level.
    return lambda number: 0 if number <= 0 else max(1, round(number / most * (len(_LEVELS) - 1)))


def _decades(numbers: Sequence[float]) -> Callable[[float], int]:
    """From the smallest number up to the greatest; one decade at least, so that little changes look little."""
    high = math.log10(max(numbers))
    low = min(math.log10(min(numbers)), high - 1)
    return lambda number: round((math.log10(number) - low) / (high - low) * (len(_LEVELS) - 1))
