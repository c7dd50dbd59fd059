"""Parses the components of a message: rows of buttons, and menus of texts.  Pure.

Source: Discord, "Component Reference": "Action Row", "Button", "String Select", "Anatomy of a Component", "Legacy
Message Component Behavior"; of the codes: https://github.com/discord/discord-api-docs/issues/3673 (one custom_id
twice), /3395 (a row that is too wide), https://github.com/bwmarrin/discordgo/issues/1479 (emoji),
https://github.com/Would-You-Bot/client/issues/304 (one value twice), https://github.com/discordjs/discord.js/issues/6639
(custom_id and url).
"""

from collections.abc import Iterator, Sequence
from typing import Any

from local.discord.forms.fields import Fields

Component = dict[str, Any]

ROW, BUTTON, MENU = 1, 2, 3
LINK = 5
_PREMIUM = 6
_MOST_ROWS, _MOST_BUTTONS, _MOST_OPTIONS = 5, 5, 25
_OF_USERS_AND_OTHERS = range(5, 9)  # menus that Discord fills itself
_NEEDS_FLAG = (9, 10, 12, 13, 14, 17)  # what a message of components (flag 32768) may begin with


def parse_components(fields: Fields) -> tuple[Component, ...]:
    """The rows of `components`, each component with its id; none where the field is absent or null."""
    ids: list[str] = []
    rows = [_row(row, ids) for row in fields.objects("components", _MOST_ROWS) or []]
    components = [one for row in rows for one in (row, *row["components"])]
    taken = {one["id"] for one in components}
    free = (number for number in range(1, len(components) * 2 + 1) if number not in taken)
    for one in components:
        one["id"] = one["id"] or next(free)
    return tuple(rows)


def interactive(rows: Sequence[Component]) -> Iterator[Component]:
    """All buttons and menus, in order."""
    for row in rows:
        yield from row["components"]


def _row(fields: Fields, ids: list[str]) -> Component:
    kind = fields.whole("type", 0, 1 << 31, required=True)
    if kind in _NEEDS_FLAG:
        fields.cannot_show(("type",), "This local Discord shows no messages of components (flag 32768) yet.")
    elif kind not in (None, ROW):
        fields.refuse(("type",), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({ROW},).')
    if kind != ROW:
        return {"type": kind, "id": 0, "components": []}
    components, width = [], 0
    for one in fields.some_objects("components", _MOST_BUTTONS, most=100):
        component = _in_row(one, ids)
        width += 1 if component["type"] == BUTTON else _MOST_BUTTONS
        if width > _MOST_BUTTONS:
            message = "The specified component exceeds the maximum width"
            one.refuse((), "COMPONENT_LAYOUT_WIDTH_EXCEEDED", message)
        components.append(component)
    return {"type": ROW, "id": number_of(fields), "components": components}


def _in_row(fields: Fields, ids: list[str]) -> Component:
    kind = fields.whole("type", 0, 1 << 31, required=True)
    if kind == BUTTON:
        return _button(fields, ids)
    if kind == MENU:
        return parse_menu(fields, ids)
    if kind in _OF_USERS_AND_OTHERS:
        sentence = f"This local Discord shows no menus of users, roles or channels (type {kind})."
        fields.cannot_show(("type",), sentence)
    elif kind is not None:
        allowed = ", ".join(map(str, (BUTTON, MENU, *_OF_USERS_AND_OTHERS)))
        fields.refuse(("type",), "UNION_TYPE_CHOICES", f'Value of field "type" must be one of ({allowed}).')
    return {"type": kind, "id": 0}


def _button(fields: Fields, ids: list[str]) -> Component:
    style = fields.whole("style", 1, _PREMIUM, required=True)
    if style == _PREMIUM:
        fields.cannot_show(("style",), "This local Discord has nothing to sell: it shows no premium buttons (style 6).")
    button: Component = {"type": BUTTON, "id": number_of(fields), "style": style}
    more = {"label": fields.text("label", 80), "emoji": _emoji(fields)}
    if style == LINK:
        more["url"] = fields.url("url", 512, ("http", "https", "discord"))
        if fields.raw("url") is None:
            fields.refuse(("url",), "BUTTON_COMPONENT_URL_REQUIRED", "A url is required")
    elif style not in (None, _PREMIUM):
        more["custom_id"] = custom_id_of(fields, ids, "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED")
    if fields.raw("url" if style != LINK else "custom_id") is not None and style != _PREMIUM:
        fields.refuse(
            ("custom_id",),
            "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE",
            "A custom id and url cannot both be specified",
        )
    button |= {name: value for name, value in more.items() if value not in (None, "")}
    return button | ({"disabled": True} if fields.boolean("disabled") else {})


def parse_menu(fields: Fields, ids: list[str]) -> Component:
    """A menu of texts, of a message or of a modal."""
    menu: Component = {"type": MENU, "id": number_of(fields)}
    menu["custom_id"] = custom_id_of(fields, ids, "BASE_TYPE_REQUIRED")
    placeholder = fields.text("placeholder", 150)
    least, most = fields.whole("min_values", 0, _MOST_OPTIONS), fields.whole("max_values", 1, _MOST_OPTIONS)
    menu["min_values"], menu["max_values"] = 1 if least is None else least, most or 1
    menu["options"] = []
    for one in fields.some_objects("options", _MOST_OPTIONS):
        option = _option(one)
        if option["value"] in [earlier["value"] for earlier in menu["options"]]:
            message = "The specified option value is already used"
            one.refuse((), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", message)
        menu["options"].append(option)
    menu |= {"placeholder": placeholder} if placeholder else {}
    return menu | ({"disabled": True} if fields.boolean("disabled") else {})


def _option(fields: Fields) -> Component:
    option: Component = {
        "label": fields.text("label", 100, least=1, required=True),
        "value": fields.text("value", 100, least=1, required=True),
    }
    more = {"description": fields.text("description", 100), "emoji": _emoji(fields)}
    option |= {name: value for name, value in more.items() if value}
    return option | ({"default": True} if fields.boolean("default") else {})


def _emoji(fields: Fields) -> Component | None:
    """The name of one in Unicode, or the name and the id of a server's own."""
    emoji = fields.object("emoji")
    if emoji is None:
        return None
    name, custom = emoji.text("name", 100), emoji.text_or_number("id", 20)
    if custom is None and (not name or name.isascii()):
        emoji.refuse(("name",), "BUTTON_COMPONENT_INVALID_EMOJI", "Invalid emoji")
    animated = {"animated": True} if emoji.boolean("animated") else {}
    return {"id": custom, "name": name} | animated if custom else {"name": name}


def number_of(fields: Fields) -> int:
    """The component's own number; 0 for one that Discord chooses."""
    return fields.whole("id", 0, (1 << 31) - 1) or 0


def custom_id_of(fields: Fields, ids: list[str], code: str) -> str | None:
    """The custom_id, added to ids, all of this form.  code: of the refusal of a component without one."""
    custom_id = fields.text("custom_id", 100, least=1)
    if fields.raw("custom_id") is None:
        message = "This field is required" if code == "BASE_TYPE_REQUIRED" else "A custom id is required"
        fields.refuse(("custom_id",), code, message)
    elif custom_id is not None and custom_id in ids:
        fields.refuse(("custom_id",), "COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated")
    if custom_id is not None:
        ids.append(custom_id)
    return custom_id
