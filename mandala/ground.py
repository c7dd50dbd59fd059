"""Draw what lies behind a mandala: the ground, the corners, the field.  Called by compose.py."""

import math
from collections.abc import Callable, Mapping

from mandala.canvas import CIRCLE, PIXEL, Canvas, nested, tone, turned
from mandala.design import Corners, Design, Field, Ground, GroundKind
from mandala.inks import Inks
from mandala.motifs import outline

_ROW = 0.13  # distance between the rows of a patterned ground


def ground(canvas: Canvas, design: Design, inks: Inks) -> None:
    """The ground, the corners and the field, in this order."""
    _GROUNDS[design.ground.kind](canvas, design.ground, inks)
    if design.corners is not None:
        _corners(canvas, design.corners, inks)
    if design.field is not None:
        _field(canvas, design.field, design, inks)
    edge = design.rings[0].outer
    if edge < 0.92 and design.field is None:
        for size, away in ((0.0085, 0.028), (0.0055, 0.047), (0.0035, 0.061)):
            canvas.around(CIRCLE, design.symmetry, 0.5, (size, edge + away, size, 0), inks.metal)


def _dots(canvas: Canvas, ground: Ground, inks: Inks) -> None:
    for number in range(math.ceil((canvas.reach - 0.55) / 0.06)):
        matrix = (0.007, 0.585 + 0.06 * number, 0.007, 0.0)
        canvas.around(CIRCLE, 2 * ground.count, 0.5 * (number % 2), matrix, inks.shade(ground.hue, 3))


def _stars(canvas: Canvas, ground: Ground, inks: Inks) -> None:
    for number in range(math.ceil((canvas.reach - 0.6) / 0.06)):
        size, spread = 0.003 + 0.002 * (number * 5 % 4), (number * number % 7) / 7
        for shift in sorted({spread, (1 - spread) % 1}):
            ink = inks.metal if number % 3 else inks.shade(ground.hue, 6)
            canvas.around(CIRCLE, ground.count, shift, (size, 0.625 + 0.06 * number, size, 0), ink)


def _rays(canvas: Canvas, ground: Ground, inks: Inks) -> None:
    for shift, length, wide in ((0.5, 1.0, 0.005), (0.0, 0.8, 0.003)):
        ray = (canvas.reach * length, 0.1, wide, 0.0)
        canvas.around([(0, 1), (1, 0.15), (1, -0.15), (0, -1)], ground.count * 2, shift, ray, inks.shade(ground.hue, 3))


def _rings(canvas: Canvas, ground: Ground, inks: Inks) -> None:
    for number in range(math.ceil((canvas.reach - 0.6) / 0.055)):
        width = (3 if number % 3 else 1) * PIXEL
        canvas.circle(0.6 + 0.055 * number, width, inks.shade(ground.hue, 2 + number % 2))


def _burst(canvas: Canvas, ground: Ground, inks: Inks) -> None:
    reach, half = canvas.reach * 1.2, math.pi / ground.count / 2
    wedge = [(0.0, 0.0), (reach, reach * math.tan(half)), (reach, -reach * math.tan(half))]
    shift = 0.5 if ground.is_shifted else 0.0
    canvas.around(wedge, ground.count, shift, (1.0, 0.0, 1.0, 0.0), inks.shade(ground.hue, 2))
    canvas.around(wedge, ground.count, shift, (1.0, 0.0, 0.36, 0.0), inks.shade(ground.hue, 3))


def _scales(canvas: Canvas, ground: Ground, inks: Inks) -> None:
    rows = math.ceil((canvas.reach - 0.5) / _ROW)
    for number in range(rows, -1, -1):
        radius = 0.5 + _ROW * number
        count = max(1, round(2 * math.pi * radius / (1.75 * _ROW) / ground.count)) * ground.count
        half = math.pi * radius / count
        for size, step in ((1.0, 2), (0.9, 4), (0.8, 2), (0.45, 3)):
            matrix = (half * size, radius, half * size, 0.0)
            canvas.around(CIRCLE, count, 0.5 * (number % 2), matrix, inks.shade(ground.hue, step))


def _petals(canvas: Canvas, ground: Ground, inks: Inks) -> None:
    shift = 0.5 if ground.is_shifted else 0.0
    for turn, length, lights in ((0.5, 1.12, (3, 1)), (0.0, 0.98, (4, 3, 2))):
        tall, half = canvas.reach * length - 0.3, math.pi * canvas.reach * 0.62 / ground.count
        for number, light in enumerate(lights):
            matrix = nested(tall, 0.3, half, 1 - 0.14 * number)
            canvas.around(outline(ground.motif), ground.count, shift + turn, matrix, inks.shade(ground.hue, light))


def _glow(canvas: Canvas, ground: Ground, inks: Inks) -> None:
    for number in range(5):
        canvas.disc(canvas.reach * (0.97 - 0.08 * number), inks.shade(ground.hue, 1 + number))


_GROUNDS: Mapping[GroundKind, Callable[[Canvas, Ground, Inks], None]] = {
    "dots": _dots,
    "rays": _rays,
    "rings": _rings,
    "stars": _stars,
    "burst": _burst,
    "scales": _scales,
    "petals": _petals,
    "glow": _glow,
}


def _field(canvas: Canvas, field: Field, design: Design, inks: Inks) -> None:
    low, high = (
        (inks.soft(field.hue), inks.tone(field.hue, 0.15)) if field.is_deep else (inks.calm, inks.shade(field.hue, 5))
    )
    if field.count:
        half = math.pi * field.radius / field.count
        for grown, ink in ((1.5 * PIXEL, inks.metal), (0.0, high)):
            canvas.around(CIRCLE, field.count, 0.0, (half + grown, field.radius, half + grown, 0.0), ink)
        for size, ink in ((0.62, inks.metal), (0.56, low), (0.24, inks.metal)):
            canvas.around(CIRCLE, field.count, 0.0, (half * size, field.radius + half * 0.2, half * size, 0.0), ink)
    canvas.disc(field.radius, low)
    canvas.circle(field.radius, 2 * PIXEL, inks.metal)
    canvas.circle(field.radius - 7 * PIXEL, PIXEL, inks.metal)
    _garland(canvas, field, design, inks)


def _garland(canvas: Canvas, field: Field, design: Design, inks: Inks) -> None:
    """Along the rim, where the mandala leaves room: drops, leaves in pairs, arches with pearls, or rows of pearls."""
    root = field.radius - 10 * PIXEL
    room = root - design.rings[0].outer
    if room < 0.035:
        return
    length, ink = min(0.075, room * 0.7), tone(inks, design.rings[0], 0, 0.6)
    count = design.symmetry * max(1, round(2 * math.pi * field.radius / 0.09 / design.symmetry))
    half = math.pi * root / count
    if field.hue == 0:
        for size, colour in ((1.0, inks.metal), (0.72, ink)):
            canvas.around(outline("bud"), count, 0.0, nested(-length, root, 0.016, size), colour)
    elif field.hue == 1:
        for side in (1, -1):
            for size, colour in ((1.0, inks.metal), (0.7, ink)):
                leaf = turned(outline("lens"), length * size, length * 0.2 * size, side * 0.6)
                canvas.around([(-t, w) for t, w in leaf], count, 0.0, (1.0, root, 1.0, 0.0), colour)
    elif field.hue == 2:
        for size, colour in ((1.0, inks.metal), (0.86, inks.calm), (0.5, ink)):
            canvas.around(outline("round"), count, 0.0, (-0.7 * length * size, root, 0.96 * half * size, 0.0), colour)
    else:
        for row in range(max(1, int(length / 0.02))):
            dot = 0.0075 - 0.0015 * row
            canvas.around(CIRCLE, count, 0.5 * (row % 2), (dot, root - 0.012 - 0.022 * row, dot, 0.0), inks.metal)
    pearl = (0.0055, root - min(length, 0.05) * 0.5, 0.0055, 0.0)
    canvas.around(CIRCLE, count, 0.5, pearl, inks.metal)


def _corners(canvas: Canvas, corners: Corners, inks: Inks) -> None:
    reach, heart = corners.reach, corners.reach * corners.heart
    shift = 0.5 if corners.is_shifted else 0.0
    half = math.pi * (heart + 0.6 * (reach - heart)) / corners.count
    tall, root = reach - heart * 0.6, heart * 0.6
    for motif, turn, length, hue in (("lens", 0.5, 0.93, 1), (corners.motif, 0.0, 1.0, 0)):
        matrix = (tall * length + 2 * PIXEL, root, half + 2 * PIXEL, 0.0)
        canvas.around(outline(motif), corners.count, shift + turn, matrix, inks.metal, "corners")
        for step in range(5):
            matrix = nested(tall * length, root, half, 1 - 0.16 * step)
            ink = tone(inks, corners, hue, 0.05 + 0.21 * step)
            canvas.around(outline(motif), corners.count, shift + turn, matrix, ink, "corners")
    vein = (tall * 0.34, root + tall * 0.42, half * 0.24, 0.0)
    canvas.around(outline("drop"), corners.count, shift, vein, inks.bright(corners.hue + 2), "corners")
    for size, ink in ((1.0, inks.metal), (0.93, inks.deep(corners.hue + 1)), (0.6, tone(inks, corners, 2, 0.7))):
        canvas.disc(heart * size, ink, "corners")
    bead = min(heart * 0.12, math.pi * heart * 0.76 / corners.count * 0.8)
    beads = (bead, heart * 0.765, bead, 0.0)
    canvas.around(CIRCLE, corners.count, shift, beads, inks.bright(corners.hue + 1), "corners")
    canvas.circle(heart * 0.6, 2 * PIXEL, inks.metal, "corners")
    canvas.disc(heart * 0.3, inks.deep(corners.hue + 2), "corners")
