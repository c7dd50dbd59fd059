"""What a member typed → the words of the request.  Called by interaction.to_request; pure.

The words are only a seed, so any length is accepted.  Discord sends up to 6,000 characters, more than `max_length`: on
a telephone a custom emoji counts as its name, but is sent as `<:name:id>`.  Source: discord-api-docs #5278, #5920.
"""

import hashlib
import re
import string
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
_JOINER = "\u200d"
_SKINS = [chr(code) for code in range(0x1F3FB, 0x1F400)]
_FLAG_LETTERS = "".join(map(chr, range(0x1F1E6, 0x1F200)))  # a flag is two of them
_MARKDOWN = re.compile(f"[{re.escape(string.punctuation)}]")


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
    return f"{cut(words, _KEPT_CHARACTERS).rstrip()}… {digest}"


def cut(text: str, most: int, ending: str = "") -> str:
    """The text if it has at most so many characters; else its beginning and the ending, without half a character.

    What a reader sees as one character may be many: a letter and its accents, an emoji and its skin, a family, a flag.
    Source: Unicode Standard Annex 29, "Grapheme Cluster Boundary Rules", GB9, GB9a, GB11 to GB13.
    """
    if len(text) <= most:
        return text
    end = most - len(ending)
    while end > 0 and _is_inside(text, end):
        end -= 1
    return text[: end or most - len(ending)] + ending


def _is_inside(text: str, place: int) -> bool:
    """Whether the sign at this place belongs to the one before it."""
    sign, before = text[place], text[place - 1]
    if before == _JOINER or sign == _JOINER or sign in _SKINS or "\U000e0020" <= sign <= "\U000e007f":
        return True
    if sign in _FLAG_LETTERS:
        letters = len(text[:place]) - len(text[:place].rstrip(_FLAG_LETTERS))
        return letters % 2 == 1
    return unicodedata.category(sign).startswith("M")


def escaped(text: str) -> str:
    """The text as Discord shows it letter by letter where it would read Markdown, mentions and links."""
    return _MARKDOWN.sub(r"\\\g<0>", text)
