"""All that members read, in their language.  Their data: service/sentences.json, by key and language."""

import json
import math
from collections.abc import Mapping
from pathlib import Path

SENTENCES: Mapping[str, Mapping[str, str]] = json.loads(Path(__file__).with_suffix(".json").read_text(encoding="utf-8"))


def language(locale: str) -> str:
    """The language of one of Discord's locales: de of de, es of es-ES and es-419."""
    return locale.partition("-")[0]


def say(key: str, locale: str, **values: object) -> str:
    """The sentence in the locale's language, else in English; values replace its {placeholders}."""
    sentence = SENTENCES[key]
    return sentence.get(language(locale), sentence["en"]).format(**values)


def relative_time(moment_s: float) -> str:
    """An instant (epoch) as Discord shows it: "in 2 minutes", in the reader's language; it counts down by itself.

    Source: Discord, "Message Formatting", "Timestamp Styles": R, relative time.
    """
    return f"<t:{math.ceil(moment_s)}:R>"
