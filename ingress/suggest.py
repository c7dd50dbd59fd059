"""What a member types for a palette → the palettes that may be meant.  Called by main and options; pure.

Answered while the member types: all folded names stand ready, and nothing is enqueued.  Case, accents and all that is
no letter and no digit make no difference.
"""

import difflib
import unicodedata
from typing import Any

from ingress.words import cut, tidy
from schemas.palettes import PALETTES, Palette
from service.sentences import language, say

MOST_CHOICES = 25  # Source: Discord, "Autocomplete": up to 25 choices, whose names and values have up to 100 characters
_MOST_CHARACTERS = 100
_MOST_QUOTED = 40
_MOST_NEAR = 3


def fold(text: str) -> str:
    """The text without case, accents, spaces and signs."""
    return "".join(sign for sign in unicodedata.normalize("NFKD", text).casefold() if sign.isalnum())


_MEANT = {
    fold(name): palette.name for palette in PALETTES.values() for name in (palette.name, *palette.labels.values())
}
# By language: the palettes, each with its folded names.
_NAMES = {
    spoken: [(palette, {fold(palette.name), fold(palette.label(spoken))}) for palette in PALETTES.values()]
    for spoken in next(iter(PALETTES.values())).labels
}
_NOT_FOUND = 3


def find(typed: str) -> str | None:
    """The palette that has this name, or this label in any language."""
    return _MEANT.get(fold(typed))


def choices(typed: str, locale: str) -> list[dict[str, Any]]:
    """What Discord offers to who has typed this: at most 25, the best first; one that says so if there is none."""
    typed = tidy(typed[:_MOST_CHARACTERS])
    offered = [
        {"name": f"{palette.sign} {palette.label(locale)}", "value": palette.name}
        for palette in _matching(fold(typed), locale) or near(typed)
    ]
    if offered:
        return offered[:MOST_CHOICES]
    return [{"name": say("no_palette", locale, typed=quoted(typed)), "value": typed}]


def _matching(wanted: str, locale: str) -> list[Palette]:
    """The palettes that hold the text in their name or label: first those that begin with it."""
    ranked = [
        (min(_rank(wanted, name) for name in names), palette)
        for palette, names in _NAMES.get(language(locale), _NAMES["en"])
    ]
    return [palette for rank, palette in sorted(ranked, key=lambda one: one[0]) if rank < _NOT_FOUND]


def _rank(wanted: str, name: str) -> int:
    if name == wanted:
        return 0
    return 1 if name.startswith(wanted) else 2 if wanted in name else _NOT_FOUND


def near(typed: str) -> list[Palette]:
    """The palettes whose name or label, in any language, is this but for a letter or two, or begins with it."""
    wanted = fold(typed[:_MOST_CHARACTERS])
    begun = [name for name in _MEANT if wanted and name.startswith(wanted)]
    found = begun or difflib.get_close_matches(wanted, _MEANT, n=_MOST_NEAR, cutoff=0.7)
    return [PALETTES[name] for name in dict.fromkeys(_MEANT[one] for one in found)][:_MOST_NEAR]


def quoted(typed: str) -> str:
    """The text, short enough to be quoted."""
    return cut(tidy(typed), _MOST_QUOTED, "…")
