"""Design ↔ JSON, so that a picture can be edited by hand.  The error for a wrong value names its place."""

import types
import typing
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

from mandala.design import (
    SYMMETRIES,
    Band,
    Cells,
    Corners,
    Design,
    DesignError,
    Facets,
    Field,
    Flowers,
    Ground,
    Lattice,
    Moons,
    Petals,
    Ring,
)
from mandala.motifs import PROFILES
from mandala.palette import PALETTES

_KINDS: Mapping[str, type[Ring]] = {
    kind.__name__.lower(): kind for kind in (Petals, Band, Lattice, Cells, Facets, Flowers, Moons)
}
_MOTIFS = tuple(PROFILES)
_CHOICES: Mapping[str, tuple[object, ...]] = {
    "motif": _MOTIFS,
    "back": _MOTIFS,
    "vein": _MOTIFS,
    "palette": tuple(PALETTES),
    "symmetry": SYMMETRIES,
}
# Limits that keep the time and the memory of a drawing small.
_RANGES: Mapping[str, tuple[float, float]] = {
    "inner": (0, 1.5),
    "outer": (0, 1.5),
    "count": (3, 400),
    "scallops": (0, 400),
    "hue": (0, 3),
    "tones": (1, 16),
    "width": (0.1, 3),
    "overlap": (0, 2),
    "waist": (0, 1),
    "split": (0, 1),
    "phase": (0, 1),
    "key": (0, 1),
    "reach": (0.05, 1),
    "heart": (0, 1),
    "petals": (3, 16),
    "skips": (1, 200),
    "hue_shift": (-360, 360),
    "radius": (0.1, 1.5),
}
_MOST_RINGS = 40
_PARTS = ("rings", "heart", "ground", "field", "corners")


def to_document(design: Design) -> dict[str, Any]:
    """Plain values for json.dumps; the field `ring` of a ring names its kind."""
    document = _fields(design)
    document["rings"] = [{"ring": type(ring).__name__.lower(), **_fields(ring)} for ring in design.rings]
    return {name: _fields(value) if is_dataclass(value) else value for name, value in document.items()}


def _fields(part: Any) -> dict[str, Any]:
    """dataclasses.asdict copies deeply, which takes eight times as long."""
    return {name: getattr(part, name) for name in part.__dataclass_fields__}


def from_document(document: object) -> Design:
    """The design of a document, as to_document makes it.  Raises DesignError."""
    given = _mapping(document, "design")
    rings = given.get("rings")
    if not isinstance(rings, list) or not 1 <= len(rings) <= _MOST_RINGS:
        raise DesignError(f"design.rings: expected a list of 1 to {_MOST_RINGS} rings")
    built = tuple(_ring(ring, f"design.rings[{number}]") for number, ring in enumerate(rings))
    parts = {
        "rings": built,
        "heart": _build(Petals, given.get("heart"), "design.heart"),
        "ground": _build(Ground, given.get("ground"), "design.ground"),
        "field": None if given.get("field") is None else _build(Field, given["field"], "design.field"),
        "corners": None if given.get("corners") is None else _build(Corners, given["corners"], "design.corners"),
    }
    rest = {name: value for name, value in given.items() if name not in _PARTS}
    design: Design = _build(Design, {**rest, **parts}, "design")
    _check_counts(design)
    return design


def _check_counts(design: Design) -> None:
    """Only a part of the picture is drawn, then mirrored: counts must fit the mirrors, or shapes are cut."""
    step = design.symmetry if design.symmetry % 2 else 2
    for place, part in [
        *((f"rings[{number}]", ring) for number, ring in enumerate(design.rings)),
        ("heart", design.heart),
        ("ground", design.ground),
        *([("field", design.field)] if design.field else []),
    ]:
        if part.count % step:
            raise DesignError(f"design.{place}.count: {part.count} is no multiple of {step}")
    if design.corners is not None and design.corners.count % 4:
        raise DesignError(f"design.corners.count: {design.corners.count} is no multiple of 4")


def _ring(value: object, place: str) -> Ring:
    given = _mapping(value, place)
    kind = _KINDS.get(str(given.get("ring")))
    if kind is None:
        raise DesignError(f"{place}.ring: {given.get('ring')!r} is none of {', '.join(_KINDS)}")
    ring: Ring = _build(kind, {name: part for name, part in given.items() if name != "ring"}, place)
    return ring


def _build(kind: type[Any], value: object, place: str) -> Any:
    given, hints = _mapping(value, place), typing.get_type_hints(kind)
    known = [field.name for field in fields(kind)]
    for name in given:
        if name not in known:
            raise DesignError(f"{place}.{name}: there is no such field, expected {', '.join(known)}")
    for name in known:
        if name not in given:
            raise DesignError(f"{place}.{name}: is missing")
        _check(name, given[name], hints[name], f"{place}.{name}")
    if "outer" in given and not given["inner"] < given["outer"]:
        raise DesignError(f"{place}.outer: {given['outer']} is not larger than inner, {given['inner']}")
    return kind(**{name: tuple(part) if isinstance(part, list) else part for name, part in given.items()})


def _check(name: str, value: object, hint: Any, place: str) -> None:
    if name in _PARTS and place == f"design.{name}":
        return
    choices = typing.get_args(hint) if typing.get_origin(hint) is typing.Literal else _CHOICES.get(name)
    if choices is not None:
        if not any(value == choice and type(value) is type(choice) for choice in choices):
            raise DesignError(f"{place}: {value!r} is none of {', '.join(map(str, choices))}")
        return
    if isinstance(hint, types.GenericAlias):
        if not isinstance(value, list | tuple) or not value:
            raise DesignError(f"{place}: expected a list of whole numbers")
        for part in value:
            _check(name, part, int, place)
        return
    wanted: tuple[type, ...] = (int, float) if hint is float else (hint,)
    if not isinstance(value, wanted) or (isinstance(value, bool) and hint is not bool):
        raise DesignError(f"{place}: {value!r} is no {'number' if hint is float else hint.__name__}")
    low, high = _RANGES.get("scallops" if place == "design.field.count" else name, (float("-inf"), float("inf")))
    if isinstance(value, int | float) and not low <= value <= high:
        raise DesignError(f"{place}: {value} is not within {low} and {high}")


def _mapping(value: object, place: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise DesignError(f"{place}: expected a JSON object")
    return value
