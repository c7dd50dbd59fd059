"""Autocompletion, commands of a context menu, and modals: what the application is told, and what it may answer."""

from typing import Any

import pytest

from local.discord.errors import DiscordError, NotImitated
from local.discord.forms.answer import AUTOCOMPLETE, MODAL_SUBMIT, Question, parse_answer
from local.discord.forms.modal import Modal, parse_modal
from tests.discord.application import BOT_TOKEN, Running, answering
from tests.discord.test_callback import calling_back
from tests.discord.test_components import AGAIN, press, rows
from tests.discord.test_form_limits import errors_of, x
from tests.discord.test_whole import INTERACTION, MEMBER, YOU, masked

BOT = {"Authorization": f"Bot {BOT_TOKEN}"}
PALETTE = {"type": 3, "name": "palette", "description": "Its colours", "autocomplete": True}
COUNT = {"type": 4, "name": "count", "description": "How many", "autocomplete": True, "required": True}
LOTUS = {"name": "lotus", "description": "Draw a lotus", "options": [COUNT, PALETTE]}
OF_MESSAGE = {"name": "Mandala of this message", "type": 3, "description": ""}
OF_USER = {"name": "mando", "type": 2}  # a name may be that of a command of another type


async def register(here: Running, *commands: dict[str, Any]) -> list[dict[str, Any]]:
    url = f"{here.api}/applications/{here.discord.identities.application_id}/commands"
    status, made = await here.call("PUT", url, json=list(commands), headers=BOT)
    assert status == 200, made
    registered: list[dict[str, Any]] = made
    return registered


async def complete(here: Running, *options: dict[str, Any]) -> tuple[int, Any]:
    body = {"type": 4, "data": {"name": "lotus", "options": list(options)}}
    return await here.call("POST", f"{here.api}/interactions", json=body)


async def test_choices_are_asked_for_an_unfinished_command(here: Running) -> None:
    """Source: Discord, "Autocomplete": the options may be partial, and are not checked."""
    await register(here, LOTUS)
    choices = [{"name": "Rose", "name_localizations": {"de": "Rosa"}, "value": "rose"}]
    here.application.answer = answering({"type": 8, "data": {"choices": choices}})
    count, palette = {"name": "count", "value": "many"}, {"name": "palette", "value": "ro", "focused": True}
    _, outcome = await complete(here, palette, count)
    assert (outcome["choices"], outcome["messages"]) == (choices, [])
    asked = masked(here, here.application.interactions[0])
    assert asked.pop("token")
    options = [palette | {"type": 3}, count | {"type": 4}]
    assert asked == INTERACTION | {"type": 4, "data": {"id": "ID", "name": "lotus", "type": 1, "options": options}}
    told = calling_back(here, {"type": 8, "data": {"choices": []}})
    _, outcome = await complete(here, palette)
    assert (told, outcome["choices"]) == ([(204, None)], [])
    assert await here.messages() == []


@pytest.mark.parametrize("options", [[], [{"name": "palette", "value": "x"}], [{"name": "other", "focused": True}]])
async def test_an_autocompletion_of_no_option_is_sent(here: Running, options: list[dict[str, Any]]) -> None:
    await register(here, LOTUS)
    status, body = await complete(here, *options)
    assert (status, body["code"]) == (400, 50035)
    assert not here.application.interactions


async def test_an_application_that_suggests_nothing_leaves_no_message(here: Running) -> None:
    await register(here, LOTUS)
    here.application.answer = answering({"type": 4, "data": {"content": "x"}})
    _, outcome = await complete(here, {"name": "palette", "value": "", "focused": True})
    assert (outcome["state"], "choices" in outcome, await here.messages()) == ("failed", False, [])
    assert "no answer to an autocompletion" in outcome["deliveries"][0]["problem"]


# Source: Discord, "Application Command Option Choice Structure".
CHOICES: list[tuple[str, Any, Any, int]] = [
    ("choices", [{"name": "n", "value": "v"}] * 25, [{"name": "n", "value": "v"}] * 26, 3),
    ("choices.0.name", [{"name": x(100), "value": "v"}], [{"name": x(101), "value": "v"}], 3),
    ("choices.0.name", [{"name": "n", "value": "v"}], [{"name": "", "value": "v"}], 3),
    ("choices.0.value", [{"name": "n", "value": x(100)}], [{"name": "n", "value": x(101)}], 3),
    ("choices.0.value", [{"name": "n", "value": 7}], [{"name": "n", "value": "7"}], 4),
    ("choices.0.value", [{"name": "n", "value": 0.5}], [{"name": "n", "value": "x"}], 10),
]


@pytest.mark.parametrize(("path", "right", "wrong", "option_type"), CHOICES)
def test_choices_at_their_limit_are_refused_or_some_above_it_taken(
    path: str, right: Any, wrong: Any, option_type: int
) -> None:
    question = Question(AUTOCOMPLETE, option_type)
    parse_answer({"type": 8, "data": {"choices": right}}, question)
    with pytest.raises(DiscordError) as caught:
        parse_answer({"type": 8, "data": {"choices": wrong}}, question)
    node = errors_of(caught.value)["data"]
    for step in path.split("."):
        node = node[step]
    assert node["_errors"]


async def test_a_command_of_a_context_menu_names_its_target(here: Running) -> None:
    """Source: Discord, "Application Commands": "User commands", "Message commands", "Message Object" (type 23)."""
    made = await register(here, LOTUS, OF_MESSAGE, OF_USER | {"name_localizations": {"de": "Gruß an alle"}})
    assert [(one["type"], one["description"], one["options"] == []) for one in made[1:]] == [
        (3, "", True),
        (2, "", True),
    ]
    said = await here.discord.run(here.discord.channel.say, "hello")
    here.application.answer = answering({"type": 4, "data": {"content": "done"}})
    (done,) = (await here.interact(data={"name": OF_MESSAGE["name"], "type": 3, "target_id": said.id}))["messages"]
    data = here.application.interactions[0]["data"]
    assert (data["type"], data["target_id"], data["name"]) == (3, said.id, "Mandala of this message")
    assert data["resolved"]["messages"][said.id]["content"] == "hello"
    assert (done["type"], done["message_reference"]["message_id"]) == (23, said.id)
    assert done["interaction_metadata"]["target_message_id"] == said.id
    you = here.discord.identities.member_id
    (done,) = (await here.interact(data={"name": "mando", "type": 2, "target_id": you}))["messages"]
    resolved = masked(here, here.application.interactions[1]["data"]["resolved"])
    member = {name: value for name, value in MEMBER.items() if name not in ("user", "deaf", "mute")}
    assert resolved == {"users": {"MEMBER": YOU}, "members": {"MEMBER": member}}
    assert (done["type"], masked(here, done)["interaction_metadata"]["target_user"]) == (23, YOU)


@pytest.mark.parametrize(
    ("more", "path", "code"),
    [
        ({"description": "x"}, "description", "APPLICATION_COMMAND_CONTEXT_MENU_DESCRIPTION_INVALID"),
        ({"options": [PALETTE]}, "options", "APPLICATION_COMMAND_CONTEXT_MENU_OPTIONS_INVALID"),
        ({"name": x(33)}, "name", "BASE_TYPE_BAD_LENGTH"),
        ({"name": "  "}, "name", "BASE_TYPE_BAD_LENGTH"),
    ],
)
async def test_a_command_of_a_context_menu_is_checked(
    here: Running, more: dict[str, Any], path: str, code: str
) -> None:
    """Source: Discord, "Application Command Object"; https://github.com/discord/discord-api-docs/issues/3629."""
    url = f"{here.api}/applications/{here.discord.identities.application_id}/commands"
    status, body = await here.call("POST", url, json=OF_MESSAGE | more, headers=BOT)
    assert (status, body["errors"][path]["_errors"][0]["code"]) == (400, code)


async def test_a_target_that_is_gone_is_unknown(here: Running) -> None:
    await register(here, OF_MESSAGE)
    body = {"data": {"name": OF_MESSAGE["name"], "type": 3, "target_id": "7"}}
    status, refused = await here.call("POST", f"{here.api}/interactions", json=body)
    assert (status, refused["code"]) == (404, 10008)


async def test_a_scope_holds_more_than_15_commands_of_a_context_menu(here: Running) -> None:
    """Source: Discord, "Registering a Command"."""
    url = f"{here.api}/applications/{here.discord.identities.application_id}/commands"
    sixteen = [{"name": f"Command {number}", "type": 3} for number in range(16)]
    assert (await here.call("PUT", url, json=sixteen[1:], headers=BOT))[0] == 200
    for method, body in (("PUT", sixteen), ("POST", sixteen[0])):
        status, refused = await here.call(method, url, json=body, headers=BOT)
        assert (status, refused["code"]) == (400, 30032)


COLOURS = [{"label": "Rose", "value": "rose"}, {"label": "Teal", "value": "teal"}]
WORDS = {"type": 4, "custom_id": "words", "style": 1}
MENU = {"type": 3, "custom_id": "colour", "options": COLOURS}
MODAL: dict[str, Any] = {
    "custom_id": "form",
    "title": "Feedback",
    "components": [
        {"type": 10, "content": "Tell us"},
        {"type": 18, "label": "Words", "description": "A few", "component": WORDS | {"min_length": 2}},
        {"type": 1, "components": [WORDS | {"custom_id": "more", "label": "More", "required": False}]},
        {"type": 18, "label": "Colour", "component": MENU},
    ],
}


async def submit(here: Running, opener: dict[str, Any], **values: Any) -> tuple[int, Any]:
    body = {"type": 5, "data": {"id": opener["id"], "custom_id": "form", "components": values}}
    return await here.call("POST", f"{here.api}/interactions", json=body)


async def test_a_modal_is_opened_filled_in_and_answered(here: Running) -> None:
    """Source: Discord, "Modal Submit Data Structure", "Message Interaction Metadata Object"."""
    here.application.answer = answering({"type": 9, "data": MODAL})
    opened = await here.interact()
    assert (opened["state"], opened["messages"], opened["modal"]["title"]) == ("acknowledged", [], "Feedback")
    here.application.answer = answering({"type": 4, "data": {"content": "thanks"}})
    status, outcome = await submit(here, opened, words="my cat", colour=["teal"])
    assert (status, outcome["state"]) == (200, "acknowledged")
    assert here.application.interactions[-1]["data"] == {
        "custom_id": "form",
        "components": [
            {"type": 10, "id": 1},
            {"type": 18, "id": 2, "component": {"type": 4, "id": 3, "custom_id": "words", "value": "my cat"}},
            {"type": 1, "id": 4, "components": [{"type": 4, "id": 5, "custom_id": "more", "value": ""}]},
            {"type": 18, "id": 6, "component": {"type": 3, "id": 7, "custom_id": "colour", "values": ["teal"]}},
        ],
    }
    (message,) = outcome["messages"]
    assert (message["type"], message["interaction"]["name"]) == (20, "mando")
    metadata = message["interaction_metadata"]
    assert (metadata["type"], metadata["triggering_interaction_metadata"]["id"]) == (5, opened["id"])


async def test_a_modal_of_a_button_updates_its_message(here: Running) -> None:
    here.application.answer = answering({"type": 4, "data": {"content": "ask"} | rows([AGAIN])})
    (message,) = (await here.interact())["messages"]
    calling_back(here, {"type": 9, "data": MODAL}, query="?with_response=true")
    _, opened = await press(here, message, "again")
    here.application.answer = answering({"type": 7, "data": {"content": "asked"}})
    await submit(here, opened, words="my cat", colour=["teal"])
    assert here.application.interactions[-1]["message"]["id"] == message["id"]
    assert [one["content"] for one in await here.messages()] == ["asked"]


@pytest.mark.parametrize(
    "values",
    [
        {"colour": ["teal"]},
        {"words": "x", "colour": ["teal"]},
        {"words": "my cat"},
        {"words": "my cat", "colour": ["x"]},
    ],
)
async def test_a_modal_that_is_not_filled_in_is_sent(here: Running, values: dict[str, Any]) -> None:
    here.application.answer = answering({"type": 9, "data": MODAL})
    status, body = await submit(here, await here.interact(), **values)
    assert (status, body["code"], len(here.application.interactions)) == (400, 50035, 1)


async def test_what_opened_no_modal_is_submitted(here: Running) -> None:
    status, body = await submit(here, await here.interact(), words="x")
    assert (status, body["code"]) == (404, 10062)
    assert 9 not in Question(MODAL_SUBMIT).answers(), "a modal opens no modal"


def in_modal(**more: Any) -> dict[str, Any]:
    return MODAL | {"components": [{"type": 18, "label": "L", "component": WORDS | more}]}


@pytest.mark.parametrize(
    ("right", "wrong", "path"),
    [
        (MODAL | {"title": x(45)}, MODAL | {"title": x(46)}, "title"),
        (MODAL | {"custom_id": x(100)}, MODAL | {"custom_id": x(101)}, "custom_id"),
        (MODAL, MODAL | {"components": []}, "components"),
        (MODAL, MODAL | {"components": [MODAL["components"][0]] * 6}, "components"),
        (MODAL, MODAL | {"components": [AGAIN]}, "components.0.type"),
        (in_modal(), in_modal(type=2), "components.0.component.type"),
        (in_modal(style=2), in_modal(style=3), "components.0.component.style"),
        (in_modal(placeholder=x(100)), in_modal(placeholder=x(101)), "components.0.component.placeholder"),
        (in_modal(max_length=4000), in_modal(max_length=4001), "components.0.component.max_length"),
    ],
)
def test_a_modal_at_its_limit_is_refused_or_one_above_it_taken(right: Any, wrong: Any, path: str) -> None:
    """Source: Discord, "Interaction Callback Data Structure: Modal", "Text Input"."""
    assert isinstance(parse_modal(right, ()), Modal)
    with pytest.raises(DiscordError) as caught:
        parse_modal(wrong, ())
    node = errors_of(caught.value)
    for step in path.split("."):
        assert list(node) == [step]
        node = node[step]


@pytest.mark.parametrize("kind", [5, 6, 7, 8, 19, 21, 22, 23])
def test_a_field_of_a_modal_that_cannot_be_shown_is_dropped_silently(kind: int) -> None:
    with pytest.raises(NotImitated) as caught:
        parse_modal(in_modal(type=kind), ())
    assert f"type {kind}" in caught.value.sentence
