"""Every documented field of a message is shown, or refused by a sentence that says what this stand-in cannot show."""

import json
from typing import Any

import pytest

from tests.discord.application import BOT_TOKEN, Running, a_form, a_picture

BOT = {"Authorization": f"Bot {BOT_TOKEN}"}


@pytest.fixture
async def here(here: Running) -> Running:
    """The bot is thinking."""
    await here.interact()
    return here


async def send(here: Running, call: str, body: dict[str, Any]) -> tuple[int, Any]:
    """By one of Discord's calls that carry a message."""
    messages = f"{here.api}/channels/{here.discord.identities.channel_id}/messages"
    if call == "create":
        return await here.call("POST", messages, json=body, headers=BOT)
    if call == "edit":
        _, message = await here.call("POST", messages, json={"content": "x"}, headers=BOT)
        return await here.call("PATCH", f"{messages}/{message['id']}", json=body, headers=BOT)
    if call == "follow_up":
        return await here.call("POST", here.reply_url.removesuffix("/messages/@original"), json=body)
    return await here.call("PATCH", here.reply_url, json=body)


EVERY = ("create", "edit", "follow_up", "edit_reply")


# Source of what each call takes: Discord, "Create Message", "Edit Message", "Execute Webhook", "Edit Webhook Message".
@pytest.mark.parametrize(
    ("field", "value", "calls"),
    [
        ("components", [{"type": 10, "content": "x"}], EVERY),
        ("poll", {"question": {"text": "?"}, "answers": []}, ("create", "follow_up", "edit_reply")),
        ("message_reference", {"message_id": "1"}, ("create",)),
        ("sticker_ids", ["1"], ("create",)),
        ("shared_client_theme", {"colors": ["5865F2"]}, ("create",)),
        ("flags", 1 << 15, EVERY),
        ("flags", 1 << 13, ("create",)),
    ],
)
async def test_what_cannot_be_shown_is_refused_by_name_where_discord_takes_it_and_ignored_elsewhere(
    here: Running, field: str, value: object, calls: tuple[str, ...]
) -> None:
    for call in EVERY:
        status, body = await send(here, call, {"content": "x", field: value})
        if call in calls:
            assert (status, body["code"]) == (400, 50035), call
            assert '"code": "LOCAL_NOT_SUPPORTED", "message": "This local Discord' in json.dumps(body["errors"][field])
        else:
            assert status == 200, call


@pytest.mark.parametrize("field", ["components", "sticker_ids", "poll", "message_reference", "embeds", "attachments"])
@pytest.mark.parametrize("call", EVERY)
async def test_what_is_empty_asks_for_nothing(here: Running, call: str, field: str) -> None:
    for nothing in (None, list[Any]()):
        assert (await send(here, call, {"content": "x", field: nothing}))[0] == 200


async def test_a_field_that_is_not_documented_is_ignored(here: Running) -> None:
    for call in EVERY:
        assert (await send(here, call, {"content": "x", "unheard_of": {"a": 1}}))[0] == 200


async def test_a_thread_is_refused_as_discord_does_outside_a_forum(here: Running) -> None:
    """Source: Discord, "Opcodes and Status Codes"."""
    status, body = await send(here, "follow_up", {"content": "x", "thread_name": "a thread"})
    assert (status, body["code"]) == (400, 220003)


@pytest.mark.parametrize("field", ["is_spoiler", "duration_secs", "waveform"])
async def test_what_a_file_cannot_be_is_refused_by_name(here: Running, field: str) -> None:
    file = {"id": 0, "filename": "a.png", field: 1}
    form = a_form({"attachments": [file]}, ("a.png", a_picture()))
    _, body = await here.call("PATCH", here.reply_url, data=form)
    assert body["errors"]["attachments"]["0"][field]["_errors"][0]["code"] == "LOCAL_NOT_SUPPORTED"


async def test_a_message_that_is_read_aloud_and_notifies_nobody_says_so(here: Running) -> None:
    _, message = await send(here, "create", {"content": "x", "tts": True, "flags": 1 << 12})
    assert (message["tts"], message["flags"]) == (True, 1 << 12)


async def test_flags_that_a_call_cannot_set_are_ignored(here: Running) -> None:
    """Source: the pages name for each call which flags "can be set"."""
    for call, kept in [("create", 1 << 12 | 4), ("follow_up", 1 << 12 | 4), ("edit_reply", 1 << 12 | 4), ("edit", 4)]:
        _, message = await send(here, call, {"content": "x", "flags": 1 | 4 | 1 << 4 | 1 << 7 | 1 << 12})
        assert message["flags"] == kept, call


async def test_suppressed_embeds_are_not_shown_until_an_edit_says_so(here: Running) -> None:
    """Source: Discord, "Message Flags": do not include any embeds; an edit without flags leaves them as they are."""
    _, message = await send(here, "edit_reply", {"content": "x", "embeds": [{"title": "A title"}], "flags": 4})
    assert (message["embeds"], message["flags"]) == ([], 4)
    _, message = await send(here, "edit_reply", {"content": "y"})
    assert (message["embeds"], message["flags"]) == ([], 4)
    _, message = await send(here, "edit_reply", {"flags": 0})
    assert ([embed["title"] for embed in message["embeds"]], message["flags"]) == (["A title"], 0)


async def test_only_those_who_are_listed_are_mentioned(here: Running) -> None:
    identities = here.discord.identities
    content = f"<@{identities.member_id}> <@{identities.application_id}>"
    for allowed, mentioned in [
        ({"users": [identities.member_id, "42"]}, [identities.member_id]),
        ({"users": [int(identities.member_id)]}, [identities.member_id]),
        ({"parse": ["everyone"], "users": [identities.member_id], "roles": None}, [identities.member_id]),
        ({"parse": ["users"], "users": []}, [identities.member_id]),
        ({"parse": [], "replied_user": True}, []),
        ({}, []),
    ]:
        _, message = await send(here, "create", {"content": content, "allowed_mentions": allowed})
        assert [user["id"] for user in message["mentions"]] == mentioned, allowed


async def test_an_edit_that_leaves_the_words_leaves_the_mentions(here: Running) -> None:
    """Source: Discord, "Edit Webhook Message": they are made anew when the content is edited."""
    content = f"<@{here.discord.identities.member_id}>"
    for allowed, count in [({"parse": []}, 0), ({"parse": ["users"]}, 1)]:
        await send(here, "edit_reply", {"content": content, "allowed_mentions": allowed})
        _, message = await send(here, "edit_reply", {"embeds": [{"title": "A title"}]})
        assert len(message["mentions"]) == count


@pytest.mark.parametrize("kind", ["users", "roles"])
async def test_a_kind_of_mention_that_is_both_parsed_and_listed_is_refused(here: Running, kind: str) -> None:
    """Source: Discord, "Allowed Mentions Object"; the code: https://github.com/Mephisto5558/Teufelsbot/issues/287."""
    allowed = {"parse": [kind], kind: ["1"]}
    status, body = await send(here, "create", {"content": "x", "allowed_mentions": allowed})
    (error,) = body["errors"]["allowed_mentions"]["_errors"]
    assert (status, error["code"]) == (400, "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE")
    assert error["message"] == f'parse:["{kind}"] and {kind}: [ids...] are mutually exclusive.'


async def test_white_space_around_the_words_of_an_embed_is_not_counted(here: Running) -> None:
    """Source: Discord, "Embed Limits"."""
    _, message = await send(here, "edit_reply", {"embeds": [{"title": f"  {'x' * 256}\n"}]})
    assert message["embeds"][0]["title"] == "x" * 256


async def test_icons_and_the_time_of_an_embed_are_kept(here: Running) -> None:
    embed = {
        "author": {"name": "mando", "icon_url": "attachment://a.png"},
        "footer": {"text": "a footer", "icon_url": "attachment://missing.png"},
        "timestamp": "2026-11-25T20:00:00Z",
    }
    form = a_form({"embeds": [embed]}, ("a.png", a_picture()))
    _, message = await here.call("PATCH", here.reply_url, data=form)
    (shown,) = message["embeds"]
    assert shown["author"]["icon_url"].startswith(here.base)
    assert shown["author"]["icon_url"] == shown["author"]["proxy_icon_url"]
    assert shown["footer"] == {"text": "a footer"}
    assert shown["timestamp"] == "2026-11-25T20:00:00+00:00"
    assert message["attachments"] == []


async def test_a_time_that_is_none_is_refused(here: Running) -> None:
    """Source: https://github.com/Discord4J/Discord4J/issues/196."""
    _, body = await send(here, "edit_reply", {"embeds": [{"title": "x", "timestamp": "yesterday"}]})
    (error,) = body["errors"]["embeds"]["0"]["timestamp"]["_errors"]
    assert error["message"] == "Could not parse yesterday. Should be ISO8601."


async def test_a_file_keeps_its_title(here: Running) -> None:
    form = a_form({"attachments": [{"id": 0, "title": "A title"}]}, ("a.bin", b"x"))
    _, message = await here.call("PATCH", here.reply_url, data=form)
    assert message["attachments"][0]["title"] == "A title"


async def test_later_answers_name_the_first_one(here: Running) -> None:
    """Source: Discord, "Application Command Interaction Metadata Structure"; unsure: that they are of type 19."""
    original = (await send(here, "edit_reply", {"content": "x"}))[1]
    later = (await send(here, "follow_up", {"content": "y"}))[1]
    assert "original_response_message_id" not in original["interaction_metadata"]
    assert later["interaction_metadata"]["original_response_message_id"] == original["id"]
    assert later["message_reference"]["message_id"] == original["id"]
    assert (original["type"], later["type"]) == (20, 19)
    assert original["interaction"]["name"] == "mando"
    assert "interaction" not in later
    assert later["webhook_id"] == later["application_id"] == here.discord.identities.application_id


async def test_an_answer_names_the_member_who_used_the_command(here: Running) -> None:
    outcome = await here.interact(user_id="42")
    (message,) = outcome["messages"]
    assert message["interaction_metadata"]["user"]["id"] == message["interaction"]["user"]["id"] == "42"
