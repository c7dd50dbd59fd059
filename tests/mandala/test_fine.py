"""What makes a picture fine is measured in its design, and a design that lacks it is chosen again."""

import dataclasses
import itertools
import math
from collections.abc import Sequence
from typing import Any

import pytest

import mandala
from mandala.compose import compose
from mandala.design import Moons, Petals, Ring
from mandala.inks import Inks
from mandala.motifs import Point
from mandala.score import GATES, faults

DESIGNS = [mandala.design_for(str(1310000000000000000 + number)) for number in range(400)]


def test_one_design_in_a_hundred_has_a_fault() -> None:
    assert sum(faults(design.rings) > 0 for design in DESIGNS) <= len(DESIGNS) / 100


def test_a_ring_is_cut_off_by_the_sides_of_the_picture() -> None:
    """It ends within them, or it is one of those that fill the corners."""
    for design in DESIGNS:
        assert not 0.99 < design.rings[0].outer < math.sqrt(2), design
        if design.family != "dahlia":
            assert all(ring.inner > 0.85 for ring in design.rings if ring.outer > 1), design


def _rings(**changes: Any) -> list[Ring]:
    """Six rings without a fault; the changes are of the widest one."""
    model = next(ring for ring in DESIGNS[0].rings if isinstance(ring, Petals))
    edges = (0.95, 0.8, 0.5, 0.38, 0.27, 0.18, 0.1)
    rings = [
        dataclasses.replace(
            model, outer=outer, inner=inner, count=24, hue=number % 4, key=0.5, is_inverted=number % 2 == 0
        )
        for number, (outer, inner) in enumerate(itertools.pairwise(edges))
    ]
    rings[1] = dataclasses.replace(rings[1], **changes)
    return list(rings)


def test_six_rings_that_are_fine_have_a_fault() -> None:
    assert faults(_rings()) == 0


@pytest.mark.parametrize(
    "rings",
    [
        pytest.param(_rings(count=8), id="wide petals"),
        pytest.param(_rings()[1:5], id="few rings"),
        pytest.param(_rings(outer=0.519, inner=0.5), id="a ring that is too thin"),
        pytest.param([dataclasses.replace(ring, hue=1) for ring in _rings()], id="one hue"),
        pytest.param([dataclasses.replace(ring, is_inverted=False) for ring in _rings()], id="one light"),
        pytest.param(_rings(hue=0, is_inverted=True), id="neighbours that run together"),
        pytest.param(_rings(outer=0.95, inner=0.1), id="a hero that leaves no room"),
    ],
)
def test_what_is_coarse_or_dull_has_no_fault(rings: Sequence[Ring]) -> None:
    assert faults(rings) > 0


def test_a_gate_that_no_try_misses_is_kept() -> None:
    """Each rejects some of the first tries: else it would cost time for nothing."""
    missed = {
        measure.__name__
        for design in DESIGNS
        for measure, least, most in GATES
        if not least <= measure(_first_try(design)) <= most
    }
    assert missed == {measure.__name__ for measure, *_ in GATES}


def _first_try(design: mandala.Design) -> tuple[Ring, ...]:
    from mandala.families import _try  # the tries are no part of the interface

    return _try(design.seed, design.family, design.symmetry, "rings").rings


class Circles:
    """A canvas that remembers its circles."""

    reach = 1.5

    def __init__(self) -> None:
        self.seen: list[tuple[float, float, int]] = []  # radius, distance from the centre, count

    def around(
        self, shape: Sequence[Point], count: int, shift: float, matrix: Sequence[float], ink: int, at: str = "centre"
    ) -> None:
        if len(shape) == 30 and matrix[0] == matrix[2] and at == "centre":
            self.seen.append((matrix[0], matrix[1], count))

    def disc(self, radius: float, ink: int, at: str = "centre") -> None: ...
    def circle(self, radius: float, width: float, ink: int, at: str = "centre") -> None: ...


@pytest.mark.parametrize("order", mandala.SYMMETRIES)
def test_moons_run_into_each_other(order: int) -> None:
    """Also many of them in a narrow ring near the heart."""
    found = 0
    for number in range(120):
        design = mandala.design_for(str(number), symmetry=order)
        for ring in design.rings:
            if isinstance(ring, Moons):
                canvas = Circles()
                compose(dataclasses.replace(design, rings=(ring,), heart=design.heart), canvas, Inks(design))
                middle = (ring.inner + ring.outer) / 2
                large = max(
                    radius for radius, out, count in canvas.seen if count == ring.count and abs(out - middle) < radius
                )
                assert large < math.pi * middle / ring.count
                found += 1
    assert found
