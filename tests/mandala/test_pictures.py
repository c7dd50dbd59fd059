"""What every picture is, whatever its seed."""

import dataclasses
import io
import itertools
import os
import subprocess
import sys
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image, ImageChops

import mandala
from tests.servers import ROOT

SEEDS = [str(1310000000000000000 + number) for number in range(12)]


@cache
def many() -> list[mandala.Design]:
    """Of interactions one after the other.  To choose them takes seconds."""
    return [mandala.design_for(str(1310000000000000000 + number)) for number in range(3000)]


def picture(seed: str, size_px: int = 256) -> Image.Image:
    return Image.open(io.BytesIO(mandala.draw_png(mandala.design_for(seed), size_px))).convert("RGB")


@pytest.mark.parametrize("seed", SEEDS)
def test_left_and_right_are_exact_mirrors_and_top_and_bottom_too_where_the_order_is_even(seed: str) -> None:
    drawn = picture(seed)
    assert drawn.size == (256, 256)
    flips = [Image.Transpose.FLIP_LEFT_RIGHT]
    if mandala.design_for(seed).symmetry % 2 == 0:
        flips.append(Image.Transpose.FLIP_TOP_BOTTOM)
    for flip in flips:
        assert ImageChops.difference(drawn, drawn.transpose(flip)).getbbox() is None


@pytest.mark.parametrize("order", [8, 12, 16, 20, 24])
def test_the_diagonal_is_a_mirror_too_where_the_order_has_one(order: int) -> None:
    design = mandala.design_for("diagonal", symmetry=order)
    drawn = Image.open(io.BytesIO(mandala.draw_png(design, 256))).convert("RGB")
    assert ImageChops.difference(drawn, drawn.transpose(Image.Transpose.TRANSPOSE)).getbbox() is None


def test_a_ring_without_a_diagonal_is_drawn_whole() -> None:
    design = mandala.design_for("diagonal", symmetry=8)
    odd_one = dataclasses.replace(design, rings=(dataclasses.replace(design.rings[0], count=10), *design.rings[1:]))
    drawn = Image.open(io.BytesIO(mandala.draw_png(odd_one, 256))).convert("RGB")
    assert ImageChops.difference(drawn, drawn.transpose(Image.Transpose.TRANSPOSE)).getbbox() is not None


def test_the_same_seed_gives_the_same_bytes_in_another_process() -> None:
    program = "import mandala, hashlib; print(hashlib.sha256(mandala.draw_png(mandala.design_for('x'))).hexdigest())"
    digests = {
        subprocess.run(
            [sys.executable, "-c", program],
            cwd=ROOT,
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_no_two_seeds_give_the_same_picture() -> None:
    assert len({mandala.draw_png(design, 64) for design in many()[:200]}) == 200


@pytest.mark.parametrize("seed", SEEDS[:4])
def test_a_picture_is_small_enough_to_send_fast(seed: str) -> None:
    assert len(mandala.draw_png(mandala.design_for(seed))) < 450_000


def test_whatever_stands_in_a_picture_fits_its_mirrors() -> None:
    for design in many():
        parts = [*design.rings, design.heart, design.ground, *([design.field] if design.field else [])]
        step = design.symmetry if design.symmetry % 2 else 2
        assert [part.count % step for part in parts] == [0] * len(parts), design
        assert design.corners is None or design.corners.count % 4 == 0


def test_an_override_changes_only_what_it_names() -> None:
    free = mandala.design_for("my cat")
    other = next(order for order in mandala.SYMMETRIES if order != free.symmetry)
    bound = mandala.design_for("my cat", symmetry=other)
    assert (bound.symmetry, bound.palette, bound.family, bound.corners) == (
        other,
        free.palette,
        free.family,
        free.corners,
    )
    assert mandala.design_for("my cat", palette="jade").rings == free.rings


@pytest.mark.parametrize(
    ("choice", "message"),
    [({"symmetry": 4}, "symmetry: 4 is none of 5, 6"), ({"palette": "plaid"}, "palette: 'plaid' is none of amethyst")],
)
def test_a_choice_that_there_is_not_is_named_with_those_that_there_are(choice: dict[str, object], message: str) -> None:
    with pytest.raises(mandala.DesignError, match=message):
        mandala.design_for("x", **choice)  # type: ignore[arg-type]  # wrong on purpose


def test_titles_never_stand_twice_in_a_row() -> None:
    titles = [mandala.describe(design).title for design in many()]
    assert all(first != second for first, second in itertools.pairwise(titles))


@settings(max_examples=60, deadline=None)
@given(st.text(min_size=1, max_size=200).filter(lambda text: text.isprintable()))
def test_any_words_give_a_picture_and_words_for_it_that_fit_an_embed(words: str) -> None:
    design = mandala.design_for(words)
    described = mandala.describe(design)
    assert 0 < len(described.title) <= 256
    assert 0 < len(described.description) <= 1024
    assert 0 <= mandala.colour(design) <= 0xFFFFFF
    Image.open(io.BytesIO(mandala.draw_png(design, 64))).verify()
