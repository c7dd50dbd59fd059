"""What takes a bot's token: messages by its own hand, the commands, the address of interactions."""

from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

import mandala
from local.discord.errors import DiscordError
from local.discord.forms.command_form import parse_commands
from schemas.request import MOST_VARIATIONS
from tests.discord.application import (
    BOT_TOKEN,
    COMMAND,
    PICTURE,
    Running,
    a_form,
    a_picture,
    json_values,
    local_discord,
    served,
)

BOT = {"Authorization": f"Bot {BOT_TOKEN}"}


def commands_url(here: Running) -> str:
    return f"{here.api}/applications/{here.discord.identities.application_id}/commands"


def messages_url(here: Running) -> str:
    return f"{here.api}/channels/{here.discord.identities.channel_id}/messages"


async def test_a_bot_posts_a_picture_into_the_channel(here: Running) -> None:
    form = a_form(PICTURE, ("mandala.png", a_picture()))
    status, message = await here.call("POST", messages_url(here), data=form, headers=BOT)
    assert status == 200
    assert message["type"] == 0
    assert "webhook_id" not in message
    assert (await here.messages())[-1]["embeds"] == message["embeds"]


async def test_an_enforced_nonce_makes_one_message_of_two_for_the_past_few_minutes(here: Running) -> None:
    interaction_id = (await here.interact())["id"]
    body = {"content": "late, but here", "nonce": interaction_id, "enforce_nonce": True}
    first = (await here.call("POST", messages_url(here), json=body, headers=BOT))[1]
    again = (await here.call("POST", messages_url(here), json=body, headers=BOT))[1]
    assert first["id"] == again["id"]
    assert first["nonce"] == interaction_id
    _, outcome = await here.call("GET", f"{here.base}/api/client/interactions/{interaction_id}")
    assert [message["state"] for message in outcome["messages"]] == ["thinking", "replied"]
    here.clock.advance(minutes=6)
    later = (await here.call("POST", messages_url(here), json=body, headers=BOT))[1]
    assert later["id"] != first["id"]


async def test_without_enforcement_a_nonce_is_only_a_mark(here: Running) -> None:
    body = {"content": "x", "nonce": 42}
    first = (await here.call("POST", messages_url(here), json=body, headers=BOT))[1]
    second = (await here.call("POST", messages_url(here), json=body, headers=BOT))[1]
    assert first["id"] != second["id"]
    assert first["nonce"] == "42"


async def test_another_channel_is_unknown(here: Running) -> None:
    answer = await here.call("POST", f"{here.api}/channels/42/messages", json={"content": "x"}, headers=BOT)
    assert answer == (404, {"message": "Unknown Channel", "code": 10003})


@pytest.mark.parametrize("headers", [{}, {"Authorization": "Bot wrong"}, {"Authorization": BOT_TOKEN}])
async def test_without_the_bots_token_nothing_is_done(here: Running, headers: dict[str, str]) -> None:
    for method, url in [
        ("POST", messages_url(here)),
        ("PUT", commands_url(here)),
        ("GET", commands_url(here)),
        ("PATCH", f"{here.api}/applications/@me"),
    ]:
        answer = await here.call(method, url, json={"content": "x"}, headers=headers)
        assert answer == (401, {"message": "401: Unauthorized", "code": 0})
    assert await here.messages() == []


async def test_where_no_bot_token_is_configured_none_is_right(tmp_path: Path) -> None:
    async with local_discord(tmp_path, bot_token=None) as here:
        for given in ("Bot None", "Bot ", "Bot"):
            headers = {"Authorization": given}
            assert (await here.call("POST", messages_url(here), json={"content": "x"}, headers=headers))[0] == 401


async def test_a_put_replaces_all_commands_and_a_name_keeps_its_id(here: Running) -> None:
    _, before = await here.call("GET", commands_url(here), headers=BOT)
    other = {"name": "other", "description": "Another one"}
    status, after = await here.call("PUT", commands_url(here), json=[other, COMMAND], headers=BOT)
    assert status == 200
    assert [command["name"] for command in after] == ["other", "mando"]
    assert after[1]["id"] == before[0]["id"]
    assert after[1]["options"][0]["name_localizations"]["de"] == "worte"
    await here.call("PUT", commands_url(here), json=[other], headers=BOT)
    assert [command["name"] for command in (await here.channel())["commands"]] == ["other"]


@pytest.mark.parametrize(
    ("query", "are_listed"),
    [("", False), ("=true", True), ("=True", True), ("=1", True), ("=0", False), ("=false", False), ("=yes", False)],
)
async def test_a_word_of_an_address_is_true_that_is_not(here: Running, query: str, are_listed: bool) -> None:
    """Source: Discord, "Boolean Query Strings"."""
    _, (command,) = await here.call("GET", f"{commands_url(here)}?with_localizations{query}", headers=BOT)
    assert ("description_localizations" in command) == are_listed


async def test_localizations_are_listed_when_they_are_asked_for(here: Running) -> None:
    _, (plain,) = await here.call("GET", commands_url(here), headers=BOT)
    _, (full,) = await here.call("GET", commands_url(here) + "?with_localizations=true", headers=BOT)
    assert "description_localizations" not in plain
    assert full["description_localizations"]["fr"].startswith("Dessine")


@pytest.mark.parametrize(
    ("change", "path"),
    [
        ({"name": "Mando"}, ["0", "name"]),
        ({"name": "two words"}, ["0", "name"]),
        ({"name": None}, ["0", "name"]),
        ({"description": ""}, ["0", "description"]),
        ({"description": "x" * 101}, ["0", "description"]),
        ({"description_localizations": {"xx": "y"}}, ["0", "description_localizations", "xx"]),
        ({"contexts": [3]}, ["0", "contexts", "0"]),
        ({"options": [{"type": 3, "name": "a"}]}, ["0", "options", "0", "description"]),
        ({"options": [{"type": 6, "name": "a", "description": "b"}]}, ["0", "options", "0", "type"]),
        (
            {"options": [{"type": 3, "name": "a", "description": "b", "choices": [{"name": "c", "value": "d"}] * 26}]},
            ["0", "options", "0", "choices"],
        ),
        (
            {"options": [{"type": 4, "name": "a", "description": "b", "choices": [{"name": "c", "value": "d"}]}]},
            ["0", "options", "0", "choices", "0", "value"],
        ),
        ({"options": [{"type": 3, "name": "a", "description": "b"}] * 26}, ["0", "options"]),
    ],
)
async def test_a_wrong_command_is_refused_by_its_path_and_the_old_ones_stay(
    here: Running, change: dict[str, Any], path: list[str]
) -> None:
    status, body = await here.call("PUT", commands_url(here), json=[COMMAND | change], headers=BOT)
    assert (status, body["code"]) == (400, 50035)
    node = body["errors"]
    for step in path:
        node = node[step]
    assert node["_errors"]
    assert [command["name"] for command in (await here.channel())["commands"]] == ["mando"]


async def test_interactions_go_to_an_address_only_if_it_answers_a_ping_and_refuses_a_wrong_signature(
    here: Running,
) -> None:
    right, url = here.discord.ingress_url, f"{here.api}/applications/@me"
    status, application = await here.call("PATCH", url, json={"interactions_endpoint_url": right}, headers=BOT)
    assert (status, application["interactions_endpoint_url"]) == (200, right)
    # Both pings have reached the application; it saw the wrong one off.
    assert len(here.application.headers) == 1
    for wrong in (f"{here.base}/", "http://127.0.0.1:1/"):
        status, body = await here.call("PATCH", url, json={"interactions_endpoint_url": wrong}, headers=BOT)
        assert (status, body["code"]) == (400, 50035)
        (error,) = body["errors"]["interactions_endpoint_url"]["_errors"]
        assert error["code"] == "APPLICATION_INTERACTIONS_ENDPOINT_URL_INVALID"
    assert here.discord.ingress_url == right


async def test_an_application_that_accepts_any_signature_is_not_accepted(here: Running) -> None:
    async def pong(_: web.Request) -> web.Response:
        return web.json_response({"type": 1})

    async with served([web.post("/", pong)]) as careless:
        body = {"interactions_endpoint_url": careless}
        status, _ = await here.call("PATCH", f"{here.api}/applications/@me", json=body, headers=BOT)
    assert status == 400


@pytest.mark.parametrize(("path", "status", "code"), [("v10/users/1", 404, 0), ("v5/gateway", 400, 50041)])
async def test_what_is_not_there_is_refused_in_discords_words(here: Running, path: str, status: int, code: int) -> None:
    answer = await here.call("GET", f"{here.base}/api/{path}")
    assert (answer[0], answer[1]["code"]) == (status, code)


def test_the_registered_command_offers_what_can_be_drawn() -> None:
    words, symmetry, palette, variation = COMMAND["options"]
    assert [option["name"] for option in COMMAND["options"]] == ["words", "symmetry", "palette", "variation"]
    assert words["max_length"] == 200
    assert tuple(choice["value"] for choice in symmetry["choices"]) == tuple(mandala.SYMMETRIES)
    assert palette["autocomplete"], "there are more than the 25 that can be listed"
    assert (variation["min_value"], variation["max_value"]) == (0, MOST_VARIATIONS)


fields = ["name", "description", "options", "type", "contexts", "choices", "name_localizations", "integration_types"]
things = st.dictionaries(st.sampled_from(fields), json_values, max_size=4)


@given(json_values | st.lists(things | st.builds(lambda one, more: one | {"options": [more]}, things, things)))
def test_any_list_of_commands_is_registered_or_refused_with_the_place_of_what_is_wrong(value: Any) -> None:
    refusal = None
    try:
        parse_commands(value)
    except DiscordError as error:
        refusal = error
    assert refusal is None or (refusal.status == 400 and refusal.body["code"] == 50035 and refusal.body["errors"])
