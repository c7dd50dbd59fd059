"""Design → shapes on a canvas, from the ground up: each ring covers the roots of the one outside it.

A canvas knows how to put one shape around the centre so many times; what it is made of is its own matter.
"""

import math
from collections.abc import Callable, Mapping
from typing import Any

from mandala import heroes
from mandala.canvas import CIRCLE, PIXEL, Canvas, Matrix, nested, tone
from mandala.design import Band, Cells, Corners, Design, Facets, Flowers, Lattice, Moons, Petals
from mandala.inks import Inks
from mandala.motifs import PROFILES, Point, outline

_LOST = 0.895  # a mandala smaller than this would look lost without a field below it
_DIAMOND: list[Point] = [(1, 0), (0, 0.62), (-1, 0), (0, -0.62)]


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
                canvas.around(CIRCLE, order * 2, shift, (size, 0.985 + 0.06 * number, size, 0), ink)
    canvas.around(CIRCLE, order, 0.5, (0.008, 0.968, 0.008, 0), inks.metal)
    canvas.around(CIRCLE, order, 0.5, (0.0045, 0.985, 0.0045, 0), inks.metal)


def _corners(canvas: Canvas, corners: Corners, inks: Inks) -> None:
    reach, heart = corners.reach, corners.reach * corners.heart
    shift = 0.5 if corners.is_shifted else 0.0
    half = math.pi * (heart + 0.6 * (reach - heart)) / corners.count
    for motif, turn, length, hue in (("lens", 0.5, 0.93, 1), (corners.motif, 0.0, 1.0, 0)):
        tall, root = (reach - heart * 0.6) * length, heart * 0.6
        matrix = (tall + 2 * PIXEL, root, half + 2 * PIXEL, 0.0)
        canvas.around(outline(motif), corners.count, shift + turn, matrix, inks.metal, "corners")
        for step in range(4):
            matrix = nested(tall, root, half, 1 - 0.2 * step)
            ink = tone(inks, corners, hue, 0.05 + 0.27 * step)
            canvas.around(outline(motif), corners.count, shift + turn, matrix, ink, "corners")
    for size, ink in ((1.0, inks.metal), (0.93, inks.deep(corners.hue + 1)), (0.6, tone(inks, corners, 2, 0.7))):
        canvas.disc(heart * size, ink, "corners")
    canvas.circle(heart * 0.6, 2 * PIXEL, inks.metal, "corners")


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
        matrix = nested(behind, root, wide, 1 - 0.26 * step)
        canvas.around(back, ring.count, shift + 0.5, matrix, tone(inks, ring, 1, 0.05 + 0.28 * step))
    canvas.around(front, ring.count, shift, (length + 2 * PIXEL, root, half + 2 * PIXEL, 0), inks.metal)
    for step in range(ring.tones):
        part = step / max(1, ring.tones - 1)
        canvas.around(front, ring.count, shift, nested(length, root, half, 1 - 0.72 * part), tone(inks, ring, 0, part))
    _ornaments(canvas, ring, inks, (root, length, half, shift))


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
            canvas.around(CIRCLE, ring.count, shift, (dot, start + reach * 0.6, dot, 0), inks.bright(ring.hue))
    if ring.has_edge_dots:
        for number in range(1, 6):
            t = 0.40 + 0.09 * number
            across = half * 0.62 * PROFILES[ring.motif](t)
            size = max(half * 0.055, 0.9 * PIXEL)
            for side in (1, -1):
                matrix = (size, root + length * t, size, side * across)
                canvas.around(CIRCLE, ring.count, shift, matrix, inks.bright(ring.hue + 3))
    if half > 0.018:
        dot = half * 0.11
        canvas.around(CIRCLE, ring.count, shift + 0.5, (dot, root + length * 0.99, dot, 0), inks.metal)


def _band(canvas: Canvas, band: Band, inks: Inks) -> None:
    height, middle = band.outer - band.inner, (band.inner + band.outer) / 2
    half = math.pi * middle / band.count
    canvas.disc(band.outer, tone(inks, band, 2, 0.2) if band.is_inverted else inks.deep(band.hue))
    canvas.circle(band.outer, 2 * PIXEL, inks.metal)
    if band.kind == "beads":
        size = min(half * 0.82, height * 0.36)
        canvas.around(CIRCLE, band.count, 0.5, (size, middle, size, 0), inks.metal)
        canvas.around(CIRCLE, band.count, 0.5, (size * 0.72, middle, size * 0.72, 0), tone(inks, band, 0, 0.9))
    elif band.kind == "zigzag":
        tooth: list[Point] = [(0, 1), (1, 0), (0, -1)]
        canvas.around(tooth, band.count, 0.0, (height * 0.86, band.inner, half * 1.05, 0), inks.metal)
        canvas.around(tooth, band.count, 0.0, (height * 0.62, band.inner, half * 0.8, 0), tone(inks, band, 1, 0.7))
    elif band.kind == "arcs":
        arch = outline("round")
        canvas.around(arch, band.count, 0.0, (height * 0.9, band.inner, half * 0.98, 0), inks.metal)
        canvas.around(arch, band.count, 0.0, (height * 0.76, band.inner, half * 0.78, 0), tone(inks, band, 0, 0.45))
        canvas.around(arch, band.count, 0.0, (height * 0.45, band.inner, half * 0.42, 0), tone(inks, band, 1, 0.95))
    else:
        canvas.around(_DIAMOND, band.count, 0.0, (height * 0.42, middle, half * 1.35, 0), inks.metal)
        canvas.around(_DIAMOND, band.count, 0.0, (height * 0.32, middle, half, 0), tone(inks, band, 0, 0.75))


_RINGS: Mapping[type, Callable[[Canvas, Any, Inks], None]] = {
    Petals: _petals,
    Band: _band,
    Lattice: heroes.lattice,
    Cells: heroes.cells,
    Facets: heroes.facets,
    Flowers: heroes.flowers,
    Moons: heroes.moons,
}
