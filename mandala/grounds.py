"""Choose what lies behind a mandala: ground, field and corners.  Called by families.py."""

import math
import random
from collections.abc import Sequence

from mandala.design import Corners, Family, Field, Ground, GroundKind

_KINDS: tuple[GroundKind, ...] = ("dots", "rays", "rings", "stars", "burst", "scales", "petals", "glow")
SMALL = 0.84  # a mandala that reaches no further out than this leaves much of the ground free
_WEIGHTS = (4, 4, 3, 3, 4, 4, 5, 4)


def ground_for(dice: random.Random, order: int, motifs: Sequence[str], family: Family, outer: float) -> Ground:
    # A small mandala lies on a field, which is visible only on a quiet ground.
    weights = _WEIGHTS if outer > SMALL else (4, 3, 2, 2, 4, 0, 0, 0)
    (kind,) = dice.choices(_KINDS, weights=weights)
    return Ground(
        kind="stars" if family == "night" and outer > SMALL and dice.random() < 0.6 else kind,
        count=order * (1 if order >= 10 or dice.random() < 0.4 else 2),
        is_shifted=dice.random() < 0.5,
        motif=dice.choice(motifs),
        hue=dice.randrange(4),
    )


def field_for(dice: random.Random, order: int, outer: float) -> Field | None:
    """A disc that reaches almost to the edges below a small mandala, a rim round some of the larger ones."""
    if outer > 0.95 or (outer > SMALL and dice.random() < 0.5):
        return None
    edge = outer + dice.uniform(0.03, 0.08) if outer > SMALL else dice.uniform(0.9, 1.0)
    # Scallops, or a plain edge: a few large lobes would look like a child's flower.
    lobes = dice.choice((0, order * max(1, round(dice.uniform(24, 56) / order))))
    radius = edge / (1 + math.pi / lobes) if lobes else min(edge, 0.96)
    return Field(radius=round(radius, 3), count=lobes, hue=dice.randrange(4), is_deep=dice.random() < 0.5)


def corners_for(dice: random.Random, motifs: Sequence[str], outer: float) -> Corners | None:
    """Flowers in the corners of a third of the pictures: behind the mandala, never in front of it."""
    if outer > 1 or dice.random() < 0.62:
        return None
    return Corners(
        reach=round(dice.uniform(0.24, 0.62), 3),
        count=4 * dice.randint(4, 8),
        is_shifted=dice.random() < 0.5,
        motif=dice.choice(motifs),
        heart=round(dice.uniform(0.12, 0.6), 3),
        hue=dice.randrange(4),
        is_inverted=dice.random() < 0.5,
    )
