"""The vocabulary of shapes: each a closed outline between its root and its tip.

A profile gives the half width at each height t: 0 at the root, 1 at the tip; the widest is 1.
"""

import cmath
import functools
import itertools
import math
from collections.abc import Callable, Mapping

Point = tuple[float, float]  # (t, w): along the ray, across it
Profile = Callable[[float], float]

_STEPS, _SAMPLES = 30, 240


class Outline(tuple[Point, ...]):
    """A shape that stays as it is: found by its identity, not its points, where something computed of it is kept."""

    __slots__ = ()
    __eq__ = object.__eq__
    __hash__ = object.__hash__


def _peaked(root: float, tip: float) -> Profile:
    """t^root · (1 - t)^tip, with its peak at 1."""
    at = root / (root + tip)
    peak = at**root * (1 - at) ** tip
    return lambda t: t**root * (1 - t) ** tip / peak


PROFILES: Mapping[str, Profile] = {
    "lotus": _peaked(0.62, 0.62),
    "lens": lambda t: math.sin(math.pi * t),
    "drop": _peaked(1.5, 0.5),
    "spade": _peaked(0.45, 1.1),
    "flame": lambda t: _peaked(0.7, 1.0)(t) * (1 + 0.25 * math.sin(3 * math.pi * t)) / 1.2,
    "round": lambda t: min(1.0, 1.18 * t**0.65) * math.sqrt(max(0.0, 1 - t**5)),
    "tulip": lambda t: (t**0.5) * (1 - t**2.6) * 1.55,
    "fan": lambda t: (0.35 + 0.65 * t) * math.sqrt(max(0.0, 1 - t**12)),
    "spear": lambda t: min(t * 3.2, (1 - t) * 1.45),
    "bud": _peaked(0.8, 0.34),
    "thorn": lambda t: min(1.0, 7 * t) * (1 - t) ** 1.5 * 1.16,
    "lancet": lambda t: 1.0 if t < 0.62 else max(0.0, 1 - ((t - 0.62) / 0.38) ** 1.7),
    "ogee": lambda t: (math.sin(math.pi * t**0.75) ** 1.4) * (1 - 0.25 * t),
}


@functools.cache
def outline(name: str) -> Outline:
    """The closed outline of that profile, 2 × _STEPS points; every other one, or every third, is a coarser outline."""
    profile = PROFILES[name]
    heights = _spread([0.5 - 0.5 * math.cos(math.pi * step / _SAMPLES) for step in range(_SAMPLES + 1)], profile)
    right = [(t, profile(t) if 0 < t < 1 else 0.0) for t in heights]
    return Outline((*right, *((t, -w) for t, w in reversed(right[1:-1]))))


def _spread(heights: list[float], profile: Profile) -> list[float]:
    """Choose _STEPS + 1 of the heights, closer together where the outline is long or bends."""
    points = [complex(t, 0.5 * profile(t)) for t in heights]
    sides = [second - first for first, second in itertools.pairwise(points)]
    bends = [0.0, *(abs(cmath.phase(second / first)) for first, second in itertools.pairwise(sides))]
    length, bend = sum(map(abs, sides)), sum(bends)
    reached = [
        0.0,
        *itertools.accumulate(abs(side) / length + turn / bend for side, turn in zip(sides, bends, strict=True)),
    ]
    chosen, index = [heights[0]], 0
    for step in range(1, _STEPS):
        while reached[index + 1] < reached[-1] * step / _STEPS:
            index += 1
        chosen.append(heights[index + 1])
    return [*chosen, heights[-1]]


def circle(points: int = 30) -> list[Point]:
    """A circle of radius 1 around (0, 0)."""
    return [(math.cos(2 * math.pi * step / points), math.sin(2 * math.pi * step / points)) for step in range(points)]
