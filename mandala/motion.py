"""Design → a bloom: the mandala opens from its heart outwards.

The picture is drawn once.  Each ring, with everything inside it, grows to its full size in its own interval.  A frame
is composed from the drawn part, then mirrored like the picture.
"""

import io
from typing import Literal

from PIL import Image, ImageDraw

from mandala.design import Design
from mandala.palette import PALETTES, Rgb
from mandala.render import draw_part, mirrored

FRAMES = 24
_FRAME_MS, _REST_MS = 50, 1800
_COLOURS = 128

MotionFormat = Literal["gif", "webp"]


def bloom(design: Design, size_px: int = 512, kind: MotionFormat = "gif") -> bytes:
    """FRAMES frames of size_px (even) squared; the last one is the finished picture and stays longest."""
    part = draw_part(design, size_px, size_px)
    ground = PALETTES[design.palette].ground.rgb()
    frames = [_frame(design, part, ground, (number + 1) / FRAMES) for number in range(FRAMES - 1)] + [part]
    palette = part.quantize(_COLOURS, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    if kind == "gif":
        frames = [frame.quantize(palette=palette, dither=Image.Dither.NONE) for frame in frames]
    drawn = [mirrored(frame, design) for frame in frames]
    target = io.BytesIO()
    durations = [_FRAME_MS] * (FRAMES - 1) + [_REST_MS]
    if kind == "gif":
        drawn[0].save(target, "GIF", save_all=True, append_images=drawn[1:], duration=durations, loop=0, optimize=False)
    else:
        drawn[0].save(
            target, "WEBP", save_all=True, append_images=drawn[1:], duration=durations, loop=0, quality=70, method=0
        )
    return target.getvalue()


def _frame(design: Design, part: Image.Image, ground: Rgb, progress: float) -> Image.Image:
    """The part with each ring at its size at this progress (0 to 1)."""
    frame = Image.new("RGB", part.size, ground)
    unit, top = part.width, 0 if design.symmetry % 2 == 0 else part.height // 2
    for number, ring in enumerate(design.rings):
        begins = 0.4 * (1 - (number + 1) / len(design.rings))
        grown = _eased((progress - begins) / (1 - begins))
        # Points and dots of a ring reach a little beyond it.
        reach = (ring.outer + 0.075 if number == 0 else ring.outer) * unit
        if grown <= 0.02:
            continue
        radius = reach * grown
        box = (0, max(0, round(top - reach)), min(part.width, round(reach)), min(part.height, round(top + reach)))
        size = (max(1, round(box[2] * grown)), max(1, round((box[3] - box[1]) * grown)))
        small = part.crop(box).resize(size, Image.Resampling.BILINEAR) if grown < 1 else part.crop(box)
        at = round(top - (top - box[1]) * grown)
        mask = Image.new("L", small.size, 0)
        ImageDraw.Draw(mask).ellipse((-radius, top - at - radius, radius, top - at + radius), fill=255)
        frame.paste(small, (0, at), mask)
    return frame


def _eased(progress: float) -> float:
    """Fast at first, slow at the end."""
    progress = min(1.0, max(0.0, progress))
    return float(1 - (1 - progress) ** 2.2)
