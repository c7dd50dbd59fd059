"""Buttons and menus: what a message may have of them, who is told when one is used, and what the answer does."""

from typing import Any

import pytest

from local.discord.data.interaction import label_of
from local.discord.errors import DiscordError, NotImitated
from local.discord.forms.form import CREATE, parse_form
from tests.discord.application import BOT_TOKEN, Running, a_form, a_picture, answering
from tests.discord.test_callback import callback_url, calling_back
from tests.discord.test_form_limits import errors_of, x
from tests.discord.test_whole import INTERACTION, masked
from tests.discord.test_whole_messages import MESSAGE

BOT = {"Authorization": f"Bot {BOT_TOKEN}"}
AGAIN = {"type": 2, "style": 1, "label": "Again", "custom_id": "again", "emoji": {"name": "🔁"}}
LINK = {"type": 2, "style": 5, "label": "Read", "url": "https://example.org"}
GONE = {"type": 2, "style": 4, "label": "Gone", "custom_id": "gone", "disabled": True}
COLOURS = [{"label": name.title(), "value": name} for name in ("rose", "teal", "gold")]
MENU = {"type": 3, "custom_id": "colours", "options": COLOURS, "placeholder": "Colours", "max_values": 2}


def rows(*of: list[dict[str, Any]]) -> dict[str, Any]:
    return {"components": [{"type": 1, "components": row} for row in of]}


def button(**more: Any) -> dict[str, Any]:
    return rows([AGAIN | more])


def menu(**more: Any) -> dict[str, Any]:
    return rows([MENU | more])


def option(**more: Any) -> dict[str, Any]:
    return menu(options=[COLOURS[0] | more])


B = "components.0.components.0"
LENGTH, MOST_LENGTH = "BASE_TYPE_BAD_LENGTH", "BASE_TYPE_MAX_LENGTH"
EXCLUSIVE = "BUTTON_COMPONENT_CUSTOM_ID_URL_MUTUALLY_EXCLUSIVE"
NO_EMOJI = "BUTTON_COMPONENT_INVALID_EMOJI"
LINK_TO = "https://example.org/"
# Path → a form at the limit, a form above it, the code.  Sources: local/discord/forms/components.py.
LIMITS: list[tuple[str, dict[str, Any], dict[str, Any], str]] = [
    ("components", rows(*([AGAIN | {"custom_id": x(n)}] for n in range(1, 6))), rows(*[[LINK]] * 6), MOST_LENGTH),
    ("components.0.components", rows([LINK]), rows([]), LENGTH),
    ("components.0.components.5", rows([LINK] * 5), rows([LINK] * 6), "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
    ("components.0.components.1", rows([MENU], [AGAIN]), rows([MENU, AGAIN]), "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
    (f"{B}.type", rows([LINK]), rows([{"type": 1}]), "UNION_TYPE_CHOICES"),
    ("components.0.type", rows([LINK]), {"components": [LINK]}, "UNION_TYPE_CHOICES"),
    (f"{B}.custom_id", button(custom_id=x(100)), button(custom_id=x(101)), LENGTH),
    (f"{B}.custom_id", button(custom_id="x"), button(custom_id=""), LENGTH),
    (f"{B}.custom_id", button(), button(custom_id=None), "BUTTON_COMPONENT_CUSTOM_ID_REQUIRED"),
    (f"{B}.custom_id", button(), button(url=LINK_TO), EXCLUSIVE),
    (f"{B}.custom_id", rows([LINK]), rows([LINK | {"custom_id": "x"}]), EXCLUSIVE),
    (f"{B}.url", rows([LINK]), rows([LINK | {"url": None}]), "BUTTON_COMPONENT_URL_REQUIRED"),
    (f"{B}.url", rows([LINK | {"url": LINK_TO + x(492)}]), rows([LINK | {"url": LINK_TO + x(493)}]), MOST_LENGTH),
    (f"{B}.url", rows([LINK | {"url": "discord://x"}]), rows([LINK | {"url": "ftp://x"}]), "URL_TYPE_INVALID_SCHEME"),
    (f"{B}.label", button(label=x(80)), button(label=x(81)), MOST_LENGTH),
    (f"{B}.style", button(style=4), button(style=7), "NUMBER_TYPE_MAX"),
    (f"{B}.emoji.name", button(emoji={"name": "x", "id": "1"}), button(emoji={"name": "x"}), NO_EMOJI),
    (f"{B}.options", menu(options=[{"label": "l", "value": x(n)} for n in range(1, 26)]), menu(options=[]), LENGTH),
    (f"{B}.options", menu(), menu(options=[{"label": "l", "value": x(n)} for n in range(1, 27)]), MOST_LENGTH),
    (f"{B}.options.1", menu(), menu(options=[COLOURS[0]] * 2), "SELECT_COMPONENT_OPTION_VALUE_DUPLICATED"),
    (f"{B}.options.0.label", option(label=x(100)), option(label=x(101)), LENGTH),
    (f"{B}.options.0.value", option(value=x(100)), option(value=x(101)), LENGTH),
    (f"{B}.options.0.description", option(description=x(100)), option(description=x(101)), MOST_LENGTH),
    (f"{B}.placeholder", menu(placeholder=x(150)), menu(placeholder=x(151)), MOST_LENGTH),
    (f"{B}.min_values", menu(min_values=0), menu(min_values=26), "NUMBER_TYPE_MAX"),
    (f"{B}.max_values", menu(max_values=25), menu(max_values=0), "NUMBER_TYPE_MIN"),
    ("components.0.components.1.custom_id", rows([AGAIN]), rows([AGAIN, AGAIN]), "COMPONENT_CUSTOM_ID_DUPLICATED"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "right", "wrong", "code"), LIMITS)
def test_components_at_their_limit_are_refused_or_some_above_it_taken(
    path: str, right: dict[str, Any], wrong: dict[str, Any], code: str
) -> None:
    parse_form(right, CREATE)
    with pytest.raises(DiscordError) as caught:
        parse_form(wrong, CREATE)
    node = errors_of(caught.value)
    for step in path.split("."):
        assert list(node) == [step], "and nothing else is wrong"
        node = node[step]
    assert node["_errors"][0]["code"] == code


@pytest.mark.parametrize("kind", [5, 6, 7, 8])
def test_a_menu_that_discord_fills_is_dropped_silently(kind: int) -> None:
    with pytest.raises(NotImitated) as caught:
        parse_form(rows([{"type": kind, "custom_id": "x"}]), CREATE)
    assert f"(type {kind})" in caught.value.sentence


async def with_buttons(here: Running) -> dict[str, Any]:
    """A message of the bot with all that this file has."""
    url = f"{here.api}/channels/{here.discord.identities.channel_id}/messages"
    form = {"content": "choose"} | rows([AGAIN, LINK, GONE], [MENU | {"id": 9}])
    status, message = await here.call("POST", url, json=form, headers=BOT)
    assert status == 200
    shown: dict[str, Any] = message
    return shown


async def press(here: Running, message: dict[str, Any], custom_id: str, **more: Any) -> tuple[int, Any]:
    body = {"type": 3, "message_id": message["id"], "data": {"component_type": 2, "custom_id": custom_id} | more}
    return await here.call("POST", f"{here.api}/interactions", json=body, headers={"X-Discord-Locale": "de"})


async def test_a_press_is_told_in_other_words(here: Running) -> None:
    """Source: Discord, "Interaction Object", "Message Component Data Structure"."""
    message = await with_buttons(here)
    again, read, gone, colours = (one for row in message["components"] for one in row["components"])
    assert again == AGAIN | {"id": 2}
    assert (read, gone["disabled"], colours["min_values"]) == (LINK | {"id": 3}, True, 1)
    assert colours["id"] == 9, "its own"
    here.application.answer = answering({"type": 6})
    await press(here, message, "again")
    pressed = masked(here, here.application.interactions[0])
    assert pressed.pop("token")
    data = {"component_type": 2, "custom_id": "again", "id": 2}
    assert pressed == INTERACTION | {"type": 3, "locale": "de", "data": data, "message": masked(here, message)}
    await press(here, message, "colours", component_type=3, values=["teal", "gold"])
    assert here.application.interactions[1]["data"]["values"] == ["teal", "gold"]
    await here.call(
        "POST", f"{here.api}/interactions", json={"data": {"name": "mando"}}, headers={"X-Discord-Locale": "xx"}
    )
    assert here.application.interactions[2]["locale"] == "en-GB"
    assert (await here.messages())[0]["components"] == message["components"]


@pytest.mark.parametrize(
    ("custom_id", "more"),
    [
        ("other", {}),
        ("gone", {}),
        ("again", {"component_type": 3}),
        ("again", {"values": ["teal"]}),
        ("colours", {"component_type": 3, "values": []}),
        ("colours", {"component_type": 3, "values": ["teal", "teal"]}),
        ("colours", {"component_type": 3, "values": ["blue"]}),
        ("colours", {"component_type": 3, "values": ["rose", "teal", "gold"]}),
    ],
)
async def test_a_component_that_cannot_be_used_so_is_used(here: Running, custom_id: str, more: dict[str, Any]) -> None:
    status, body = await press(here, await with_buttons(here), custom_id, **more)
    assert (status, body["errors"]["data"]["_errors"][0]["code"]) == (400, "COMPONENT_VALIDATION_FAILED")
    assert not here.application.interactions


async def test_an_update_changes_the_message_and_original_is_that_message(here: Running) -> None:
    """Source: Discord, "Interaction Callback Type": 6 and 7 edit the message of the component."""
    message = await with_buttons(here)
    here.application.answer = answering({"type": 7, "data": {"content": "chosen", "components": []}})
    _, outcome = await press(here, message, "again")
    assert (outcome["state"], outcome["messages"]) == ("acknowledged", [])
    (shown,) = await here.messages()
    assert (shown["id"], shown["content"], shown["components"]) == (message["id"], "chosen", [])
    assert (await here.call("GET", here.reply_url))[1]["id"] == message["id"]
    other = await with_buttons(here)
    status, body = await here.call("GET", here.reply_url.replace("@original", other["id"]))
    assert (status, body["code"]) == (404, 10008), "of another interaction"
    await here.discord.run(here.discord.channel.delete, other["id"])
    _, edited = await here.call("PATCH", here.reply_url, json={"content": "and drawn"} | button())
    assert (edited["id"], edited["content"], len(edited["components"])) == (message["id"], "and drawn", 1)
    _, later = await here.call("POST", here.reply_url.removesuffix("/messages/@original"), json={"content": "later"})
    assert (later["type"], later["message_reference"]["message_id"]) == (19, message["id"])
    here.application.answer = answering({"type": 6})
    await press(here, edited, "again")
    picture = a_form({"embeds": [{"image": {"url": "attachment://a.png"}}]}, ("a.png", a_picture()))
    _, drawn = await here.call("PATCH", here.reply_url, data=picture)
    assert (drawn["id"], len(drawn["embeds"])) == (message["id"], 1)
    assert await here.call("DELETE", here.reply_url) == (204, None)
    assert [each["content"] for each in await here.messages()] == ["later"]


async def test_a_new_answer_to_a_press_replies_to_its_message(here: Running) -> None:
    message = await with_buttons(here)
    here.application.answer = answering({"type": 5, "data": {"flags": 64}})
    await press(here, message, "again")
    _, alone = await here.call("PATCH", here.reply_url, json={"content": "for you"})
    origin = {"id": "ID", "type": 3, "user": masked(here, alone)["interaction_metadata"]["user"]}
    assert masked(here, alone) == MESSAGE | {
        "content": "for you",
        "flags": 64,
        "interaction_metadata": origin
        | {"authorizing_integration_owners": {"0": "GUILD"}, "interacted_message_id": "ID"},
        "message_reference": {"type": 0, "channel_id": "CHANNEL", "guild_id": "GUILD", "message_id": "ID"},
        "type": 19,
        "webhook_id": "APPLICATION",
    }
    assert alone["message_reference"]["message_id"] == message["id"]
    assert [each["content"] for each in await here.messages()] == ["choose", "for you"]


async def test_a_press_that_fails_leaves_no_message(here: Running) -> None:
    message = await with_buttons(here)
    for answer in ({"type": 8, "data": {"choices": []}}, {"type": 7, "data": {"attachments": [{"id": 7}]}}):
        here.application.answer = answering(answer)
        _, outcome = await press(here, message, "again")
        assert (outcome["state"], outcome["messages"]) == ("failed", [])
    assert [each["content"] for each in await here.messages()] == ["choose"]
    await here.call("POST", callback_url(here, here.application.interactions[0]), json={"type": 6})
    status, body = await here.call("GET", here.reply_url)
    assert (status, body["code"]) == (404, 10015)


async def test_a_callback_updates_too(here: Running) -> None:
    message = await with_buttons(here)
    told = calling_back(here, {"type": 7, "data": {"content": "by callback"}}, query="?with_response=true")
    _, outcome = await press(here, message, "again")
    ((status, answer),) = told
    assert (status, answer["interaction"]["type"], outcome["state"]) == (200, 3, "acknowledged")
    assert answer["resource"]["type"] == 7
    assert answer["resource"]["message"]["content"] == "by callback"


async def test_only_a_press_updates(here: Running) -> None:
    """Source: Discord, "Interaction Callback Type": 6 and 7 are for components."""
    here.application.answer = answering({"type": 7, "data": {"content": "x"}})
    assert (await here.interact())["state"] == "failed"


def test_a_press_is_called_after_another_button() -> None:
    message = rows([GONE | {"disabled": False}, AGAIN], [MENU])
    for custom_id, label in (("again", "Again"), ("colours", None), ("other", None)):
        assert label_of({"data": {"custom_id": custom_id}, "message": message}) == label
    assert label_of({"data": {"name": "mando"}}) is None
