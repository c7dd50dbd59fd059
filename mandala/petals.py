"""The rings that every family has: petals and bands.  Called by compose.py."""

import math
from collections.abc import Callable, Mapping

from mandala.canvas import CIRCLE, PIXEL, Canvas, Matrix, nested, tone, turned
from mandala.design import Band, BandKind, Petals
from mandala.inks import Inks
from mandala.motifs import PROFILES, Point, outline

_DIAMOND: list[Point] = [(1, 0), (0, 0.62), (-1, 0), (0, -0.62)]
_FINE = 0.018  # half the width of a motif in which a fine line is still seen


def petals(canvas: Canvas, ring: Petals, inks: Inks) -> None:
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
    _behind(canvas, ring, inks, (root, behind, wide, shift + 0.5))
    if half > 0.035 and inks.is_dark:
        # The shadow that lifts a petal from those behind it.
        canvas.around(front, ring.count, shift, (length + 6 * PIXEL, root, half + 6 * PIXEL, 0), inks.shadow)
    canvas.around(front, ring.count, shift, (length + 2 * PIXEL, root, half + 2 * PIXEL, 0), inks.metal)
    frame = (root, length, half, shift)
    if ring.is_open:
        _lines(canvas, ring, inks, frame)
    else:
        _tones(canvas, ring, inks, frame)
    if half > 0.012:
        _ORNAMENTS[ring.ornament](canvas, ring, inks, frame)
    if ring.has_edge_dots:
        _edge_dots(canvas, ring, inks, frame)
    if half > _FINE:
        dot = min(half * 0.11, 0.011)
        canvas.around(CIRCLE, ring.count, shift + 0.5, (dot, root + length * 0.99, dot, 0), inks.metal)


def _behind(canvas: Canvas, ring: Petals, inks: Inks, frame: Matrix) -> None:
    """The petals behind and between those in front."""
    root, length, half, shift = frame
    large = half > 0.075
    layers = 4 if large else 3 if half > 0.046 else 2 if half > _FINE else 1
    for step in range(layers):
        light = 0.05 + (0.2 if large else 0.28) * step
        ink = inks.deep(ring.hue + step) if ring.is_open and step != 1 else tone(inks, ring, 1, light)
        matrix = nested(length, root, half, 1 - (0.17 if large else 0.26) * step)
        canvas.around(outline(ring.back), ring.count, shift, matrix, ink)
    for number in range(3 if large else 0):
        dot = 0.008 - 0.0018 * number
        matrix = (dot, root + length * (0.9 - 0.055 * number), dot, 0.0)
        canvas.around(CIRCLE, ring.count, shift, matrix, inks.bright(ring.hue + 1))


def _tones(canvas: Canvas, ring: Petals, inks: Inks, frame: Matrix) -> None:
    root, length, half, shift = frame
    front = outline(ring.motif)
    for step in range(ring.tones):
        part = step / max(1, ring.tones - 1)
        size = 1 - 0.72 * part
        if ring.has_inlay and step == 1 and half > _FINE:
            tall, start, wide, _ = nested(length, root, half, size)
            line = (tall + 3 * PIXEL, start - PIXEL, wide + 1.8 * PIXEL, 0.0)
            canvas.around(front, ring.count, shift, line, inks.metal)
        hue = 1 if ring.is_blended and part > 0.4 else 0
        canvas.around(front, ring.count, shift, nested(length, root, half, size), tone(inks, ring, hue, part))


def _lines(canvas: Canvas, ring: Petals, inks: Inks, frame: Matrix) -> None:
    """A dark petal, a line within it, a coloured heart."""
    root, length, half, shift = frame
    front = outline(ring.motif)
    canvas.around(front, ring.count, shift, nested(length, root, half, 1.0), inks.deep(ring.hue))
    if half > _FINE:
        for size, ink in ((0.8, inks.metal), (0.74, inks.deep(ring.hue))):
            canvas.around(front, ring.count, shift, nested(length, root, half, size), ink)
    for size, light in ((0.56, 0.25), (0.42, 0.75)):
        canvas.around(front, ring.count, shift, nested(length, root, half, size), tone(inks, ring, 0, light))


def _edge_dots(canvas: Canvas, ring: Petals, inks: Inks, frame: Matrix) -> None:
    root, length, half, shift = frame
    for number in range(1, 6):
        t = 0.40 + 0.09 * number
        across = half * 0.6 * PROFILES[ring.motif](t)
        size = max(half * 0.05, 0.9 * PIXEL)
        for side in (1, -1):
            matrix = (size, root + length * t, size, side * across)
            canvas.around(CIRCLE, ring.count, shift, matrix, inks.bright(ring.hue + 3))


def _plain(canvas: Canvas, ring: Petals, inks: Inks, frame: Matrix) -> None:
    """Tones alone."""


def _eye(canvas: Canvas, ring: Petals, inks: Inks, frame: Matrix) -> None:
    root, length, half, shift = frame
    vein = outline(ring.vein)
    start, reach = root + 0.42 * length, 0.36 * length
    canvas.around(vein, ring.count, shift, (reach, start, half * 0.34, 0), inks.bright(ring.hue + 2))
    if half > _FINE:
        inside = (reach * 0.78, start + reach * 0.12, half * 0.22, 0.0)
        canvas.around(vein, ring.count, shift, inside, inks.deep(ring.hue + 2))
    if half > 0.03:
        middle = start + reach * 0.58
        for size, ink in ((0.13, inks.tone(ring.hue + 2, 0.6)), (0.06, inks.bright(ring.hue))):
            canvas.around(CIRCLE, ring.count, shift, (half * size, middle, half * size, 0), ink)


def _leaf(canvas: Canvas, ring: Petals, inks: Inks, frame: Matrix) -> None:
    """A rib, and veins that leave it in pairs."""
    root, length, half, shift = frame
    lens, start, reach = outline("lens"), root + 0.2 * length, 0.66 * length
    ink = inks.bright(ring.hue)
    if half > 0.035:
        for number in range(4 if half > 0.06 else 3):
            t = 0.3 + 0.13 * number
            across = half * 0.62 * PROFILES[ring.motif](t + 0.12)
            for side in (1, -1):
                vein = turned(
                    lens, math.hypot(across, 0.14 * length), 1.3 * PIXEL, side * math.atan2(across, 0.14 * length)
                )
                canvas.around(vein, ring.count, shift, (1.0, root + length * t, 1.0, 0.0), ink)
    canvas.around(lens, ring.count, shift, (reach, start, max(half * 0.06, PIXEL), 0), ink)
    dot = max(half * 0.07, 1.2 * PIXEL)
    canvas.around(CIRCLE, ring.count, shift, (dot, start + reach, dot, 0), ink)


def _pearls(canvas: Canvas, ring: Petals, inks: Inks, frame: Matrix) -> None:
    """A string of pearls, the largest where the petal is widest."""
    root, length, half, shift = frame
    for number in range(5 if half > 0.03 else 3):
        t = 0.36 + 0.12 * number
        size = max(min(half * 0.17, 0.022) * PROFILES[ring.motif](t), PIXEL)
        canvas.around(CIRCLE, ring.count, shift, (size, root + length * t, size, 0), inks.bright(ring.hue + 2))
        if half > 0.045:
            inner = (size * 0.6, root + length * t, size * 0.6, 0.0)
            canvas.around(CIRCLE, ring.count, shift, inner, inks.tone(ring.hue + 2, 0.45))


def _bud(canvas: Canvas, ring: Petals, inks: Inks, frame: Matrix) -> None:
    """A small flower in the petal: a bud and two leaves."""
    root, length, half, shift = frame
    start, reach = root + 0.3 * length, 0.46 * length
    if half > 0.03:
        for side in (1, -1):
            for size, ink in ((1.0, inks.bright(ring.hue + 1)), (0.7, inks.deep(ring.hue + 1))):
                away = math.atan2(half * 0.5, reach * 0.55)
                leaf = turned(
                    outline("lens"), math.hypot(half * 0.5, reach * 0.55) * size, half * 0.13 * size, side * away
                )
                canvas.around(leaf, ring.count, shift, (1.0, start + 0.02 * length, 1.0, 0.0), ink)
    bud = outline("drop")
    tones = ((1.0, inks.metal), (0.88, inks.bright(ring.hue + 2)), (0.62, inks.tone(ring.hue + 2, 0.4)))
    for size, ink in tones:
        canvas.around(bud, ring.count, shift, nested(reach, start, half * 0.22, size), ink)


_ORNAMENTS: Mapping[str, Callable[[Canvas, Petals, Inks, Matrix], None]] = {
    "plain": _plain,
    "eye": _eye,
    "leaf": _leaf,
    "pearls": _pearls,
    "bud": _bud,
}


def band(canvas: Canvas, ring: Band, inks: Inks) -> None:
    height, middle = ring.outer - ring.inner, (ring.inner + ring.outer) / 2
    half = math.pi * middle / ring.count
    canvas.disc(ring.outer, tone(inks, ring, 2, 0.2) if ring.is_inverted else inks.deep(ring.hue))
    canvas.circle(ring.outer, 2 * PIXEL, inks.metal)
    _BANDS[ring.kind](canvas, ring, inks, (height, middle, half, 0.0))


def _beads(canvas: Canvas, ring: Band, inks: Inks, frame: Matrix) -> None:
    height, middle, half, _ = frame
    size = min(half * 0.82, height * 0.36)
    canvas.around(CIRCLE, ring.count, 0.5, (size, middle, size, 0), inks.metal)
    canvas.around(CIRCLE, ring.count, 0.5, (size * 0.72, middle, size * 0.72, 0), tone(inks, ring, 0, 0.9))


def _zigzag(canvas: Canvas, ring: Band, inks: Inks, frame: Matrix) -> None:
    height, _, half, _ = frame
    tooth: list[Point] = [(0, 1), (1, 0), (0, -1)]
    canvas.around(tooth, ring.count, 0.0, (height * 0.86, ring.inner, half * 1.05, 0), inks.metal)
    canvas.around(tooth, ring.count, 0.0, (height * 0.62, ring.inner, half * 0.8, 0), tone(inks, ring, 1, 0.7))
    dot = min(height * 0.1, half * 0.25)
    canvas.around(CIRCLE, ring.count, 0.5, (dot, ring.inner + height * 0.72, dot, 0), tone(inks, ring, 0, 0.9))


def _arcs(canvas: Canvas, ring: Band, inks: Inks, frame: Matrix) -> None:
    height, _, half, _ = frame
    arch = outline("round")
    canvas.around(arch, ring.count, 0.0, (height * 0.9, ring.inner, half * 0.98, 0), inks.metal)
    canvas.around(arch, ring.count, 0.0, (height * 0.76, ring.inner, half * 0.78, 0), tone(inks, ring, 0, 0.45))
    canvas.around(arch, ring.count, 0.0, (height * 0.45, ring.inner, half * 0.42, 0), tone(inks, ring, 1, 0.95))


def _diamonds(canvas: Canvas, ring: Band, inks: Inks, frame: Matrix) -> None:
    height, middle, half, _ = frame
    canvas.around(_DIAMOND, ring.count, 0.0, (height * 0.42, middle, half * 1.35, 0), inks.metal)
    canvas.around(_DIAMOND, ring.count, 0.0, (height * 0.32, middle, half, 0), tone(inks, ring, 0, 0.75))
    canvas.around(_DIAMOND, ring.count, 0.0, (height * 0.13, middle, half * 0.4, 0), inks.deep(ring.hue + 1))


def _scales(canvas: Canvas, ring: Band, inks: Inks, frame: Matrix) -> None:
    """Two rows, the inner one over the outer."""
    height, _, half, _ = frame
    for row, shift in ((1, 0.5), (0, 0.0)):
        reach = height * (0.62 if row == 0 else 0.95)
        for size, ink in ((1.0, inks.metal), (0.84, tone(inks, ring, row, 0.35)), (0.5, tone(inks, ring, row, 0.95))):
            matrix = (reach * size, ring.inner, half * 1.05 * size, 0.0)
            canvas.around(outline("round"), ring.count, shift, matrix, ink)


def _leaves(canvas: Canvas, ring: Band, inks: Inks, frame: Matrix) -> None:
    """Pairs of leaves that open outwards, a berry between two pairs."""
    height, _, half, _ = frame
    reach = min(height * 0.9, half * 1.9)
    for size, ink in ((1.0, inks.metal), (0.78, tone(inks, ring, 0, 0.7))):
        for side in (1, -1):
            leaf = turned(outline("lens"), reach * size, reach * 0.2 * size, side * 0.62)
            canvas.around(leaf, ring.count, 0.0, (1.0, ring.inner + height * 0.08, 1.0, 0.0), ink)
    dot = min(height * 0.16, half * 0.3)
    canvas.around(CIRCLE, ring.count, 0.5, (dot, ring.inner + height * 0.34, dot, 0), tone(inks, ring, 1, 0.9))


def _links(canvas: Canvas, ring: Band, inks: Inks, frame: Matrix) -> None:
    """A chain of rings, a bead in each."""
    height, middle, half, _ = frame
    size = min(half * 1.25, height * 0.42)
    for part, ink in ((1.0, inks.metal), (0.8, tone(inks, ring, 1, 0.3))):
        canvas.around(CIRCLE, ring.count, 0.0, (size * part, middle, size * part, 0), ink)
    for part, ink in ((0.42, inks.metal), (0.3, tone(inks, ring, 0, 0.95))):
        canvas.around(CIRCLE, ring.count, 0.0, (size * part, middle, size * part, 0), ink)


_BANDS: Mapping[BandKind, Callable[[Canvas, Band, Inks, Matrix], None]] = {
    "beads": _beads,
    "zigzag": _zigzag,
    "arcs": _arcs,
    "diamonds": _diamonds,
    "scales": _scales,
    "leaves": _leaves,
    "links": _links,
}
