"""What a member typed → the words of the request.  Called by interaction.to_request; pure.

The words are only a seed, so any length is accepted.  Discord sends up to 6,000 characters, more than `max_length`: on
a telephone a custom emoji counts as its name, but is sent as `<:name:id>`.  Source: discord-api-docs #5278, #5920.
"""

import hashlib
import re
import unicodedata

MAX_CHARACTERS = 200  # of `words` in schemas/request.json
_KEPT_CHARACTERS = 160  # of longer words; a digest of all of them follows

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON can write one, but it is no character
# Invisible, and not part of the spelling of a word: soft hyphen, break hints, order marks, direction overrides.
_INVISIBLE = [0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
_FOLD = {**dict.fromkeys(_INVISIBLE), **dict.fromkeys(_CONTROLS, " ")}
# These change how the next characters look (emoji, Indic and Persian letters); alone they are invisible.
_JOINERS = "\u200c\u200d\ufe0e\ufe0f "


def tidy(text: str) -> str:
    """The words in one form for all texts that look the same; empty if no visible character is left.

    Composed (NFC), white space and controls folded to single spaces, invisible characters left out.
    """
    composed = unicodedata.normalize("NFC", _LONE_SURROGATE.sub("", text).translate(_FOLD))
    folded = " ".join(composed.split())
    return folded if folded.strip(_JOINERS) else ""


def shortened(words: str) -> str:
    """The words if they fit into the request; else their beginning and a digest, so that every character counts."""
    if len(words) <= MAX_CHARACTERS:
        return words
    digest = hashlib.sha256(words.encode()).hexdigest()[:32]
    return f"{words[:_KEPT_CHARACTERS].rstrip()}… {digest}"
