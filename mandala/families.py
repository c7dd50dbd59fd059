"""Seed → Design.  Pure: the same seed gives the same design for ever.

Rules of beauty: one ring is the hero, the others shrink towards the centre; counts are multiples of the order; every
motif is layered; neighbours take neighbouring hues; three line weights; the outermost ring is left open.
"""

import hashlib
import math
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from mandala.design import (
    SYMMETRIES,
    Band,
    BandKind,
    Cells,
    Design,
    DesignError,
    Facets,
    Family,
    Flowers,
    Lattice,
    Moons,
    Ornament,
    Petals,
    Ring,
)
from mandala.grounds import corners_for, field_for, ground_for
from mandala.palette import PALETTES

_HEARTS = (0.085, 0.11, 0.15, 0.2, 0.26)
_HERO_ORNAMENTS: tuple[Ornament, ...] = ("eye", "leaf", "pearls", "bud")
_ORNAMENTS: tuple[Ornament, ...] = ("plain", "plain", "eye", "leaf", "pearls", "bud")
_SMALLEST = 0.012  # half the width of the smallest motif: smaller ones turn into noise, and cost bytes


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a family composes: how many rings, which may be the hero, of which motifs, how often a thin one is a band.

    open_work: how often a ring is line work.
    """

    rings: tuple[int, int]
    heroes: tuple[int, ...]
    motifs: tuple[str, ...]
    hero: "Callable[[random.Random, Recipe, int, float, float], Ring]"
    bands: float = 0.62
    overlap: float = 0.28
    open_work: float = 0.0


def design_for(seed: str, *, symmetry: int | None = None, palette: str | None = None) -> Design:
    """The design of any text; symmetry and palette override what the seed would choose.  Raises DesignError."""
    if symmetry is not None and symmetry not in SYMMETRIES:
        raise DesignError(f"symmetry: {symmetry} is none of {', '.join(map(str, SYMMETRIES))}")
    if palette is not None and palette not in PALETTES:
        raise DesignError(f"palette: {palette!r} is none of {', '.join(PALETTES)}")
    # Each question has dice of its own, so that an answer that is overridden changes nothing else.
    family = _dice(seed, "family").choice(tuple(RECIPES))
    night = [name for name, found in PALETTES.items() if found.is_dark]
    colours = _dice(seed, "palette").choice(night if family == "night" else list(PALETTES))
    order = symmetry or _dice(seed, "symmetry").choices(SYMMETRIES, weights=_WEIGHTS)[0]
    recipe, dice = RECIPES[family], _dice(seed, "rings")
    heart = _dice(seed, "heart").choice(_HEARTS)
    outer = dice.uniform(*_dice(seed, "edge").choices(_EDGES, weights=_EDGE_WEIGHTS)[0])
    rings = (_dahlia if family == "dahlia" else _rings)(dice, recipe, order, heart, outer)
    return Design(
        seed=seed,
        family=family,
        symmetry=order,
        palette=palette or colours,
        hue_shift=round(dice.uniform(-13, 13), 2),
        ground=ground_for(_dice(seed, "ground"), order, recipe.motifs, family, outer),
        field=field_for(_dice(seed, "field"), order, outer),
        corners=corners_for(_dice(seed, "corners"), recipe.motifs, outer),
        rings=rings,
        heart=_petals(dice, recipe, order // 2 if order % 8 == 0 and order > 12 else order, 0.15 * heart, heart),
    )


# Low orders differ most from each other, and odd ones are rare as in nature.
_WEIGHTS = (2, 4, 2, 5, 1, 4, 1, 5, 3, 3, 1, 1, 1)
# How far out the outermost ring reaches: within the picture, small on its ground, or over the edge.
_EDGES = ((0.89, 0.985), (0.72, 0.82), (1.06, 1.4))
_EDGE_WEIGHTS = (10, 3, 5)


def _dice(seed: str, question: str) -> random.Random:
    return random.Random(hashlib.sha256(f"{question}\0{seed}".encode()).digest())  # noqa: S311 -- a picture, no secret


def _rings(dice: random.Random, recipe: Recipe, order: int, heart: float, outer: float) -> tuple[Ring, ...]:
    total = dice.randint(*recipe.rings) + (outer > 1)
    shrink = dice.uniform(0.74, 1.0)
    hero = dice.choice(recipe.heroes) + (outer > 1)
    widths = []
    for number in range(total):
        width = shrink**number
        if number == hero:
            width *= dice.uniform(1.3, 3.6)
        elif number % 2 and recipe.bands > 0:
            width *= dice.uniform(0.4, 0.75)
        else:
            width *= dice.uniform(0.75, 1.3 if number else 2.0)
        widths.append(width)
    scale = (outer - heart + 0.01) / sum(widths)
    rings: list[Ring] = []
    for number, width in enumerate(widths):
        inner = outer - width * scale
        if number == hero:
            ring = recipe.hero(dice, recipe, order, inner, outer)
        elif number > 0 and width * scale < 0.07 and dice.random() < recipe.bands:
            ring = _band(dice, order, inner, outer)
        else:
            ring = _petals(dice, recipe, order, inner, outer, is_first=number == 0)
        rings.append(ring)
        outer = inner
    return tuple(rings)


def _dahlia(dice: random.Random, recipe: Recipe, order: int, heart: float, outer: float) -> tuple[Ring, ...]:
    """One flower: petals in row after row, smaller and in other tones towards the heart, which is a small mandala."""
    count = order * (1 if order >= 14 else dice.choice((1, 2)) if order >= 8 else dice.choice((2, 3)))
    shrink = 1 + dice.uniform(0.8, 1.6) * math.pi / count
    models = [_petals(dice, recipe, order, 0.9, 1.0) for _ in range(dice.choice((1, 1, 2)))]
    first, turns = dice.randrange(4), dice.choice((1, 2, 3, 4, 9))
    lights = dice.choice(
        ((0.0, 0.3, 0.6, 1.0), (1.0, 0.6, 0.3, 0.0), (0.1, 0.9), (0.0, 0.5, 1.0, 0.5), (0.2, 0.2, 1.0))
    )
    starts = dice.randrange(2)
    core = dice.choice((heart, heart + 0.1, dice.uniform(0.3, 0.55)))
    rings: list[Ring] = []
    while len(rings) < 10:
        number = len(rings)
        inner = outer / shrink ** dice.uniform(0.7, 1.35)
        if inner < core:
            break
        model = models[number % len(models)]
        rings.append(
            replace(
                model,
                inner=inner,
                outer=outer,
                count=count,
                is_shifted=(number + starts) % 2 == 1,
                hue=(first + number // turns) % 4,
                tones=5 if outer - inner > 0.1 else 3,
                has_inlay=True,
                has_disc=False,
                has_edge_dots=model.has_edge_dots and outer - inner > 0.08,
                overlap=0.75,
                key=lights[number % len(lights)],
            )
        )
        outer = inner
    if outer - heart < 0.1:
        return tuple(rings)
    return (*rings, *_rings(dice, replace(recipe, rings=(2, 4)), order, heart, outer))


def _key(dice: random.Random) -> float:
    return dice.choice((0.0, 0.25, 0.5, 0.75, 1.0))


def _count(order: int, radius: float, wanted: float) -> int:
    """A multiple of the order near `wanted`, no motif smaller than what the eye can see."""
    most = max(1, int(math.pi * radius / _SMALLEST / order))
    return order * max(1, min(round(wanted / order), most))


def _petals(
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
        count = order * (1 if order >= 9 or (order == 8 and dice.random() < 0.5) else 2)
    return Petals(
        inner=inner,
        outer=outer,
        count=count,
        is_shifted=dice.random() < 0.5,
        motif=dice.choice(recipe.motifs),
        back=dice.choice(recipe.motifs),
        width=round(dice.uniform(0.86, 1.12), 3),
        hue=dice.randrange(4),
        tones=dice.randint(5, 8) if is_hero else dice.randint(2, 3) if height < 0.08 else dice.randint(3, 5),
        ornament=dice.choice(_HERO_ORNAMENTS if is_hero or height > 0.14 else _ORNAMENTS),
        vein=dice.choice(("lens", "drop", "lotus")),
        is_open=dice.random() < recipe.open_work,
        has_inlay=dice.random() < (0.7 if is_hero else 0.3),
        is_blended=dice.random() < 0.45,
        has_edge_dots=dice.random() < (0.7 if is_hero else 0.4 if height > 0.1 else 0),
        has_disc=not is_first and dice.random() < 0.6,
        overlap=recipe.overlap,
        is_inverted=dice.random() < 0.3,
        key=_key(dice),
    )


def _band(dice: random.Random, order: int, inner: float, outer: float) -> Band:
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


def _hero_petals(dice: random.Random, recipe: Recipe, order: int, inner: float, outer: float) -> Ring:
    return _petals(dice, recipe, order, inner, outer, is_hero=True)


def _hero_lattice(dice: random.Random, recipe: Recipe, order: int, inner: float, outer: float) -> Ring:
    """Stars whose lines just clear the inner circle."""
    count = order * (1 if order >= 10 else 2)
    most = max(2, int(count / math.pi * math.acos(min(0.99, inner / outer))))
    least = max(2, most - dice.randint(1, 3))
    return Lattice(
        inner=inner,
        outer=outer,
        count=count,
        skips=tuple(range(least, most + 1)),
        is_shifted=dice.random() < 0.5,
        hue=dice.randrange(4),
        is_inverted=dice.random() < 0.5,
    )


def _hero_cells(dice: random.Random, recipe: Recipe, order: int, inner: float, outer: float) -> Ring:
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


def _hero_facets(dice: random.Random, recipe: Recipe, order: int, inner: float, outer: float) -> Ring:
    return Facets(
        inner=inner,
        outer=outer,
        count=order,
        is_shifted=dice.random() < 0.5,
        waist=round(dice.uniform(0.2, 0.7), 3),
        hue=dice.randrange(4),
        tones=dice.randint(4, 8),
        is_inverted=dice.random() < 0.5,
    )


def _hero_flowers(dice: random.Random, recipe: Recipe, order: int, inner: float, outer: float) -> Ring:
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


def _hero_moons(dice: random.Random, recipe: Recipe, order: int, inner: float, outer: float) -> Ring:
    return Moons(
        inner=inner,
        outer=outer,
        count=_side_by_side(order, inner, outer, dice.uniform(1.1, 1.6)),
        is_shifted=dice.random() < 0.5,
        opens_outwards=dice.random() < 0.6,
        phase=round(dice.uniform(0.2, 0.75), 3),
        hue=dice.randrange(4),
        is_inverted=dice.random() < 0.35,
    )


def _side_by_side(order: int, inner: float, outer: float, spacing: float) -> int:
    """How many rounds as wide as the ring is high have room in it, a multiple of the order."""
    return max(1, int(math.pi * (inner + outer) / ((outer - inner) * spacing) / order)) * order


_MANY = ("lotus", "lens", "drop", "spade", "flame", "round", "tulip", "fan", "ogee", "bud")
RECIPES: Mapping[Family, Recipe] = {
    "rosette": Recipe((5, 8), (1, 2), _MANY, _hero_petals),
    "lotus": Recipe((4, 6), (0, 1, 2), ("lotus", "ogee", "tulip", "bud"), _hero_petals, bands=0.0, overlap=0.8),
    "star": Recipe((5, 7), (1,), ("spear", "lens", "thorn", "flame"), _hero_lattice),
    "lace": Recipe((5, 8), (0, 1, 2, 3), ("round", "fan", "drop", "lens", "tulip"), _hero_petals, bands=0.9),
    "sun": Recipe((4, 6), (0,), ("flame", "spear", "thorn", "spade"), _hero_petals),
    "glass": Recipe((4, 6), (0, 1), ("lancet", "ogee", "lotus", "bud"), _hero_cells),
    "yantra": Recipe((4, 6), (1, 2), ("lotus", "ogee", "spade", "thorn"), _hero_facets, bands=0.4),
    "floral": Recipe((5, 7), (0, 1), ("round", "lotus", "tulip", "drop"), _hero_flowers, bands=0.35),
    "night": Recipe((4, 7), (0, 1, 2), ("spear", "thorn", "lens", "drop"), _hero_moons, bands=0.7),
    "dahlia": Recipe((6, 9), (0,), ("lotus", "lens", "spade", "tulip", "bud", "round"), _hero_petals),
    "henna": Recipe((4, 6), (0, 1, 2), ("ogee", "bud", "lotus", "drop"), _hero_petals, overlap=0.4, open_work=0.75),
}
