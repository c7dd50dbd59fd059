"""Words that name something → the palettes and families that suit it: a picture leans to them.  Called by families.py.

themes.csv has them in the languages of the command.  Capital letters, accents and an s at the end make no difference.
"""

import csv
import re
import unicodedata
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple


class Theme(NamedTuple):
    """palettes and families by their names, none where no word has a theme; is_alone: the text is this one word."""

    palettes: tuple[str, ...] = ()
    families: tuple[str, ...] = ()
    is_alone: bool = False


def theme_of(text: str) -> Theme:
    """The theme of the first word that has one."""
    plain = _plain(text)
    for found in _WORD.finditer(plain):
        known = next((_THEMES[part] for part in _parts(found[0]) if part in _THEMES), None)
        if known:
            return known._replace(is_alone=found[0] == plain.strip())
    return Theme()


def _plain(text: str) -> str:
    """Without accents and capital letters."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    return "".join(sign for sign in apart if not unicodedata.combining(sign))


def _parts(word: str) -> list[str]:
    """The word, without an s too; of a Japanese one its parts: no spaces stand between its words."""
    if word.isascii():
        return [word, word.removesuffix("s")]
    starts = range(min(len(word), _LONGEST_TEXT))
    return [word, *(word[start : start + size] for start in starts for size in range(_LONGEST_WORD, 0, -1))]


def _read() -> dict[str, Theme]:
    """Where a word stands in two rows, the first one has it."""
    themes: dict[str, Theme] = {}
    with Path(__file__).with_suffix(".csv").open(encoding="utf-8", newline="") as file:
        for palettes, families, *languages in list(csv.reader(file))[1:]:
            theme = Theme(tuple(palettes.split()), tuple(families.split()))
            for word in _plain(" ".join(languages)).split():
                themes.setdefault(word, theme)
    return themes


_WORD = re.compile(r"[^\W\d_]+")
_LONGEST_TEXT, _LONGEST_WORD = 200, 6
_THEMES: Mapping[str, Theme] = _read()
