"""The colours of one design, by number: a canvas stores numbers, colours() lists what they mean."""

import math

from mandala.design import Design
from mandala.palette import PALETTES, Oklch, Rgb


class Inks:
    """Tones of the design's palette, each numbered when it is first asked for."""

    def __init__(self, design: Design) -> None:
        self._palette = PALETTES[design.palette]
        self._shift = design.hue_shift
        self._numbers: dict[Rgb, int] = {}
        self._known: dict[Oklch, int] = {}
        self.is_dark = self._palette.is_dark
        self.ground = self.of(self._palette.ground)
        self.metal = self.of(self._palette.metal)
        ground = self._palette.ground
        self.lead = self.of(Oklch(0.13, 0.02, ground.hue)) if self.is_dark else self.metal
        calm = ground.lightness + (0.18 if self.is_dark else -0.08)
        self.calm = self.of(ground._replace(lightness=calm, chroma=ground.chroma + 0.03))
        self.shadow = self.of(ground._replace(lightness=ground.lightness * (0.62 if self.is_dark else 0.9)))

    def of(self, colour: Oklch) -> int:
        number = self._known.get(colour)
        if number is None:
            number = self._known[colour] = self._numbers.setdefault(colour.rgb(), len(self._numbers))
        return number

    def tone(self, hue: int, light: float) -> int:
        return self.of(self.colour_of(hue, light))

    def colour_of(self, hue: int, light: float) -> Oklch:
        """A tone of one of the four hues; light runs from 0 at a motif's edge to 1 at its heart."""
        chroma = self._palette.chroma * (0.7 + 0.45 * math.sin(math.pi * (0.15 + 0.7 * light)))
        lightness = 0.29 + 0.58 * light if self.is_dark else 0.94 - 0.57 * light
        return Oklch(round(lightness, 2), round(chroma, 3), self._hue(hue, lightness))

    def deep(self, hue: int) -> int:
        lightness = 0.27 if self.is_dark else 0.36
        return self.of(Oklch(lightness, self._palette.chroma * 0.62, self._hue(hue, lightness)))

    def sky(self, hue: int, step: int, *, is_light: bool) -> int:
        """The ground of the moons; the steps, 0 to 3, are a glow around them."""
        chroma = self._palette.chroma * (0.5 + 0.07 * step)
        if self.is_dark:
            lightness = (0.31 if is_light else 0.23) + 0.025 * step
        else:
            lightness = 0.87 - 0.02 * step if is_light else 0.31 + 0.03 * step
        return self.of(Oklch(round(lightness, 3), round(chroma, 3), self._hue(hue, lightness)))

    def soft(self, hue: int) -> int:
        """A colour for a large field: it is seen, and leaves the eye to what lies on it."""
        if self.is_dark:
            return self.deep(hue)
        return self.of(Oklch(0.83, self._palette.chroma * 0.42, self._hue(hue, 0.83)))

    def bright(self, hue: int) -> int:
        return self.of(Oklch(0.9 if self.is_dark else 0.95, self._palette.chroma * 0.4, self._hue(hue)))

    def shade(self, hue: int, step: int) -> int:
        """The ground's colour, moved some steps towards a hue: for patterns that are hardly visible."""
        ground = self._palette.ground
        lightness = ground.lightness + (0.046 if self.is_dark else -0.046) * step
        return self.of(Oklch(round(lightness, 3), min(0.09, ground.chroma + 0.016 * step), self._hue(hue, lightness)))

    def colours(self) -> list[Rgb]:
        """Every colour so far, by its number."""
        return list(self._numbers)

    def _hue(self, hue: int, lightness: float = 1.0) -> float:
        """In degrees.  A dark yellow looks like mud: the darker, the more yellows turn to orange and lime to green."""
        turned = (self._palette.hues[hue % 4] + self._shift) % 360
        yellow = max(0.0, 1 - abs(turned - 95) / 35)
        return turned + (50 if turned > 100 else -75) * yellow * max(0.0, 0.8 - lightness)
