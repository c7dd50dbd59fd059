"""Design → picture.  An axis of the design is a mirror, so half of it is drawn, a quarter where the order is even.

The canvas holds one byte a pixel, a colour's number; it is larger than the picture and reduced at the end.
"""

import math
from collections.abc import Sequence

from PIL import Image, ImageChops, ImageDraw, ImagePath

from mandala.canvas import Matrix, Place
from mandala.compose import compose
from mandala.design import Design
from mandala.inks import Inks
from mandala.motifs import Point


class Raster:
    """The part of the picture that is drawn: right of and below the centre, or all that is below it.

    width_px and height_px are of the whole picture; a circle of radius 1 touches its shorter sides.
    """

    def __init__(self, width_px: int, height_px: int, is_even: bool, ground: int, zoom: int) -> None:
        self.reach = math.hypot(width_px, height_px) / min(width_px, height_px)
        self._zoom = zoom
        self._scale = min(width_px, height_px) / 2 * zoom
        across, down = width_px * zoom // (2 if is_even else 1), height_px * zoom // 2
        corners = [(across, down)] if is_even else [(0, down), (across, down)]
        self._places = {"centre": [(0 if is_even else across // 2, 0)], "corners": corners}
        self._sweep = (0.0, math.pi / 2) if is_even else (0.0, math.pi)
        self.image = Image.new("L", (across, down), ground)
        self._draw = ImageDraw.Draw(self.image)

    def around(
        self, shape: Sequence[Point], count: int, shift: float, matrix: Matrix, ink: int, at: Place = "centre"
    ) -> None:
        a, b, c, d = matrix
        placed = [((a * t + b) * self._scale, (c * w + d) * self._scale) for t, w in shape]
        across = [y for _, y in placed]
        # Nobody sees the corners of a shape of a few pixels: half of its points are enough.
        small = len(placed) > 12 and max(across) - min(across) < 10 * self._zoom
        whole = ImagePath.Path(placed[::2] if small else placed)
        step = 2 * math.pi / count
        polygon = self._draw.polygon
        for number in range(count) if at == "corners" else self._seen(placed, count, shift):
            angle = (number + shift) * step
            sine, cosine = math.sin(angle), math.cos(angle)
            for left, top in self._places[at]:
                path = ImagePath.Path(whole)
                path.transform((cosine, -sine, left, sine, cosine, top))
                polygon(path, fill=ink)

    def _seen(self, placed: Sequence[Point], count: int, shift: float) -> range:
        """Which of the shapes around the centre reach into what is drawn."""
        nearest = min(x for x, _ in placed)
        ahead = math.atan2(max(0.0, *(y for _, y in placed)), nearest) if nearest > 0 else math.pi
        behind = math.atan2(max(0.0, *(-y for _, y in placed)), nearest) if nearest > 0 else math.pi
        step = 2 * math.pi / count
        first = math.ceil((self._sweep[0] - ahead) / step - shift)
        return range(first, min(math.floor((self._sweep[1] + behind) / step - shift), first + count - 1) + 1)

    def disc(self, radius: float, ink: int, at: Place = "centre") -> None:
        for box in self._boxes(radius, at):
            self._draw.ellipse(box, fill=ink)

    def circle(self, radius: float, width: float, ink: int, at: Place = "centre") -> None:
        for box in self._boxes(radius + width / 2, at):
            self._draw.ellipse(box, outline=ink, width=max(1, round(width * self._scale)))

    def _boxes(self, radius: float, at: Place) -> list[tuple[float, float, float, float]]:
        reach = radius * self._scale
        return [(left - reach, top - reach, left + reach, top + reach) for left, top in self._places[at]]


def draw_part(design: Design, width_px: int, height_px: int, zoom: int = 3) -> Image.Image:
    """What `whole` needs of the picture, in RGB: a quarter of it, or a half lying on its side; both sizes are even."""
    inks = Inks(design)
    is_even = design.symmetry % 2 == 0
    if not is_even:
        width_px, height_px = height_px, width_px
    raster = Raster(width_px, height_px, is_even, inks.ground, zoom)
    compose(design, raster, inks)
    raster.image.putpalette([part for colour in inks.colours() for part in colour])
    part = raster.image.convert("RGB").reduce(zoom)
    return ImageChops.multiply(part, _shade(design, part.size, width_px, height_px)) if inks.is_dark else part


def whole(part: Image.Image, design: Design) -> Image.Image:
    """The picture out of its part; an odd order is turned, so that one motif points up."""
    if design.symmetry % 2 == 0:
        half = _joined(part.transpose(Image.Transpose.FLIP_LEFT_RIGHT), part, (part.width, 0))
        return _joined(half.transpose(Image.Transpose.FLIP_TOP_BOTTOM), half, (0, half.height))
    lying = _joined(part.transpose(Image.Transpose.FLIP_TOP_BOTTOM), part, (0, part.height))
    return lying.transpose(Image.Transpose.ROTATE_90)


def _joined(first: Image.Image, second: Image.Image, at: tuple[int, int]) -> Image.Image:
    whole = Image.new(first.mode, (at[0] + second.width, at[1] + second.height))
    if first.mode == "P":
        whole.putpalette(first.getpalette() or [])
    whole.paste(first, (0, 0))
    whole.paste(second, at)
    return whole


def _shade(design: Design, size: tuple[int, int], width_px: int, height_px: int) -> Image.Image:
    """A grey map that darkens each ring's root and the corners; drawn small, since it has no edges."""
    # Pillow's own map is 256 px wide and holds the distance from its centre, 255 in its corners.
    across, down = (round(128 * side / max(width_px, height_px)) for side in (width_px, height_px))
    light = [_light_at(design, step / 255 * 128 * math.sqrt(2) / min(across, down)) for step in range(256)]
    left = 128 if design.symmetry % 2 == 0 else 128 - across
    distance = Image.radial_gradient("L").crop((left, 128, 128 + across, 128 + down))
    small = distance.point(light).resize(size, Image.Resampling.BILINEAR)
    return Image.merge("RGB", (small, small, small))


def _light_at(design: Design, radius: float) -> int:
    for ring in design.rings:
        if ring.inner <= radius < ring.outer:
            depth = (radius - ring.inner) / (ring.outer - ring.inner)
            return round(255 * (0.70 + 0.30 * min(1.0, depth * 1.7)))
    return 255 if radius < 0.93 else round(255 * (0.5 + 0.5 * math.exp(1.8 * (0.93 - radius))))
