"""The rings that only one family has: lattices, panes of glass, facets, flowers, moons.  Called by compose.py."""

import math

from mandala.canvas import CIRCLE, IDENTITY, PIXEL, Canvas, nested, tone, turned
from mandala.design import Cells, Facets, Flowers, Lattice, Moons
from mandala.inks import Inks
from mandala.motifs import Point, outline


def lattice(canvas: Canvas, ring: Lattice, inks: Inks) -> None:
    """Filled stars below, their interlaced lines above, a jewel in every point."""
    canvas.disc(ring.outer, inks.deep(ring.hue + 1))
    canvas.circle(ring.outer, 3 * PIXEL, inks.metal)
    step, tip = 2 * math.pi / ring.count, ring.outer * 0.985
    shift = 0.5 if ring.is_shifted else 0.0
    gap = ring.outer * _waist(ring.skips[0], step)
    _leaves_between(canvas, ring, inks, (gap, ring.outer - gap, gap * step * 0.2, shift + 0.5))
    for number, skip in enumerate(ring.skips):
        waist = ring.outer * _waist(skip, step)
        for layer in range(4):
            kite = _kite(tip - (tip - waist) * 0.26 * layer, waist * (1 - 0.07 * layer), step * (0.5 - 0.1 * layer))
            ink = tone(inks, ring, 2 * number, min(1.0, 0.1 + 0.2 * number + 0.17 * layer))
            canvas.around(kite, ring.count, shift, IDENTITY, ink)
    for skip in ring.skips:
        for width, ink in ((5 * PIXEL, inks.lead), (2.6 * PIXEL, inks.metal)):
            canvas.around(_line(tip, step * skip, width), ring.count, shift, IDENTITY, ink)
    _veins(canvas, ring, inks, shift)
    jewel = min(9 * PIXEL, ring.outer * step * 0.12)
    for radius, turn in ((tip, shift), (ring.outer * _waist(ring.skips[0], step), shift + 0.5)):
        for size, ink in ((1.0, inks.metal), (0.68, inks.bright(ring.hue + 2)), (0.3, inks.deep(ring.hue + 2))):
            canvas.around(CIRCLE, ring.count, turn, (jewel * size, radius, jewel * size, 0), ink)


def _leaves_between(canvas: Canvas, ring: Lattice, inks: Inks, frame: tuple[float, float, float, float]) -> None:
    """A leaf in each gap between two points of the outermost star, pearls along the rim.  Root, length, half, shift."""
    root, length, half, shift = frame
    for size, ink in ((1.0, inks.metal), (0.9, tone(inks, ring, 1, 0.1)), (0.66, tone(inks, ring, 1, 0.5))):
        canvas.around(outline("spade"), ring.count, shift, nested(length * 0.8, root, half, size), ink)
    canvas.around(outline("lens"), ring.count, shift, (length * 0.5, root, half * 0.14, 0.0), inks.bright(ring.hue + 1))
    step = 2 * math.pi / ring.count
    for number in range(1, 4):
        dot, across = 0.0075 - 0.0014 * number, step * 0.1 * number
        for side in (1, -1):
            turn = shift + side * across / step
            canvas.around(CIRCLE, ring.count, turn, (dot, ring.outer - 0.022, dot, 0.0), inks.bright(ring.hue + 3))


def _veins(canvas: Canvas, ring: Lattice, inks: Inks, shift: float) -> None:
    """A leaf with a rib within each point of each star, rays around its middle: no field of one colour is large."""
    step, tip = 2 * math.pi / ring.count, ring.outer * 0.985
    middle = ring.outer * _waist(ring.skips[-1], step)
    if middle - ring.inner > 0.06:
        for turn, long, hue in ((0.5, 0.94, 2), (0.0, 0.7, 3)):
            ray, half = long * (middle - ring.inner), (ring.inner + middle) / 2 * step * 0.17
            edge, heart = tone(inks, ring, hue, 0.3), tone(inks, ring, hue, 0.75)
            for size, ink in ((1.0, inks.metal), (0.9, edge), (0.55, heart)):
                matrix = nested(ray + 0.05, ring.inner - 0.05, half, size)
                canvas.around(outline("lens"), ring.count, shift + turn, matrix, ink)
    for number, skip in enumerate(ring.skips):
        waist = ring.outer * _waist(skip, step)
        low = max(ring.inner, waist - 0.9 * (tip - waist), waist * 0.7)
        length = 0.86 * (tip - low)
        half = min(waist * step * 0.21, length * 0.27)
        leaf = outline(("ogee", "lotus", "lens")[number % 3])
        for size, ink in (
            (1.0, inks.metal),
            (0.93, tone(inks, ring, 1 + 2 * number, 0.2)),
            (0.72, tone(inks, ring, 1 + 2 * number, 0.5)),
            (0.5, tone(inks, ring, 1 + 2 * number, 0.8)),
        ):
            canvas.around(leaf, ring.count, shift, nested(length, low, half, size), ink)
        rib = (length * 0.6, low + length * 0.2, max(half * 0.07, 0.8 * PIXEL), 0.0)
        canvas.around(outline("lens"), ring.count, shift, rib, inks.bright(ring.hue + 1))


def _waist(skip: int, step: float) -> float:
    """How far from the centre the lines of a star polygon cross first, next to its points."""
    return math.cos(math.pi * skip * step / (2 * math.pi)) / math.cos(math.pi * (skip - 1) * step / (2 * math.pi))


def _kite(tip: float, waist: float, half_angle: float) -> list[Point]:
    side = waist * math.sin(half_angle)
    return [(tip, 0), (waist * math.cos(half_angle), side), (0, 0), (waist * math.cos(half_angle), -side)]


def _line(radius: float, angle: float, width: float) -> list[Point]:
    """A line of that width from the point at angle 0 to the point at `angle`."""
    ends = ((radius, 0.0), (radius * math.cos(angle), radius * math.sin(angle)))
    (x0, y0), (x1, y1) = ends
    length = math.hypot(x1 - x0, y1 - y0)
    across, along = (y1 - y0) / length * width / 2, (x1 - x0) / length * width / 2
    return [(x0 + across, y0 - along), (x1 + across, y1 - along), (x1 - across, y1 + along), (x0 - across, y0 + along)]


def cells(canvas: Canvas, ring: Cells, inks: Inks) -> None:
    height, lead = ring.outer - ring.inner, 3 * PIXEL
    low, shift = ring.inner + ring.split * height, 0.5 if ring.is_shifted else 0.0
    canvas.disc(ring.outer, inks.lead)
    canvas.disc(ring.outer - lead, inks.soft(ring.hue + 2))
    canvas.circle(ring.outer, 2 * PIXEL, inks.metal)
    between = math.sin(math.pi / ring.count)
    # A pane between two arches.
    for size, ink in ((1.0, inks.lead), (0.86, tone(inks, ring, 2, 0.3)), (0.45, tone(inks, ring, 2, 0.8))):
        pane = nested(0.62 * height, low, between * (low + 0.2 * height) * 0.34, size)
        canvas.around(outline("lens"), ring.count, shift + 0.5, pane, ink)
    size = between * ring.outer * 0.42
    _roundels(canvas, (ring.count, shift + 0.5, ring.outer - size - 2 * lead, size), ring, inks)
    length, half = (ring.outer - low) * 0.96, between * (low + 0.5 * (ring.outer - low)) * 0.94
    arch = outline(ring.motif)
    for grown, ink in ((2 * lead, inks.lead), (1.2 * lead, inks.metal), (0.6 * lead, inks.lead)):
        canvas.around(arch, ring.count, shift, (length + grown, low, half + grown, 0.0), ink)
    for step in range(4):
        canvas.around(
            arch, ring.count, shift, nested(length, low, half, 1 - 0.14 * step), tone(inks, ring, 0, 0.25 * step)
        )
    # Two lights side by side, a roundel above them.
    light = outline("lancet")
    for size, ink in ((1.0, inks.lead), (0.86, tone(inks, ring, 1, 0.35)), (0.56, tone(inks, ring, 1, 0.9))):
        for side in (1, -1):
            matrix = nested(length * 0.46, low + length * 0.14, half * 0.27, size)
            canvas.around(light, ring.count, shift, (*matrix[:3], side * half * 0.32), ink)
    _roundels(canvas, (ring.count, shift, low + length * 0.7, half * 0.32), ring, inks)
    if ring.split * height > 8 * lead:
        canvas.disc(low, inks.lead)
        canvas.disc(low - lead, inks.deep(ring.hue + 1))
        canvas.circle(low, 2 * PIXEL, inks.metal)
        middle, size = (ring.inner + low) / 2, min(0.05, ring.split * height * 0.4)
        count = max(1, int(math.pi * middle / size / 1.1 / ring.count)) * ring.count
        size = min(size, math.pi * middle / count * 0.86)
        _roundels(canvas, (count, shift, middle, size), ring, inks)
        for side in (1, -1):
            dot = (size * 0.17, middle + 0.8 * side * size, size * 0.17, 0.0)
            canvas.around(CIRCLE, count, shift + 0.5, dot, inks.metal)


def _roundels(canvas: Canvas, frame: tuple[int, float, float, float], ring: Cells, inks: Inks) -> None:
    """Round panes: count, shift, how far out, how large."""
    count, shift, middle, reach = frame
    panes = ((1.0, inks.lead), (0.88, inks.metal), (0.78, tone(inks, ring, 3, 0.2)), (0.58, tone(inks, ring, 3, 0.85)))
    for size, ink in (*panes, (0.26, inks.lead), (0.16, inks.bright(ring.hue))):
        canvas.around(CIRCLE, count, shift, (reach * size, middle, reach * size, 0), ink)


def facets(canvas: Canvas, ring: Facets, inks: Inks) -> None:
    step = 2 * math.pi / ring.count
    canvas.disc(ring.outer, inks.deep(ring.hue + 2))
    canvas.circle(ring.outer, 2 * PIXEL, inks.metal)
    for number in range(3):
        dot = (0.009 - 0.002 * number) * ring.outer
        for turn in (0.25, 0.75):
            out = ring.outer * (0.95 - 0.05 * number)
            canvas.around(CIRCLE, ring.count, turn, (dot, out, dot, 0), inks.bright(ring.hue + 2))
    for layer, shift in enumerate((0.5, 0.0) if ring.is_shifted else (0.0, 0.5)):
        tip = ring.outer * (1.0 if layer else 0.97)
        waist = ring.inner + (ring.outer - ring.inner) * ring.waist * (1.0 if layer else 1.25)
        edge = _kite(tip + 3 * PIXEL, waist + 2 * PIXEL, step * 0.53)
        canvas.around(edge, ring.count, shift, IDENTITY, inks.metal)
        for number in range(ring.tones):
            part = number / (ring.tones - 1)
            kite = _kite(tip - (tip - ring.inner) * 0.75 * part, waist * (1 - 0.12 * part), step * (0.5 - 0.36 * part))
            canvas.around(kite, ring.count, shift, IDENTITY, tone(inks, ring, layer, part))
        ridge = (tip - ring.inner) * 0.9
        canvas.around(outline("lens"), ring.count, shift, (ridge, ring.inner, 1.6 * PIXEL, 0), inks.metal)
        for number in range(3):
            size = (ring.outer - ring.inner) * (0.034 - 0.008 * number)
            out = waist + (tip - waist) * (0.3 + 0.19 * number)
            canvas.around(CIRCLE, ring.count, shift, (size, out, size, 0), inks.bright(ring.hue + 3))
        dot = (ring.outer - ring.inner) * 0.05
        for size, ink in ((1.0, inks.metal), (0.6, inks.bright(ring.hue + 2))):
            canvas.around(CIRCLE, ring.count, shift, (dot * size, waist, dot * size, 0), ink)


def flowers(canvas: Canvas, ring: Flowers, inks: Inks) -> None:
    middle = (ring.inner + ring.outer) / 2
    reach = min((ring.outer - ring.inner) / 2, 1.1 * math.pi * middle / ring.count)
    shift = 0.5 if ring.is_shifted else 0.0
    leaf = outline("lens")
    behind = (2 * reach * 0.94, ring.inner, reach * 0.5, 0.0)
    canvas.disc(middle, inks.deep(ring.hue + 1))
    canvas.circle(middle, 2 * PIXEL, inks.metal)
    canvas.around(leaf, ring.count, shift + 0.5, (behind[0] + PIXEL, ring.inner, behind[2] + PIXEL, 0), inks.metal)
    for step in range(3):
        matrix = nested(behind[0], ring.inner, behind[2], 1 - 0.28 * step)
        canvas.around(leaf, ring.count, shift + 0.5, matrix, tone(inks, ring, 2, 0.1 + 0.3 * step))
    wide = math.pi * reach / ring.petals
    for motif, hue, length, half, turn, lights in (
        ("lens", 1, 0.98, 0.6, 0.5, (None, 0.0, 0.3)),
        (ring.motif, 0, 0.96, 0.62, 0.0, (None, 0.1, 0.4, 0.7, 1.0)),
    ):
        for step, light in enumerate(lights):
            ink = inks.metal if light is None else tone(inks, ring, hue, light)
            size = 1 - 0.2 * max(0, step - 1) if step else 1 + 2 * PIXEL / reach / half
            for number in range(ring.petals):
                angle = 2 * math.pi * (number + turn) / ring.petals
                petal = turned(outline(motif), reach * length * size, wide * half * size, angle)
                canvas.around(petal, ring.count, shift, (1.0, middle, 1.0, 0.0), ink)
    for size, ink in ((0.27, inks.metal), (0.23, inks.tone(ring.hue + 1, 0.8)), (0.11, inks.deep(ring.hue + 1))):
        canvas.around(CIRCLE, ring.count, shift, (reach * size, middle, reach * size, 0), ink)


def moons(canvas: Canvas, ring: Moons, inks: Inks) -> None:
    middle, room = (ring.inner + ring.outer) / 2, math.pi * (ring.inner + ring.outer) / 2 / ring.count
    reach = min((ring.outer - ring.inner) / 2, 0.83 * room, 0.15)  # wider moons would touch each other
    shift, side = 0.5 if ring.is_shifted else 0.0, 1 if ring.opens_outwards else -1
    skies = [inks.sky(ring.hue, step, is_light=ring.is_inverted) for step in range(4)]
    canvas.disc(ring.outer, skies[0])
    for step, sky in enumerate(skies[1:]):
        canvas.circle(middle, min(2.5 * reach, 0.9 * (ring.outer - ring.inner)) * (1 - 0.14 * step), sky)
    canvas.circle(ring.outer, 2 * PIXEL, inks.metal)
    beads = ring.count * max(1, round(2 * math.pi * ring.outer / 0.035 / ring.count))
    canvas.around(CIRCLE, beads, shift, (1.9 * PIXEL, ring.outer - 8 * PIXEL, 1.9 * PIXEL, 0.0), inks.metal)
    for step in range(4):
        size = reach * (0.86 - 0.06 * step)
        ink = inks.metal if step == 0 else inks.tone(ring.hue + 1, 0.55 + 0.15 * step)
        canvas.around(CIRCLE, ring.count, shift, (size, middle - side * 0.02 * step * reach, size, 0), ink)
    hidden, away = reach * (0.86 - 0.3 * ring.phase), reach * (0.08 + 0.52 * ring.phase)
    canvas.around(CIRCLE, ring.count, shift, (hidden, middle + side * away, hidden, 0), sky)
    for size, ink in ((0.36, inks.metal), (0.3, inks.tone(ring.hue + 2, 0.7)), (0.13, inks.bright(ring.hue + 3))):
        canvas.around(
            _star(reach * size), ring.count, shift, (1.0, middle + side * (away + 0.04 * reach), 1.0, 0.0), ink
        )
    for part, size in ((-0.72, 0.05), (0.6, 0.035), (0.82, 0.06)):
        for turn in (0.31, 0.69):
            matrix = (reach * size, middle + reach * part, reach * size, 0.0)
            canvas.around(CIRCLE, ring.count, shift + turn, matrix, inks.metal)
    for part in (-1.0, 1.0):
        spark = (1.0, middle + part * min(reach * 0.96, (ring.outer - ring.inner) / 2 - 0.03), 1.0, 0.0)
        canvas.around(_star(reach * 0.13), ring.count, shift + 0.5, spark, inks.bright(ring.hue + 3))
    wide = min(0.42, 1.25 * (room / reach - 0.86))
    for size, ink in ((wide, inks.metal), (0.7 * wide, inks.tone(ring.hue + 3, 0.85))):
        canvas.around(_star(reach * size), ring.count, shift + 0.5, (1.0, middle, 1.0, 0.0), ink)


def _star(reach: float) -> list[Point]:
    """Four-pointed, its points along and across the ray."""
    radii = (reach, reach * 0.36)
    return [
        (radii[number % 2] * math.cos(math.pi * number / 4), radii[number % 2] * math.sin(math.pi * number / 4))
        for number in range(8)
    ]
