"""Design → SVG: the same shapes, as vectors."""

import math
from collections.abc import Sequence
from html import escape

from mandala.canvas import Matrix, Place
from mandala.compose import compose
from mandala.design import Design
from mandala.inks import Inks
from mandala.motifs import Point
from mandala.words import describe

_UNIT = 1000  # half the picture's shorter side


class _Drawing:
    def __init__(self, across: float, down: float) -> None:
        self.reach = math.hypot(across, down)
        self.elements: list[tuple[int, str]] = []
        self._shapes = 0
        corners = [(across * x, down * y) for x in (-1, 1) for y in (-1, 1)]
        self._places = {"centre": [(0.0, 0.0)], "corners": corners}

    def around(
        self, shape: Sequence[Point], count: int, shift: float, matrix: Matrix, ink: int, at: Place = "centre"
    ) -> None:
        a, b, c, d = matrix
        points = " ".join(f"{_number((a * t + b) * _UNIT)},{_number((c * w + d) * _UNIT)}" for t, w in shape)
        self._shapes += 1
        name = f"s{self._shapes}"
        turns = "".join(
            f'<use href="#{name}" transform="{_moved(place)}rotate({_number(360 * (number + shift) / count)})"/>'
            for place in self._places[at]
            for number in range(count)
        )
        self.elements.append((ink, f'<defs><polygon id="{name}" points="{points}"/></defs>{turns}'))

    def disc(self, radius: float, ink: int, at: Place = "centre") -> None:
        for place in self._places[at]:
            self.elements.append((ink, f'<circle r="{_number(radius * _UNIT)}" transform="{_moved(place)}"/>'))

    def circle(self, radius: float, width: float, ink: int, at: Place = "centre") -> None:
        size, stroke = _number(radius * _UNIT), _number(width * _UNIT)
        for place in self._places[at]:
            drawn = f'<circle r="{size}" fill="none" stroke="currentColor" stroke-width="{stroke}"'
            self.elements.append((ink, f'{drawn} transform="{_moved(place)}"/>'))


def _moved(place: tuple[float, float]) -> str:
    x, y = place
    return f"translate({_number(x * _UNIT)},{_number(y * _UNIT)})" if x or y else ""


def draw_svg(design: Design, width_px: int = 1024, height_px: int = 1024) -> str:
    """The design as one SVG text; width and height are of its box; it scales to any size."""
    shorter = min(width_px, height_px)
    sides = (width_px / shorter, height_px / shorter)
    inks, drawing = Inks(design), _Drawing(*(sides if design.symmetry % 2 == 0 else sides[::-1]))
    compose(design, drawing, inks)
    colours = ["#{:02x}{:02x}{:02x}".format(*colour) for colour in inks.colours()]
    across, down = (_UNIT * side / min(width_px, height_px) for side in (width_px, height_px))
    box = f"{_number(-across)} {_number(-down)} {_number(2 * across)} {_number(2 * down)}"
    body = "\n".join(
        f'<g fill="{colours[ink]}" color="{colours[ink]}">{element}</g>' for ink, element in drawing.elements
    )
    turned = f'<g transform="rotate(-90)">\n{body}\n</g>' if design.symmetry % 2 else body
    words = describe(design)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width_px}" height="{height_px}" viewBox="{box}" role="img">\n'
        f"<title>{escape(words.title)}</title>\n<desc>{escape(words.description)}</desc>\n"
        f'<rect x="{_number(-across)}" y="{_number(-down)}" width="100%" height="100%" '
        f'fill="{colours[inks.ground]}"/>\n'
        f"{turned}\n</svg>\n"
    )


def _number(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
