"""Turns a member's use of a command into the data of its interaction.  Pure."""

from collections.abc import Mapping
from typing import Any

from local.discord.errors import FormErrors, unknown
from local.discord.forms.command_form import BOOLEAN, INTEGER, MOST_OPTIONS, SAFE_INTEGER, STRING, Command
from local.discord.forms.fields import Fields
from local.discord.snowflake import PATTERN


def command_data(value: object, commands: list[Command]) -> dict[str, Any]:
    """The `data` of the interaction; value is {id or name of the command, options: [{name, value}]}.

    Raises DiscordError: 404/10063 for a command that is not registered, 400/50035 for options that it does not take.
    """
    errors = FormErrors()
    fields = Fields(value, errors)
    command_id, name = fields.matching("id", PATTERN), fields.text("name", 32, required=True)
    given = fields.objects("options", MOST_OPTIONS) or []
    errors.check()
    command = next((one for one in commands if one["name"] == name and command_id in (None, one["id"])), None)
    if command is None:
        raise unknown("application command", 10063)
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
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    return data | {"options": options} if options else data


def _value(fields: Fields, option: Mapping[str, Any]) -> Any:
    kind = option["type"]
    value: Any
    if kind == STRING:
        value = fields.text("value", option.get("max_length", 6000), option.get("min_length", 0), required=True)
    elif kind == INTEGER:
        least, most = option.get("min_value", -SAFE_INTEGER), option.get("max_value", SAFE_INTEGER)
        value = fields.whole("value", least, most, required=True)
    elif kind == BOOLEAN:
        value = fields.boolean("value")
    else:
        value = fields.number("value", required=True)
        if value is not None and not option.get("min_value", value) <= value <= option.get("max_value", value):
            fields.refuse(("value",), "NUMBER_TYPE_MAX", "The number is not within what the option takes.")
    choices = [choice["value"] for choice in option.get("choices", [])]
    if choices and value is not None and value not in choices:
        fields.refuse(("value",), "BASE_TYPE_CHOICES", f"Value must be one of {{{', '.join(map(repr, choices))}}}.")
    return value
