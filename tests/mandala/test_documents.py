"""Documents at their limits: each field of each part, just below, at and above; what lacks; what is of another type."""

import copy
import itertools
from typing import Any

import pytest

import mandala
from mandala.design import DesignError

INFINITY = float("inf")
# Field → the least and the greatest value, and the step between a value and its neighbour.
RANGES: dict[str, tuple[float, float, float]] = {
    "inner": (0, 1.5, 0.001),
    "outer": (0, 1.5, 0.001),
    "count": (3, 400, 1),
    "scallops": (0, 400, 1),
    "hue": (0, 3, 1),
    "tones": (1, 16, 1),
    "width": (0.1, 3, 0.001),
    "overlap": (0, 2, 0.001),
    "waist": (0, 1, 0.001),
    "split": (0, 1, 0.001),
    "phase": (0, 1, 0.001),
    "key": (0, 1, 0.001),
    "reach": (0.05, 1, 0.001),
    "heart": (0, 1, 0.001),
    "petals": (3, 16, 1),
    "skips": (1, 200, 1),
    "hue_shift": (-360, 360, 0.001),
    "radius": (0.1, 1.5, 0.001),
}
SEEDS = [str(number) for number in range(60)]
Place = tuple[str | int, ...]


def _places(part: Any, place: Place = ()) -> list[tuple[Place, Any]]:
    """Every value of a document with the way to it."""
    found = []
    inside = part.items() if isinstance(part, dict) else enumerate(part) if isinstance(part, list | tuple) else []
    for name, value in inside:
        found += [((*place, name), value), *_places(value, (*place, name))]
    return found


def _kind(document: Any, place: Place) -> str:
    """What the value at that place is one of: the same field of two rings of one kind is the same."""
    names = [str(name) for name in place if isinstance(name, str)]
    return f"{document['rings'][place[1]]['ring']}.{names[-1]}" if place[0] == "rings" else ".".join(names)


def _one_of_each() -> dict[str, tuple[str, Place]]:
    """Each field that there is, at one place of one seed's document; of a list its first item."""
    found: dict[str, tuple[str, Place]] = {}
    for seed in SEEDS:
        document = mandala.to_document(mandala.design_for(seed))
        for place, value in _places(document):
            is_leaf = not isinstance(value, dict | list | tuple) and value is not None
            if is_leaf and (place[0] != "rings" or len(place) > 2):
                found.setdefault(_kind(document, place), (seed, place))
    return found


FIELDS = _one_of_each()


def _refused(seed: str, place: Place, value: Any = None, *, is_missing: bool = False) -> str:
    """Why that value is refused there; "" where it is not."""
    document = copy.deepcopy(mandala.to_document(mandala.design_for(seed)))
    part: Any = document
    for name in place[:-1]:
        if isinstance(part[name], tuple):
            part[name] = list(part[name])
        part = part[name]
    if is_missing:
        del part[place[-1]]
    else:
        part[place[-1]] = value
    try:
        mandala.from_document(document)
    except DesignError as error:
        return str(error)
    return ""


def _said(place: Place) -> str:
    named = "design" + "".join(f"[{name}]" if isinstance(name, int) else f".{name}" for name in place)
    return named.rpartition("[")[0] if place[-1] == 0 else named


def _range(place: Place) -> tuple[float, float, float] | None:
    """A field of scallops may have none of them."""
    name = next(name for name in reversed(place) if isinstance(name, str))
    return RANGES.get("scallops" if place == ("field", "count") else name)


def test_every_kind_of_ring_and_every_part_is_tried() -> None:
    kinds = {name.partition(".")[0] for name in FIELDS}
    assert kinds >= {"petals", "band", "lattice", "cells", "facets", "flowers", "moons"}
    assert kinds >= {"heart", "ground", "field", "corners", "palette", "symmetry", "hue_shift"}
    numbers = {name.rpartition(".")[2] for name, (seed, place) in FIELDS.items() if _range(place)}
    assert numbers | {"scallops"} == set(RANGES)


@pytest.mark.parametrize("field", [name for name, (_, place) in FIELDS.items() if _range(place)])
def test_a_number_beyond_its_limits_is_drawn_or_one_within_them_is_refused(field: str) -> None:
    seed, place = FIELDS[field]
    low, high, step = _range(place) or (0, 0, 0)
    for value, is_within in [(low - step, False), (low, True), (high, True), (high + step, False)]:
        said = _refused(seed, place, value)
        assert (said == f"{_said(place)}: {value} is not within {low} and {high}") is not is_within


@pytest.mark.parametrize("field", FIELDS)
def test_a_value_of_another_type_is_refused_where_it_stands(field: str) -> None:
    seed, place = FIELDS[field]
    known = dict(_places(mandala.to_document(mandala.design_for(seed))))[place]
    wrongs: list[Any] = ["nothing", True, 2, 1.5, None, [], {}]
    for wrong in wrongs:
        is_number = isinstance(wrong, int | float) and not isinstance(wrong, bool)
        may_be = type(wrong) is type(known) if not isinstance(known, float) else is_number
        if not may_be or (isinstance(known, str) and field != "seed"):
            assert _refused(seed, place, wrong).startswith(f"{_said(place)}: "), wrong


@pytest.mark.parametrize("field", [name for name, (_, place) in FIELDS.items() if place[-1] != 0])
def test_a_field_that_lacks_is_named(field: str) -> None:
    seed, place = FIELDS[field]
    if field.endswith(".ring"):
        assert _refused(seed, place, is_missing=True).startswith(f"{_said(place)}: None is none of petals, band, ")
    else:
        assert _refused(seed, place, is_missing=True) == f"{_said(place)}: is missing"


@pytest.mark.parametrize(("count", "is_taken"), [(0, False), (1, True), (40, True), (41, False)])
def test_a_picture_has_one_to_forty_rings(count: int, is_taken: bool) -> None:
    document = mandala.to_document(mandala.design_for("1"))
    said = _refused("1", ("rings",), list(itertools.islice(itertools.cycle(document["rings"]), count)))
    assert said == ("" if is_taken else "design.rings: expected a list of 1 to 40 rings")


@pytest.mark.parametrize(
    ("place", "value", "said"),
    [
        (("rings",), "all", "design.rings: expected a list of 1 to 40 rings"),
        (("rings", 0), [], "design.rings[0]: expected a JSON object"),
        (("heart",), None, "design.heart: expected a JSON object"),
        (("ground",), 1, "design.ground: expected a JSON object"),
        (("field",), [], "design.field: expected a JSON object"),
        (("corners",), "none", "design.corners: expected a JSON object"),
        (("corners",), None, ""),
        (("field",), None, ""),
        (("rings", 0, "outer"), 0.0, "design.rings[0].outer: 0.0 is not larger than inner, "),
        (("heart", "colour"), 1, "design.heart.colour: there is no such field, expected inner, outer, "),
        (("palette",), "plaid", "design.palette: 'plaid' is none of amethyst, "),
    ],
)
def test_a_part_that_is_none_is_refused_where_it_stands(place: Place, value: Any, said: str) -> None:
    found = _refused("1", place, value)
    assert found.startswith(said) if said else found == ""


def test_a_ring_as_thin_as_nothing_is_refused_and_a_thinner_one_too() -> None:
    inner = mandala.to_document(mandala.design_for("1"))["rings"][0]["inner"]
    for outer, is_taken in [(inner - 0.001, False), (inner, False), (inner + 0.001, True)]:
        assert ("is not larger than inner" in _refused("1", ("rings", 0, "outer"), outer)) is not is_taken


@pytest.mark.parametrize("seed", ["0", "1", "2", "7", "12"])
@pytest.mark.parametrize("part", ["ring", "heart", "ground", "field"])
def test_a_count_that_tears_the_picture_is_refused(seed: str, part: str) -> None:
    design = mandala.design_for(seed)
    step = design.symmetry if design.symmetry % 2 else 2
    place: Place = ("rings", len(design.rings) - 1, "count") if part == "ring" else (part, "count")
    if part == "field" and design.field is None:
        assert _refused(seed, ("field",), None) == ""
        return
    for count in range(3 * step, 4 * step + 1):
        expected = "" if count % step == 0 else f"{_said(place)}: {count} is no multiple of {step}"
        assert _refused(seed, place, count) == expected


def test_corners_that_do_not_fit_the_four_of_them_are_refused() -> None:
    seed = next(seed for seed in SEEDS if mandala.design_for(seed).corners)
    for count in range(8, 17):
        expected = "" if count % 4 == 0 else f"design.corners.count: {count} is no multiple of 4"
        assert _refused(seed, ("corners", "count"), count) == expected


@pytest.mark.parametrize("given", [None, [], "design", 1])
def test_a_document_that_is_none_is_refused(given: object) -> None:
    with pytest.raises(DesignError, match="design: expected a JSON object"):
        mandala.from_document(given)
