"""Design → quadrant of the picture, as an index canvas and its colours.

Every order is even, so both axes are mirrors: one quadrant is drawn and the rest is its mirror image, exactly.  The
canvas holds one byte a pixel, a colour's number; it is three times as large and reduced at the end.
"""

import math
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw, ImagePath

from mandala.design import Band, Design, Petals
from mandala.motifs import PROFILES, Point, circle, outline
from mandala.palette import PALETTES, Oklch, Rgb

_SUPERSAMPLING = 3
_CIRCLE = circle()
_DIAMOND: list[Point] = [(1, 0), (0, 0.62), (-1, 0), (0, -0.62)]


class Inks:
    """Tones of the design's palette, each by its number on the canvas."""

    def __init__(self, design: Design) -> None:
        self._palette = PALETTES[design.palette]
        self._shift = design.hue_shift
        self._numbers: dict[Rgb, int] = {}
        self.ground = self.of(self._palette.ground)
        self.metal = self.of(self._palette.metal)
        dark = self._palette.is_dark
        self.line = self.metal if dark else self.of(self._palette.metal)
        self.faint = self.of(self._blend(self._palette.ground, 0.09 if dark else -0.07))

    def of(self, colour: Oklch) -> int:
        return self._numbers.setdefault(colour.rgb(), len(self._numbers))

    def tone(self, hue: int, light: float) -> int:
        """A tone of one of the four hues; light runs from 0 at a motif's edge to 1 at its heart."""
        palette = self._palette
        chroma = palette.chroma * (0.7 + 0.45 * math.sin(math.pi * (0.15 + 0.7 * light)))
        lightness = 0.36 + 0.46 * light if palette.is_dark else 0.87 - 0.37 * light
        return self.of(Oklch(round(lightness, 3), chroma, palette.hues[hue % 4] + self._shift))

    def deep(self, hue: int) -> int:
        palette = self._palette
        lightness = 0.27 if palette.is_dark else 0.40
        return self.of(Oklch(lightness, palette.chroma * 0.62, palette.hues[hue % 4] + self._shift))

    def bright(self, hue: int) -> int:
        palette = self._palette
        lightness = 0.9 if palette.is_dark else 0.95
        return self.of(Oklch(lightness, palette.chroma * 0.4, palette.hues[hue % 4] + self._shift))

    def table(self) -> bytes:
        return b"".join(bytes(colour) for colour in self._numbers).ljust(768, b"\0")

    def _blend(self, colour: Oklch, lighter: float) -> Oklch:
        return Oklch(colour.lightness + lighter, colour.chroma * 1.5, self._palette.hues[0] + self._shift)


class Canvas:
    """The quadrant right of and below the centre; lengths are in half widths of the picture."""

    def __init__(self, size_px: int, ground: int) -> None:
        self._scale = size_px / 2 * _SUPERSAMPLING
        side = math.ceil(size_px / 2) * _SUPERSAMPLING
        self.image = Image.new("L", (side, side), ground)
        self._draw = ImageDraw.Draw(self.image)
        self.pixel = 2 / size_px

    def around(self, shape: Sequence[Point], count: int, shift: float, matrix: tuple[float, ...], ink: int) -> None:
        """The shape, brought to its ring by matrix (a, b, c, d: radius = a·t + b, across = c·w + d), count times."""
        a, b, c, d = matrix
        placed = [((a * t + b) * self._scale, (c * w + d) * self._scale) for t, w in shape]
        widest, nearest = max(abs(y) for _, y in placed), min(x for x, _ in placed)
        reach = math.atan2(widest, max(1e-9, nearest)) if b > 0 else math.pi
        # Nobody sees the corners of a shape of a few pixels: half of its points are enough.
        whole = ImagePath.Path(placed[:: 2 if len(placed) > 12 and widest < 5 * _SUPERSAMPLING else 1])
        step = 2 * math.pi / count
        first = math.ceil(-reach / step - shift)
        last = min(math.floor((math.pi / 2 + reach) / step - shift), first + count - 1)
        polygon = self._draw.polygon
        for number in range(first, last + 1):
            angle = (number + shift) * step
            sine, cosine = math.sin(angle), math.cos(angle)
            path = ImagePath.Path(whole)
            path.transform((cosine, -sine, 0.0, sine, cosine, 0.0))
            polygon(path, fill=ink)

    def disc(self, radius: float, ink: int) -> None:
        reach = radius * self._scale
        self._draw.ellipse((-reach, -reach, reach, reach), fill=ink)

    def circle(self, radius: float, width: float, ink: int) -> None:
        outer = (radius + width / 2) * self._scale
        self._draw.ellipse((-outer, -outer, outer, outer), outline=ink, width=max(1, round(width * self._scale)))


def draw_quadrant(design: Design, size_px: int) -> Image.Image:
    """The quadrant right of and below the centre in RGB, half of size_px (rounded up) wide and high."""
    inks = Inks(design)
    canvas = Canvas(size_px, inks.ground)
    _halo(canvas, design, inks)
    for ring in design.rings:
        if isinstance(ring, Petals):
            _petals(canvas, ring, inks)
        else:
            _band(canvas, ring, inks)
    _heart(canvas, design, inks)
    canvas.image.putpalette(inks.table())
    quadrant = canvas.image.convert("RGB").reduce(_SUPERSAMPLING)
    if PALETTES[design.palette].is_dark:
        return ImageChops.multiply(quadrant, _shade(design, quadrant.size))
    return quadrant


def _halo(canvas: Canvas, design: Design, inks: Inks) -> None:
    order = design.symmetry
    if design.halo == "rays":
        canvas.around([(0, 1), (1, 0.15), (1, -0.15), (0, -1)], order * 2, 0.5, (1.5, 0.1, 0.004, 0), inks.faint)
    elif design.halo == "rings":
        for number in range(5):
            canvas.circle(0.97 + 0.055 * number, 0.004, inks.faint)
    else:
        for number in range(7):
            canvas.around(_CIRCLE, order * 2, 0.5 * (number % 2), (0.007, 0.985 + 0.06 * number, 0.007, 0), inks.faint)
    canvas.around(_CIRCLE, order, 0.5, (0.008, 0.968, 0.008, 0), inks.metal)
    canvas.around(_CIRCLE, order, 0.5, (0.0045, 0.985, 0.0045, 0), inks.metal)


def _petals(canvas: Canvas, ring: Petals, inks: Inks) -> None:
    height = ring.outer - ring.inner
    root = max(0.0, ring.inner - 0.28 * height)
    length = ring.outer - root
    shift = 0.5 if ring.is_shifted else 0.0
    half = math.pi * (ring.inner + 0.62 * height) / ring.count * ring.width
    hair, outline_px = 1.0 * canvas.pixel, 2.0 * canvas.pixel
    if ring.has_disc:
        canvas.disc(ring.inner + 0.55 * height, inks.deep(ring.hue + 1))
        canvas.circle(ring.inner + 0.55 * height, outline_px, inks.metal)
    back, front = outline(ring.back), outline(ring.motif)
    canvas.around(
        back, ring.count, shift + 0.5, (length * 0.96 + hair, root, half * 0.92 + 1.5 * canvas.pixel, 0), inks.line
    )
    for step in range(3):
        size = 1 - 0.26 * step
        matrix = _nested(length * 0.96, root, half * 0.92, size)
        canvas.around(back, ring.count, shift + 0.5, matrix, inks.tone(ring.hue + 1, 0.05 + 0.28 * step))
    canvas.around(front, ring.count, shift, (length + outline_px, root, half + outline_px, 0), inks.line)
    for step in range(ring.tones):
        part = step / max(1, ring.tones - 1)
        canvas.around(front, ring.count, shift, _nested(length, root, half, 1 - 0.72 * part), inks.tone(ring.hue, part))
    _ornaments(canvas, ring, inks, (root, length, half, shift))


def _nested(length: float, root: float, half: float, size: float) -> tuple[float, float, float, float]:
    """A smaller copy of a motif inside it, a little nearer to its root."""
    return (length * size, root + length * (1 - size) * 0.62, half * size, 0.0)


def _ornaments(canvas: Canvas, ring: Petals, inks: Inks, frame: tuple[float, float, float, float]) -> None:
    root, length, half, shift = frame
    if ring.vein is not None:
        vein = outline(ring.vein)
        start, reach = root + 0.42 * length, 0.36 * length
        canvas.around(vein, ring.count, shift, (reach, start, half * 0.34, 0), inks.bright(ring.hue + 2))
        canvas.around(
            vein, ring.count, shift, (reach * 0.78, start + reach * 0.12, half * 0.22, 0), inks.deep(ring.hue + 2)
        )
        canvas.around(
            _CIRCLE, ring.count, shift, (half * 0.09, start + reach * 0.6, half * 0.09, 0), inks.bright(ring.hue)
        )
    if ring.has_edge_dots:
        for number in range(1, 6):
            t = 0.40 + 0.09 * number
            across = half * 0.62 * _width_at(ring.motif, t)
            size = max(half * 0.055, 0.9 * canvas.pixel)
            for side in (1, -1):
                canvas.around(
                    _CIRCLE,
                    ring.count,
                    shift,
                    (size, root + length * t, size, side * across),
                    inks.bright(ring.hue + 3),
                )
    dot = max(half * 0.11, 1.2 * canvas.pixel)
    canvas.around(_CIRCLE, ring.count, shift + 0.5, (dot, root + length * 0.99, dot, 0), inks.metal)


def _width_at(motif: str, t: float) -> float:

    return PROFILES[motif](t)


def _band(canvas: Canvas, band: Band, inks: Inks) -> None:
    height, middle = band.outer - band.inner, (band.inner + band.outer) / 2
    half = math.pi * middle / band.count
    line = 2.0 * canvas.pixel
    canvas.disc(band.outer, inks.deep(band.hue))
    canvas.circle(band.outer, line, inks.metal)
    if band.kind == "beads":
        size = min(half * 0.82, height * 0.36)
        canvas.around(_CIRCLE, band.count, 0.5, (size, middle, size, 0), inks.metal)
        canvas.around(_CIRCLE, band.count, 0.5, (size * 0.72, middle, size * 0.72, 0), inks.tone(band.hue, 0.9))
        canvas.around(_CIRCLE, band.count, 0.5, (size * 0.3, middle, size * 0.3, 0), inks.deep(band.hue + 1))
    elif band.kind == "zigzag":
        tooth: list[Point] = [(0, 1), (1, 0), (0, -1)]
        canvas.around(tooth, band.count, 0.0, (height * 0.86, band.inner, half * 1.05, 0), inks.metal)
        canvas.around(tooth, band.count, 0.0, (height * 0.62, band.inner, half * 0.8, 0), inks.tone(band.hue + 1, 0.7))
    elif band.kind == "arcs":
        arch = outline("round")
        canvas.around(arch, band.count, 0.0, (height * 0.9, band.inner, half * 0.98, 0), inks.metal)
        canvas.around(arch, band.count, 0.0, (height * 0.76, band.inner, half * 0.78, 0), inks.tone(band.hue, 0.45))
        canvas.around(arch, band.count, 0.0, (height * 0.45, band.inner, half * 0.42, 0), inks.tone(band.hue + 1, 0.95))
    else:
        canvas.around(_DIAMOND, band.count, 0.0, (height * 0.42, middle, half * 1.35, 0), inks.metal)
        canvas.around(_DIAMOND, band.count, 0.0, (height * 0.32, middle, half, 0), inks.tone(band.hue, 0.75))
        canvas.around(_DIAMOND, band.count, 0.0, (height * 0.13, middle, half * 0.4, 0), inks.deep(band.hue + 2))


def _heart(canvas: Canvas, design: Design, inks: Inks) -> None:
    heart = design.heart
    canvas.disc(heart.outer, inks.deep(heart.hue))
    canvas.circle(heart.outer, 2.0 * canvas.pixel, inks.metal)
    _petals(canvas, heart, inks)
    for radius, ink in ((0.030, inks.metal), (0.024, inks.deep(heart.hue + 1)), (0.014, inks.bright(heart.hue))):
        canvas.disc(radius, ink)


def _shade(design: Design, size: tuple[int, int]) -> Image.Image:
    """A grey map that darkens each ring's root and the corners; drawn small, since it has no edges."""
    # Pillow's own map holds the distance from its centre, 255 at half its width: a quadrant of it, 128 px wide.
    distance = Image.radial_gradient("L").crop((128, 128, 256, 256))
    light = [_light_at(design, step / 255 * math.sqrt(2)) for step in range(256)]
    small = distance.point(light).resize(size, Image.Resampling.BILINEAR)
    return Image.merge("RGB", (small, small, small))


def _light_at(design: Design, radius: float) -> int:
    for ring in design.rings:
        if ring.inner <= radius < ring.outer:
            depth = (radius - ring.inner) / (ring.outer - ring.inner)
            return round(255 * (0.70 + 0.30 * min(1.0, depth * 1.7)))
    return 255 if radius < 0.93 else round(255 * max(0.55, 1 - 0.9 * (radius - 0.93)))
