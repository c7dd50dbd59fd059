"""Design → a bloom: the mandala folds up, and unfolds ring by ring from its heart outwards.

It is drawn twice, with its rings and without.  A frame is composed from both: a ring that unfolds is smaller than it
will be, and lies below what is unfolded.  The first and the last frame are the finished picture, so that the bloom
repeats without a jump, and so that a program that shows one frame shows the picture.
"""

import io
from collections.abc import Sequence
from typing import Literal

from PIL import Image, ImageDraw

from mandala.canvas import PIXEL
from mandala.design import Design
from mandala.render import draw_part, mirrored

_FOLDING, _UNFOLDING = 6, 20  # frames
FRAMES = _FOLDING + _UNFOLDING
_FRAME_MS, _REST_MS = 60, 1800
_COLOURS = 128
_CORNER = 1.41
_TOGETHER = 3  # rings that unfold at the same time
_SMOOTH = 4  # the mask of a ring is drawn so many times as large

MotionFormat = Literal["gif", "webp"]


def bloom(design: Design, size_px: int = 512, kind: MotionFormat = "gif") -> bytes:
    """FRAMES frames of size_px (even) squared; the first one, the finished picture, stays longest."""
    part = draw_part(design, size_px, size_px)
    bare = draw_part(design, size_px, size_px, is_bare=True)
    frames = [_frame(design, part, bare, progress) for progress in _steps()]
    if kind == "gif":
        palette = part.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
        frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    drawn = [mirrored(frame, design) for frame in frames]
    target = io.BytesIO()
    durations = [_REST_MS] + [_FRAME_MS] * (FRAMES - 1)
    if kind == "gif":
        drawn[0].save(target, "GIF", save_all=True, append_images=drawn[1:], duration=durations, loop=0, optimize=False)
    else:
        drawn[0].save(
            target, "WEBP", save_all=True, append_images=drawn[1:], duration=durations, loop=0, quality=70, method=0
        )
    return target.getvalue()


def _steps() -> Sequence[float]:
    """How far the mandala is unfolded in each frame: 1, nearly to 0 at the end of the folding, and to 1 again."""
    folding = [1 - _eased(number / _FOLDING) for number in range(_FOLDING)]
    return [*folding, *((number + 1) / _UNFOLDING for number in range(_UNFOLDING))]


def _frame(design: Design, part: Image.Image, bare: Image.Image, progress: float) -> Image.Image:
    """What lies behind the rings, and on it each ring at its size, from the outside in."""
    frame, total = bare.copy(), len(design.rings)
    for number, ring in enumerate(design.rings):
        grown = _eased((progress * (total - 1 + _TOGETHER) - (total - 1 - number)) / _TOGETHER)
        if grown == 1 and number == 0:
            return part.copy()
        reach = min(_CORNER, ring.outer + 3 * PIXEL)
        # A ring comes out from below the one within it.
        seen = ring.inner + (reach - ring.inner) * grown
        if grown == 1:
            _paste(frame, part, design, reach, 1.0)
            return frame
        if grown > 0:
            # What lies beyond the sides is not drawn, so a ring that reaches there cannot be made smaller.
            _paste(frame, part, design, seen, 1.0 if ring.outer > 1 else seen / reach)
    _paste(frame, part, design, design.heart.outer + 3 * PIXEL, 1.0)
    return frame


def _paste(frame: Image.Image, part: Image.Image, design: Design, radius: float, scale: float) -> None:
    """Put a disc of the part onto the frame: of this radius there, made smaller by scale."""
    middle = part.height // 2 if design.symmetry % 2 else 0
    reach = radius * part.width
    right, top = min(part.width, round(reach) + 1), max(0, round(middle - reach) - 1)
    bottom = min(part.height, round(middle + reach) + 1)
    size = (right, bottom - top)
    if scale == 1:
        disc = part.crop((0, top, right, bottom))
    else:
        high, low = max(0.0, middle + (top - middle) / scale), min(part.height, middle + (bottom - middle) / scale)
        source = (0.0, high, min(part.width, right / scale), low)
        disc = part.resize(size, Image.Resampling.BICUBIC, box=source)
    frame.paste(disc, (0, top), _disc(size, middle - top, reach))


def _disc(size: tuple[int, int], top: int, radius: float) -> Image.Image:
    """A mask with smooth edges: of a disc around the middle of its left side, at this height."""
    mask = Image.new("L", (size[0] * _SMOOTH, size[1] * _SMOOTH))
    reach, middle = radius * _SMOOTH, top * _SMOOTH
    ImageDraw.Draw(mask).ellipse((-reach, middle - reach, reach, middle + reach), fill=255)
    return mask.reduce(_SMOOTH)


def _eased(progress: float) -> float:
    """Fast at first, slow at the end."""
    progress = min(1.0, max(0.0, progress))
    return float(1 - (1 - progress) ** 2.2)
