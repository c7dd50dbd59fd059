"""Commands: what may be registered, for every guild and for one, all at once and one by one."""

from pathlib import Path
from typing import Any

import pytest

from tests.discord.application import BOT_TOKEN, COMMAND, Running, local_discord

BOT = {"Authorization": f"Bot {BOT_TOKEN}"}
ROSE = {"name": "rose", "description": "Draw a rose"}


def of_all(here: Running) -> str:
    return f"{here.api}/applications/{here.discord.identities.application_id}/commands"


def of_guild(here: Running) -> str:
    identities = here.discord.identities
    return f"{here.api}/applications/{identities.application_id}/guilds/{identities.guild_id}/commands"


async def offered(here: Running) -> list[str]:
    return [command["name"] for command in (await here.channel())["commands"]]


def an_option(name: str = "a", **more: Any) -> dict[str, Any]:
    return {"type": 3, "name": name, "description": "b"} | more


# Source: Discord, "Application Command Naming": letters, digits, Devanagari and Thai with their marks.  The page's '
# is a mistake for ʼ: https://github.com/discord/discord-api-docs/pull/8567.
@pytest.mark.parametrize("name", ["วาดรูป", "चित्र", "draw-it_2", "描く", "größe", "drawʼit", "x" * 32])
async def test_a_name_of_any_script_is_taken(here: Running, name: str) -> None:
    status, command = await here.call("POST", of_all(here), json=ROSE | {"name": name}, headers=BOT)
    assert (status, command["name"]) == (201, name)


# Source: https://github.com/discord/discord-api-docs/issues/7371, /7712, /5615, "Application Command Naming";
# APPLICATION_COMMAND_OPTIONS_NAME_INVALID as users of the API quote it.
@pytest.mark.parametrize(
    ("change", "path", "code"),
    [
        ({"name": "isn't"}, ["name"], "STRING_TYPE_REGEX"),
        ({"name": "two words"}, ["name"], "STRING_TYPE_REGEX"),
        ({"name": "x" * 33}, ["name"], "STRING_TYPE_REGEX"),
        ({"name": "Rose"}, ["name"], "APPLICATION_COMMAND_INVALID_NAME"),
        ({"name_localizations": {"de": "Mein Mandala"}}, ["name_localizations"], "APPLICATION_COMMAND_INVALID_NAME"),
        ({"name_localizations": {"de": "Mandala"}}, ["name_localizations"], "APPLICATION_COMMAND_INVALID_NAME"),
        (
            {"options": [an_option(name_localizations={"de": "Worte hier"})]},
            ["options", "0", "name_localizations", "de"],
            "APPLICATION_COMMAND_INVALID_NAME",
        ),
        (
            {"options": [an_option("a"), an_option("b", required=True)]},
            ["options", "1"],
            "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID",
        ),
        ({"options": [an_option(), an_option()]}, ["options", "1"], "APPLICATION_COMMAND_OPTIONS_NAME_INVALID"),
        (
            {"options": [an_option(autocomplete=True, choices=[{"name": "c", "value": "d"}])]},
            ["options", "0", "autocomplete"],
            "APPLICATION_COMMAND_OPTIONS_AUTOCOMPLETE_INVALID",
        ),
        # What Discord takes, and this stand-in cannot show.
        ({"options": [an_option(type=6)]}, ["options", "0", "type"], "LOCAL_NOT_SUPPORTED"),
        ({"type": 4}, ["type"], "LOCAL_NOT_SUPPORTED"),
        ({"handler": 1}, ["handler"], "LOCAL_NOT_SUPPORTED"),
    ],
)
async def test_what_is_refused_is_named_by_its_path_and_code(
    here: Running, change: dict[str, Any], path: list[str], code: str
) -> None:
    status, body = await here.call("POST", of_all(here), json=ROSE | change, headers=BOT)
    assert (status, body["code"]) == (400, 50035)
    node = body["errors"]
    for step in path:
        node = node[step]
    assert [error["code"] for error in node["_errors"]] == [code]
    assert await offered(here) == ["mando"]


async def test_two_commands_of_one_name_are_refused_by_the_place_of_the_second(here: Running) -> None:
    """Source: https://github.com/albertgmz/BeatDock/issues/103."""
    status, body = await here.call("PUT", of_all(here), json=[ROSE, ROSE], headers=BOT)
    assert status == 400
    assert body["errors"]["1"]["_errors"][0]["code"] == "APPLICATION_COMMANDS_DUPLICATE_NAME"


async def test_there_is_room_for_100_commands(here: Running) -> None:
    """Source: Discord, "Registering a Command"; the code: "Opcodes and Status Codes"."""
    many = [ROSE | {"name": f"rose{number}"} for number in range(101)]
    assert (await here.call("PUT", of_all(here), json=many[:100], headers=BOT))[0] == 200
    for method, value in [("PUT", many), ("POST", many[100])]:
        status, body = await here.call(method, of_all(here), json=value, headers=BOT)
        assert (status, body["code"]) == (400, 30032)
        assert body["message"] == "Maximum number of application commands reached (100)"
    assert (await here.call("POST", of_all(here), json=many[0], headers=BOT))[0] == 200, "it takes another's place"
    assert (await here.call("PUT", of_all(here), json=many[:99], headers=BOT))[0] == 200
    assert (await here.call("POST", of_all(here), json=many[99], headers=BOT))[0] == 201
    assert len(await offered(here)) == 100


@pytest.mark.parametrize("permissions", [8, "8"])
async def test_permissions_are_taken_as_a_number_too_and_shown_as_a_text_unsure(
    here: Running, permissions: object
) -> None:
    """The page says text; libraries send a number, and nobody says that it is refused."""
    body = ROSE | {"default_member_permissions": permissions}
    _, command = await here.call("POST", of_all(here), json=body, headers=BOT)
    assert command["default_member_permissions"] == "8"


async def test_a_language_with_null_has_no_name_of_its_own(here: Running) -> None:
    """Source: discord-api-types, LocalizationMap; @discordjs/builders sends it."""
    body = ROSE | {"name_localizations": {"de": "rosenbild", "fr": None}}
    _, command = await here.call("POST", of_all(here), json=body, headers=BOT)
    assert command["name_localizations"] == {"de": "rosenbild"}


async def test_a_post_of_a_name_that_is_there_replaces_the_command_and_keeps_its_id(here: Running) -> None:
    status, first = await here.call("POST", of_all(here), json=ROSE, headers=BOT)
    assert status == 201
    status, second = await here.call("POST", of_all(here), json=ROSE | {"description": "Another"}, headers=BOT)
    assert (status, second["id"], second["description"]) == (200, first["id"], "Another")
    assert int(second["version"]) > int(first["version"])
    assert await offered(here) == ["mando", "rose"]


@pytest.mark.parametrize("scope", [of_all, of_guild])
async def test_one_command_is_read_edited_and_deleted(here: Running, scope: Any) -> None:
    _, made = await here.call("POST", scope(here), json=ROSE | {"options": [an_option()]}, headers=BOT)
    url = f"{scope(here)}/{made['id']}"
    assert await here.call("GET", url, headers=BOT) == (200, made)
    change = {"description": "Another", "type": 2}  # a type never changes
    _, edited = await here.call("PATCH", url, json=change, headers=BOT)
    assert (edited["description"], edited["options"], edited["type"]) == ("Another", made["options"], 1)
    assert (edited["id"], edited["application_id"]) == (made["id"], made["application_id"])
    assert int(edited["version"]) > int(made["version"])
    assert sorted(await offered(here)) == ["mando", "rose"]
    assert await here.call("GET", url, headers=BOT) == (200, edited)
    status, body = await here.call("PATCH", url, json={"name": "A B"}, headers=BOT)
    assert (status, body["errors"]["name"]["_errors"][0]["code"]) == (400, "STRING_TYPE_REGEX")
    assert await here.call("DELETE", url, headers=BOT) == (204, None)
    assert await here.call("GET", url, headers=BOT) == (404, {"message": "Unknown application command", "code": 10063})


async def test_a_command_does_not_take_the_name_of_another(here: Running) -> None:
    _, made = await here.call("POST", of_all(here), json=ROSE, headers=BOT)
    status, body = await here.call("PATCH", f"{of_all(here)}/{made['id']}", json={"name": "mando"}, headers=BOT)
    error = {"code": "APPLICATION_COMMANDS_DUPLICATE_NAME", "message": "Application command names must be unique"}
    assert (status, body["errors"]) == (400, {"_errors": [error]})
    status, _ = await here.call("PATCH", f"{of_all(here)}/{made['id']}", json={"name": "rose"}, headers=BOT)
    assert status == 200, "its own"


async def test_an_overwrite_that_names_an_id_renames_that_command(here: Running) -> None:
    _, (before,) = await here.call("GET", of_all(here), headers=BOT)
    _, (after,) = await here.call("PUT", of_all(here), json=[ROSE | {"id": before["id"]}], headers=BOT)
    assert (after["id"], after["name"]) == (before["id"], "rose")


async def test_a_command_of_the_guild_is_offered_beside_the_others_and_its_interaction_says_so(here: Running) -> None:
    identities = here.discord.identities
    _, (made,) = await here.call("PUT", of_guild(here), json=[COMMAND], headers=BOT)
    assert made["guild_id"] == identities.guild_id
    assert await offered(here) == ["mando", "mando"]
    _, (of_every,) = await here.call("GET", of_all(here), headers=BOT)
    for command, guild_id in [(made, identities.guild_id), (of_every, None)]:
        await here.interact(data={"id": command["id"], "name": "mando"})
        assert here.application.interactions[-1]["data"]["id"] == command["id"]
        assert here.application.interactions[-1]["data"].get("guild_id") == guild_id


async def test_another_guild_and_another_application_are_refused(here: Running) -> None:
    identities = here.discord.identities
    for ids, code in [(f"{identities.application_id}/guilds/42", 50001), ("42", 20012)]:
        url = f"{here.api}/applications/{ids}/commands"
        status, body = await here.call("GET", url, headers=BOT)
        assert (status, body["code"]) == (403, code)


async def test_commands_of_the_guild_are_there_after_a_restart(tmp_path: Path) -> None:
    async with local_discord(tmp_path) as here:
        _, (made,) = await here.call("PUT", of_guild(here), json=[ROSE], headers=BOT)
    async with local_discord(tmp_path) as here:
        assert (await here.call("GET", of_guild(here) + "?with_localizations=1", headers=BOT))[1] == [made]
