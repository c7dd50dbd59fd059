"""What a member typed → the words of the request.  Called by interaction.to_request; pure.

The words only seed the picture, so none are too many.  Discord sends up to 6,000 characters, also over `max_length`: on
a telephone a custom emoji counts as its name, and is sent as `<:name:id>`.  Source: discord-api-docs issues 5278, 5920.
"""

import hashlib
import re
import unicodedata

MAX_CHARACTERS = 200  # of `words` in schemas/request.json
_KEPT_CHARACTERS = 160  # of words that are longer; a digest of all of them follows

_LONE_SURROGATE = re.compile("[\ud800-\udfff]")  # JSON can spell one; no text holds it
# Invisible, and no part of how a word is spelt: soft hyphen, break hints, order marks, direction overrides.
_INVISIBLE = [0xAD, 0x61C, 0x180E, 0x200B, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2060, 0x2070), 0xFEFF]
_CONTROLS = [*range(0x20), *range(0x7F, 0xA0)]
_FOLD = {**dict.fromkeys(_INVISIBLE), **dict.fromkeys(_CONTROLS, " ")}
# These change how their neighbours look (emoji, Indic and Persian letters), and are nothing alone.
_JOINERS = "\u200c\u200d\ufe0e\ufe0f "


def tidy(text: str) -> str:
    """The words, alike if they look alike; empty where nothing is left to see.

    Composed (NFC), white space and controls folded to single spaces, invisible characters left out.
    """
    composed = unicodedata.normalize("NFC", _LONE_SURROGATE.sub("", text).translate(_FOLD))
    folded = " ".join(composed.split())
    return folded if folded.strip(_JOINERS) else ""


def shortened(words: str) -> str:
    """The words where they fit into the request; else their beginning and a digest: every character still counts."""
    if len(words) <= MAX_CHARACTERS:
        return words
    digest = hashlib.sha256(words.encode()).hexdigest()[:32]
    return f"{words[:_KEPT_CHARACTERS].rstrip()}… {digest}"
