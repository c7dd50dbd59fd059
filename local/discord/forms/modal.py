"""Parses a modal that an application opens, and what a member writes into it.  Pure.

Source: Discord, "Interaction Callback Data Structure: Modal", "Component Reference": "Label", "Text Input", "String
Select", "Text Display"; of the length of a label: https://github.com/bwmarrin/discordgo/issues/1674.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from local.discord.errors import FormErrors, Path
from local.discord.forms.components import MENU, ROW, Component, custom_id_of, number_of, parse_menu
from local.discord.forms.fields import Fields

TEXT_INPUT, TEXT, LABEL = 4, 10, 18
_NOT_IMITATED = (5, 6, 7, 8, 19, 21, 22, 23)  # what else may stand in a label
_MOST_CHARACTERS = 4000


@dataclass(frozen=True, slots=True)
class Modal:
    """A form that the page shows; components are as the application sent them, with defaults."""

    custom_id: str
    title: str
    components: tuple[Component, ...]

    def to_json(self) -> dict[str, Any]:
        return {"custom_id": self.custom_id, "title": self.title, "components": list(self.components)}


def parse_modal(value: object, path: Path) -> Modal:
    """Raises DiscordError, 400/50035, for all wrong fields; NotImitated."""
    errors = FormErrors()
    fields = Fields(value, errors, path)
    custom_id = fields.text("custom_id", 100, least=1, required=True)
    title = fields.text("title", 45, least=1, required=True)
    ids: list[str] = []
    components = [_top(one, ids) for one in fields.some_objects("components", 5)]
    errors.check()
    number = 0
    for component in components:
        for one in (component, *_inside(component)):
            number += 1
            one["id"] = one["id"] or number
    return Modal(custom_id or "", title or "", tuple(components))


def submitted(modal: Modal, values: object) -> list[Component]:
    """The `components` of the submission; values: custom_id → text, or the list of a menu's values.

    Raises DiscordError, 400/50035, for a value that the modal does not take.
    """
    errors = FormErrors()
    fields = Fields(values, errors, ("components",))
    result = []
    for component in modal.components:
        if component["type"] == TEXT:
            result.append({"type": TEXT, "id": component["id"]})
            continue
        inside = [_filled(fields, one) for one in _inside(component)]
        more: Component = {"components": inside} if component["type"] == ROW else {"component": inside[0]}
        result.append({"type": component["type"], "id": component["id"]} | more)
    errors.check()
    return result


def _inside(component: Component) -> Iterator[Component]:
    yield from component.get("components", [])
    if "component" in component:
        yield component["component"]


def _filled(fields: Fields, component: Component) -> Component:
    custom_id = component["custom_id"]
    filled = {"type": component["type"], "id": component["id"], "custom_id": custom_id}
    if component["type"] == MENU:
        values = fields.values(custom_id, [option["value"] for option in component["options"]]) or ()
        least = component["min_values"] if component["required"] or values else 0
        if not least <= len(set(values)) <= component["max_values"]:
            fields.refuse((custom_id,), "BASE_TYPE_BAD_LENGTH", "That many values cannot be chosen.")
        return filled | {"values": list(values)}
    text = fields.text(custom_id, component.get("max_length", _MOST_CHARACTERS)) or ""
    least = max(component.get("min_length", 0), 1 if component["required"] else 0)
    if len(text) < least and (text or component["required"]):
        fields.refuse((custom_id,), "BASE_TYPE_BAD_LENGTH", f"Must be {least} or more in length.")
    return filled | {"value": text}


def _top(fields: Fields, ids: list[str]) -> Component:
    kind = fields.whole("type", 0, 1 << 31, required=True)
    component: Component = {"type": kind, "id": number_of(fields)}
    if kind == ROW:
        inside = fields.objects("components", 1) or []
        if not inside:
            fields.refuse(("components",), "BASE_TYPE_BAD_LENGTH", "Must be between 1 and 1 in length.")
        return component | {"components": [_text_input(one, ids, labelled=False) for one in inside]}
    if kind == LABEL:
        inner = fields.object("component")
        if inner is None:
            fields.refuse(("component",), "BASE_TYPE_REQUIRED", "This field is required")
        words = {"label": fields.text("label", 45, least=1, required=True)}
        if description := fields.text("description", 100):
            words["description"] = description
        return component | words | ({"component": _labelled(inner, ids)} if inner else {})
    if kind == TEXT:
        return component | {"content": fields.text("content", _MOST_CHARACTERS, least=1, required=True)}
    if kind is not None:
        allowed = f"({ROW}, {TEXT}, {LABEL})"
        fields.refuse(("type",), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of {allowed}.')
    return component


def _labelled(fields: Fields, ids: list[str]) -> Component:
    kind = fields.whole("type", 0, 1 << 31, required=True)
    if kind == MENU:
        required = fields.boolean("required", default=True)
        return parse_menu(fields, ids) | {"required": required}
    if kind in _NOT_IMITATED:
        fields.cannot_show(("type",), f"This local Discord shows no components of type {kind} in a modal.")
        return {"type": kind, "id": 0}
    return _text_input(fields, ids, labelled=True)


def _text_input(fields: Fields, ids: list[str], labelled: bool) -> Component:
    kind = fields.whole("type", 0, 1 << 31, required=True)
    if kind not in (None, TEXT_INPUT):
        fields.refuse(("type",), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({TEXT_INPUT},).')
    component: Component = {
        "type": TEXT_INPUT,
        "id": number_of(fields),
        "custom_id": custom_id_of(fields, ids, "BASE_TYPE_REQUIRED"),
        "style": fields.whole("style", 1, 2, required=True),
        "required": fields.boolean("required", default=True),
    }
    more = {
        "label": None if labelled else fields.text("label", 45, least=1, required=True),
        "min_length": fields.whole("min_length", 0, _MOST_CHARACTERS),
        "max_length": fields.whole("max_length", 1, _MOST_CHARACTERS),
        "value": fields.text("value", _MOST_CHARACTERS),
        "placeholder": fields.text("placeholder", 100),
    }
    return component | {name: value for name, value in more.items() if value is not None}
