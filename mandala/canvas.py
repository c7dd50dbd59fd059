"""What a design is drawn on: a canvas repeats a shape around the centre.  render.py and svg.py implement it."""

import math
from collections.abc import Sequence
from typing import Literal, Protocol

from mandala.design import Band, Cells, Corners, Facets, Lattice, Petals, Ring
from mandala.inks import Inks
from mandala.motifs import Point, circle

PIXEL = 2 / 1024  # line weights are those of a picture of 1024 px, whatever its size
CIRCLE = circle()

Matrix = tuple[float, float, float, float]  # a, b, c, d: along the ray a·t + b, across it c·w + d
Place = Literal["centre", "corners"]
IDENTITY: Matrix = (1.0, 0.0, 1.0, 0.0)


class Canvas(Protocol):
    """Lengths are in half widths of the picture, reach is to its corners; shift is in steps from motif to motif."""

    reach: float

    def around(
        self, shape: Sequence[Point], count: int, shift: float, matrix: Matrix, ink: int, at: Place = "centre"
    ) -> None: ...
    def disc(self, radius: float, ink: int, at: Place = "centre") -> None: ...
    def circle(self, radius: float, width: float, ink: int, at: Place = "centre") -> None: ...


def nested(length: float, root: float, half: float, size: float) -> Matrix:
    """The matrix of a smaller copy of a motif inside the motif, moved towards its root."""
    return (length * size, root + length * (1 - size) * 0.62, half * size, 0.0)


def tone(inks: Inks, ring: Ring | Corners, hue: int, light: float) -> int:
    return inks.tone(ring.hue + hue, light_of(ring, light))


def light_of(ring: Ring | Corners, light: float) -> float:
    """How light a tone of the ring is: light is that of a ring of the middle key, whose edges are dark."""
    light = 1 - light if ring.is_inverted else light
    return 0.33 * ring.key + 0.67 * light if isinstance(ring, Petals | Band | Cells | Lattice | Facets) else light


def turned(shape: Sequence[Point], length: float, half: float, angle: float) -> list[Point]:
    """The shape with this length and half width, turned around its root by an angle to the ray."""
    sine, cosine = math.sin(angle), math.cos(angle)
    a, b, c, d = length * cosine, half * sine, length * sine, half * cosine
    return [(t * a - w * b, t * c + w * d) for t, w in shape]
