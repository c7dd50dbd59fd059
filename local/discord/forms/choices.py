"""Parses choices of an option: those of a registered command, and those that an application suggests.  Pure.

Source: Discord, "Application Command Option Choice Structure", "Interaction Callback Data Structure: Autocomplete",
"Locales".
"""

import re
from collections.abc import Mapping
from typing import Any

from local.discord.errors import FormErrors, Path
from local.discord.forms.fields import Fields

STRING, INTEGER, BOOLEAN, NUMBER = 3, 4, 5, 10
SAFE_INTEGER = (1 << 53) - 1
MOST_CHOICES = 25
_LOCALES = re.compile(
    "id|da|de|en-(GB|US)|es-(ES|419)|fr|hr|it|lt|hu|nl|no|pl|pt-BR|ro|fi|sv-SE|vi|tr|cs|el|bg|ru|uk|hi|th|zh-(CN|TW)|ja|ko"
)


def is_locale(text: str) -> bool:
    return _LOCALES.fullmatch(text) is not None


def parse_choices(value: object, option_type: int, path: Path) -> tuple[dict[str, Any], ...]:
    """The suggested choices.  Raises DiscordError, 400/50035, for all wrong fields."""
    errors = FormErrors()
    fields = Fields(value, errors, path)
    choices = [parse_choice(choice, option_type) for choice in fields.objects("choices", MOST_CHOICES) or []]
    errors.check()
    return tuple(choices)


def parse_choice(fields: Fields, option_type: int | None) -> dict[str, Any]:
    name = fields.text("name", 100, least=1, required=True)
    choice = {"name": name, "name_localizations": localized(fields, "name", 100)}
    if option_type == INTEGER:
        return choice | {"value": fields.whole("value", -SAFE_INTEGER, SAFE_INTEGER, required=True)}
    if option_type == NUMBER:
        return choice | {"value": fields.number("value", required=True)}
    return choice | {"value": fields.text("value", 100, required=True)}


def localized(fields: Fields, name: str, most: int) -> Mapping[str, str] | None:
    """Locale → text, without those that are null, as libraries send them (discord-api-types, LocalizationMap)."""
    texts = fields.object(f"{name}_localizations")
    if texts is None:
        return None
    for locale in texts.names():
        if not is_locale(locale):
            texts.refuse((locale,), "BASE_TYPE_CHOICES", "Not a locale of Discord.")
    read = {locale: texts.text(locale, most, least=1) for locale in texts.names()}
    return {locale: text for locale, text in read.items() if text is not None}
