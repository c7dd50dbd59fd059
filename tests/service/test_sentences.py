"""All that members read: each sentence in each language, with the same values."""

import json
import re

import pytest

from service.sentences import SENTENCES, relative_time, say
from tests.servers import ROOT


def test_each_language_of_the_commands_has_every_sentence_with_the_same_placeholders() -> None:
    command = json.loads((ROOT / "deploy" / "command.json").read_bytes())
    message_command = json.loads((ROOT / "deploy" / "message_command.json").read_bytes())
    locales = message_command["name_localizations"].keys()
    assert command["description_localizations"].keys() == locales
    languages = {"en", *(locale.partition("-")[0] for locale in locales)}
    assert {key: set(found) for key, found in SENTENCES.items()} == dict.fromkeys(SENTENCES, languages)
    for key, found in SENTENCES.items():
        placeholders = {language: sorted(re.findall(r"{(\w*)}", text)) for language, text in found.items()}
        assert placeholders == dict.fromkeys(languages, placeholders["en"]), key
        assert all(text == text.strip() and text for text in found.values())


def test_labels_of_buttons_fit() -> None:
    """Source: Discord, "Button Structure": 80 characters; four labels of 25 stand in one line."""
    labels = [text for key, found in SENTENCES.items() if key.startswith("button_") for text in found.values()]
    assert max(map(len, labels)) <= 34


@pytest.mark.parametrize(
    ("locale", "said"),
    [("de", "für <@5>"), ("es-419", "para <@5>"), ("en-GB", "for <@5>"), ("ko", "for <@5>"), ("", "for <@5>")],
)
def test_who_speaks_none_of_our_languages_reads_english(locale: str, said: str) -> None:
    assert say("for", locale, member="<@5>") == said


def test_a_wait_never_ends_too_early() -> None:
    assert relative_time(1000.2) == "<t:1001:R>"
