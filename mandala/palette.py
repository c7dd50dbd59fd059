"""Colours: OKLCH → sRGB, and the palettes by the names that a member may type.

Source: Björn Ottosson, "A perceptual color space for image processing" (OKLab).
"""

import math
from bisect import bisect
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

Rgb = tuple[int, int, int]


class Oklch(NamedTuple):
    """lightness 0–1, chroma 0–0.37, hue in degrees."""

    lightness: float
    chroma: float
    hue: float

    def rgb(self) -> Rgb:
        """The nearest colour that a screen can show: chroma is reduced, lightness and hue stay."""
        lightness, chroma, hue = self
        cosine, sine = math.cos(math.radians(hue)), math.sin(math.radians(hue))
        linear = _linear(lightness, chroma * cosine, chroma * sine)
        if not _fits(*linear):
            low, high = 0.0, chroma
            for _ in range(5):
                middle = (low + high) / 2
                fits = _fits(*_linear(lightness, middle * cosine, middle * sine))
                low, high = (middle, high) if fits else (low, middle)
            linear = _linear(lightness, low * cosine, low * sine)
        red, green, blue = linear
        return bisect(_EDGES, red), bisect(_EDGES, green), bisect(_EDGES, blue)


@dataclass(frozen=True, slots=True)
class Palette:
    """Four hues (degrees), neighbours side by side; a ground; a metal for lines and dots; how strong colours are."""

    hues: tuple[float, float, float, float]
    ground: Oklch
    metal: Oklch
    chroma: float

    @property
    def is_dark(self) -> bool:
        return self.ground.lightness < 0.5


_GOLD = Oklch(0.83, 0.12, 85)
_SILVER = Oklch(0.88, 0.02, 240)
_COPPER = Oklch(0.74, 0.12, 52)
_ROSE = Oklch(0.82, 0.08, 25)


def _night(hue: float, lightness: float = 0.17, chroma: float = 0.035) -> Oklch:
    return Oklch(lightness, chroma, hue)


def _paper(hue: float = 90, lightness: float = 0.958, chroma: float = 0.014) -> Oklch:
    return Oklch(lightness, chroma, hue)


def _ink(hue: float) -> Oklch:
    return Oklch(0.34, 0.07, hue)


PALETTES: Mapping[str, Palette] = {
    "amethyst": Palette((300, 325, 275, 350), _night(300), _GOLD, 0.15),
    "aurora": Palette((165, 195, 140, 300), _night(220), _SILVER, 0.15),
    "autumn": Palette((45, 70, 25, 110), _night(40), _GOLD, 0.14),
    "blossom": Palette((0, 25, 340, 130), _paper(20), _ink(355), 0.14),
    "candy": Palette((350, 200, 85, 310), _paper(340), _ink(320), 0.15),
    "cathedral": Palette((265, 25, 90, 150), _night(265, 0.15), _GOLD, 0.17),
    "cobalt": Palette((260, 240, 285, 205), _night(265), _SILVER, 0.16),
    "copper": Palette((55, 35, 180, 80), _night(190, 0.19), _COPPER, 0.12),
    "coral": Palette((30, 50, 10, 195), _paper(60), _ink(30), 0.15),
    "dusk": Palette((320, 30, 285, 55), _night(290, 0.18), _ROSE, 0.15),
    "emerald": Palette((160, 140, 185, 95), _night(165), _GOLD, 0.14),
    "fjord": Palette((225, 200, 250, 160), _paper(220, 0.91, 0.03), _ink(245), 0.11),
    "flamingo": Palette((5, 340, 35, 190), _night(345), _ROSE, 0.17),
    "garden": Palette((140, 115, 350, 60), _paper(110, 0.93, 0.035), _ink(150), 0.14),
    "harvest": Palette((75, 50, 120, 25), _paper(80, 0.91, 0.05), _ink(50), 0.14),
    "indigo": Palette((280, 260, 300, 220), _night(285, 0.16), _GOLD, 0.16),
    "jade": Palette((165, 185, 145, 55), _paper(150, 0.92, 0.03), _ink(180), 0.12),
    "lagoon": Palette((195, 215, 170, 45), _night(220, 0.18), _SILVER, 0.14),
    "lavender": Palette((295, 275, 320, 145), _paper(290, 0.92, 0.025), _ink(290), 0.13),
    "lotus": Palette((350, 10, 320, 140), _night(340), _GOLD, 0.16),
    "marigold": Palette((70, 90, 45, 330), _night(30, 0.18), _GOLD, 0.16),
    "midnight": Palette((255, 285, 225, 80), _night(270, 0.14), _GOLD, 0.15),
    "mosaic": Palette((230, 45, 190, 90), _paper(85), _ink(250), 0.14),
    "opal": Palette((190, 310, 150, 30), _paper(200, 0.965), _ink(260), 0.1),
    "peacock": Palette((190, 155, 245, 290), _night(200), _GOLD, 0.15),
    "peony": Palette((355, 20, 330, 110), _paper(10), _ink(345), 0.16),
    "pomegranate": Palette((15, 35, 350, 75), _night(15, 0.17), _GOLD, 0.17),
    "saffron": Palette((60, 80, 30, 350), _night(355, 0.18), _GOLD, 0.16),
    "sapphire": Palette((250, 270, 225, 195), _night(255), _SILVER, 0.17),
    "sunrise": Palette((35, 65, 5, 285), _paper(70, 0.93, 0.045), _ink(15), 0.15),
    "terracotta": Palette((40, 60, 20, 210), _paper(75, 0.89, 0.04), _ink(40), 0.12),
    "twilight": Palette((285, 340, 250, 25), _night(280, 0.17), _SILVER, 0.16),
    "verdigris": Palette((175, 60, 195, 35), _night(180, 0.18), _COPPER, 0.12),
    "wisteria": Palette((300, 280, 335, 165), _night(305, 0.18), _SILVER, 0.14),
}


def _linear(lightness: float, a: float, b: float) -> tuple[float, float, float]:
    long = (lightness + 0.3963377774 * a + 0.2158037573 * b) ** 3
    medium = (lightness - 0.1055613458 * a - 0.0638541728 * b) ** 3
    short = (lightness - 0.0894841775 * a - 1.2914855480 * b) ** 3
    return (
        4.0767416621 * long - 3.3077115913 * medium + 0.2309699292 * short,
        -1.2684380046 * long + 2.6097574011 * medium - 0.3413193965 * short,
        -0.0041960863 * long - 0.7034186147 * medium + 1.7076147010 * short,
    )


def _fits(red: float, green: float, blue: float) -> bool:
    return -0.002 <= red <= 1.002 and -0.002 <= green <= 1.002 and -0.002 <= blue <= 1.002


def _decode(encoded: float) -> float:
    return encoded / 12.92 if encoded <= 0.04045 else ((encoded + 0.055) / 1.055) ** 2.4


_EDGES = [_decode((value + 0.5) / 255) for value in range(255)]  # where a value of 8 bits ends and the next one begins
