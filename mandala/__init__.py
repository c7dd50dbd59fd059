"""Seed → design → picture.  Pure: the same text gives the same picture, byte by byte under the pinned libraries."""

from mandala.design import SYMMETRIES, Design, DesignError
from mandala.document import from_document, to_document
from mandala.encode import draw_png
from mandala.families import FAMILIES, design_for
from mandala.motion import bloom
from mandala.palette import PALETTES
from mandala.sheet import draw_sheet
from mandala.svg import draw_svg
from mandala.version import DRAWING
from mandala.words import Words, colour, describe

__all__ = [
    "DRAWING",
    "FAMILIES",
    "PALETTES",
    "SYMMETRIES",
    "Design",
    "DesignError",
    "Words",
    "bloom",
    "colour",
    "describe",
    "design_for",
    "draw_png",
    "draw_sheet",
    "draw_svg",
    "from_document",
    "to_document",
]
