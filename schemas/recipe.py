"""What makes a picture, as its message keeps it: the words in the embed's footer, the other options in the buttons.

Written by the steps, and by the ingress under an apology; read by the ingress when somebody presses a button.  Nothing
else remembers it, so a button works as long as its message lives.
Source: Discord, "Button", "Action Row", "Embed Footer Structure": a custom_id has up to 100 characters, a footer 2,048.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from schemas.palettes import PALETTES
from schemas.request import MOST_VARIATIONS, PRINT_PX, Options
from service.sentences import say

Action = Literal["another", "palette", "keep", "again"]

_GREY = 2  # Source: Discord, "Button Styles": secondary
_FOOTER = re.compile(r"/mando(?: (?:symmetry|palette|variation):[a-z0-9-]+)* words:(?P<words>.+)", re.DOTALL)
# A change of this form needs another number: buttons of old messages are pressed for years.
_CUSTOM_ID = re.compile(
    r"mando1:(another|palette|keep|again):(?P<words>w?):(?P<symmetry>|[3-9]|1[0-9]|2[0-4]):(?P<palette>[a-z0-9-]{0,32})"
    rf":(?P<variation>|[1-9][0-9]{{0,2}}):(?P<size_px>|{PRINT_PX})"
)


def footer(options: Options) -> str:
    """What to type for the same picture.  The words are the last, so nothing in them is taken for an option."""
    named = {"symmetry": options.symmetry, "palette": options.palette, "variation": options.variation}
    chosen = [f" {name}:{value}" for name, value in named.items() if value is not None]
    return f"/mando{''.join(chosen)} words:{options.words}"


def words_of(embed_footer: str) -> str | None:
    """The words in a footer as footer() makes it; None in any other."""
    found = _FOOTER.fullmatch(embed_footer)
    return found["words"] if found else None


def buttons(asked: Mapping[Action, Options], locale: str) -> list[dict[str, Any]]:
    """The components of a message: a button for each action, with the options of the request that it makes."""
    row = [
        {
            "type": 2,
            "style": _GREY,
            "label": say(f"button_{action}", locale),
            "custom_id": _custom_id(action, options),
        }
        for action, options in asked.items()
    ]
    return [{"type": 1, "components": row}]


def to_try_again(options: Options, locale: str) -> dict[str, Any]:
    """What an apology holds beside its text: a button, and the words that belong to it."""
    embeds = [] if options.words is None else [{"footer": {"text": footer(options)}}]
    return {"embeds": embeds, "components": buttons({"again": options}, locale)}


def _custom_id(action: Action, options: Options) -> str:
    parts = (options.words and "w", options.symmetry, options.palette, options.variation, options.size_px)
    return ":".join(["mando1", action, *("" if part is None else str(part) for part in parts)])


def options_of(custom_id: str) -> tuple[Options, bool] | None:
    """The options in a custom_id, and whether words belong to them; None if no button of ours has it."""
    found = _CUSTOM_ID.fullmatch(custom_id)
    if found is None or found["palette"] not in ("", *PALETTES):
        return None
    symmetry, variation, size_px = (
        int(found[name]) if found[name] else None for name in ("symmetry", "variation", "size_px")
    )
    options = Options(symmetry=symmetry, palette=found["palette"] or None, variation=variation, size_px=size_px)
    return options, bool(found["words"])


def another(options: Options) -> Options:
    """The same with the next variation; after the last one comes the first."""
    return replace(options, variation=((options.variation or 0) + 1) % (MOST_VARIATIONS + 1) or None)


def other_palette(options: Options, shown: str | None) -> Options:
    """The same in another palette than the one that is shown: again and again, in all of them."""
    names = list(PALETTES)
    at = dict(zip(names, range(len(names)), strict=True)).get(shown or "", 0)
    return replace(options, palette=names[(at + _STEP) % len(names)])


def large(options: Options) -> Options:
    """The same as a print."""
    return replace(options, size_px=PRINT_PX)


_STEP = 13  # has no divisor in common with the number of palettes; neighbours in the list differ little
