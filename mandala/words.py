"""Design → a title and one line of words that describe this very picture."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from mandala.canvas import light_of
from mandala.design import Band, Cells, Design, Facets, Family, Flowers, Lattice, Moons, Petals, Ring
from mandala.inks import Inks
from mandala.palette import PALETTES, Oklch

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
# Of a band: how many hues after its own the named parts have, and how light they are.
_BAND_TONES = {
    "beads": (0, 0.9), "zigzag": (1, 0.7), "arcs": (0, 0.45), "diamonds": (0, 0.75), "scales": (0, 0.35),
    "leaves": (0, 0.7), "links": (1, 0.3),
}  # fmt: skip
_HUES = (
    (15, "rose"), (40, "red"), (65, "orange"), (100, "amber"), (130, "lime"), (160, "green"), (190, "teal"),
    (220, "cyan"), (255, "azure"), (280, "blue"), (305, "violet"), (335, "magenta"), (361, "pink"),
)  # fmt: skip
# From this hue to that one, a colour that is darker than this has a name of its own.
_DARK = ((30, 85, 0.55, "brown"), (85, 115, 0.6, "olive"))


@dataclass(frozen=True, slots=True)
class Words:
    """title is short; description is one line, good as alt text too."""

    title: str
    description: str


def describe(design: Design) -> Words:
    digest = hashlib.sha256(f"words of {design.seed}".encode()).digest()
    mood = _MOODS[int.from_bytes(digest[:4], "big") % len(_MOODS)]
    form = _FORMS[design.family][digest[4] % 4]
    article = "An" if design.symmetry in (8, 11, 18) else "A"
    ground = "a dark ground" if PALETTES[design.palette].is_dark else "pale paper"
    kind = f"{article} {_NUMBERS[design.symmetry]}-fold mandala of {len(design.rings)} rings"
    return Words(f"{mood} {design.palette.capitalize()} {form}", f"{kind}: {_two(design)}, on {ground}.")


def _two(design: Design) -> str:
    """The two rings that one sees first, the second one of petals: what they have in common is said once."""
    hero, *rest = sorted(design.rings, key=lambda ring: ring.inner - min(1.0, ring.outer))
    others = [ring for ring in rest if isinstance(ring, Petals)] or [design.heart]
    first = _named(hero), _colour_of(design, hero)
    second = next((said for ring in others if (said := (_named(ring), _colour_of(design, ring))) != first), first)
    if first == second:
        return f"two rings of {first[0]} in {first[1]}"
    if first[1] != second[1]:
        return f"{first[0]} in {first[1]} and {second[0]} in {second[1]}"
    count, _, what = second[0].partition(" ")
    if first[0].endswith(f" {what}"):
        return f"{first[0].removesuffix(f' {what}')} and {count} {what} in {first[1]}"
    return f"{first[0]} and {second[0]} in {first[1]}"


def colour(design: Design) -> int:
    """The hero ring's colour as 0xRRGGBB, for the edge of an embed."""
    palette = PALETTES[design.palette]
    hue = palette.hues[_main(design.hero)[0] % 4] + design.hue_shift
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


def _main(ring: Ring) -> tuple[int, float]:
    """Hue and light of the largest parts of what _named names, as the ring is drawn."""
    match ring:
        case Band(kind=kind):
            hue, light = _BAND_TONES[kind]
        case Lattice(skips=skips):
            last = len(skips) - 1  # the star that covers the others
            hue, light = 2 * last, 0.3 + 0.2 * last
        case Facets():
            hue, light = 1, 0.3
        case Moons():
            return ring.hue + 1, 0.85  # on a light sky too
        case _:
            hue, light = 0, 0.3
    return ring.hue + hue, light_of(ring, light)


def _colour_of(design: Design, ring: Ring) -> str:
    return _called(Inks(design).colour_of(*_main(ring)))


def _called(colour: Oklch) -> str:
    hue = colour.hue % 360
    for low, high, lightest, name in _DARK:
        if low <= hue < high and colour.lightness < lightest:
            return name
    return next(name for limit, name in _HUES if hue < limit)
