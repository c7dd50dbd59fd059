"""Straight lines between corners: the rate of a load, the share of calls that a fault hits.

Two corners at the same place are a step; before the first corner and from the last one on the curve is 0.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import accumulate, pairwise
from math import sqrt

Corner = tuple[float, float]  # (place, height)


@dataclass(frozen=True, slots=True)
class Curve:
    """At least two corners, at places that never go back, with heights of 0 or more."""

    corners: tuple[Corner, ...]

    def __post_init__(self) -> None:
        if len(self.corners) < 2:
            raise ValueError("a curve has at least two corners")
        if any(right[0] < left[0] for left, right in pairwise(self.corners)):
            raise ValueError("a corner is before the one that it follows")
        if any(height < 0 for _, height in self.corners):
            raise ValueError("a height is below 0")

    def at(self, place: float) -> float:
        """The height; at a step the height after it."""
        right = bisect_right(self.corners, place, key=lambda corner: corner[0])
        if right in (0, len(self.corners)):
            return 0.0
        (x0, y0), (x1, y1) = self.corners[right - 1], self.corners[right]
        return _between(x0, y0, x1, y1, place)

    def area(self) -> float:
        return sum((y0 + y1) / 2 * (x1 - x0) for (x0, y0), (x1, y1) in pairwise(self.corners))

    def scaled(self, place: float, height: float = 1.0) -> "Curve":
        """Every place and every height multiplied."""
        return Curve(tuple((x * place, y * height) for x, y in self.corners))

    def until(self, place: float) -> "Curve":
        """The part before that place, which lies after the first corner."""
        kept = [corner for corner in self.corners if corner[0] < place]
        if len(kept) == len(self.corners):
            return self
        (x0, y0), (x1, y1) = self.corners[len(kept) - 1 : len(kept) + 1]
        return Curve((*kept, (place, _between(x0, y0, x1, y1, place))))

    def places(self, areas: Iterable[float]) -> Iterator[float]:
        """For each area, ascending: where the area under the curve up to there is as large.  Ends with the curve."""
        segments = list(pairwise(self.corners))
        ends = list(accumulate((y0 + y1) / 2 * (x1 - x0) for (x0, y0), (x1, y1) in segments))
        number, before = 0, 0.0
        for area in areas:
            while number < len(ends) and ends[number] <= area:
                before = ends[number]
                number += 1
            if number == len(ends):
                return
            (x0, y0), (x1, y1) = segments[number]
            yield x0 + _width(area - before, y0, (y1 - y0) / (x1 - x0))


def _between(x0: float, y0: float, x1: float, y1: float, place: float) -> float:
    """The height of the line at that place.  In this order of the operations it is never below 0, as the corners."""
    return y0 + (y1 - y0) * ((place - x0) / (x1 - x0))


def _width(area: float, height: float, slope: float) -> float:
    """How wide a strip of that area is that begins so high.  Written so that a slope near 0 costs no digits."""
    both_heights = height + sqrt(max(height * height + 2 * slope * area, 0.0))
    return 2 * area / both_heights if both_heights > 0 else 0.0
