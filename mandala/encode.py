"""Quadrant → PNG bytes: 256 colours chosen on the quadrant, mirrored, deflated.

Source: PNG, third edition: IHDR, PLTE, IDAT, IEND; filter 0 on every row, which suits palette pictures best.
"""

import struct
import zlib

from isal import isal_zlib
from PIL import Image

_LEVEL = 1


def mirrored(quadrant: Image.Image, size_px: int) -> Image.Image:
    """The whole picture out of the quadrant right of and below its centre."""
    right = Image.new(quadrant.mode, (quadrant.width, size_px))
    top = quadrant.transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    right.paste(top, (0, size_px // 2 - quadrant.height))
    right.paste(quadrant, (0, size_px // 2))
    whole = Image.new(quadrant.mode, (size_px, size_px))
    whole.paste(right.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (size_px // 2 - quadrant.width, 0))
    whole.paste(right, (size_px // 2, 0))
    return whole


def png(quadrant: Image.Image, size_px: int) -> bytes:
    """The picture as a palette PNG of size_px squared."""
    indexed = quadrant.quantize(256, Image.Quantize.FASTOCTREE, dither=Image.Dither.NONE)
    colours = bytes(indexed.getpalette() or ())
    pixels = mirrored(indexed, size_px).tobytes()
    rows = b"".join(b"\0" + pixels[start : start + size_px] for start in range(0, len(pixels), size_px))
    header = struct.pack(">IIBBBBB", size_px, size_px, 8, 3, 0, 0, 0)
    return b"".join(
        (
            b"\x89PNG\r\n\x1a\n",
            _chunk(b"IHDR", header),
            _chunk(b"PLTE", colours),
            _chunk(b"IDAT", isal_zlib.compress(rows, _LEVEL)),
            _chunk(b"IEND", b""),
        )
    )


def _chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
