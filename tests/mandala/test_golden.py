"""No picture changes unless we mean it.  After a change that is meant: `make golden`, and look at what it drew."""

import dataclasses
import unicodedata

import pytest
from PIL import Image, ImageChops

import mandala
from tests.mandala.golden import (
    FOLDER,
    FORMS,
    SEEDS,
    SIZE_PX,
    VECTORS,
    WORDS,
    digest,
    drawing_digest,
    drawn,
    known_drawings,
    said,
)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_golden_picture_looks_as_it_did(seed: str) -> None:
    with Image.open(FOLDER / f"{seed}.png") as golden:
        difference = ImageChops.difference(golden.convert("RGB"), drawn(seed)).convert("L")
    mean = sum(value * count for value, count in enumerate(difference.histogram())) / SIZE_PX**2
    assert mean < 3  # of 255; another Pillow may round an edge differently


def test_the_same_seed_gives_the_same_pixels_under_the_pinned_libraries() -> None:
    lines = [line.split() for line in (FOLDER / "digests.txt").read_text().splitlines()]
    pinned = {seed: pixels for pixels, seed in lines}
    assert {seed: digest(drawn(seed)) for seed in SEEDS} == pinned


def test_a_title_a_line_of_words_or_a_colour_that_changes_is_seen() -> None:
    known = (FOLDER / "words.txt").read_text().splitlines()
    assert [said(str(seed)) for seed in range(WORDS)] == known


def _known_forms() -> dict[str, str]:
    lines = [line.split() for line in (FOLDER / "forms.txt").read_text().splitlines()]
    return {name: known for known, name in lines}


@pytest.mark.parametrize("name", FORMS)
def test_a_vector_drawing_a_bloom_or_a_sheet_that_changes_is_seen_under_the_pinned_libraries(name: str) -> None:
    assert FORMS[name]() == _known_forms()[name]


def _values(seed: int) -> set[tuple[object, ...]]:
    """Every field that is a choice, with what was chosen, and whether on dark ground."""
    design = mandala.design_for(str(seed))
    is_dark = mandala.PALETTES[design.palette].is_dark
    parts = [design, *design.rings, design.ground, design.field, design.corners]
    return {
        (type(part).__name__, field.name, value, is_dark)
        for part in parts
        if part is not None
        for field in dataclasses.fields(part)
        if isinstance(value := getattr(part, field.name), str | bool) and field.name != "seed"
    }


def test_each_form_that_there_is_stands_in_one_of_the_vector_drawings() -> None:
    found = {seed: _values(seed) for seed in range(300)}
    lacking = set().union(*found.values()).difference(*map(_values, VECTORS))
    seeds = {next(seed for seed, values in found.items() if one in values) for one in lacking}
    assert lacking == set(), f"add to VECTORS in tests/mandala/golden.py, then `make golden`: {sorted(seeds)}"


def test_what_is_drawn_does_not_change_without_its_version() -> None:
    """The version is a part of a picture's name: an old one would be found in the bucket and shown for a new one."""
    said = "what is drawn has changed: raise DRAWING in mandala/version.py, then `make golden`"
    assert drawing_digest() == known_drawings()[mandala.DRAWING], said


def test_each_version_of_the_drawing_is_known_and_another_one() -> None:
    known = known_drawings()
    assert list(known) == list(range(1, mandala.DRAWING + 1))
    assert len(set(known.values())) == len(known)


def test_the_digest_of_a_version_sees_every_family_ground_and_palette() -> None:
    designs = [mandala.design_for(str(number)) for number in range(len(mandala.PALETTES))]
    assert len({design.family for design in designs}) == 11
    assert len({design.ground.kind for design in designs}) == 8


@pytest.mark.parametrize("words", ["café", "한글", "Ấ", "ẛ̣"])
def test_two_spellings_of_one_text_have_one_mandala(words: str) -> None:
    """Source: Unicode Standard Annex 15: canonically equivalent texts."""
    composed, taken_apart = unicodedata.normalize("NFC", words), unicodedata.normalize("NFD", words)
    assert composed != taken_apart
    one, other = mandala.design_for(composed), mandala.design_for(taken_apart)
    assert one == other
    assert mandala.describe(one) == mandala.describe(other)
    assert mandala.draw_png(one, 64) == mandala.draw_png(other, 64)


@pytest.mark.parametrize(("one", "other"), [("cafe", "café"), ("ﬁ", "fi"), ("²", "2"), ("ａ", "a"), ("A", "a")])
def test_texts_that_look_different_have_different_mandalas(one: str, other: str) -> None:
    assert mandala.design_for(one).rings != mandala.design_for(other).rings
