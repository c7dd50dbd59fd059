"""Autocompletion, and commands of a context menu: what the application is told, and what it may answer."""

from typing import Any

import pytest

from local.discord.data.interaction import Interaction
from local.discord.data.rows import Change
from local.discord.engine.delivery import Delivery
from local.discord.errors import DiscordError
from local.discord.forms.answer import AUTOCOMPLETE, Question, parse_answer
from tests.discord.application import BOT_TOKEN, Running, answering
from tests.discord.test_callback import calling_back
from tests.discord.test_form_limits import errors_of, x
from tests.discord.test_whole import INTERACTION, MEMBER, YOU, masked

BOT = {"Authorization": f"Bot {BOT_TOKEN}"}
PALETTE = {"type": 3, "name": "palette", "description": "Its colours", "autocomplete": True}
COUNT = {"type": 4, "name": "count", "description": "How many", "autocomplete": True, "required": True}
LOTUS = {"name": "lotus", "description": "Draw a lotus", "options": [COUNT, PALETTE]}
OF_MESSAGE = {"name": "Mandala of this message", "type": 3, "description": ""}
OF_USER = {"name": "lotus", "type": 2}  # a name may be that of a command of another type


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


class Deliveries(list[Interaction]):
    """Watches the local Discord."""

    def delivery_began(self, interaction: Interaction) -> int:
        self.append(interaction)
        return 0

    def delivery_ended(self, number: int, interaction: Interaction, delivery: Delivery) -> None: ...

    def message_changed(self, change: Change) -> None: ...


async def test_each_letter_that_a_member_types_is_watched_like_a_command(here: Running) -> None:
    await register(here, LOTUS)
    here.discord._watcher = watched = Deliveries()
    await complete(here, {"name": "palette", "value": "ro", "focused": True})
    await here.interact(data={"name": "lotus", "options": [{"name": "count", "value": 1}]})
    assert [one.question.kind for one in watched] == [2]


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
    (done,) = (await here.interact(data={"name": "lotus", "type": 2, "target_id": you}))["messages"]
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
