"""Design → a title and one line of words that describe this very picture."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

from mandala.design import Design, Family, Petals
from mandala.palette import PALETTES

_MOODS = (
    "Quiet", "Waking", "Hidden", "First", "Last", "Drifting", "Patient", "Gentle", "Secret", "Turning", "Rising",
    "Distant", "Silent", "Bright", "Dreaming", "Lucid", "Woven", "Slow", "Shining", "Tender", "Humming",
    "Wandering", "Steady", "Sleeping", "Opening", "Gathering", "Breathing", "Unfolding", "Listening", "Returning",
    "Kindled", "Lingering", "Hushed", "Radiant", "Still", "Singing", "Floating", "Ancient", "Newborn", "Boundless",
)  # fmt: skip

_FORMS: Mapping[Family, tuple[str, ...]] = {
    "rosette": ("Rosette", "Garland", "Crown", "Wheel"),
    "lotus": ("Lotus", "Blossom", "Water Lily", "Bloom"),
    "star": ("Star", "Compass", "Constellation", "Lodestar"),
    "lace": ("Lace", "Filigree", "Tracery", "Veil"),
    "sun": ("Sun", "Dawn", "Corona", "Daybreak"),
    "glass": ("Window", "Lantern", "Prism", "Rose Window"),
}
_NUMBERS = {
    6: "six", 8: "eight", 10: "ten", 12: "twelve", 14: "fourteen", 16: "sixteen", 18: "eighteen", 20: "twenty",
    24: "twenty-four",
}  # fmt: skip
_MOTIFS = {
    "lotus": "lotus petals", "lens": "slender leaves", "drop": "drops", "spade": "broad leaves", "flame": "flames",
    "round": "rounded petals", "tulip": "tulips", "fan": "fans", "spear": "spearheads", "ogee": "pointed arches",
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
    title = f"{mood} {design.palette.capitalize()} {form}"
    petals = [ring for ring in design.rings if isinstance(ring, Petals)]
    hero = max(petals, key=lambda ring: ring.outer - ring.inner)
    rest = next(ring for ring in [*petals, design.heart] if ring is not hero)
    colours = _colours(design, hero, rest)
    ground = "a dark ground" if PALETTES[design.palette].is_dark else "pale paper"
    return Words(
        title,
        f"{'An' if design.symmetry in (8, 18) else 'A'} {_NUMBERS[design.symmetry]}-fold mandala of "
        f"{len(design.rings)} rings: {hero.count} {_MOTIFS[hero.motif]} in {colours[0]} "
        f"among {rest.count} {_MOTIFS[rest.motif]} in {colours[1]}, on {ground}.",
    )


def colour(design: Design) -> int:
    """The hero ring's colour as 0xRRGGBB, for the edge of an embed."""
    palette = PALETTES[design.palette]
    hero = max((ring for ring in design.rings if isinstance(ring, Petals)), key=lambda ring: ring.outer - ring.inner)
    tone = palette.ground._replace(lightness=0.66, chroma=palette.chroma, hue=palette.hues[hero.hue] + design.hue_shift)
    red, green, blue = tone.rgb()
    return red << 16 | green << 8 | blue


def _colours(design: Design, hero: Petals, rest: Petals) -> tuple[str, str]:
    hues = PALETTES[design.palette].hues
    first, second = (_name((hues[ring.hue] + design.hue_shift) % 360) for ring in (hero, rest))
    return first, f"the same {second}" if first == second else second


def _name(hue: float) -> str:
    return next(name for limit, name in _HUES if hue < limit)
