"""Design → picture.  Only a half, a quarter or an eighth is drawn; the rest is mirrored at the design's axes.

The canvas has one byte a pixel, the number of a colour.  It is larger than the picture and reduced at the end.
"""

import functools
import math
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImagePath

from mandala.canvas import CIRCLE, Matrix, Place
from mandala.compose import compose
from mandala.design import Design
from mandala.inks import Inks
from mandala.motifs import Point

_STRIP_PX = 64  # rows of the picture that are coloured at a time: they stay in the processor's cache
_LARGE_PX = 1024
_STRIDES = (10, 6, 5, 3, 2)


class Raster:
    """The part of the picture that is drawn: right of the centre, and where the order is even below it too.

    width_px and height_px are of the whole picture; a circle of radius 1 touches its shorter sides.  Where the diagonal
    is an axis too (is_folded), shapes on its far side are left out: the near side is mirrored later.
    """

    def __init__(self, width_px: int, height_px: int, is_even: bool, is_folded: bool, ground: int, zoom: int) -> None:
        self.reach = math.hypot(width_px, height_px) / min(width_px, height_px)
        self._scale = min(width_px, height_px) / 2 * zoom
        across, down = width_px * zoom // 2, height_px * zoom // (2 if is_even else 1)
        self._right, self._down = across + 2, height_px * zoom // 2 + 2
        self._nearest = min(self._right, self._down)
        self._is_even = is_even
        corners = [(across, down)] if is_even else [(across, 0), (across, down)]
        self._places = {"centre": [(0, 0 if is_even else down // 2)], "corners": corners}
        # An odd order begins at the top, so that one motif points up.
        self._turn = 0.0 if is_even else -math.pi / 2
        self._sweep = math.pi / 4 + 0.02 if is_folded else math.pi / 2 if is_even else math.pi
        self.image = Image.new("L", (across, down), ground)
        self._draw = ImageDraw.Draw(self.image)

    def around(
        self, shape: Sequence[Point], count: int, shift: float, matrix: Matrix, ink: int, at: Place = "centre"
    ) -> None:
        a, b, c, d = (self._scale * part for part in matrix)
        if shape is CIRCLE and a == c:
            self._rounds(a, b, d, count, shift, ink, at)
            return
        whole = ImagePath.Path(shape)
        low, left, high, right = whole.getbbox()
        # With so many points an arc of this size is exact to a pixel.
        enough = 1.6 * (abs(a * c) * (high - low) * (right - left)) ** 0.25
        for stride in _STRIDES:
            if len(shape) >= stride * enough and len(shape) % (2 * stride) == 0:
                whole = ImagePath.Path(shape[::stride])
                break
        whole.transform((a, 0.0, b, 0.0, c, d))
        step = 2 * math.pi / count
        # What ImageDraw.polygon calls: its checks of the arguments take longer than filling a small shape.
        polygon, path_of = self._draw.draw.draw_polygon, ImagePath.Path
        box = whole.getbbox()
        wide = max(-box[1], box[3])
        # Only what is so far out can be beyond a side.
        is_far = at == "corners" or box[0] - wide > 0.7 * self._nearest
        for number in range(count) if at == "corners" else self._seen(box, step, count, shift):
            angle = (number + shift) * step + self._turn
            sine, cosine = math.sin(angle), math.cos(angle)
            if is_far and self._is_beyond(box[0], wide, cosine, sine, at):
                continue
            for x, y in self._places[at]:
                path = path_of(whole)
                path.transform((cosine, -sine, x, sine, cosine, y))
                polygon(path, ink, 1)

    def _rounds(self, reach: float, out: float, across: float, count: int, shift: float, ink: int, at: Place) -> None:
        """Circles, all of the same width in pixels."""
        step, width = 2 * math.pi / count, max(0, round(2 * reach) - 1)
        box = (out - reach, across - reach, out + reach, across + reach)
        ellipse = self._draw.draw.draw_ellipse
        is_far = at == "corners" or out - reach > 0.7 * self._nearest
        for number in range(count) if at == "corners" else self._seen(box, step, count, shift):
            angle = (number + shift) * step + self._turn
            sine, cosine = math.sin(angle), math.cos(angle)
            if is_far and self._is_beyond(out - reach, reach + abs(across), cosine, sine, at):
                continue
            for x, y in self._places[at]:
                left = math.floor(x + cosine * out - sine * across - width / 2)
                top = math.floor(y + sine * out + cosine * across - width / 2)
                ellipse((left, top, left + width, top + width), ink, 1)

    def _is_beyond(self, nearest: float, wide: float, cosine: float, sine: float, at: Place) -> bool:
        """Whether a shape so far from its place and so wide lies beyond a side."""
        right, down = (self._right, self._down) if at == "centre" else (2, 2 if self._is_even else math.inf)
        if at == "centre":
            sine = abs(sine)
        return nearest * cosine - wide * abs(sine) > right or nearest * sine - wide * abs(cosine) > down

    def _seen(self, box: tuple[float, float, float, float], step: float, count: int, shift: float) -> range:
        """The numbers of the shapes that reach into the drawn part."""
        nearest, low, _, high = box
        ahead = math.atan2(max(0.0, high), nearest) if nearest > 0 else math.pi
        behind = math.atan2(max(0.0, -low), nearest) if nearest > 0 else math.pi
        first = math.ceil(-ahead / step - shift)
        return range(first, min(math.floor((self._sweep + behind) / step - shift), first + count - 1) + 1)

    def disc(self, radius: float, ink: int, at: Place = "centre") -> None:
        for box in self._boxes(radius, at):
            self._draw.ellipse(box, fill=ink)

    def circle(self, radius: float, width: float, ink: int, at: Place = "centre") -> None:
        for box in self._boxes(radius + width / 2, at):
            self._draw.ellipse(box, outline=ink, width=max(1, round(width * self._scale)))

    def _boxes(self, radius: float, at: Place) -> list[tuple[float, float, float, float]]:
        reach = radius * self._scale
        return [(left - reach, top - reach, left + reach, top + reach) for left, top in self._places[at]]


def draw_part(design: Design, width_px: int, height_px: int, *, is_bare: bool = False) -> Image.Image:
    """The part that `mirrored` needs, in RGB: the lower right quarter, or the right half if the order is odd.

    is_bare: only what lies behind the rings.
    """
    inks = Inks(design)
    is_even = design.symmetry % 2 == 0
    is_folded = width_px == height_px and design.symmetry % 4 == 0
    is_folded = is_folded and all(ring.count % 4 == 0 for ring in (*design.rings, design.heart))
    # Three times the size is finer but takes 1.5 times as long: not for large pictures.
    zoom = 3 if is_folded or max(width_px, height_px) < _LARGE_PX else 2
    raster = Raster(width_px, height_px, is_even, is_folded, inks.ground, zoom)
    compose(design, raster, inks, is_bare=is_bare)
    raster.image.putpalette([part for colour in inks.colours() for part in colour])
    part = _reduced(raster.image, zoom, is_folded)
    if is_folded:
        part.paste(part.transpose(Image.Transpose.TRANSPOSE), (0, 0), _below_diagonal(part.width))
    return part


def _reduced(canvas: Image.Image, zoom: int, is_folded: bool) -> Image.Image:
    """The canvas in its colours, 1/zoom as large; where it is folded only what is above the diagonal."""
    width, height = canvas.size
    part = Image.new("RGB", (width // zoom, height // zoom))
    for top in range(0, part.height, _STRIP_PX):
        left = top if is_folded else 0
        strip = canvas.crop((left * zoom, top * zoom, width, min(height, (top + _STRIP_PX) * zoom)))
        part.paste(strip.convert("RGB").reduce(zoom), (left, top))
    return part


@functools.lru_cache(maxsize=4)
def _below_diagonal(size_px: int) -> Image.Image:
    mask = Image.new("1", (size_px, size_px))
    ImageDraw.Draw(mask).polygon([(0, 1), (0, size_px), (size_px - 1, size_px)], fill=1)
    return mask


def mirrored(part: Image.Image, design: Design) -> Image.Image:
    """Mirror the drawn part to the whole picture."""
    half = _joined(part.transpose(Image.Transpose.FLIP_LEFT_RIGHT), part, (part.width, 0))
    if design.symmetry % 2:
        return half
    return _joined(half.transpose(Image.Transpose.FLIP_TOP_BOTTOM), half, (0, half.height))


def _joined(first: Image.Image, second: Image.Image, at: tuple[int, int]) -> Image.Image:
    whole = Image.new(first.mode, (at[0] + second.width, at[1] + second.height))
    if first.mode == "P":
        whole.putpalette(first.getpalette() or [])
    whole.paste(first, (0, 0))
    whole.paste(second, at)
    return whole
