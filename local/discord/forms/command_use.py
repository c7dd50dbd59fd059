"""Turns a member's use of a command or a component into the data of its interaction.  Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from local.discord.errors import FormErrors, invalid_form, unknown
from local.discord.forms.choices import BOOLEAN, INTEGER, SAFE_INTEGER, STRING
from local.discord.forms.command_form import MOST_OPTIONS, SLASH, Command
from local.discord.forms.components import BUTTON, MENU, Component, interactive
from local.discord.forms.fields import Fields
from local.discord.snowflake import PATTERN


def command_data(value: object, commands: list[Command], is_complete: bool = True) -> dict[str, Any]:
    """The `data` of the interaction; value is {id or name of the command, type?, options: [{name, value}], target_id?}.

    Of an incomplete command, for autocompletion, one option has `focused`, and its value is what was typed so far.
    Raises DiscordError: 404/10063 for a command that is not registered, 400/50035 for options that it does not take.
    """
    errors = FormErrors()
    fields = Fields(value, errors)
    command_id, name = fields.matching("id", PATTERN), fields.text("name", 32, required=True)
    kind = fields.whole("type", 1, 3) or SLASH
    target = fields.matching("target_id", PATTERN, required=kind != SLASH)
    given = fields.objects("options", MOST_OPTIONS) or []
    errors.check()
    command = next(
        (one for one in commands if (one["type"], one["name"]) == (kind, name) and command_id in (None, one["id"])),
        None,
    )
    if command is None:
        raise unknown("application command", 10063)
    options = _options(given, command, errors, is_complete)
    data = {"id": command["id"], "name": command["name"], "type": kind}
    if "guild_id" in command:
        data["guild_id"] = command["guild_id"]
    if kind != SLASH:
        data["target_id"] = target
    return data | {"options": options} if options else data


def component_data(value: object, rows: Sequence[Component]) -> dict[str, Any]:
    """The `data` of the interaction; value is {custom_id, component_type, values?}, rows are the message's components.

    Raises DiscordError, 400/50035, for a component that is not there or disabled, and for values that it does not have.
    Source of the code: https://github.com/aiko-chan-ai/discord.js-selfbot-v13/issues/1157.
    """
    errors = FormErrors()
    fields = Fields(value, errors)
    custom_id, kind = fields.text("custom_id", 100, least=1, required=True), fields.whole("component_type", 1, 100)
    values = fields.all_matching("values", r"(?s:.*)", 25) or ()
    errors.check()
    component = next((one for one in interactive(rows) if one.get("custom_id") == custom_id), None)
    if component is None or kind not in (None, component["type"]) or not _takes(component, values):
        raise invalid_form(("data",), "COMPONENT_VALIDATION_FAILED", "Component validation failed")
    data = {"component_type": component["type"], "custom_id": custom_id, "id": component["id"]}
    return data | ({"values": list(values)} if component["type"] == MENU else {})


def _takes(component: Component, values: Sequence[str]) -> bool:
    """Whether it can be used with these values."""
    if component.get("disabled"):
        return False
    if component["type"] == BUTTON:
        return not values
    known = {option["value"] for option in component["options"]}
    most = min(component["max_values"], len(known))
    return len(set(values)) == len(values) and component["min_values"] <= len(values) <= most and known >= set(values)


def _options(given: list[Fields], command: Command, errors: FormErrors, is_complete: bool) -> list[dict[str, Any]]:
    known = {option["name"]: option for option in command["options"]}
    options, focused = [], 0
    for fields in given:
        option = known.pop(fields.text("name", 32, required=True) or "", None)
        if option is None:
            fields.refuse(
                ("name",), "APPLICATION_COMMAND_INVALID_OPTION", "The command has no such option, or has it twice"
            )
            continue
        read = {"name": option["name"], "type": option["type"]}
        if not is_complete and fields.boolean("focused") and option.get("autocomplete"):
            focused += 1
            options.append(read | {"value": fields.text("value", 6000, required=True), "focused": True})
        elif is_complete:
            options.append(read | {"value": _value(fields, option)})
        elif (value := fields.raw("value")) is not None:
            options.append(read | {"value": value})
    if is_complete:
        for option in known.values():
            if option["required"]:
                errors.add(("options",), "APPLICATION_COMMAND_OPTIONS_REQUIRED", f"{option['name']} is required")
    elif focused != 1:
        errors.add(("options",), "APPLICATION_COMMAND_INVALID_OPTION", "One option with autocomplete must be focused")
    errors.check()
    return options


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
