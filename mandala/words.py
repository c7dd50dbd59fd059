"""Design → a title and one line of words that describe this very picture."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from mandala.design import Band, Cells, Design, Facets, Family, Flowers, Lattice, Moons, Petals, Ring
from mandala.palette import PALETTES

_MOODS = (
    "Quiet", "Waking", "Hidden", "First", "Last", "Drifting", "Patient", "Gentle", "Secret", "Turning", "Rising",
    "Distant", "Silent", "Bright", "Dreaming", "Lucid", "Woven", "Slow", "Shining", "Tender", "Humming", "Wandering",
    "Steady", "Sleeping", "Opening", "Gathering", "Breathing", "Unfolding", "Listening", "Returning", "Kindled",
    "Lingering", "Hushed", "Radiant", "Still", "Singing", "Floating", "Ancient", "Newborn", "Boundless",
)  # fmt: skip
_FORMS: Mapping[Family, tuple[str, ...]] = {
    "rosette": ("Rosette", "Garland", "Crown", "Wheel"),
    "lotus": ("Lotus", "Blossom", "Water Lily", "Bloom"),
    "star": ("Star", "Compass", "Constellation", "Lodestar"),
    "lace": ("Lace", "Filigree", "Tracery", "Veil"),
    "sun": ("Sun", "Dawn", "Corona", "Daybreak"),
    "glass": ("Window", "Lantern", "Prism", "Rose Window"),
    "yantra": ("Yantra", "Crystal", "Jewel", "Facet"),
    "floral": ("Garden", "Bouquet", "Meadow", "Wreath"),
    "night": ("Night", "Orbit", "Moonrise", "Vigil"),
    "dahlia": ("Dahlia", "Aster", "Zinnia", "Chrysanthemum"),
    "henna": ("Henna", "Arabesque", "Scroll", "Inlay"),
}
_NUMBERS = {
    5: "five", 6: "six", 7: "seven", 8: "eight", 9: "nine", 10: "ten", 11: "eleven", 12: "twelve", 14: "fourteen",
    16: "sixteen", 18: "eighteen", 20: "twenty", 24: "twenty-four",
}  # fmt: skip
_MOTIFS = {
    "lotus": "lotus petals", "lens": "slender leaves", "drop": "drops", "spade": "broad leaves", "flame": "flames",
    "round": "rounded petals", "tulip": "tulips", "fan": "fans", "spear": "spearheads", "ogee": "pointed arches",
    "bud": "buds", "thorn": "thorns", "lancet": "lancets",
}  # fmt: skip
_BANDS = {
    "beads": "beads", "zigzag": "teeth", "arcs": "arches", "diamonds": "diamonds", "scales": "scales",
    "leaves": "pairs of leaves", "links": "links",
}  # fmt: skip
_HUES = (
    (15, "rose"), (40, "red"), (65, "orange"), (100, "amber"), (130, "lime"), (160, "green"), (190, "teal"),
    (220, "cyan"), (255, "azure"), (280, "blue"), (305, "violet"), (335, "magenta"), (361, "pink"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Words:
    """title is short; description is one line, good as alt text too."""

    title: str
    description: str


def describe(design: Design) -> Words:
    digest = hashlib.sha256(f"words of {design.seed}".encode()).digest()
    mood = _MOODS[int.from_bytes(digest[:4], "big") % len(_MOODS)]
    form = _FORMS[design.family][digest[4] % 4]
    hero, *rest = sorted(design.rings, key=lambda ring: ring.inner - ring.outer)
    second = next((ring for ring in rest if isinstance(ring, Petals)), design.heart)
    article = "An" if design.symmetry in (8, 11, 18) else "A"
    ground = "a dark ground" if PALETTES[design.palette].is_dark else "pale paper"
    return Words(
        f"{mood} {design.palette.capitalize()} {form}",
        f"{article} {_NUMBERS[design.symmetry]}-fold mandala of {len(design.rings)} rings: {_named(hero)} in "
        f"{_colour_of(design, hero)} and {_named(second)} in {_colour_of(design, second)}, on {ground}.",
    )


def colour(design: Design) -> int:
    """The hero ring's colour as 0xRRGGBB, for the edge of an embed."""
    palette = PALETTES[design.palette]
    hue = palette.hues[design.hero.hue] + design.hue_shift
    red, green, blue = palette.ground._replace(lightness=0.66, chroma=palette.chroma, hue=hue).rgb()
    return red << 16 | green << 8 | blue


def _named(ring: Ring) -> str:
    match ring:
        case Petals(motif=motif):
            what = _MOTIFS[motif]
        case Band(kind=kind):
            what = _BANDS[kind]
        case Lattice():
            stars = len(ring.skips)
            return (
                f"an interlaced {ring.count}-pointed star"
                if stars == 1
                else f"{stars} interlaced {ring.count}-pointed stars"
            )
        case Cells():
            what = "arches of glass"
        case Facets():
            return f"a faceted star of {2 * ring.count} points"
        case Flowers():
            return f"{ring.count} {_NUMBERS[ring.petals]}-petalled flowers"
        case Moons():
            what = "crescent moons"
    return f"{ring.count} {what}"


def _colour_of(design: Design, ring: Ring) -> str:
    hue = (PALETTES[design.palette].hues[ring.hue] + design.hue_shift) % 360
    return next(name for limit, name in _HUES if hue < limit)
