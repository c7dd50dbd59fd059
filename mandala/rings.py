"""Random source (`dice`) → one ring between two radii.  Called by families.py."""

import math
import random
from collections.abc import Callable
from dataclasses import dataclass

from mandala.design import Band, BandKind, Cells, Facets, Flowers, Lattice, Moons, Ornament, Petals, Ring

_HERO_ORNAMENTS: tuple[Ornament, ...] = ("eye", "leaf", "pearls", "bud")
_ORNAMENTS: tuple[Ornament, ...] = ("plain", "plain", "eye", "leaf", "pearls", "bud")
_SMALLEST = 0.017  # half the width of the smallest motif: smaller ones turn into noise, and cost bytes
_WIDEST = 0.17  # half the width of the widest motif: wider ones look coarse
# Half the width of a motif below this, and how many tones it has: a large one with few of them shows flat steps.
_TONES = ((0.03, (2, 3)), (0.055, (3, 4)), (0.085, (4, 5)), (1.0, (6, 8)))


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a family chooses: number of rings, positions of the hero, motifs, how often a thin ring is a band.

    open_work: how often a ring is line work.
    """

    rings: tuple[int, int]
    heroes: tuple[int, ...]
    motifs: tuple[str, ...]
    hero: "Callable[[random.Random, Recipe, int, float, float], Ring]"
    bands: float = 0.62
    overlap: float = 0.28
    open_work: float = 0.0


def _key(dice: random.Random) -> float:
    return dice.choice((0.0, 0.25, 0.5, 0.75, 1.0))


def _count(order: int, radius: float, wanted: float) -> int:
    """A multiple of the order near `wanted`, no motif smaller than what the eye can see."""
    most = max(1, int(math.pi * radius / _SMALLEST / order))
    return order * max(1, min(round(wanted / order), most))


def _multiple(dice: random.Random, order: int, least: int, most: int) -> int:
    """One of the order's multiples in that range, or the least one above it where there is none."""
    within = [count for count in range(order, most + 1, order) if count >= least]
    return dice.choice(within or [math.ceil(least / order) * order])


def petals(
    dice: random.Random,
    recipe: Recipe,
    order: int,
    inner: float,
    outer: float,
    *,
    is_first: bool = False,
    is_hero: bool = False,
) -> Petals:
    height = outer - inner
    arc = 2 * math.pi * (inner + 0.6 * height)
    count = _count(order, inner + 0.6 * height, arc / (height * dice.uniform(0.5, 0.95)))
    if is_hero:
        count = _multiple(dice, order, max(8, math.ceil(arc / 2 / _WIDEST)), 20)
    half = arc / 2 / count
    return Petals(
        inner=inner,
        outer=outer,
        count=count,
        is_shifted=dice.random() < 0.5,
        motif=dice.choice(recipe.motifs),
        back=dice.choice(recipe.motifs),
        width=round(dice.uniform(0.86, 1.12), 3),
        hue=dice.randrange(4),
        tones=dice.randint(*next(tones for limit, tones in _TONES if half < limit)),
        ornament=dice.choice(_HERO_ORNAMENTS if is_hero or height > 0.14 or half > 0.06 else _ORNAMENTS),
        vein=dice.choice(("lens", "drop", "lotus")),
        is_open=dice.random() < recipe.open_work,
        has_inlay=dice.random() < (0.7 if is_hero or half > 0.06 else 0.3),
        is_blended=dice.random() < 0.45,
        has_edge_dots=dice.random() < (0.7 if is_hero or half > 0.06 else 0.4 if height > 0.1 else 0),
        has_disc=not is_first and dice.random() < 0.6,
        overlap=recipe.overlap,
        is_inverted=dice.random() < 0.3,
        key=_key(dice),
    )


def band(dice: random.Random, order: int, inner: float, outer: float) -> Band:
    middle = (inner + outer) / 2
    wanted = 2 * math.pi * middle / ((outer - inner) * dice.uniform(0.9, 1.4))
    kind: BandKind = dice.choice(("beads", "zigzag", "arcs", "diamonds", "scales", "leaves", "links"))
    return Band(
        inner=inner,
        outer=outer,
        count=_count(order, middle, wanted),
        kind=kind,
        hue=dice.randrange(4),
        is_inverted=dice.random() < 0.4,
        key=_key(dice),
    )


def hero_petals(dice: random.Random, recipe: Recipe, order: int, inner: float, outer: float) -> Ring:
    return petals(dice, recipe, order, inner, outer, is_hero=True)


def hero_lattice(dice: random.Random, recipe: Recipe, order: int, inner: float, outer: float) -> Ring:
    """Stars whose lines stay outside the inner circle."""
    count = _multiple(dice, order, 8, 16)
    most = max(2, int(count / math.pi * math.acos(min(0.99, inner / outer))))
    skips = dice.sample(range(2, most + 1), min(most - 1, dice.randint(2, 3)))
    return Lattice(
        inner=inner,
        outer=outer,
        count=count,
        skips=tuple(sorted(skips)),
        is_shifted=dice.random() < 0.5,
        hue=dice.randrange(4),
        is_inverted=dice.random() < 0.5,
        key=_key(dice),
    )


def hero_cells(dice: random.Random, recipe: Recipe, order: int, inner: float, outer: float) -> Ring:
    # Arches are taller than they are wide.
    wide = (outer - inner) * dice.uniform(0.42, 0.72)
    return Cells(
        inner=inner,
        outer=outer,
        count=order * max(1, round(math.pi * (inner + outer) / wide / order)),
        is_shifted=dice.random() < 0.5,
        split=round(dice.uniform(0.0, 0.36), 3),
        motif=dice.choice(recipe.motifs),
        hue=dice.randrange(4),
        is_inverted=dice.random() < 0.5,
        key=_key(dice),
    )


def hero_facets(dice: random.Random, recipe: Recipe, order: int, inner: float, outer: float) -> Ring:
    # A star with a wider waist than that is a polygon.
    widest = max(0.2, min(0.7, (0.68 * outer - inner) / (outer - inner)))
    return Facets(
        inner=inner,
        outer=outer,
        count=_multiple(dice, order, 8, 18),
        is_shifted=dice.random() < 0.5,
        waist=round(dice.uniform(0.15, widest), 3),
        hue=dice.randrange(4),
        tones=dice.randint(4, 8),
        is_inverted=dice.random() < 0.5,
        key=_key(dice),
    )


def hero_flowers(dice: random.Random, recipe: Recipe, order: int, inner: float, outer: float) -> Ring:
    return Flowers(
        inner=inner,
        outer=outer,
        count=_side_by_side(order, inner, outer, 1.02),
        is_shifted=dice.random() < 0.5,
        petals=dice.choice((5, 6, 7, 8)),
        motif=dice.choice(recipe.motifs),
        hue=dice.randrange(4),
        is_inverted=dice.random() < 0.4,
    )


def hero_moons(dice: random.Random, recipe: Recipe, order: int, inner: float, outer: float) -> Ring:
    return Moons(
        inner=inner,
        outer=outer,
        count=_side_by_side(order, inner, outer, dice.uniform(1.15, 1.6)),
        is_shifted=dice.random() < 0.5,
        opens_outwards=dice.random() < 0.6,
        phase=round(dice.uniform(0.2, 0.55), 3),
        hue=dice.randrange(4),
        is_inverted=dice.random() < 0.35,
    )


def _side_by_side(order: int, inner: float, outer: float, spacing: float) -> int:
    """How many circles of the ring's height fit into it, a multiple of the order; where none fits, they are smaller."""
    return max(1, int(math.pi * (inner + outer) / ((outer - inner) * spacing) / order)) * order
