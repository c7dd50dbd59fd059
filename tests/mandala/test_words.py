"""The title and the line of words say what the picture shows."""

import dataclasses
import re
from typing import get_args

import pytest
from PIL import Image, ImageDraw

import mandala
from mandala.compose import compose
from mandala.design import Band, Cells, Facets, Family, Flowers, Lattice, Moons, Petals, Ring
from mandala.inks import Inks
from mandala.palette import PALETTES, Oklch
from mandala.render import Raster
from mandala.words import _BANDS, _FORMS, _HUES, _MOTIFS, _NUMBERS, _called, _colour_of, _named

SEEDS = [str(seed) for seed in range(300)]


def width(ring: Ring) -> float:
    """Within the sides of the picture."""
    return min(1.0, ring.outer) - ring.inner


@pytest.mark.parametrize("symmetry", mandala.SYMMETRIES)
def test_the_line_of_words_begins_with_a_where_an_is_spoken(symmetry: int) -> None:
    words = mandala.describe(mandala.design_for("x", symmetry=symmetry)).description
    article, number = words.split("-fold")[0].split(" ")
    assert number == _NUMBERS[symmetry]
    assert article == ("An" if number.startswith(("eight", "eleven")) else "A")


@pytest.mark.parametrize("palette", sorted(PALETTES))
def test_pale_paper_is_called_dark_or_the_title_names_another_palette(palette: str) -> None:
    words = mandala.describe(mandala.design_for("x", palette=palette))
    ground = "on a dark ground." if PALETTES[palette].is_dark else "on pale paper."
    assert words.description.endswith(ground)
    assert words.title.split(" ")[1] == palette.capitalize()


def test_another_ring_than_the_widest_is_called_the_first_that_one_looks_at() -> None:
    for seed in SEEDS:
        design = mandala.design_for(seed)
        assert width(design.hero) == max(map(width, design.rings))
        said = mandala.describe(design).description.split(" rings: ")[1].removeprefix("two rings of ")
        assert said.startswith(_named(design.hero).split(" ")[0])
    design = mandala.design_for("1")
    outer, *inner = sorted(design.rings, key=lambda ring: -ring.outer)
    narrow = dataclasses.replace(outer, inner=outer.outer - 0.001)
    rings = (narrow, *inner)
    assert dataclasses.replace(design, rings=rings).hero == max(inner, key=width)


def test_the_colour_is_not_that_of_the_first_ring_or_lacks_the_designs_own_turn() -> None:
    for seed in SEEDS[:50]:
        design = mandala.design_for(seed)
        palette = PALETTES[design.palette]
        match design.hero:
            case Lattice(skips=skips):
                further = 2 * (len(skips) - 1)
            case hero:
                further = int(isinstance(hero, Moons | Facets))
        hue = palette.hues[(design.hero.hue + further) % 4] + design.hue_shift
        expected = palette.ground._replace(lightness=0.66, chroma=palette.chroma, hue=hue).rgb()
        assert mandala.colour(design).to_bytes(3, "big") == bytes(expected)


@pytest.mark.parametrize(("limit", "name"), _HUES)
def test_a_hue_at_the_limit_has_its_neighbours_name(limit: int, name: str) -> None:
    following = {limits: other for (limits, _), (_, other) in zip(_HUES, [*_HUES[1:], _HUES[0]], strict=True)}
    assert _called(Oklch(0.7, 0.1, min(limit, 360) - 0.01)) == name
    assert _called(Oklch(0.7, 0.1, min(limit, 360))) == following[limit]


@pytest.mark.parametrize(
    ("hue", "lightness", "name"),
    [(60, 0.54, "brown"), (60, 0.55, "orange"), (29.9, 0.3, "red"), (90, 0.59, "olive"), (90, 0.6, "amber")],
)
def test_a_dark_orange_or_yellow_has_the_name_of_the_bright_one(hue: float, lightness: float, name: str) -> None:
    assert _called(Oklch(lightness, 0.1, hue)) == name


@pytest.mark.parametrize("kind", get_args(Ring))
def test_a_caption_names_a_colour_that_is_not_in_the_ring(kind: type[Ring]) -> None:
    """The ring is drawn, and the colours of its pixels are counted by their names."""
    found = [
        (design, ring)
        for design in map(mandala.design_for, SEEDS)
        for ring in design.rings
        if type(ring) is kind and ring.outer < 1
    ]
    assert len(found) > 10
    for design, ring in found[:12]:
        inks = Inks(design)
        raster = Raster(256, 256, design.symmetry % 2 == 0, False, inks.ground, 1)
        compose(dataclasses.replace(design, rings=(ring,)), raster, inks)
        mask = Image.new("L", raster.image.size)
        middle = (0, 0 if design.symmetry % 2 == 0 else mask.height // 2)
        for radius, share in ((ring.outer * 128, 255), (ring.inner * 128, 0)):
            box = (middle[0] - radius, middle[1] - radius, middle[0] + radius, middle[1] + radius)
            ImageDraw.Draw(mask).ellipse(box, fill=share)
        names = {number: _called(colour) for colour, number in inks._known.items()}
        pixels = dict.fromkeys(names.values(), 0)
        for number, count in enumerate(raster.image.histogram(mask)):
            if count:
                pixels[names[number]] += count
        name = _colour_of(design, ring)
        assert pixels.get(name, 0) > 0.04 * sum(pixels.values()), (design.seed, ring, name, pixels)


def test_one_colour_or_one_motif_is_said_twice_of_two_rings() -> None:
    for design in map(mandala.design_for, SEEDS):
        said = mandala.describe(design).description.split(" rings: ")[1].rpartition(", on ")[0]
        first, is_two, second = said.partition(" in ")[2].partition(" and ")
        assert not is_two or " in " not in second or first != second.rpartition(" in ")[2], said


def test_equal_neighbours_are_joined() -> None:
    design = mandala.design_for("1")
    ring = next(ring for ring in design.rings if isinstance(ring, Petals) and ring.outer < 1)
    names = _named(ring).partition(" ")
    for count, hue, said in [
        (ring.count, ring.hue, f"two rings of {_named(ring)} in "),
        (2 * ring.count, ring.hue, f"{ring.count} and {2 * ring.count} {names[2]} in "),
        (ring.count, (ring.hue + 1) % 4, f" and {_named(ring)} in "),
    ]:
        other = dataclasses.replace(ring, outer=0.4, inner=0.2, count=count, hue=hue)
        wide = dataclasses.replace(ring, outer=0.9, inner=0.4)
        assert said in mandala.describe(dataclasses.replace(design, rings=(wide, other))).description


def test_a_ring_is_called_something_that_it_is_not() -> None:
    """Each kind of ring that is drawn, and how many of it."""
    said = {}
    for seed in SEEDS:
        for ring in mandala.design_for(seed).rings:
            said[type(ring)] = (ring, _named(ring))
            count, _, what = _named(ring).partition(" ")
            match ring:
                case Petals(motif=motif):
                    assert (count, what) == (str(ring.count), _MOTIFS[motif])
                case Band(kind=kind):
                    assert (count, what) == (str(ring.count), _BANDS[kind])
                case Lattice(skips=skips):
                    stars = _named(ring)
                    assert f"{ring.count}-pointed star" in stars
                    assert stars.startswith("an " if len(skips) == 1 else f"{len(skips)} ")
                    assert stars.endswith("star" if len(skips) == 1 else "stars")
                case Cells():
                    assert (count, what) == (str(ring.count), "arches of glass")
                case Facets():
                    assert _named(ring) == f"a faceted star of {2 * ring.count} points"
                case Flowers():
                    assert (count, what) == (str(ring.count), f"{_NUMBERS[ring.petals]}-petalled flowers")
                case Moons():
                    assert (count, what) == (str(ring.count), "crescent moons")
    assert set(said) == set(get_args(Ring))


def test_a_family_has_the_forms_of_another_or_two_titles_of_one_seed_differ() -> None:
    seen = set()
    for seed in SEEDS:
        design = mandala.design_for(seed)
        title = mandala.describe(design).title
        assert title == mandala.describe(design).title
        form = title.split(" ", 2)[2]
        assert form in _FORMS[design.family]
        seen.add(form)
    assert set(_FORMS) == set(get_args(Family))
    assert len(seen) > len(_FORMS)
    assert all(re.fullmatch(r"[A-Z][a-z]+( [A-Z][a-z]+)?", form) for forms in _FORMS.values() for form in forms)
