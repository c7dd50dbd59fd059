"""Slash commands: what an application may register, and what a member's client may then send.  Pure.

Source: Discord, "Application Command Object", "… Option Structure", "… Option Choice Structure", "… Naming", "Locales".
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

from local.discord.errors import DiscordError, FormErrors
from local.discord.fields import Fields

_NAME = r"[-_'\w]{1,32}"
_MOST_COMMANDS = 100
_MOST_CHARACTERS = 8000
_STRING, _INTEGER, _BOOLEAN, _NUMBER = 3, 4, 5, 10
_SHOWN_TYPES = (_STRING, _INTEGER, _BOOLEAN, _NUMBER)
_SAFE_INTEGER = (1 << 53) - 1
_LOCALES = re.compile(
    "id|da|de|en-(GB|US)|es-(ES|419)|fr|hr|it|lt|hu|nl|no|pl|pt-BR|ro|fi|sv-SE|vi|tr|cs|el|bg|ru|uk|hi|th|zh-(CN|TW)|ja|ko"
)

Command = dict[str, Any]


def registered(value: object, present: list[Command], application_id: str, next_id: Callable[[], str]) -> list[Command]:
    """The commands after a PUT of value (a list): a name that was there keeps its id.

    Raises DiscordError, 400/50035, naming every field that is wrong.
    """
    errors = FormErrors()
    if not isinstance(value, list) or len(value) > _MOST_COMMANDS:
        errors.add((), "LIST_TYPE_CONVERT", f"Expected a list of up to {_MOST_COMMANDS} commands")
        errors.check()
        return []
    ids = {command["name"]: command["id"] for command in present}
    commands = [_command(Fields(one, errors, (index,))) for index, one in enumerate(value)]
    names = [command["name"] for command in commands]
    for index, name in enumerate(names):
        if name in names[:index]:
            errors.add(
                (index, "name"), "APPLICATION_COMMANDS_DUPLICATE_NAME", "Application command names must be unique"
            )
    errors.check()
    return [
        {"id": ids.get(command["name"]) or next_id(), "application_id": application_id, "version": next_id()} | command
        for command in commands
    ]


def without_localizations(command: Command) -> Command:
    """As Discord lists commands unless it is asked for more."""
    return {name: value for name, value in command.items() if not name.endswith("_localizations")}


def used(value: object, commands: list[Command]) -> dict[str, Any]:
    """The `data` of the interaction that a member's use of a command makes; value is {name, options: [{name, value}]}.

    Raises DiscordError: 404/10063 for a command that is not registered, 400/50035 for options that it does not take.
    """
    errors = FormErrors()
    fields = Fields(value, errors)
    name = fields.text("name", 32, required=True)
    given = fields.objects("options", 25) or []
    errors.check()
    command = next((command for command in commands if command["name"] == name), None)
    if command is None:
        raise DiscordError(404, 10063, "Unknown application command")
    known = {option["name"]: option for option in command["options"]}
    options = []
    for fields in given:
        option = known.pop(fields.text("name", 32, required=True) or "", None)
        if option is None:
            fields.refuse(
                ("name",), "APPLICATION_COMMAND_INVALID_OPTION", "The command has no such option, or has it twice"
            )
            continue
        options.append({"name": option["name"], "type": option["type"], "value": _value(fields, option)})
    for option in known.values():
        if option["required"]:
            errors.add(("options",), "APPLICATION_COMMAND_OPTIONS_REQUIRED", f"{option['name']} is required")
    errors.check()
    data = {"id": command["id"], "name": command["name"], "type": 1}
    return data | {"options": options} if options else data


def _command(fields: Fields) -> Command:
    kind = fields.whole("type", 1, 4)
    if kind not in (None, 1):
        fields.refuse(("type",), "LOCAL_NOT_SUPPORTED", "This stand-in for Discord shows slash commands only.")
    options = [_option(option) for option in fields.objects("options", 25) or []]
    contexts = fields.values("contexts", (0, 1, 2))
    command = _named(fields) | {
        "contexts": None if contexts is None else list(contexts),
        "default_member_permissions": fields.text("default_member_permissions", 20),
        "integration_types": list(fields.values("integration_types", (0, 1)) or (0,)),
        "nsfw": fields.boolean("nsfw"),
        "options": options,
        "type": 1,
    }
    if _characters(command) > _MOST_CHARACTERS:
        fields.refuse((), "APPLICATION_COMMAND_TOO_LARGE", f"Command exceeds maximum size ({_MOST_CHARACTERS})")
    return command


def _option(fields: Fields) -> dict[str, Any]:
    kind = fields.whole("type", 1, 11, required=True)
    if kind is not None and kind not in _SHOWN_TYPES:
        fields.refuse(
            ("type",), "LOCAL_NOT_SUPPORTED", f"This stand-in for Discord shows options of types {_SHOWN_TYPES}."
        )
    choices = [_choice(choice, kind) for choice in fields.objects("choices", 25) or []]
    limits: dict[str, Any] = {}
    if kind == _STRING:
        limits = {"min_length": fields.whole("min_length", 0, 6000), "max_length": fields.whole("max_length", 1, 6000)}
    elif kind == _INTEGER:
        limits = {
            "min_value": fields.whole("min_value", -_SAFE_INTEGER, _SAFE_INTEGER),
            "max_value": fields.whole("max_value", -_SAFE_INTEGER, _SAFE_INTEGER),
        }
    elif kind == _NUMBER:
        limits = {"min_value": fields.number("min_value"), "max_value": fields.number("max_value")}
    option = _named(fields) | {"required": fields.boolean("required"), "type": kind}
    if choices:
        option["choices"] = choices
    return option | {name: limit for name, limit in limits.items() if limit is not None}


def _choice(fields: Fields, kind: int | None) -> dict[str, Any]:
    name = fields.text("name", 100, least=1, required=True)
    choice = {"name": name, "name_localizations": _localized(fields, "name")}
    if kind == _INTEGER:
        return choice | {"value": fields.whole("value", -_SAFE_INTEGER, _SAFE_INTEGER, required=True)}
    if kind == _NUMBER:
        return choice | {"value": fields.number("value", required=True)}
    return choice | {"value": fields.text("value", 100, required=True)}


def _named(fields: Fields) -> dict[str, Any]:
    name = fields.matching("name", _NAME, required=True)
    if name is not None and name != name.lower():
        fields.refuse(("name",), "APPLICATION_COMMAND_INVALID_NAME", "Command name is invalid: it has to be lower case")
    return {
        "name": name,
        "name_localizations": _localized(fields, "name"),
        "description": fields.text("description", 100, least=1, required=True),
        "description_localizations": _localized(fields, "description"),
    }


def _localized(fields: Fields, name: str) -> Mapping[str, str] | None:
    texts = fields.object(f"{name}_localizations")
    if texts is None:
        return None
    for locale in texts.names():
        if not _LOCALES.fullmatch(locale):
            texts.refuse((locale,), "BASE_TYPE_CHOICES", "Not a locale of Discord.")
    return {locale: texts.text(locale, 100, least=1, required=True) or "" for locale in texts.names()}


def _characters(command: Command) -> int:
    """Names, descriptions and values, each in its longest language."""

    def longest(thing: Mapping[str, Any], name: str) -> int:
        texts = [thing.get(name) or "", *(thing.get(f"{name}_localizations") or {}).values()]
        return max(map(len, texts))

    things = [command, *command["options"]]
    choices = [choice for option in command["options"] for choice in option.get("choices", [])]
    return sum(longest(thing, "name") + longest(thing, "description") for thing in things) + sum(
        longest(choice, "name") + len(str(choice["value"])) for choice in choices
    )


def _value(fields: Fields, option: Mapping[str, Any]) -> Any:
    value: Any
    match option["type"]:
        case 3:
            value = fields.text("value", option.get("max_length", 6000), option.get("min_length", 0), required=True)
        case 4:
            least, most = option.get("min_value", -_SAFE_INTEGER), option.get("max_value", _SAFE_INTEGER)
            value = fields.whole("value", least, most, required=True)
        case 5:
            value = fields.boolean("value")
        case _:
            value = fields.number("value", required=True)
    choices = [choice["value"] for choice in option.get("choices", [])]
    if choices and value is not None and value not in choices:
        fields.refuse(("value",), "BASE_TYPE_CHOICES", f"Value must be one of {{{', '.join(map(repr, choices))}}}.")
    return value
