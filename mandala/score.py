"""Design → its faults: how far it misses what a fine picture has.  families.py takes the first design without one.

The score comes from the design alone, in 0.05 ms, for a drawing takes a hundred times as long; bench/beauty.py measures
the drawn pictures.  No figure depends on the palette: the same words in another palette are the same picture.
"""

import math
from collections.abc import Callable, Sequence
from itertools import pairwise

from mandala.design import Petals, Ring


def faults(rings: Sequence[Ring]) -> float:
    """0 where every gate is met; else the sum of what is missed, each as a part of its gate."""
    found = 0.0
    for measure, least, most in GATES:
        value = measure(rings)
        found += max(0.0, least / max(value, 1e-6) - 1) + max(0.0, value / most - 1)
    return found


def share(ring: Ring) -> float:
    """The part of the disc within the picture's sides that a ring covers."""
    return float(min(1.0, ring.outer) ** 2 - min(1.0, ring.inner) ** 2)


def half_width(ring: Ring) -> float:
    """Of one of its motifs, where it is widest."""
    return math.pi * (ring.inner + 0.6 * (ring.outer - ring.inner)) / ring.count


def light(ring: Ring) -> float:
    """How far its tones run from those of an edge to those of a heart, as a whole: 0 to 1."""
    front = 0.36 if isinstance(ring, Petals) else 0.45  # the outer tones of a petal are its largest part
    return 0.33 * getattr(ring, "key", 0.5) + 0.67 * (1 - front if ring.is_inverted else front)


def _widest_petal(rings: Sequence[Ring]) -> float:
    return max((half_width(ring) for ring in rings if isinstance(ring, Petals)), default=0.0)


def _widest_other(rings: Sequence[Ring]) -> float:
    return max((half_width(ring) for ring in rings if not isinstance(ring, Petals)), default=0.0)


def _mean_width(rings: Sequence[Ring]) -> float:
    shares = [share(ring) for ring in rings]
    return sum(part * half_width(ring) for part, ring in zip(shares, rings, strict=True)) / sum(shares)


def _thinnest(rings: Sequence[Ring]) -> float:
    return min(ring.outer - ring.inner for ring in rings)


def _largest(rings: Sequence[Ring]) -> float:
    shares = [share(ring) for ring in rings]
    return max(shares) / sum(shares)


def _seen(rings: Sequence[Ring]) -> float:
    return sum(ring.inner < 0.95 for ring in rings)


def _one_hue(rings: Sequence[Ring]) -> float:
    """0.25 where the four hues have equal parts, 1 where there is but one; a ring has its own and the next one."""
    parts = [0.0] * 4
    for ring in rings:
        part = share(ring)
        parts[ring.hue] += 0.6 * part
        parts[(ring.hue + 1) % 4] += 0.4 * part
    return sum(part**2 for part in parts) / sum(parts) ** 2


def _spread(rings: Sequence[Ring]) -> float:
    """The standard deviation of the rings' light."""
    seen = [(share(ring), light(ring)) for ring in rings]
    whole = sum(part for part, _ in seen)
    mean = sum(part * lit for part, lit in seen) / whole
    return math.sqrt(sum(part * (lit - mean) ** 2 for part, lit in seen) / whole)


def _alike(rings: Sequence[Ring]) -> float:
    """The part of the disc where two neighbours have one hue and nearly one light, so that they run together."""
    return sum(
        share(outer) + share(inner)
        for outer, inner in pairwise(rings)
        if outer.hue == inner.hue and abs(light(outer) - light(inner)) < 0.1
    )


_NONE, _ANY = 0.0, math.inf
# What is measured, the least and the most that is fine; widths and heights in half widths of the picture.
GATES: tuple[tuple[Callable[[Sequence[Ring]], float], float, float], ...] = (
    (_widest_petal, _NONE, 0.2),  # wider ones are coarse
    (_widest_other, _NONE, 0.3),
    (_mean_width, _NONE, 0.135),
    (_thinnest, 0.02, _ANY),  # a thinner one is a smudge of 10 px
    (_largest, _NONE, 0.62),  # the hero leaves room for others
    (_seen, 5, _ANY),
    (_one_hue, _NONE, 0.46),
    (_spread, 0.06, _ANY),  # contrast
    (_alike, _NONE, 0.35),
)
