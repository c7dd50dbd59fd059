"""What Discord sends → the options of the request.  Called by interaction.to_request; pure.

Discord checks options against what `mando register` registered; other values come from an older registration.
"""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ingress import suggest
from ingress.words import escaped, shortened, tidy
from schemas import recipe
from schemas.request import MOST_VARIATIONS, Options

_SYMMETRIES = range(3, 25)  # as in schemas/request.json


class WrongOption(ValueError):
    """Raised when an option cannot be what the member meant; its key and values are of the sentence for the member."""

    def __init__(self, key: str, **values: object) -> None:
        super().__init__(key)
        self.key, self.values = key, values


def parse_options(options: Mapping[str, Any], locale: str) -> Options:
    """The options of the request; options of another version of the command are ignored.  Raises WrongOption."""
    return Options(
        words=_words(options["words"]) if "words" in options else None,
        symmetry=_number("symmetry", options["symmetry"], _SYMMETRIES) if "symmetry" in options else None,
        palette=_palette(options["palette"], locale) if "palette" in options else None,
        # 0 is the first picture, as if none were given.
        variation=_number("variation", options["variation"], range(MOST_VARIATIONS + 1)) or None
        if "variation" in options
        else None,
    )


def of_message(message: Mapping[str, Any]) -> Options:
    """The words of somebody's message: its text, else that of an embed.  Raises WrongOption."""
    texts = [message.get("content")]
    for embed in _listed(message.get("embeds")):
        texts += [embed.get("description"), embed.get("title")]
    for text in texts:
        if isinstance(text, str) and (words := shortened(tidy(text))):
            return Options(words=words)
    raise WrongOption("no_words")


def of_button(custom_id: object, message: Mapping[str, Any]) -> Options:
    """What a button of our message asks for.  Raises WrongOption."""
    found = recipe.options_of(custom_id) if isinstance(custom_id, str) else None
    if found is None:
        raise WrongOption("unknown_button")
    options, has_words = found
    if not has_words:
        return options
    for embed in _listed(message.get("embeds")):
        footer = embed.get("footer")
        text = footer.get("text") if isinstance(footer, dict) else None
        if isinstance(text, str) and (words := shortened(tidy(recipe.words_of(text) or ""))):
            return replace(options, words=words)
    raise WrongOption("lost_words")  # a moderator may remove the embed


def _listed(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _words(value: object) -> str | None:
    """The words; None if no visible character is left."""
    if not isinstance(value, str | int | float):
        raise WrongOption("unreadable_words")
    return shortened(tidy(str(value))) or None


def _number(name: str, value: object, allowed: range) -> int:
    """A whole number, also if it is written as 6.0 or "6"."""
    try:
        number = int(value) if isinstance(value, str) or (isinstance(value, float) and value.is_integer()) else value
    except ValueError:
        number = None
    if not isinstance(number, int) or isinstance(number, bool) or number not in allowed:
        raise WrongOption(f"wrong_{name}", least=allowed[0], most=allowed[-1])
    return number


def _palette(value: object, locale: str) -> str:
    """The palette that was chosen, or typed as the member calls it."""
    typed = value if isinstance(value, str) else ""
    if palette := suggest.find(typed):
        return palette
    quoted = escaped(suggest.quoted(typed))
    if near := suggest.near(typed):
        raise WrongOption("near_palettes", typed=quoted, names=", ".join(palette.label(locale) for palette in near))
    raise WrongOption("wrong_palette", typed=quoted)
