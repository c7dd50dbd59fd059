"""What an edit may change of a message, what is left of a deleted one, and where a delivery goes."""

from typing import Any

import pytest
from aiohttp import web

from local.discord.forms.answer import Deferred, parse_answer
from tests.discord.application import (
    BOT_TOKEN,
    PICTURE,
    Interaction,
    Running,
    a_form,
    a_picture,
    answering,
)

BOT = {"Authorization": f"Bot {BOT_TOKEN}"}
EPHEMERAL, SUPPRESS_EMBEDS, LOADING, SUPPRESS_NOTIFICATIONS = 64, 4, 128, 4096
OF_A_REPLY = SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS


@pytest.mark.parametrize("asked", [None, 0, EPHEMERAL, SUPPRESS_EMBEDS, EPHEMERAL | SUPPRESS_EMBEDS])
@pytest.mark.parametrize("acknowledged", [0, EPHEMERAL, EPHEMERAL | SUPPRESS_EMBEDS, SUPPRESS_NOTIFICATIONS])
async def test_a_public_reply_is_hidden_or_a_private_one_shown_by_an_edit(
    here: Running, acknowledged: int, asked: int | None
) -> None:
    """Source: Discord, "Interaction Callback Data Structure", "Edit Webhook Message", flags."""
    here.application.answer = answering({"type": 5, "data": {"flags": acknowledged}})
    await here.interact()
    ephemeral = acknowledged & EPHEMERAL
    (waiting,) = await here.messages()
    assert waiting["flags"] == ephemeral | LOADING
    form = {"content": "done"} | ({} if asked is None else {"flags": asked})
    _, message = await here.call("PATCH", here.reply_url, json=form)
    assert message["flags"] == ephemeral | (asked or 0) & OF_A_REPLY
    _, again = await here.call("PATCH", here.reply_url, json={"content": "again"})
    assert again["flags"] == message["flags"], "an edit that names no flags leaves them"


@pytest.mark.parametrize("flags", [0, EPHEMERAL])
@pytest.mark.parametrize("asked", [0, EPHEMERAL])
async def test_an_immediate_answer_changes_who_sees_it_by_an_edit(here: Running, flags: int, asked: int) -> None:
    here.application.answer = answering({"type": 4, "data": {"content": "at once", "flags": flags}})
    await here.interact()
    _, message = await here.call("PATCH", here.reply_url, json={"content": "later", "flags": asked})
    assert message["flags"] == flags


async def files_in(here: Running) -> int:
    """How many files the store holds."""
    store = here.discord.replies._store
    return int((await here.discord.run(store._database.rows, "SELECT count(*) FROM files"))[0][0])


async def posted(here: Running, kind: str) -> tuple[str, dict[str, Any], dict[str, str]]:
    """The address of a message with a picture, the message, and the headers that its calls need."""
    form = a_form(PICTURE, ("mandala.png", a_picture()))
    if kind == "reply":
        await here.interact()
        _, message = await here.call("PATCH", here.reply_url, data=form)
        return here.reply_url, message, {}
    if kind == "follow-up":
        here.application.answer = answering({"type": 4, "data": {"content": "first"}})
        await here.interact()
        webhook = here.reply_url.removesuffix("/messages/@original")
        _, message = await here.call("POST", webhook, data=form)
        return f"{webhook}/messages/{message['id']}", message, {}
    messages = f"{here.api}/channels/{here.discord.identities.channel_id}/messages"
    _, message = await here.call("POST", messages, data=form, headers=BOT)
    return f"{messages}/{message['id']}", message, BOT


@pytest.mark.parametrize("kind", ["reply", "follow-up", "message of the bot"])
async def test_the_picture_of_a_deleted_message_is_still_there(here: Running, kind: str) -> None:
    url, message, headers = await posted(here, kind)
    picture = message["embeds"][0]["image"]["url"]
    async with here.session.get(picture) as shown:
        assert await shown.read() == a_picture()
    assert await here.call("DELETE", url, headers=headers) == (204, None)
    assert await files_in(here) == 0
    async with here.session.get(picture) as gone:
        assert gone.status == 404
    status, _ = await here.call("PATCH", url, json={"content": "late"}, headers=headers)
    assert status == 404


async def test_a_file_that_an_edit_takes_away_is_still_there_or_takes_others_with_it(here: Running) -> None:
    url, message, _ = await posted(here, "reply")
    _, other, _ = await posted(here, "message of the bot")
    await here.call("PATCH", url, json={"content": "words", "embeds": [], "attachments": []})
    assert await files_in(here) == 1
    async with here.session.get(message["embeds"][0]["image"]["url"]) as gone:
        assert gone.status == 404
    async with here.session.get(other["embeds"][0]["image"]["url"]) as shown:
        assert await shown.read() == a_picture()


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_an_interaction_follows_a_redirect_with_its_token_in_it(here: Running, status: int) -> None:
    """Source: as for any status but 200, Discord says that the application did not respond."""
    elsewhere: list[Interaction] = []

    async def answer(interaction: Interaction) -> web.Response:
        elsewhere.append(interaction)
        if len(elsewhere) > 1:
            return web.json_response({"type": 5})
        return web.Response(status=status, headers={"Location": here.discord.ingress_url})

    here.application.answer = answer
    outcome = await here.interact()
    assert (outcome["state"], len(elsewhere)) == ("failed", 1)
    assert outcome["deliveries"][0]["problem"] == f"status {status}, expected 200"


async def test_a_token_is_void_before_its_end_or_lives_on_after_it(here: Running) -> None:
    """Source: Discord, "Receiving and Responding": a token is valid for 15 minutes."""
    await here.interact()
    here.clock.advance(minutes=15, milliseconds=-1)
    assert (await here.call("PATCH", here.reply_url, json={"content": "in time"}))[0] == 200
    here.clock.advance(milliseconds=1002)
    assert await here.call("PATCH", here.reply_url, json={"content": "late"}) == (
        401,
        {"message": "Invalid Webhook Token", "code": 50027},
    )


@pytest.mark.parametrize("acknowledged", [0, EPHEMERAL])
@pytest.mark.parametrize("asked", [None, 0, EPHEMERAL])
async def test_a_follow_up_in_the_place_of_the_reply_changes_who_sees_it(
    here: Running, acknowledged: int, asked: int | None
) -> None:
    """Source: Discord, "Followup Messages": the first one after a deferred answer is its reply, seen as that says."""
    here.application.answer = answering({"type": 5, "data": {"flags": acknowledged}})
    await here.interact()
    webhook = here.reply_url.removesuffix("/messages/@original")
    shown = []
    for content in ("first", "second"):
        form = {"content": content} | ({} if asked is None else {"flags": asked})
        shown.append((await here.call("POST", webhook, json=form))[1]["flags"])
    assert shown == [acknowledged, asked or 0], "a later one says itself who sees it"


@pytest.mark.parametrize("flags", [0, EPHEMERAL, SUPPRESS_EMBEDS, LOADING, EPHEMERAL | SUPPRESS_NOTIFICATIONS])
def test_an_acknowledgement_sets_a_flag_that_it_may_not(flags: int) -> None:
    """Source: Discord, "Interaction Callback Data Structure": of a deferred answer EPHEMERAL alone counts."""
    assert parse_answer({"type": 5, "data": {"flags": flags}}) == Deferred(flags & EPHEMERAL)
    assert parse_answer({"type": 5}) == parse_answer({"type": 5, "data": None}) == Deferred(0)
