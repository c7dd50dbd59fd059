"""An application may answer by a call of its own; what it answers and we cannot show is never held against it."""

import asyncio
from typing import Any

import pytest
from aiohttp import web

from tests.discord.application import (
    BOT_TOKEN,
    Interaction,
    Running,
    a_form,
    a_picture,
    answering,
)

WORDS = {"type": 4, "data": {"content": "drawn"}}
MENU_OF_USERS = {"type": 4, "data": {"content": "x", "components": [{"type": 1, "components": [{"type": 5}]}]}}


def callback_url(here: Running, interaction: Interaction) -> str:
    return f"{here.api}/interactions/{interaction['id']}/{interaction['token']}/callback"


def calling_back(here: Running, *bodies: Any, query: str = "", **more: Any) -> list[tuple[int, Any]]:
    """The application answers 202 and calls back with each body, in turn.  What it is told."""
    told: list[tuple[int, Any]] = []

    async def answer(interaction: Interaction) -> web.Response:
        for body in bodies:
            given = more or {"json": body}
            told.append(await here.call("POST", callback_url(here, interaction) + query, **given))
        return web.Response(status=202)

    here.application.answer = answer
    return told


async def test_an_answer_by_callback_is_shown(here: Running) -> None:
    told = calling_back(here, WORDS)
    outcome = await here.interact()
    assert told == [(204, None)]
    assert (outcome["state"], outcome["acknowledged"]["status"]) == ("acknowledged", None)
    assert [message["content"] for message in outcome["messages"]] == ["drawn"]
    status, _ = await here.call("PATCH", here.reply_url, json={"content": "drawn anew"})
    assert status == 200


async def test_the_callback_may_come_after_the_202(here: Running) -> None:
    tasks = []

    async def answer(interaction: Interaction) -> web.Response:
        tasks.append(asyncio.create_task(late(callback_url(here, interaction))))
        return web.Response(status=202)

    async def late(url: str) -> tuple[int, Any]:
        await asyncio.sleep(0.05)
        return await here.call("POST", url, json=WORDS)

    here.application.answer = answer
    outcome = await here.interact()
    assert [message["content"] for message in outcome["messages"]] == ["drawn"]
    assert outcome["deliveries"][0]["problem"] is None
    assert await tasks[0] == (204, None)


async def test_a_callback_brings_its_files(here: Running) -> None:
    picture = {"type": 4, "data": {"embeds": [{"image": {"url": "attachment://a.png"}}]}}
    told = calling_back(here, None, data=a_form(picture, ("a.png", a_picture())))
    (message,) = (await here.interact())["messages"]
    assert told[0][0] == 204
    async with here.session.get(message["embeds"][0]["image"]["url"]) as shown:
        assert await shown.read() == a_picture()


@pytest.mark.parametrize(
    ("body", "is_loading", "flags"),
    [(WORDS, False, 0), ({"type": 5}, True, 128), ({"type": 5, "data": {"flags": 64 | 4}}, True, 192)],
)
async def test_a_callback_is_told_of_its_message_if_it_asks(
    here: Running, body: dict[str, Any], is_loading: bool, flags: int
) -> None:
    """Source: Discord, "Interaction Callback Response Object"."""
    told = calling_back(here, body, query="?with_response=true")
    (message,) = (await here.interact())["messages"]
    ((status, answer),) = told
    assert status == 200
    assert answer["interaction"] == {
        "id": here.application.interactions[0]["id"],
        "type": 2,
        "response_message_id": message["id"],
        "response_message_loading": is_loading,
        "response_message_ephemeral": bool(flags & 64),
    }
    assert message["flags"] == flags
    assert answer["resource"]["type"] == body["type"]
    assert ("message" in answer["resource"]) != is_loading


async def test_an_interaction_is_answered_once(here: Running) -> None:
    """Source: Discord, "Opcodes and Status Codes"."""
    told = calling_back(here, WORDS, {"type": 5})
    await here.interact()
    assert told[1] == (400, {"message": "Interaction has already been acknowledged.", "code": 40060})
    assert [message["content"] for message in await here.messages()] == ["drawn"]


async def test_a_202_without_a_callback_is_no_answer_and_its_token_is_void(here: Running) -> None:
    here.application.answer = answering(None, status=202)
    outcome = await here.interact()
    assert outcome["state"] == "failed"
    assert "no callback within 3 s" in outcome["deliveries"][0]["problem"]
    status, body = await here.call("POST", callback_url(here, here.application.interactions[0]), json=WORDS)
    assert (status, body["code"]) == (404, 10062)


async def test_another_token_is_unknown(here: Running) -> None:
    calling_back(here, WORDS)
    await here.interact()
    interaction = here.application.interactions[0] | {"token": "x"}
    status, body = await here.call("POST", callback_url(here, interaction), json=WORDS)
    assert (status, body["code"]) == (404, 10062)


@pytest.mark.parametrize(
    ("body", "path"),
    [
        ({"type": 1}, ["type"]),
        ({"type": 6}, ["type"]),
        ({}, ["type"]),
        ({"type": 4, "data": {"content": "x" * 2001}}, ["data", "content"]),
        ({"type": 5, "data": {"flags": "64"}}, ["data", "flags"]),
    ],
)
async def test_a_wrong_callback_is_refused_by_its_path_and_a_right_one_may_follow(
    here: Running, body: dict[str, Any], path: list[str]
) -> None:
    told = calling_back(here, body, WORDS)
    await here.interact()
    assert [status for status, _ in told] == [400, 204]
    node = told[0][1]["errors"]
    for step in path:
        node = node[step]
    assert node["_errors"]


@pytest.mark.parametrize(("body", "what"), [(MENU_OF_USERS, "menus of users"), ({"type": 12}, "activities")])
async def test_what_cannot_be_shown_is_told_to_the_member_and_to_the_bot(
    here: Running, body: dict[str, Any], what: str
) -> None:
    here.application.answer = answering(body)
    outcome = await here.interact()
    (message,) = outcome["messages"]
    assert (outcome["state"], message["state"]) == ("acknowledged", "unshown")
    assert what in message["note"]
    assert what in outcome["deliveries"][0]["problem"]
    told = calling_back(here, body)
    (message,) = (await here.interact())["messages"]
    assert message["state"] == "unshown"
    assert told[0][0] == 400
    assert what in str(told[0][1]["errors"])


async def test_an_edit_that_cannot_be_shown_is_told_to_the_member_who_waits_and_another_may_follow(
    here: Running,
) -> None:
    await here.interact()
    status, _ = await here.call("PATCH", here.reply_url, json=MENU_OF_USERS["data"])
    assert status == 400
    (message,) = await here.messages()
    assert (message["state"], "menus" in message["note"]) == ("unshown", True)
    await here.call("PATCH", here.reply_url, json={"content": "without them"})
    (message,) = await here.messages()
    assert (message["state"], message["note"], message["content"]) == ("replied", None, "without them")
    # A later edit that fails leaves what is shown.
    await here.call("PATCH", here.reply_url, json=MENU_OF_USERS["data"])
    (message,) = await here.messages()
    assert (message["state"], message["content"]) == ("replied", "without them")


async def test_a_deferral_reads_nothing_but_whether_it_is_for_one_member(here: Running) -> None:
    """Source: Discord, "Interaction Callback Data Structure": the only valid flag is EPHEMERAL."""
    here.application.answer = answering({"type": 5, "data": {"flags": 64 | 1 << 15, "components": [{"type": 1}]}})
    (message,) = (await here.interact())["messages"]
    assert (message["state"], message["flags"]) == ("thinking", 192)


async def test_the_channel_shows_the_bot_its_own_messages_and_lets_it_change_them(here: Running) -> None:
    """Source: Discord, "Edit Message", "Delete Message", "Opcodes and Status Codes" (50005, 50013, 10008)."""
    headers = {"Authorization": f"Bot {BOT_TOKEN}"}
    messages = f"{here.api}/channels/{here.discord.identities.channel_id}/messages"
    said = await here.discord.run(here.discord.channel.say, "hello")
    for method, status, code in [("PATCH", 403, 50005), ("DELETE", 403, 50013)]:
        answer = await here.call(method, f"{messages}/{said.id}", json={"content": "x"}, headers=headers)
        assert (answer[0], answer[1]["code"]) == (status, code)
    assert (await here.call("GET", f"{messages}/{said.id}", headers=headers))[1]["content"] == "hello"
    _, posted = await here.call("POST", messages, json={"content": "one"}, headers=headers)
    _, edited = await here.call("PATCH", f"{messages}/{posted['id']}", json={"content": "two"}, headers=headers)
    assert edited["edited_timestamp"] is not None
    assert await here.call("DELETE", f"{messages}/{posted['id']}", headers=headers) == (204, None)
    here.application.answer = answering({"type": 4, "data": {"content": "alone", "flags": 64}})
    (alone,) = (await here.interact())["messages"]
    for message_id in (posted["id"], alone["id"]):
        status, body = await here.call("GET", f"{messages}/{message_id}", headers=headers)
        assert (status, body["code"]) == (404, 10008)


async def test_the_channel_lists_what_everybody_sees_newest_first(here: Running) -> None:
    """Source: Discord, "Get Channel Messages"."""
    headers = {"Authorization": f"Bot {BOT_TOKEN}"}
    messages = f"{here.api}/channels/{here.discord.identities.channel_id}/messages"
    ids = [(await here.discord.run(here.discord.channel.say, f"{number}")).id for number in range(7)]
    here.application.answer = answering({"type": 4, "data": {"content": "alone", "flags": 64}})
    await here.interact()
    for query, numbers in [
        ("", "6543210"),
        ("?limit=2", "65"),
        (f"?limit=2&before={ids[3]}", "21"),
        (f"?limit=2&after={ids[3]}", "54"),
        (f"?limit=3&around={ids[3]}", "432"),
    ]:
        status, listed = await here.call("GET", messages + query, headers=headers)
        assert (status, "".join(message["content"] for message in listed)) == (200, numbers), query
    for query in ("?limit=0", "?limit=101", "?limit=x", "?before=x"):
        status, body = await here.call("GET", messages + query, headers=headers)
        assert (status, body["code"]) == (400, 50035), query
