"""Design → shapes on a canvas, from the ground to the heart: each ring covers the roots of the one outside it."""

from collections.abc import Callable, Mapping
from typing import Any

from mandala import heroes
from mandala.canvas import PIXEL, Canvas
from mandala.design import Band, Cells, Design, Facets, Flowers, Lattice, Moons, Petals
from mandala.ground import ground
from mandala.inks import Inks
from mandala.petals import band, petals

_RINGS: Mapping[type, Callable[[Canvas, Any, Inks], None]] = {
    Petals: petals,
    Band: band,
    Lattice: heroes.lattice,
    Cells: heroes.cells,
    Facets: heroes.facets,
    Flowers: heroes.flowers,
    Moons: heroes.moons,
}


def compose(design: Design, canvas: Canvas, inks: Inks, *, is_bare: bool = False) -> None:
    """Draw the whole design, or only what lies behind its rings."""
    ground(canvas, design, inks)
    if is_bare:
        return
    for ring in design.rings:
        _RINGS[type(ring)](canvas, ring, inks)
    heart = design.heart
    canvas.disc(heart.outer, inks.deep(heart.hue))
    canvas.circle(heart.outer, 2 * PIXEL, inks.metal)
    petals(canvas, heart, inks)
    for part, ink in ((0.35, inks.metal), (0.29, inks.deep(heart.hue + 1)), (0.17, inks.bright(heart.hue))):
        canvas.disc(part * heart.outer, ink)
