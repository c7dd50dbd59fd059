"""Seed → Design.  Pure: the same seed always gives the same design.

Rules of beauty: one ring is the hero, the others shrink towards the centre; counts are multiples of the order; every
motif is layered; neighbours take neighbouring hues; three line weights; the outermost ring is left open.
"""

import hashlib
import itertools
import math
import random
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple, TypeVar

from mandala.design import SYMMETRIES, Design, DesignError, Family, Petals, Ring
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
from mandala.score import faults
from mandala.themes import Theme, theme_of

_Name = TypeVar("_Name", bound=str)
_TRIES = 24  # nearly half of the seeds need one, one in a hundred more than twelve
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
    theme = theme_of(seed)
    family = _leaning(seed, "family", FAMILIES, theme.families, theme)
    dark = [name for name, colours in PALETTES.items() if colours.is_dark or family != "night"]
    drawn_palette = _leaning(seed, "palette", dark, theme.palettes, theme)
    (drawn,) = _dice(seed, "symmetry").choices(SYMMETRIES, weights=_WEIGHTS)
    half = drawn // 4 * 2 + 2 * (drawn % 4 > 0)  # an even one
    order = symmetry or (half if drawn > 12 and family in _LARGE else drawn)
    recipe, tried = RECIPES[family], _fine(seed, family, order)
    return Design(
        seed=seed,
        family=family,
        symmetry=order,
        palette=palette or drawn_palette,
        hue_shift=tried.hue_shift,
        ground=ground_for(_dice(seed, "ground"), order, recipe.motifs, family, tried.outer),
        field=field_for(_dice(seed, "field"), order, tried.outer),
        corners=corners_for(_dice(seed, "corners"), recipe.motifs, tried.outer),
        rings=tried.rings,
        heart=tried.heart,
    )


def _leaning(seed: str, question: str, names: Sequence[_Name], suiting: Sequence[str], theme: Theme) -> _Name:
    """One of the names that suit the theme; one of all where none does, and now and then, for variety."""
    suit = [name for name in names if name in suiting]
    leans = theme.is_alone or _dice(seed, f"{question} leans").random() < _LEAN
    return _dice(seed, question).choice(suit if suit and leans else names)


_LEAN = 0.7  # the part of the texts with such a word that lean to it
_LARGE = ("night", "floral")  # moons and flowers need room: many side by side would be small
# Low orders differ most from each other, and odd ones are rare as in nature.
_WEIGHTS = (2, 4, 2, 6, 1, 3, 1, 6, 2, 3, 1, 1, 1)
# Range of the outermost radius: within the picture, small on its ground, or beyond the corners.  One between the sides
# and the corners would look cut off.
_EDGES = ((0.87, 0.985), (0.74, 0.84), (1.43, 1.5))
_EDGE_WEIGHTS = (10, 3, 5)


def _dice(seed: str, question: str) -> random.Random:
    return random.Random(hashlib.sha256(f"{question}\0{seed}".encode()).digest())  # noqa: S311 -- a picture, no secret


class _Try(NamedTuple):
    """The rings of one try with what they miss, and what was chosen with them."""

    missed: float
    outer: float
    rings: tuple[Ring, ...]
    heart: Petals
    hue_shift: float


def _fine(seed: str, family: Family, order: int) -> _Try:
    """The first try without a fault, or the one that misses least."""
    best = _try(seed, family, order, "rings")
    for number in range(1, _TRIES):
        if best.missed == 0:
            break
        best = min(best, _try(seed, family, order, f"rings {number}"), key=lambda tried: tried.missed)
    return best


def _try(seed: str, family: Family, order: int, question: str) -> _Try:
    dice, recipe, heart = _dice(seed, question), RECIPES[family], _dice(seed, "heart").choice(_HEARTS)
    (edge,) = _dice(seed, "edge").choices(_EDGES, weights=_EDGE_WEIGHTS)
    outer = dice.uniform(*edge)
    rings = (_dahlia if family == "dahlia" else _framed)(dice, recipe, order, heart, outer)
    hue_shift = round(dice.uniform(-13, 13), 2)
    count = order // 2 if order in (16, 24) and heart < 0.15 else order
    return _Try(faults(rings), outer, rings, petals(dice, recipe, count, 0.15 * heart, heart), hue_shift)


def _framed(dice: random.Random, recipe: Recipe, order: int, heart: float, outer: float) -> tuple[Ring, ...]:
    """A mandala within the sides of the picture; where it shall reach the corners, petals around it that fill them."""
    if outer < 1:
        return _rings(dice, recipe, order, heart, outer)
    edge = dice.uniform(0.88, 0.95)
    middle = outer - (outer - edge) * dice.uniform(0.45, 0.62)
    edges = (outer, middle, edge)
    frame = [petals(dice, recipe, order, low, high, is_first=True) for high, low in itertools.pairwise(edges)]
    frame = [replace(ring, tones=min(ring.tones, 5)) for ring in frame]  # little of them is seen
    return (*frame, *_rings(dice, recipe, order, heart, edge))


def _rings(dice: random.Random, recipe: Recipe, order: int, heart: float, outer: float) -> tuple[Ring, ...]:
    total = dice.randint(*recipe.rings)
    shrink = dice.uniform(0.74, 1.0)
    hero = dice.choice(recipe.heroes)
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
    least = math.ceil(12 * max(1.0, outer))
    count = dice.choice([count for count in range(order, 40, order) if least <= count < least + 18])
    shrink = 1 + dice.uniform(0.75, 2.0) * math.pi / count
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
    "night": Recipe((5, 7), (1, 1, 2), ("spear", "thorn", "lens", "drop"), hero_moons, bands=0.7),
    "dahlia": Recipe((6, 9), (0,), ("lotus", "lens", "spade", "tulip", "bud", "round"), hero_petals),
    "henna": Recipe((4, 6), (0, 1, 2), ("ogee", "bud", "lotus", "drop"), hero_petals, overlap=0.4, open_work=0.75),
}
FAMILIES = tuple(RECIPES)
