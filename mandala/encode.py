"""Design → PNG bytes: 256 colours, mirrored, deflated.

Source: PNG, third edition: IHDR, PLTE, IDAT, IEND; filter 0 on every row, which suits palette pictures best.
"""

import struct

from isal import isal_zlib
from PIL import Image

from mandala.design import Design
from mandala.render import draw_near, unfolded

_LEVEL = 2  # 1.9 ms; 1 is no faster and larger, 3 is slower and no smaller
_SAMPLE_PX = 128  # width of the sample from which the colours are chosen


def draw_png(design: Design, width_px: int = 1024, height_px: int | None = None) -> bytes:
    """The design as a palette PNG; both sizes are even, height_px is width_px where it is not given."""
    height_px = height_px or width_px
    indexed = _indexed(*draw_near(design, width_px, height_px))
    header = struct.pack(">IIBBBBB", width_px, height_px, 8, 3, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", bytes(indexed.getpalette() or ())),
            _chunk(b"IDAT", isal_zlib.compress(_rows(indexed, design), _LEVEL)),
            _chunk(b"IEND", b""),
        )
    )


def _indexed(near: Image.Image, is_folded: bool) -> Image.Image:
    """The part in 256 colours.  They are chosen from a sample: by symmetry the other pixels have few more colours."""
    thinned = tuple(max(1, side // max(1, round(min(near.size) / _SAMPLE_PX))) for side in near.size)
    sample = unfolded(near.resize(thinned, Image.Resampling.NEAREST), is_folded)
    chosen = sample.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    return unfolded(near.quantize(palette=chosen, dither=Image.Dither.NONE), is_folded)


def _rows(part: Image.Image, design: Design) -> bytearray:
    """Of the whole picture, mirrored as `mirrored` does; in a PNG each row begins with the number of its filter."""
    wide, tall = part.size
    size = (1 + 2 * wide, tall if design.symmetry % 2 else 2 * tall)
    rows = bytearray(size[0] * size[1])
    # What Image calls: it would take a copy of the rows before it pastes into them.
    whole = Image.frombuffer("L", size, rows, "raw", "L", 0, 1).im
    for half, left in ((part.transpose(Image.Transpose.FLIP_LEFT_RIGHT), 1), (part, 1 + wide)):
        whole.paste(half.im, (left, size[1] - tall, left + wide, size[1]))
        if tall < size[1]:
            whole.paste(half.transpose(Image.Transpose.FLIP_TOP_BOTTOM).im, (left, 0, left + wide, tall))
    return rows


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", isal_zlib.crc32(kind + content))
