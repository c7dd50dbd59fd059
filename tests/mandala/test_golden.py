"""No picture changes unless we mean it.  After a change that is meant: `make golden`, and look at what it drew."""

import pytest
from PIL import Image, ImageChops

from tests.mandala.golden import FOLDER, SEEDS, SIZE_PX, digest, drawn


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
