"""Seed → design → picture.  Pure: the same text gives the same picture, byte by byte under the pinned libraries."""

from mandala.design import SYMMETRIES, Design, DesignError, design_for
from mandala.encode import png
from mandala.palette import PALETTES
from mandala.render import draw_quadrant
from mandala.words import Words, colour, describe

__all__ = [
    "PALETTES",
    "SYMMETRIES",
    "Design",
    "DesignError",
    "Words",
    "colour",
    "describe",
    "design_for",
    "draw_png",
]


def draw_png(design: Design, size_px: int = 1024) -> bytes:
    """The design as a PNG of size_px squared; size_px is even."""
    return png(draw_quadrant(design, size_px), size_px)
