"""Seed → Design.  Pure: the same seed always gives the same design.

Rules of beauty: one ring is the hero, the others shrink towards the centre; counts are multiples of the order; every
motif is layered; neighbours take neighbouring hues; three line weights; the outermost ring is left open.
"""

import hashlib
import math
import random
import unicodedata
from collections.abc import Mapping
from dataclasses import replace

from mandala.design import SYMMETRIES, Design, DesignError, Family, Ring
from mandala.grounds import corners_for, field_for, ground_for
from mandala.palette import PALETTES
from mandala.rings import (
    Recipe,
    band,
    hero_cells,
    hero_facets,
    hero_flowers,
    hero_lattice,
    hero_moons,
    hero_petals,
    petals,
)

_HEARTS = (0.085, 0.11, 0.15, 0.2, 0.26)


def design_for(seed: str, *, symmetry: int | None = None, palette: str | None = None) -> Design:
    """The design of any text; symmetry and palette override what the seed would choose.  Raises DesignError.

    Two spellings of one text have one design: an é may be one character or two, and nobody sees which.
    Source: Unicode Standard Annex 15, canonical equivalence.
    """
    seed = unicodedata.normalize("NFC", seed)
    if symmetry is not None and symmetry not in SYMMETRIES:
        raise DesignError(f"symmetry: {symmetry} is none of {', '.join(map(str, SYMMETRIES))}")
    if palette is not None and palette not in PALETTES:
        raise DesignError(f"palette: {palette!r} is none of {', '.join(PALETTES)}")
    # Each choice has its own random source, so that overriding one changes no other.
    family = _dice(seed, "family").choice(tuple(RECIPES))
    night = [name for name, found in PALETTES.items() if found.is_dark]
    colours = _dice(seed, "palette").choice(night if family == "night" else list(PALETTES))
    (drawn,) = _dice(seed, "symmetry").choices(SYMMETRIES, weights=_WEIGHTS)
    order = symmetry or drawn
    recipe, dice = RECIPES[family], _dice(seed, "rings")
    heart = _dice(seed, "heart").choice(_HEARTS)
    (edge,) = _dice(seed, "edge").choices(_EDGES, weights=_EDGE_WEIGHTS)
    outer = dice.uniform(*edge)
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
        heart=petals(dice, recipe, order // 2 if order in (16, 24) else order, 0.15 * heart, heart),
    )


# Low orders differ most from each other, and odd ones are rare as in nature.
_WEIGHTS = (2, 4, 2, 5, 1, 4, 1, 5, 3, 3, 1, 1, 1)
# Range of the outermost radius: within the picture, small on its ground, or beyond the edge.
_EDGES = ((0.91, 0.99), (0.73, 0.82), (1.06, 1.4))
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
            ring = band(dice, order, inner, outer)
        else:
            ring = petals(dice, recipe, order, inner, outer, is_first=number == 0)
        rings.append(ring)
        outer = inner
    return tuple(rings)


def _dahlia(dice: random.Random, recipe: Recipe, order: int, heart: float, outer: float) -> tuple[Ring, ...]:
    """One flower: petals in row after row, smaller and in other tones towards the heart, which is a small mandala."""
    count = order * (1 if order >= 14 else dice.choice((1, 2)) if order >= 8 else dice.choice((2, 3)))
    shrink = 1 + dice.uniform(0.8, 1.6) * math.pi / count
    models = [petals(dice, recipe, order, 0.9, 1.0) for _ in range(dice.choice((1, 1, 2)))]
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
                tones=5 if outer - inner > 0.12 else 3,
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


_MANY = ("lotus", "lens", "drop", "spade", "flame", "round", "tulip", "fan", "ogee", "bud")
RECIPES: Mapping[Family, Recipe] = {
    "rosette": Recipe((5, 8), (1, 2), _MANY, hero_petals),
    "lotus": Recipe((4, 6), (0, 1, 2), ("lotus", "ogee", "tulip", "bud"), hero_petals, bands=0.0, overlap=0.8),
    "star": Recipe((5, 7), (1,), ("spear", "lens", "thorn", "flame"), hero_lattice),
    "lace": Recipe((5, 8), (0, 1, 2, 3), ("round", "fan", "drop", "lens", "tulip"), hero_petals, bands=0.9),
    "sun": Recipe((4, 6), (0,), ("flame", "spear", "lotus", "spade"), hero_petals, overlap=0.4),
    "glass": Recipe((4, 6), (0, 1, 1, 2), ("lancet", "ogee", "lotus", "bud"), hero_cells),
    "yantra": Recipe((4, 6), (1, 2), ("lotus", "ogee", "spade", "thorn"), hero_facets, bands=0.4),
    "floral": Recipe((5, 7), (0, 1), ("round", "lotus", "tulip", "drop"), hero_flowers, bands=0.35),
    "night": Recipe((4, 7), (0, 1, 2), ("spear", "thorn", "lens", "drop"), hero_moons, bands=0.7),
    "dahlia": Recipe((6, 9), (0,), ("lotus", "lens", "spade", "tulip", "bud", "round"), hero_petals),
    "henna": Recipe((4, 6), (0, 1, 2), ("ogee", "bud", "lotus", "drop"), hero_petals, overlap=0.4, open_work=0.75),
}
