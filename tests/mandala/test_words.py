"""The title and the line of words say what the picture shows."""

import dataclasses
import re
from typing import get_args

import pytest

import mandala
from mandala.design import Band, Cells, Facets, Family, Flowers, Lattice, Moons, Petals, Ring
from mandala.palette import PALETTES
from mandala.words import _BANDS, _FORMS, _HUES, _MOTIFS, _NUMBERS, _colour_of, _named

SEEDS = [str(seed) for seed in range(300)]


def width(ring: Ring) -> float:
    return ring.outer - ring.inner


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
        assert f" rings: {_named(design.hero)} in " in mandala.describe(design).description
    design = mandala.design_for("1")
    outer, *inner = sorted(design.rings, key=lambda ring: -ring.outer)
    narrow = dataclasses.replace(outer, inner=outer.outer - 0.001)
    rings = (narrow, *inner)
    assert dataclasses.replace(design, rings=rings).hero == max(inner, key=width)


def test_the_colour_is_not_that_of_the_first_ring_or_lacks_the_designs_own_turn() -> None:
    for seed in SEEDS[:50]:
        design = mandala.design_for(seed)
        palette = PALETTES[design.palette]
        hue = palette.hues[design.hero.hue] + design.hue_shift
        expected = palette.ground._replace(lightness=0.66, chroma=palette.chroma, hue=hue).rgb()
        assert mandala.colour(design).to_bytes(3, "big") == bytes(expected)


@pytest.mark.parametrize(("limit", "name"), _HUES)
def test_a_hue_at_the_limit_has_its_neighbours_name(limit: int, name: str) -> None:
    design = mandala.design_for("1")
    at = PALETTES[design.palette].hues[design.hero.hue]
    below = dataclasses.replace(design, hue_shift=(limit - 0.01 - at) % 360)
    assert _colour_of(below, design.hero) == (name if limit <= 360 else "rose" if (limit - 0.01) % 360 < 15 else name)
    reached = dataclasses.replace(design, hue_shift=limit - at)
    following = {limits: other for (limits, _), (_, other) in zip(_HUES, [*_HUES[1:], _HUES[0]], strict=True)}
    assert _colour_of(reached, design.hero) == following[limit]


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
