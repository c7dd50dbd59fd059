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
from mandala.motifs import Outline, Point

_STRIP_PX = 64  # rows of the picture that are coloured at a time: they stay in the processor's cache
_LARGE_PX = 1024
_STRIDES = (10, 6, 5, 3, 2, 1)

# After a picture the C library may give its memory back to the system, and get it again page by page for the next one:
# up to 2 ms a picture.  It keeps twice the largest piece that was freed so far.  Source: mallopt(3), M_MMAP_THRESHOLD.
bytes(16 << 20)

Affine = tuple[float, float, float, float, float, float]  # what ImagePath.Path.transform takes


class Raster:
    """The part of the picture that is drawn: right of the centre, and where the order is even below it too.

    width_px and height_px are of the whole picture; a circle of radius 1 touches its shorter sides.  Where the diagonal
    is an axis too (is_folded), shapes on its far side are left out: the near side is mirrored later.
    """

    def __init__(self, width_px: int, height_px: int, is_even: bool, is_folded: bool, ground: int, zoom: int) -> None:
        self.reach = math.hypot(width_px, height_px) / min(width_px, height_px)
        self._scale = min(width_px, height_px) / 2 * zoom
        across, down = width_px * zoom // 2, height_px * zoom // (2 if is_even else 1)
        corners = ((across, down),) if is_even else ((across, 0), (across, down))
        self._places = {"centre": ((0, 0 if is_even else down // 2),), "corners": corners}
        # An odd order begins at the top, so that one motif points up.
        self._turn = 0.0 if is_even else -math.pi / 2
        self._sweep = math.pi / 4 + 0.02 if is_folded else math.pi / 2 if is_even else math.pi
        self.image = Image.new("L", (across, down), ground)
        # What ImageDraw calls: its checks of the arguments take longer than filling a small shape.
        self._draw = ImageDraw.Draw(self.image).draw

    def around(
        self, shape: Sequence[Point], count: int, shift: float, matrix: Matrix, ink: int, at: Place = "centre"
    ) -> None:
        along, root, across, aside = matrix
        a, b, c, d = along * self._scale, root * self._scale, across * self._scale, aside * self._scale
        if shape is CIRCLE and a == c:
            self._rounds(a, b, d, count, shift, ink, at)
            return
        path_of = _kept_path if isinstance(shape, Outline) else _path
        low, left, high, right = path_of(shape, 1).getbbox()
        # With so many points an arc of this size is exact to a pixel.
        enough = 1.6 * (abs(a * c) * (high - low) * (right - left)) ** 0.25
        points = len(shape)
        for stride in _STRIDES:
            if points >= stride * enough and points % (2 * stride) == 0:
                break
        whole = path_of(shape, stride)[:]
        whole.transform((a, 0.0, b, 0.0, c, d))
        box = left, low, right, high = whole.getbbox()
        # Around the centre, and within the shorter sides: then a box of its own need not tell whether it may be seen.
        is_within = at == "centre" and math.hypot(max(right, -left), max(high, -low)) < self._scale
        polygon, (wide, tall) = self._draw.draw_polygon, self.image.size
        for turn in self._turns(box, count, shift, at):
            path = whole[:]
            path.transform(turn)
            if is_within:
                polygon(path, ink, 1)
                continue
            left, top, right, bottom = path.getbbox()
            if right > -1 and bottom > -1 and left < wide and top < tall:
                polygon(path, ink, 1)

    def _rounds(self, reach: float, out: float, aside: float, count: int, shift: float, ink: int, at: Place) -> None:
        """Circles, all of the same width in pixels."""
        width = max(0, round(2 * reach) - 1)
        half = width / 2
        box = (out - reach, aside - reach, out + reach, aside + reach)
        ellipse, (wide, tall) = self._draw.draw_ellipse, self.image.size
        for cosine, _, x, sine, _, y in self._turns(box, count, shift, at):
            left = math.floor(x + cosine * out - sine * aside - half)
            top = math.floor(y + sine * out + cosine * aside - half)
            if left < wide and top < tall:
                ellipse((left, top, left + width, top + width), ink, 1)

    def _turns(self, box: tuple[float, float, float, float], count: int, shift: float, at: Place) -> list[Affine]:
        """How shapes are turned and moved to their place; of those around the centre, the ones that may be seen."""
        nearest, low, _, high = box
        step, first, last = 2 * math.pi / count, 0, count - 1
        if at == "centre":
            ahead = behind = math.pi
            if nearest > 0:
                ahead = math.atan2(high, nearest) if high > 0 else 0.0
                behind = math.atan2(-low, nearest) if low < 0 else 0.0
            first = math.ceil(-ahead / step - shift)
            last = min(math.floor((self._sweep + behind) / step - shift), first + count - 1)
        return _turned(count, shift, first, last, self._turn, self._places[at])

    def disc(self, radius: float, ink: int, at: Place = "centre") -> None:
        for box in self._boxes(radius, at):
            self._draw.draw_ellipse(box, ink, 1)

    def circle(self, radius: float, width: float, ink: int, at: Place = "centre") -> None:
        for box in self._boxes(radius + width / 2, at):
            self._draw.draw_ellipse(box, ink, 0, max(1, round(width * self._scale)))

    def _boxes(self, radius: float, at: Place) -> list[tuple[float, float, float, float]]:
        reach = radius * self._scale
        return [(left - reach, top - reach, left + reach, top + reach) for left, top in self._places[at]]


# Layer upon layer has the same ones, and so have other pictures.
@functools.lru_cache(maxsize=1024)
def _turned(
    count: int, shift: float, first: int, last: int, start: float, places: tuple[tuple[int, int], ...]
) -> list[Affine]:
    angles = [(number + shift) * (2 * math.pi / count) + start for number in range(first, last + 1)]
    turned = [(math.cos(angle), math.sin(angle)) for angle in angles]
    return [(cos, -sin, x, sin, cos, y) for cos, sin in turned for x, y in places]


def _path(shape: Sequence[Point], stride: int) -> ImagePath.Path:
    return ImagePath.Path(shape[::stride])


_kept_path = functools.cache(_path)


def draw_part(design: Design, width_px: int, height_px: int, *, is_bare: bool = False) -> Image.Image:
    """The part that `mirrored` needs, in RGB: the lower right quarter, or the right half if the order is odd.

    is_bare: only what lies behind the rings.
    """
    return unfolded(*draw_near(design, width_px, height_px, is_bare=is_bare))


def draw_near(design: Design, width_px: int, height_px: int, *, is_bare: bool = False) -> tuple[Image.Image, bool]:
    """The part, and whether it is folded: what lies below its diagonal is then left to `unfolded`."""
    inks = Inks(design)
    is_even = design.symmetry % 2 == 0
    is_folded = width_px == height_px and design.symmetry % 4 == 0
    is_folded = is_folded and all(ring.count % 4 == 0 for ring in (*design.rings, design.heart))
    # Three times the size is finer but takes 1.5 times as long: not for large pictures.
    zoom = 3 if is_folded or max(width_px, height_px) < _LARGE_PX else 2
    raster = Raster(width_px, height_px, is_even, is_folded, inks.ground, zoom)
    compose(design, raster, inks, is_bare=is_bare)
    raster.image.putpalette([part for colour in inks.colours() for part in colour])
    return _reduced(raster.image, zoom, is_folded), is_folded


def _reduced(canvas: Image.Image, zoom: int, is_folded: bool) -> Image.Image:
    """The canvas in its colours, 1/zoom as large; where it is folded only what is above the diagonal."""
    width, height = canvas.width // zoom, canvas.height // zoom
    part = Image.new("RGB", (width, height), None)
    for top in range(0, height, _STRIP_PX):
        left = top if is_folded else 0
        bottom = min(height, top + _STRIP_PX)
        # What Image calls: for each strip it would copy the palette.
        strip = canvas.im.crop((left * zoom, top * zoom, width * zoom, bottom * zoom)).convert("RGB", 0)
        part.im.paste(strip.reduce((zoom, zoom), (0, 0, *strip.size)), (left, top, width, bottom))
    return part


def unfolded(near: Image.Image, is_folded: bool) -> Image.Image:
    """The whole part: where the diagonal is an axis, what lies above it is mirrored below it."""
    if is_folded:
        near.paste(near.transpose(Image.Transpose.TRANSPOSE), (0, 0), _below_diagonal(near.width))
    return near


@functools.lru_cache(maxsize=8)
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
