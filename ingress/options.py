"""The options that Discord sends → those of the request.  Called by interaction.to_request; pure.

Discord checks options against what `mando register` registered; other values come from an older registration.
"""

import re
from collections.abc import Mapping
from typing import Any

from ingress.words import shortened, tidy
from schemas.request import Options

# As in schemas/request.json; only the steps know the names of the palettes.
_PALETTE = re.compile(r"[a-z][a-z0-9-]{0,31}")
_SYMMETRIES = range(3, 25)


class WrongOption(ValueError):
    """Raised when an option cannot be what the member meant; the message is for the member."""


def parse_options(options: Mapping[str, Any]) -> Options:
    """The options of the request; options of another version of the command are ignored.  Raises WrongOption."""
    return Options(
        words=_words(options["words"]) if "words" in options else None,
        symmetry=_symmetry(options["symmetry"]) if "symmetry" in options else None,
        palette=_palette(options["palette"]) if "palette" in options else None,
    )


def _words(value: object) -> str | None:
    """The words; None if no visible character is left."""
    if not isinstance(value, str | int | float):
        raise WrongOption("I cannot read these words. Please type others, or leave them out.")
    return shortened(tidy(str(value))) or None


def _symmetry(value: object) -> int:
    """A whole number, also if it is written as 6.0 or "6"."""
    try:
        number = int(value) if isinstance(value, str) or (isinstance(value, float) and value.is_integer()) else value
    except ValueError:
        number = None
    if not isinstance(number, int) or number not in _SYMMETRIES:
        least, most = _SYMMETRIES[0], _SYMMETRIES[-1]
        raise WrongOption(f"The symmetry is a number from {least} to {most}. Please choose another.")
    return number


def _palette(value: object) -> str:
    if not isinstance(value, str) or not _PALETTE.fullmatch(value):
        raise WrongOption("I do not know this palette. Please choose one of the list.")
    return value
