"""The palettes as members know them: a name that never changes, a sign of its colour, a label in each language.

Their data: schemas/palettes.json.  The first 25 are what a member sees before anything is typed.  mandala/palette.py
has their colours; a square is drawn on a dark ground, a circle on pale paper.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from service.sentences import language


@dataclass(frozen=True, slots=True)
class Palette:
    """labels by language: en, de, …"""

    name: str
    sign: str
    labels: Mapping[str, str]

    def label(self, locale: str) -> str:
        return self.labels.get(language(locale), self.labels["en"])


def _read() -> dict[str, Palette]:
    listed = json.loads((Path(__file__).parent / "palettes.json").read_text(encoding="utf-8"))
    return {name: Palette(name, **palette) for name, palette in listed.items()}


PALETTES: Mapping[str, Palette] = _read()
