"""A curve of straight lines: its height, its area, and the places that divide its area."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tuning.curve import Curve

HEIGHTS = st.just(0.0) | st.floats(1e-6, 1000)
STEPS = st.lists(st.tuples(st.just(0.0) | st.floats(1e-3, 100), HEIGHTS), min_size=1, max_size=8)


@st.composite
def curves(draw: st.DrawFn) -> Curve:
    corners = [(0.0, draw(HEIGHTS))]
    for step, height in draw(STEPS):
        corners.append((corners[-1][0] + step, height))
    return Curve(tuple(corners))


RAMP = Curve(((0.0, 1.0), (10.0, 1.0), (10.0, 3.0), (20.0, 0.0)))


@pytest.mark.parametrize(
    ("place", "height"),
    [(-0.1, 0), (0, 1), (5, 1), (9.999, 1), (10, 3), (15, 1.5), (19.999, 0.0003), (20, 0), (99, 0)],
)
def test_the_height_below_at_and_above_each_corner(place: float, height: float) -> None:
    assert RAMP.at(place) == pytest.approx(height, abs=1e-9)


def test_the_area_is_that_of_the_strips() -> None:
    assert RAMP.area() == 10 + 15


@given(curves(), st.floats(0.001, 100))
@example(Curve(((0.0, 1.9), (1.9, 0.0), (2.9, 0.0))), 1.9)
def test_a_curve_cut_in_two_has_both_areas(curve: Curve, place: float) -> None:
    end = curve.corners[-1][0]
    if place < end:
        left = curve.until(place)
        assert left.corners[-1][0] == place
        assert left.area() <= curve.area() * (1 + 1e-9)
        assert left.at(place / 2) == pytest.approx(curve.at(place / 2))
    else:
        assert curve.until(place + 1e-6).corners == curve.corners


@given(curves(), st.lists(st.just(0.0) | st.floats(1e-9, 1), max_size=20))
def test_the_area_up_to_each_place_is_the_one_that_was_asked_for(curve: Curve, shares: list[float]) -> None:
    whole = curve.area()
    areas = sorted(share * whole for share in shares)
    places = list(curve.places(areas))
    assert len(places) >= sum(area < whole * (1 - 1e-9) for area in areas)
    assert places == sorted(places)
    for area, place in zip(areas, places, strict=False):
        if place > 0:
            assert curve.until(place).area() == pytest.approx(area, rel=1e-6, abs=1e-6 * max(1.0, whole))


@given(curves(), st.floats(0.01, 100), st.floats(0.01, 100))
def test_a_stretched_curve_has_a_stretched_area(curve: Curve, place: float, height: float) -> None:
    assert math.isclose(curve.scaled(place, height).area(), curve.area() * place * height, rel_tol=1e-9, abs_tol=1e-9)


@pytest.mark.parametrize("corners", [(), ((0.0, 1.0),), ((1.0, 1.0), (0.0, 1.0)), ((0.0, -1.0), (1.0, 1.0))])
def test_what_is_no_curve_is_refused(corners: tuple[tuple[float, float], ...]) -> None:
    with pytest.raises(ValueError, match=r"corner|height"):
        Curve(corners)


def test_an_area_too_small_to_be_told_from_0_is_at_the_beginning() -> None:
    assert list(Curve(((0.0, 0.0), (3.0, 0.5))).places([5e-324])) == [0.0]
