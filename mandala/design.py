"""Seed → Design: what is drawn, as plain values.  Pure: the same seed gives the same design for ever.

Rules of beauty: one ring is the hero, the others shrink towards the centre; counts are multiples of the order; every
motif is layered; neighbours take neighbouring hues; three line weights; the outermost ring is left open.
"""

import hashlib
import random
from dataclasses import dataclass
from typing import Literal

from mandala.motifs import PROFILES
from mandala.palette import PALETTES

SYMMETRIES = (6, 8, 10, 12, 14, 16, 18, 20, 24)

Family = Literal["rosette", "lotus", "star", "lace", "sun", "glass"]
Halo = Literal["dots", "rays", "rings"]
BandKind = Literal["beads", "zigzag", "arcs", "diamonds"]

_HERO_AT: dict[Family, tuple[int, ...]] = {
    "rosette": (1, 2),
    "lotus": (0, 1),
    "star": (0, 1, 2),
    "lace": (2, 3, 4),
    "sun": (0,),
    "glass": (1, 2),
}
_MOTIFS: dict[Family, tuple[str, ...]] = {
    "rosette": tuple(PROFILES),
    "lotus": ("lotus", "ogee", "tulip", "spade", "flame"),
    "star": ("spear", "lens", "spade", "flame"),
    "lace": ("round", "fan", "drop", "lens", "tulip"),
    "sun": ("flame", "spear", "lotus", "spade", "drop"),
    "glass": ("fan", "round", "tulip", "lotus"),
}


class DesignError(ValueError):
    """Raised when a choice is not one of those that there are; names the option, the value and the allowed ones."""


@dataclass(frozen=True, slots=True)
class Petals:
    """A ring of layered motifs between two radii (1 is half the picture's width)."""

    inner: float
    outer: float
    count: int
    is_shifted: bool
    motif: str
    back: str
    width: float
    hue: int
    tones: int
    vein: str | None
    has_edge_dots: bool
    has_disc: bool


@dataclass(frozen=True, slots=True)
class Band:
    """A narrow ring between two circles."""

    inner: float
    outer: float
    count: int
    kind: BandKind
    hue: int


@dataclass(frozen=True, slots=True)
class Design:
    """One mandala.  rings stand from the outside in; hue_shift in degrees."""

    seed: str
    family: Family
    symmetry: int
    palette: str
    hue_shift: float
    halo: Halo
    rings: tuple[Petals | Band, ...]
    heart: Petals


def design_for(seed: str, *, symmetry: int | None = None, palette: str | None = None) -> Design:
    """The design of any text; symmetry and palette override what the seed would choose.  Raises DesignError."""
    if symmetry is not None and symmetry not in SYMMETRIES:
        raise DesignError(f"symmetry: {symmetry} is none of {', '.join(map(str, SYMMETRIES))}")
    if palette is not None and palette not in PALETTES:
        raise DesignError(f"palette: {palette!r} is none of {', '.join(PALETTES)}")
    dice = random.Random(hashlib.sha256(seed.encode()).digest())  # noqa: S311 -- a picture, not a secret
    family = dice.choice(tuple(_HERO_AT))
    # Each choice takes its turn even if it is overridden, so that the rest of the picture stays the same.
    order, colours = dice.choice(SYMMETRIES), dice.choice(tuple(PALETTES))
    order = symmetry or order
    return Design(
        seed=seed,
        family=family,
        symmetry=order,
        palette=palette or colours,
        hue_shift=dice.uniform(-13, 13),
        halo=dice.choice(("dots", "rays", "rings")),
        rings=_rings(dice, family, order),
        heart=_petals(dice, family, order if order <= 12 else order // 2, 0.012, 0.085, hero=False, first=False),
    )


def _rings(dice: random.Random, family: Family, order: int) -> tuple[Petals | Band, ...]:
    total = dice.randint(7, 9) if family != "lace" else dice.randint(9, 11)
    shrink = dice.uniform(0.80, 0.90)
    hero = dice.choice(_HERO_AT[family])
    widths = []
    for number in range(total):
        width = shrink**number
        if number == hero:
            width *= dice.uniform(1.7, 2.4)
        elif number % 2 and family != "lotus":
            width *= dice.uniform(0.42, 0.7)
        widths.append(width)
    scale = (0.93 - 0.075) / sum(widths)
    rings: list[Petals | Band] = []
    outer = 0.93
    for number, width in enumerate(widths):
        inner = outer - width * scale
        is_band = number != hero and number > 0 and width * scale < 0.062 and dice.random() < 0.62
        if is_band:
            rings.append(_band(dice, order, inner, outer))
        else:
            rings.append(_petals(dice, family, order, inner, outer, hero=number == hero, first=number == 0))
        outer = inner
    return tuple(rings)


def _petals(
    dice: random.Random, family: Family, order: int, inner: float, outer: float, *, hero: bool, first: bool
) -> Petals:
    height = outer - inner
    arc = 2 * 3.14159 * (inner + 0.6 * height)
    wanted = arc / (height * dice.uniform(0.5, 0.95))
    multiple = max(1, round(wanted / order))
    if hero and multiple > 2:
        multiple = dice.choice((1, 2))
    motifs = _MOTIFS[family]
    return Petals(
        inner=inner,
        outer=outer,
        count=order * min(multiple, 8),
        is_shifted=dice.random() < 0.5,
        motif=dice.choice(motifs),
        back=dice.choice(motifs),
        width=dice.uniform(0.86, 1.12),
        hue=dice.randrange(4),
        tones=dice.randint(7, 11) if hero else dice.randint(4, 6),
        vein=dice.choice(("lens", "drop", "spade", None)) if not hero else dice.choice(("lens", "drop", "lotus")),
        has_edge_dots=hero or dice.random() < 0.35,
        has_disc=not first and dice.random() < 0.6,
    )


def _band(dice: random.Random, order: int, inner: float, outer: float) -> Band:
    arc = 2 * 3.14159 * (inner + outer) / 2
    multiple = max(1, round(arc / ((outer - inner) * dice.uniform(0.8, 1.3)) / order))
    return Band(
        inner, outer, order * min(multiple, 12), dice.choice(("beads", "zigzag", "arcs", "diamonds")), dice.randrange(4)
    )
