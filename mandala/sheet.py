"""Many designs on one sheet, to look at them side by side."""

from collections.abc import Sequence

from PIL import Image

from mandala.design import Design
from mandala.render import draw_part, mirrored


def draw_sheet(designs: Sequence[Design], columns: int, cell_px: int) -> Image.Image:
    """The designs in rows of `columns`, each cell_px (even) wide and high; RGB."""
    rows = -(-len(designs) // columns)
    sheet = Image.new("RGB", (columns * cell_px, rows * cell_px))
    for number, design in enumerate(designs):
        row, column = divmod(number, columns)
        sheet.paste(mirrored(draw_part(design, cell_px, cell_px), design), (column * cell_px, row * cell_px))
    return sheet
