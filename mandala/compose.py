"""Design → shapes on a canvas, from the ground up: each ring covers the roots of the one outside it.

A canvas knows how to put one shape around the centre so many times; what it is made of is its own matter.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, Protocol

from mandala.design import Band, Cells, Corners, Design, Facets, Flowers, Lattice, Moons, Petals, Ring
from mandala.inks import Inks
from mandala.motifs import PROFILES, Point, circle, outline

PIXEL = 2 / 1024  # line weights are those of a picture of 1024 px, whatever its size
_LOST = 0.895  # a mandala smaller than this would look lost without a field below it
_CIRCLE = circle()
_DIAMOND: list[Point] = [(1, 0), (0, 0.62), (-1, 0), (0, -0.62)]

Matrix = tuple[float, float, float, float]  # a, b, c, d: along the ray a·t + b, across it c·w + d
Place = Literal["centre", "corners"]
AS_IS: Matrix = (1.0, 0.0, 1.0, 0.0)


class Canvas(Protocol):
    """Lengths are in half widths of the picture, reach is to its corners; shift is in steps from motif to motif."""

    reach: float

    def around(
        self, shape: Sequence[Point], count: int, shift: float, matrix: Matrix, ink: int, at: Place = "centre"
    ) -> None: ...
    def disc(self, radius: float, ink: int, at: Place = "centre") -> None: ...
    def circle(self, radius: float, width: float, ink: int, at: Place = "centre") -> None: ...


def compose(design: Design, canvas: Canvas, inks: Inks) -> None:
    """Draw the whole design."""
    _halo(canvas, design, inks)
    if design.corners is not None:
        _corners(canvas, design.corners, inks)
    if design.rings[0].outer < _LOST:
        canvas.disc(0.935, inks.faint)
        canvas.circle(0.935, 2 * PIXEL, inks.metal)
    for ring in design.rings:
        _RINGS[type(ring)](canvas, ring, inks)
    heart = design.heart
    canvas.disc(heart.outer, inks.deep(heart.hue))
    canvas.circle(heart.outer, 2 * PIXEL, inks.metal)
    _petals(canvas, heart, inks)
    for part, ink in ((0.35, inks.metal), (0.29, inks.deep(heart.hue + 1)), (0.17, inks.bright(heart.hue))):
        canvas.disc(part * heart.outer, ink)


def _halo(canvas: Canvas, design: Design, inks: Inks) -> None:
    order = design.symmetry
    if design.halo == "rays":
        ray = (canvas.reach, 0.1, 0.004, 0.0)
        canvas.around([(0, 1), (1, 0.15), (1, -0.15), (0, -1)], order * 2, 0.5, ray, inks.faint)
    elif design.halo == "rings":
        for number in range(math.ceil((canvas.reach - 0.97) / 0.055)):
            canvas.circle(0.97 + 0.055 * number, 2 * PIXEL, inks.faint)
    else:
        for number in range(math.ceil((canvas.reach - 0.985) / 0.06)):
            size = 0.007 if design.halo == "dots" else 0.003 + 0.002 * (number * 5 % 4)
            spread = 0.5 * (number % 2) if design.halo == "dots" else (number * number % 7) / 7
            for shift in sorted({spread, (1 - spread) % 1}):
                ink = inks.faint if design.halo == "dots" else inks.metal
                canvas.around(_CIRCLE, order * 2, shift, (size, 0.985 + 0.06 * number, size, 0), ink)
    canvas.around(_CIRCLE, order, 0.5, (0.008, 0.968, 0.008, 0), inks.metal)
    canvas.around(_CIRCLE, order, 0.5, (0.0045, 0.985, 0.0045, 0), inks.metal)


def _corners(canvas: Canvas, corners: Corners, inks: Inks) -> None:
    reach, heart = corners.reach, corners.reach * corners.heart
    shift = 0.5 if corners.is_shifted else 0.0
    half = math.pi * (heart + 0.6 * (reach - heart)) / corners.count
    for motif, turn, length, hue in (("lens", 0.5, 0.93, 1), (corners.motif, 0.0, 1.0, 0)):
        tall, root = (reach - heart * 0.6) * length, heart * 0.6
        matrix = (tall + 2 * PIXEL, root, half + 2 * PIXEL, 0.0)
        canvas.around(outline(motif), corners.count, shift + turn, matrix, inks.metal, "corners")
        for step in range(4):
            matrix = _nested(tall, root, half, 1 - 0.2 * step)
            tone = _tone(inks, corners, hue, 0.05 + 0.27 * step)
            canvas.around(outline(motif), corners.count, shift + turn, matrix, tone, "corners")
    for size, ink in ((1.0, inks.metal), (0.93, inks.deep(corners.hue + 1)), (0.6, _tone(inks, corners, 2, 0.7))):
        canvas.disc(heart * size, ink, "corners")
    canvas.circle(heart * 0.6, 2 * PIXEL, inks.metal, "corners")


def _tone(inks: Inks, ring: Ring | Corners, hue: int, light: float) -> int:
    light = 1 - light if ring.is_inverted else light
    if isinstance(ring, Petals | Band | Cells):
        light = 0.4 * ring.key + 0.6 * light
    return inks.tone(ring.hue + hue, light)


def _petals(canvas: Canvas, ring: Petals, inks: Inks) -> None:
    height = ring.outer - ring.inner
    root = max(0.0, ring.inner - ring.overlap * height)
    length = ring.outer - root
    shift = 0.5 if ring.is_shifted else 0.0
    half = math.pi * (ring.inner + 0.62 * height) / ring.count * ring.width
    if ring.has_disc:
        canvas.disc(ring.inner + 0.55 * height, inks.deep(ring.hue + 1))
        canvas.circle(ring.inner + 0.55 * height, 2 * PIXEL, inks.metal)
    back, front = outline(ring.back), outline(ring.motif)
    behind, wide = length * 0.96, half * 0.92
    canvas.around(back, ring.count, shift + 0.5, (behind + PIXEL, root, wide + 1.5 * PIXEL, 0), inks.metal)
    for step in range(3 if half > 0.02 else 1):
        matrix = _nested(behind, root, wide, 1 - 0.26 * step)
        canvas.around(back, ring.count, shift + 0.5, matrix, _tone(inks, ring, 1, 0.05 + 0.28 * step))
    canvas.around(front, ring.count, shift, (length + 2 * PIXEL, root, half + 2 * PIXEL, 0), inks.metal)
    for step in range(ring.tones):
        part = step / max(1, ring.tones - 1)
        canvas.around(
            front, ring.count, shift, _nested(length, root, half, 1 - 0.72 * part), _tone(inks, ring, 0, part)
        )
    _ornaments(canvas, ring, inks, (root, length, half, shift))


def _nested(length: float, root: float, half: float, size: float) -> Matrix:
    """A smaller copy of a motif inside it, a little nearer to its root."""
    return (length * size, root + length * (1 - size) * 0.62, half * size, 0.0)


def _ornaments(canvas: Canvas, ring: Petals, inks: Inks, frame: Matrix) -> None:
    root, length, half, shift = frame
    if ring.vein is not None:
        vein = outline(ring.vein)
        start, reach = root + 0.42 * length, 0.36 * length
        canvas.around(vein, ring.count, shift, (reach, start, half * 0.34, 0), inks.bright(ring.hue + 2))
        if half > 0.018:
            inside = (reach * 0.78, start + reach * 0.12, half * 0.22, 0.0)
            canvas.around(vein, ring.count, shift, inside, inks.deep(ring.hue + 2))
        if half > 0.03:
            dot = half * 0.09
            canvas.around(_CIRCLE, ring.count, shift, (dot, start + reach * 0.6, dot, 0), inks.bright(ring.hue))
    if ring.has_edge_dots:
        for number in range(1, 6):
            t = 0.40 + 0.09 * number
            across = half * 0.62 * PROFILES[ring.motif](t)
            size = max(half * 0.055, 0.9 * PIXEL)
            for side in (1, -1):
                matrix = (size, root + length * t, size, side * across)
                canvas.around(_CIRCLE, ring.count, shift, matrix, inks.bright(ring.hue + 3))
    if half > 0.018:
        dot = half * 0.11
        canvas.around(_CIRCLE, ring.count, shift + 0.5, (dot, root + length * 0.99, dot, 0), inks.metal)


def _band(canvas: Canvas, band: Band, inks: Inks) -> None:
    height, middle = band.outer - band.inner, (band.inner + band.outer) / 2
    half = math.pi * middle / band.count
    canvas.disc(band.outer, _tone(inks, band, 2, 0.2) if band.is_inverted else inks.deep(band.hue))
    canvas.circle(band.outer, 2 * PIXEL, inks.metal)
    if band.kind == "beads":
        size = min(half * 0.82, height * 0.36)
        canvas.around(_CIRCLE, band.count, 0.5, (size, middle, size, 0), inks.metal)
        canvas.around(_CIRCLE, band.count, 0.5, (size * 0.72, middle, size * 0.72, 0), _tone(inks, band, 0, 0.9))
    elif band.kind == "zigzag":
        tooth: list[Point] = [(0, 1), (1, 0), (0, -1)]
        canvas.around(tooth, band.count, 0.0, (height * 0.86, band.inner, half * 1.05, 0), inks.metal)
        canvas.around(tooth, band.count, 0.0, (height * 0.62, band.inner, half * 0.8, 0), _tone(inks, band, 1, 0.7))
    elif band.kind == "arcs":
        arch = outline("round")
        canvas.around(arch, band.count, 0.0, (height * 0.9, band.inner, half * 0.98, 0), inks.metal)
        canvas.around(arch, band.count, 0.0, (height * 0.76, band.inner, half * 0.78, 0), _tone(inks, band, 0, 0.45))
        canvas.around(arch, band.count, 0.0, (height * 0.45, band.inner, half * 0.42, 0), _tone(inks, band, 1, 0.95))
    else:
        canvas.around(_DIAMOND, band.count, 0.0, (height * 0.42, middle, half * 1.35, 0), inks.metal)
        canvas.around(_DIAMOND, band.count, 0.0, (height * 0.32, middle, half, 0), _tone(inks, band, 0, 0.75))


def _lattice(canvas: Canvas, ring: Lattice, inks: Inks) -> None:
    """Filled stars below, their interlaced lines above, a jewel in every point."""
    canvas.disc(ring.outer, inks.deep(ring.hue + 1))
    canvas.circle(ring.outer, 3 * PIXEL, inks.metal)
    step, tip = 2 * math.pi / ring.count, ring.outer * 0.985
    shift = 0.5 if ring.is_shifted else 0.0
    for number, skip in enumerate(ring.skips):
        waist = ring.outer * _waist(skip, step)
        for layer in range(3):
            kite = _kite(tip - (tip - waist) * 0.34 * layer, waist * (1 - 0.09 * layer), step * (0.5 - 0.13 * layer))
            tone = _tone(inks, ring, 2 * number, min(1.0, 0.1 + 0.22 * number + 0.2 * layer))
            canvas.around(kite, ring.count, shift, AS_IS, tone)
    for skip in ring.skips:
        for width, ink in ((5 * PIXEL, inks.lead), (2.6 * PIXEL, inks.metal)):
            canvas.around(_line(tip, step * skip, width), ring.count, shift, AS_IS, ink)
    jewel = min(9 * PIXEL, ring.outer * step * 0.12)
    for radius, turn in ((tip, shift), (ring.outer * _waist(ring.skips[0], step), shift + 0.5)):
        for size, ink in ((1.0, inks.metal), (0.68, inks.bright(ring.hue + 2)), (0.3, inks.deep(ring.hue + 2))):
            canvas.around(_CIRCLE, ring.count, turn, (jewel * size, radius, jewel * size, 0), ink)


def _waist(skip: int, step: float) -> float:
    """How far from the centre the lines of a star polygon cross first, next to its points."""
    return math.cos(math.pi * skip * step / (2 * math.pi)) / math.cos(math.pi * (skip - 1) * step / (2 * math.pi))


def _kite(tip: float, waist: float, half_angle: float) -> list[Point]:
    side = waist * math.sin(half_angle)
    return [(tip, 0), (waist * math.cos(half_angle), side), (0, 0), (waist * math.cos(half_angle), -side)]


def _line(radius: float, angle: float, width: float) -> list[Point]:
    """From the point at angle 0 to the one at `angle`, so thick."""
    ends = ((radius, 0.0), (radius * math.cos(angle), radius * math.sin(angle)))
    (x0, y0), (x1, y1) = ends
    length = math.hypot(x1 - x0, y1 - y0)
    across, along = (y1 - y0) / length * width / 2, (x1 - x0) / length * width / 2
    return [(x0 + across, y0 - along), (x1 + across, y1 - along), (x1 - across, y1 + along), (x0 - across, y0 + along)]


def _cells(canvas: Canvas, ring: Cells, inks: Inks) -> None:
    height, lead = ring.outer - ring.inner, 3.2 * PIXEL
    half_angle = math.pi / ring.count / 2
    shift = 0.5 if ring.is_shifted else 0.0
    canvas.disc(ring.outer, inks.lead)
    canvas.circle(ring.outer, 2 * PIXEL, inks.metal)
    for part, (low, high) in enumerate(((0.0, ring.split), (ring.split, 1.0))):
        inner, outer = ring.inner + low * height + lead / 2, ring.inner + high * height - lead / 2
        for side in (0, 1):
            for step in range(4):
                pane = _pane(inner, outer, half_angle, lead, 0.2 * step)
                tone = _tone(inks, ring, side * (1 + part) + part, min(1.0, 0.05 + 0.15 * step + 0.5 * (side ^ part)))
                canvas.around(pane, ring.count, shift + 0.5 * side, AS_IS, tone)
    half = math.sin(half_angle) * (ring.inner + 0.62 * height) * 0.72
    start, length = ring.inner + (ring.split + 0.06) * height, (0.88 - ring.split) * height
    for size, ink in ((1.0, inks.metal), (0.9, _tone(inks, ring, 3, 0.3)), (0.62, _tone(inks, ring, 3, 0.8))):
        canvas.around(outline(ring.motif), ring.count, shift, _nested(length, start, half, size), ink)
    dot = half * 0.5
    for size, ink in ((1.0, inks.metal), (0.78, inks.bright(ring.hue)), (0.4, inks.tone(ring.hue + 1, 0.5))):
        canvas.around(_CIRCLE, ring.count, shift + 0.5, (dot * size, start + length / 2, dot * size, 0), ink)


def _pane(inner: float, outer: float, half_angle: float, lead: float, shrunk: float) -> list[Point]:
    """A sector of a ring, its edges lead / 2 inside, shrunk towards its middle by that part."""
    margin = (outer - inner) * shrunk / 2
    inner, outer = inner + margin, outer - margin
    points = []
    for radius, direction in ((inner, 1), (outer, -1)):
        half = half_angle * (1 - shrunk) - math.asin(min(1.0, lead / 2 / radius))
        points += [
            (radius * math.cos(half * part * direction), radius * math.sin(half * part * direction))
            for part in (-1, -0.5, 0, 0.5, 1)
        ]
    return points


def _facets(canvas: Canvas, ring: Facets, inks: Inks) -> None:
    step = 2 * math.pi / ring.count
    for layer, shift in enumerate((0.5, 0.0) if ring.is_shifted else (0.0, 0.5)):
        tip = ring.outer * (1.0 if layer else 0.97)
        waist = ring.inner + (ring.outer - ring.inner) * ring.waist * (1.0 if layer else 1.25)
        edge = _kite(tip + 3 * PIXEL, waist + 2 * PIXEL, step * 0.53)
        canvas.around(edge, ring.count, shift, AS_IS, inks.metal)
        for number in range(ring.tones):
            part = number / (ring.tones - 1)
            kite = _kite(tip - (tip - ring.inner) * 0.75 * part, waist * (1 - 0.12 * part), step * (0.5 - 0.36 * part))
            canvas.around(kite, ring.count, shift, AS_IS, _tone(inks, ring, layer, part))
        dot = (ring.outer - ring.inner) * 0.05
        for size, ink in ((1.0, inks.metal), (0.6, inks.bright(ring.hue + 2))):
            canvas.around(_CIRCLE, ring.count, shift, (dot * size, waist, dot * size, 0), ink)


def _flowers(canvas: Canvas, ring: Flowers, inks: Inks) -> None:
    middle, reach = (ring.inner + ring.outer) / 2, (ring.outer - ring.inner) / 2
    shift = 0.5 if ring.is_shifted else 0.0
    leaf = outline("lens")
    behind = (2 * reach * 0.94, ring.inner, reach * 0.5, 0.0)
    canvas.disc(middle, inks.deep(ring.hue + 1))
    canvas.circle(middle, 2 * PIXEL, inks.metal)
    canvas.around(leaf, ring.count, shift + 0.5, (behind[0] + PIXEL, ring.inner, behind[2] + PIXEL, 0), inks.metal)
    for step in range(3):
        matrix = _nested(behind[0], ring.inner, behind[2], 1 - 0.28 * step)
        canvas.around(leaf, ring.count, shift + 0.5, matrix, _tone(inks, ring, 2, 0.1 + 0.3 * step))
    wide = math.pi * reach / ring.petals
    for motif, length, half, turn, lights in (
        ("lens", 0.98, 0.6, 0.5, (None, 0.0, 0.3)),
        (ring.motif, 0.96, 0.62, 0.0, (None, 0.1, 0.4, 0.7, 1.0)),
    ):
        for step, light in enumerate(lights):
            ink = inks.metal if light is None else _tone(inks, ring, int(motif == "lens"), light)
            size = 1 - 0.2 * max(0, step - 1) if step else 1 + 2 * PIXEL / reach / half
            for number in range(ring.petals):
                angle = 2 * math.pi * (number + turn) / ring.petals
                petal = _turned(outline(motif), reach * length * size, wide * half * size, angle)
                canvas.around(petal, ring.count, shift, (1.0, middle, 1.0, 0.0), ink)
    for size, ink in ((0.27, inks.metal), (0.23, inks.tone(ring.hue + 1, 0.8)), (0.11, inks.deep(ring.hue + 1))):
        canvas.around(_CIRCLE, ring.count, shift, (reach * size, middle, reach * size, 0), ink)


def _turned(shape: Sequence[Point], length: float, half: float, angle: float) -> list[Point]:
    sine, cosine = math.sin(angle), math.cos(angle)
    return [(t * length * cosine - w * half * sine, t * length * sine + w * half * cosine) for t, w in shape]


def _moons(canvas: Canvas, ring: Moons, inks: Inks) -> None:
    middle, reach = (ring.inner + ring.outer) / 2, (ring.outer - ring.inner) / 2
    shift, side = 0.5 if ring.is_shifted else 0.0, 1 if ring.opens_outwards else -1
    sky = inks.tone(ring.hue, 0.15) if ring.is_inverted else inks.deep(ring.hue)
    canvas.disc(ring.outer, sky)
    canvas.circle(ring.outer, 2 * PIXEL, inks.metal)
    for step in range(4):
        size = reach * (0.86 - 0.06 * step)
        ink = inks.metal if step == 0 else inks.tone(ring.hue + 1, 0.55 + 0.15 * step)
        canvas.around(_CIRCLE, ring.count, shift, (size, middle - side * 0.02 * step * reach, size, 0), ink)
    hidden, away = reach * (0.86 - 0.3 * ring.phase), reach * (0.08 + 0.52 * ring.phase)
    canvas.around(_CIRCLE, ring.count, shift, (hidden, middle + side * away, hidden, 0), sky)
    for size, ink in ((0.36, inks.metal), (0.3, inks.tone(ring.hue + 2, 0.7)), (0.13, inks.bright(ring.hue + 3))):
        canvas.around(
            _star(reach * size), ring.count, shift, (1.0, middle + side * (away + 0.04 * reach), 1.0, 0.0), ink
        )
    for size, ink in ((0.42, inks.metal), (0.3, inks.tone(ring.hue + 3, 0.85))):
        canvas.around(_star(reach * size), ring.count, shift + 0.5, (1.0, middle, 1.0, 0.0), ink)


def _star(reach: float) -> list[Point]:
    """Four-pointed, its points along and across the ray."""
    radii = (reach, reach * 0.36)
    return [
        (radii[number % 2] * math.cos(math.pi * number / 4), radii[number % 2] * math.sin(math.pi * number / 4))
        for number in range(8)
    ]


_RINGS: Mapping[type, Callable[[Canvas, Any, Inks], None]] = {
    Petals: _petals,
    Band: _band,
    Lattice: _lattice,
    Cells: _cells,
    Facets: _facets,
    Flowers: _flowers,
    Moons: _moons,
}
