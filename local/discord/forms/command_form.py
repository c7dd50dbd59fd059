"""Parses a command that an application registers, and checks each field.  Pure.

Source: Discord, "Application Command Object", "… Option Structure", "… Naming"; of the codes:
https://github.com/discord/discord-api-docs/issues/7371 (a name that does not match), /5615 (order of options), /7712
(names in other languages), /3629 (description of a context menu), https://github.com/albertgmz/BeatDock/issues/103 (two
of one name).
"""

from collections.abc import Mapping
from typing import Any

import re2

from local.discord.errors import FormErrors
from local.discord.forms.choices import BOOLEAN, INTEGER, NUMBER, SAFE_INTEGER, STRING, localized, parse_choice
from local.discord.forms.fields import Fields

SLASH, OF_USER, OF_MESSAGE = 1, 2, 3
MOST_OPTIONS = 25

# The page says ' where the API means ʼ, a letter: https://github.com/discord/discord-api-docs/pull/8567.
_NAME = r"[-_\p{L}\p{N}\p{Devanagari}\p{Thai}]+"
_MOST_OF_NAME = 32
_MOST_CHARACTERS = 8000
_SHOWN_TYPES = (STRING, INTEGER, BOOLEAN, NUMBER)
_WITH_CHOICES = (STRING, INTEGER, NUMBER)
Command = dict[str, Any]


def parse_commands(value: object) -> list[Command]:
    """Parse a list of commands.  Raises DiscordError, 400/50035, naming every wrong field."""
    errors = FormErrors()
    if not isinstance(value, list):
        errors.add((), "LIST_TYPE_CONVERT", "Only iterables may be used in a ListType")
    listed = value if isinstance(value, list) else []
    commands = [_command(Fields(one, errors, (index,))) for index, one in enumerate(listed)]
    names = [(command["type"], command["name"]) for command in commands]
    for index, name in enumerate(names):
        if name in names[:index]:
            errors.add((index,), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique")
    errors.check()
    return commands


def parse_command(value: object) -> Command:
    """Parse one command.  Raises DiscordError, 400/50035, naming every wrong field."""
    errors = FormErrors()
    command = _command(Fields(value, errors))
    errors.check()
    return command


def _command(fields: Fields) -> Command:
    kind = fields.whole("type", 1, 4) or SLASH
    if kind not in (SLASH, OF_USER, OF_MESSAGE):
        fields.cannot_show(("type",), "This local Discord shows commands of the types 1, 2 and 3 only.")
    if fields.raw("handler") is not None:
        fields.cannot_show(("handler",), "This local Discord has no commands of type 4, and no handler.")
    contexts = fields.values("contexts", (0, 1, 2))
    named = _of_menu(fields) if kind in (OF_USER, OF_MESSAGE) else _named(fields, of_option=False)
    command = named | {
        "contexts": None if contexts is None else list(contexts),
        "default_member_permissions": _permissions(fields),
        "default_permission": fields.boolean("default_permission", default=True),
        "dm_permission": fields.boolean("dm_permission", default=True),
        "integration_types": list(fields.values("integration_types", (0, 1)) or (0,)),
        "nsfw": fields.boolean("nsfw"),
        "options": _options(fields) if kind == SLASH else [],
        "type": kind,
    }
    if (command_id := fields.text_or_number("id", 20)) is not None:
        command["id"] = command_id
    if _characters(command) > _MOST_CHARACTERS:
        fields.refuse((), "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({_MOST_CHARACTERS})")
    return command


def _permissions(fields: Fields) -> str | None:
    """Discord documents a text; libraries send numbers too, and no source says that they are refused."""
    return fields.text_or_number("default_member_permissions", 20)


def _options(fields: Fields) -> list[dict[str, Any]]:
    options = [_option(option) for option in fields.objects("options", MOST_OPTIONS) or []]
    names: set[str] = set()
    for index, option in enumerate(options):
        if option["name"] in names:
            # Source of the code: answers of the API, as its users quote them.
            fields.refuse(
                ("options", index),
                "APPLICATION_COMMAND_OPTIONS_NAME_INVALID",
                f"Option name {option['name']} is already used in these options",
            )
        names |= {option["name"]} - {None}
        if option["required"] and index and not options[index - 1]["required"]:
            fields.refuse(
                ("options", index),
                "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
                "Required options must be placed before non-required options",
            )
    return options


def _option(fields: Fields) -> dict[str, Any]:
    kind = fields.whole("type", 1, 11, required=True)
    if kind is not None and kind not in _SHOWN_TYPES:
        fields.cannot_show(("type",), f"This local Discord shows options of the types {_SHOWN_TYPES} only.")
    choices = [parse_choice(choice, kind) for choice in fields.objects("choices", 25) or []]
    completes = fields.boolean("autocomplete")
    # Source: "Application Command Option Structure".
    if completes and (choices or kind not in _WITH_CHOICES):
        fields.refuse(
            ("autocomplete",),
            "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID",
            "autocomplete is for options of text and numbers that have no choices",
        )
    option = _named(fields, of_option=True) | {"required": fields.boolean("required"), "type": kind}
    if choices:
        option["choices"] = choices
    if completes:
        option["autocomplete"] = True
    return option | {name: limit for name, limit in _limits(fields, kind).items() if limit is not None}


def _limits(fields: Fields, kind: int | None) -> dict[str, Any]:
    """The limits that an option of that type has; others are ignored."""
    if kind == STRING:
        return {"min_length": fields.whole("min_length", 0, 6000), "max_length": fields.whole("max_length", 1, 6000)}
    if kind == INTEGER:
        return {name: fields.whole(name, -SAFE_INTEGER, SAFE_INTEGER) for name in ("min_value", "max_value")}
    if kind == NUMBER:
        return {name: fields.number(name) for name in ("min_value", "max_value")}
    return {}


def _named(fields: Fields, of_option: bool) -> dict[str, Any]:
    name = fields.text("name", 100, required=True)
    if name is not None and not _matches(name):
        fields.refuse(("name",), "STRING_TYPE_REGEX", "String value did not match validation regex.")
    elif name is not None and name != name.lower():
        fields.refuse(("name",), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    names = localized(fields, "name", 100)
    for locale, text in (names or {}).items():
        if not _matches(text) or text != text.lower():
            # Of a command, Discord does not say which language it means: issue 7712.
            path = ("name_localizations", locale) if of_option else ("name_localizations",)
            fields.refuse(path, "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid")
    return {
        "name": name,
        "name_localizations": names,
        "description": fields.text("description", 100, least=1, required=True),
        "description_localizations": localized(fields, "description", 100),
    }


def _of_menu(fields: Fields) -> dict[str, Any]:
    """The names of a user or message command: any letters, and spaces; it has no description and no options.

    Source: "Application Command Naming"; that more is not checked: https://github.com/discordjs/discord.js/pull/10994.
    """
    if fields.raw("description"):
        fields.refuse(
            ("description",),
            "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_INVALID",
            "Context menu commands cannot have description",
        )
    if fields.raw("options"):
        fields.refuse(
            ("options",),
            "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS_INVALID",
            "Context menu commands cannot have options",
        )
    return {
        "name": fields.trimmed("name", _MOST_OF_NAME, least=1, required=True),
        "name_localizations": localized(fields, "name", _MOST_OF_NAME),
        "description": "",
        "description_localizations": None,
    }


def _matches(name: str) -> bool:
    return len(name) <= _MOST_OF_NAME and re2.fullmatch(_NAME, name) is not None  # type: ignore[no-untyped-call]


def _characters(command: Command) -> int:
    """The number of characters of names, descriptions and values, each in its longest language."""

    def longest(thing: Mapping[str, Any], name: str) -> int:
        texts = [thing.get(name) or "", *(thing.get(f"{name}_localizations") or {}).values()]
        return max(map(len, texts))

    things = [command, *command["options"]]
    choices = [choice for option in command["options"] for choice in option.get("choices", [])]
    return sum(longest(thing, "name") + longest(thing, "description") for thing in things) + sum(
        longest(choice, "name") + len(str(choice["value"])) for choice in choices
    )
