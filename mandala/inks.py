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
        calm = ground.lightness + (0.18 if self.is_dark else -0.16)
        self.calm = self.of(ground._replace(lightness=calm, chroma=ground.chroma + 0.03))
        self.shadow = self.of(ground._replace(lightness=ground.lightness * (0.62 if self.is_dark else 0.9)))

    def of(self, colour: Oklch) -> int:
        number = self._known.get(colour)
        if number is None:
            number = self._known[colour] = self._numbers.setdefault(colour.rgb(), len(self._numbers))
        return number

    def tone(self, hue: int, light: float) -> int:
        """A tone of one of the four hues; light runs from 0 at a motif's edge to 1 at its heart."""
        chroma = self._palette.chroma * (0.7 + 0.45 * math.sin(math.pi * (0.15 + 0.7 * light)))
        lightness = 0.32 + 0.53 * light if self.is_dark else 0.92 - 0.51 * light
        return self.of(Oklch(round(lightness, 2), round(chroma, 3), self._hue(hue)))

    def deep(self, hue: int) -> int:
        return self.of(Oklch(0.27 if self.is_dark else 0.36, self._palette.chroma * 0.62, self._hue(hue)))

    def bright(self, hue: int) -> int:
        return self.of(Oklch(0.9 if self.is_dark else 0.95, self._palette.chroma * 0.4, self._hue(hue)))

    def shade(self, hue: int, step: int) -> int:
        """The ground's colour, moved some steps towards a hue: for patterns that are hardly visible."""
        ground = self._palette.ground
        lightness = ground.lightness + (0.046 if self.is_dark else -0.046) * step
        return self.of(Oklch(round(lightness, 3), min(0.09, ground.chroma + 0.016 * step), self._hue(hue)))

    def colours(self) -> list[Rgb]:
        """Every colour so far, by its number."""
        return list(self._numbers)

    def _hue(self, hue: int) -> float:
        return self._palette.hues[hue % 4] + self._shift
