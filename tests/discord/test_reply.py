"""The webhook of a reply: what a bot may do with it, and every refusal."""

from typing import Any

import pytest
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from local.discord.errors import DiscordError
from local.discord.forms.form import ANSWER, CREATE, EDIT, EDIT_REPLY, FOLLOW_UP, Call, Form, parse_form
from tests.discord.application import (
    PICTURE,
    Interaction,
    Running,
    a_form,
    a_picture,
    deferred,
    json_values,
)


@pytest.fixture
async def here(here: Running) -> Running:
    """The bot is thinking."""
    await here.interact()
    return here


async def test_a_picture_is_uploaded_and_shown_by_its_embed_with_its_alt_text(here: Running) -> None:
    png = a_picture(64)
    status, message = await here.call("PATCH", here.reply_url, data=a_form(PICTURE, ("mandala.png", png)))
    assert status == 200
    (embed,) = message["embeds"]
    assert embed["title"] == "Lotus of the quiet hour"
    assert (embed["image"]["width"], embed["image"]["height"]) == (64, 64)
    assert embed["image"]["description"] == "Twelve petals in amethyst and gold."
    assert message["attachments"] == []  # an embed shows it
    async with here.session.get(embed["image"]["url"]) as picture:
        assert await picture.read() == png
        assert picture.content_type == "image/png"
    assert (await here.messages())[-1]["state"] == "replied"


async def test_the_same_edit_again_replaces_the_picture(here: Running) -> None:
    first = (await here.call("PATCH", here.reply_url, data=a_form(PICTURE, ("mandala.png", a_picture()))))[1]
    second = (await here.call("PATCH", here.reply_url, data=a_form(PICTURE, ("mandala.png", a_picture()))))[1]
    assert first["id"] == second["id"]
    assert len(second["embeds"]) == 1
    assert second["attachments"] == []
    assert (await here.call("GET", first["embeds"][0]["image"]["url"]))[0] == 404
    assert len(await here.messages()) == 1


async def test_files_that_an_edit_does_not_list_are_dropped_and_without_a_list_they_pile_up(here: Running) -> None:
    files = ("one.png", a_picture()), ("two.png", a_picture())
    _, message = await here.call("PATCH", here.reply_url, data=a_form({"content": "two"}, *files))
    assert [file["filename"] for file in message["attachments"]] == ["one.png", "two.png"]
    _, message = await here.call("PATCH", here.reply_url, data=a_form({"content": "three"}, ("three.png", b"x")))
    assert len(message["attachments"]) == 3
    kept = message["attachments"][1]["id"]
    _, message = await here.call("PATCH", here.reply_url, json={"attachments": [{"id": kept}]})
    assert [file["filename"] for file in message["attachments"]] == ["two.png"]


async def test_a_listed_file_that_nobody_sent_is_refused_and_changes_nothing(here: Running) -> None:
    status, body = await here.call("PATCH", here.reply_url, json=PICTURE)
    assert (status, body["code"]) == (400, 50035)
    assert body["errors"]["attachments"]["0"]["_errors"][0]["code"] == "ATTACHMENT_NOT_FOUND"
    assert (await here.messages())[-1]["state"] == "thinking"


async def test_an_embed_of_a_file_that_is_not_there_shows_no_picture_and_no_error(here: Running) -> None:
    embed = {"title": "A title", "image": {"url": "attachment://another.png"}}
    status, message = await here.call("PATCH", here.reply_url, json={"embeds": [embed]})
    assert status == 200
    assert "image" not in message["embeds"][0]


async def test_a_linked_picture_of_the_cloud_is_shown_from_the_local_one(here: Running) -> None:
    url = "https://storage.googleapis.com/demo-mandalas/a.png"
    _, message = await here.call("PATCH", here.reply_url, json={"embeds": [{"image": {"url": url}}]})
    assert message["embeds"][0]["image"] == {"url": url, "proxy_url": f"{here.base}/demo-mandalas/a.png"}


async def test_only_a_mention_that_is_allowed_reaches_the_member(here: Running) -> None:
    content = f"<@{here.discord.identities.member_id}>"
    _, message = await here.call("PATCH", here.reply_url, json={"content": content, "allowed_mentions": {"parse": []}})
    assert message["mentions"] == []
    _, message = await here.call("PATCH", here.reply_url, json={"content": content})
    assert [user["id"] for user in message["mentions"]] == [here.discord.identities.member_id]


async def test_the_first_reply_is_not_shown_as_edited_and_the_next_is(here: Running) -> None:
    _, message = await here.call("PATCH", here.reply_url, json={"content": "one"})
    assert message["edited_timestamp"] is None
    _, message = await here.call("PATCH", here.reply_url, json={"content": "two"})
    assert message["edited_timestamp"] is not None


@pytest.mark.parametrize(
    ("form", "path", "code"),
    [
        ({"content": "x" * 2001}, ["content"], "BASE_TYPE_MAX_LENGTH"),
        ({"content": 1}, ["content"], "STRING_TYPE_CONVERT"),
        ({"content": "half a pair: \ud800"}, ["content"], "STRING_TYPE_CONVERT"),
        ({"embeds": [{"title": "x" * 257}]}, ["embeds", "0", "title"], "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"description": "x" * 4097}]}, ["embeds", "0", "description"], "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"color": 0x1000000}]}, ["embeds", "0", "color"], "NUMBER_TYPE_MAX"),
        ({"embeds": [{"title": "x"}] * 11}, ["embeds"], "BASE_TYPE_MAX_LENGTH"),
        ({"embeds": [{"description": "x" * 3001}] * 2}, ["embeds"], "MAX_EMBED_SIZE_EXCEEDED"),
        ({"embeds": [{"image": {"url": "mandala.png"}}]}, ["embeds", "0", "image", "url"], "URL_TYPE_INVALID_URL"),
        (
            {"embeds": [{"image": {"url": "ftp://a/b.png"}}]},
            ["embeds", "0", "image", "url"],
            "URL_TYPE_INVALID_SCHEME",
        ),
        ({"embeds": [{"fields": [{"name": "x"}]}]}, ["embeds", "0", "fields", "0", "value"], "BASE_TYPE_REQUIRED"),
        ({"embeds": ["x"]}, ["embeds", "0"], "MODEL_TYPE_CONVERT"),
        ({"embeds": {}}, ["embeds"], "LIST_TYPE_CONVERT"),
        (
            {"attachments": [{"id": 0, "description": "x" * 1025}]},
            ["attachments", "0", "description"],
            "BASE_TYPE_MAX_LENGTH",
        ),
        ({"allowed_mentions": {"parse": ["all"]}}, ["allowed_mentions", "parse", "0"], "BASE_TYPE_CHOICES"),
        ({"components": [{"type": 10}]}, ["components", "0", "type"], "LOCAL_NOT_SUPPORTED"),
    ],
)
async def test_a_wrong_field_is_named_by_its_path(here: Running, form: Any, path: list[str], code: str) -> None:
    status, body = await here.call("PATCH", here.reply_url, json=form)
    assert (status, body["code"]) == (400, 50035)
    node = body["errors"]
    for step in path:
        node = node[step]
    assert node["_errors"][0]["code"] == code


async def test_a_message_without_anything_is_refused(here: Running) -> None:
    status, body = await here.call("PATCH", here.reply_url, json={"content": "", "embeds": [], "attachments": []})
    assert (status, body["code"]) == (400, 50006)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
async def test_a_body_that_is_no_json_object_is_refused(here: Running, body: bytes) -> None:
    headers = {"Content-Type": "application/json"}
    status, answer = await here.call("PATCH", here.reply_url, data=body, headers=headers)
    assert (status, answer["code"]) == (400, 50109)


@pytest.mark.parametrize(
    "content_type", ["multipart/form-data", "multipart/form-data; boundary=b", "multipart/mixed; boundary="]
)
@pytest.mark.parametrize("body", [b"", b"--b", b"--b\r\n\r\n", b"--b\r\nContent-Type: x\r\n\r\nabc", b"--c--"])
async def test_a_garbled_multipart_body_is_the_callers_fault(here: Running, content_type: str, body: bytes) -> None:
    status, _ = await here.call("PATCH", here.reply_url, data=body, headers={"Content-Type": content_type})
    assert status == 400


async def test_a_file_above_10_mib_is_too_large(here: Running) -> None:
    file = "large.bin", bytes(10 * 1024 * 1024 + 1)
    status, body = await here.call("PATCH", here.reply_url, data=a_form({"content": "x"}, file))
    assert (status, body["code"]) == (413, 40005)


async def test_before_the_acknowledgement_the_webhook_is_unknown(here: Running) -> None:
    early = []

    async def answer(interaction: Interaction) -> web.Response:
        early.append(await here.call("PATCH", here.reply_url, json={"content": "early"}))
        return await deferred(interaction)

    here.application.answer = answer
    await here.interact()
    assert early == [(404, {"message": "Unknown Webhook", "code": 10015})]
    assert (await here.call("PATCH", here.reply_url, json={"content": "now"}))[0] == 200


async def test_a_token_lives_15_minutes(here: Running) -> None:
    here.clock.advance(minutes=14, seconds=59)
    assert (await here.call("PATCH", here.reply_url, json={"content": "in time"}))[0] == 200
    here.clock.advance(seconds=1)
    assert await here.call("PATCH", here.reply_url, json={"content": "late"}) == (
        401,
        {"message": "Invalid Webhook Token", "code": 50027},
    )


async def test_tokens_and_applications_that_are_not_ours_are_told_apart(here: Running) -> None:
    token = here.application.interactions[0]["token"]
    application = here.discord.identities.application_id
    for ids, status, code in [
        (f"{application}/nonsense", 401, 50027),
        (f"{application}/{token[:-8]}AAAAAAAA", 404, 10015),
        (f"42/{token}", 404, 10015),
    ]:
        answer = await here.call("GET", f"{here.api}/webhooks/{ids}/messages/@original")
        assert (answer[0], answer[1]["code"]) == (status, code)


async def test_a_deleted_reply_stays_deleted(here: Running) -> None:
    assert (await here.call("DELETE", here.reply_url))[0] == 204
    assert await here.messages() == []
    for method in ("GET", "PATCH", "DELETE"):
        answer = await here.call(method, here.reply_url, json={"content": "x"} if method == "PATCH" else None)
        assert (answer[0], answer[1]["code"]) == (404, 10008)


async def test_a_follow_up_becomes_the_reply_while_the_bot_is_thinking_and_a_message_of_its_own_later(
    here: Running,
) -> None:
    url = here.reply_url.removesuffix("/messages/@original")
    _, first = await here.call("POST", url, json={"content": "the reply"})
    _, second = await here.call("POST", url, json={"content": "for you alone", "flags": 64})
    assert [message["content"] for message in await here.messages()] == ["the reply", "for you alone"]
    assert second["flags"] == 64
    _, edited = await here.call("PATCH", f"{url}/messages/{second['id']}", json={"content": "edited"})
    assert (edited["id"], edited["flags"]) == (second["id"], 64)
    assert (await here.call("GET", here.reply_url))[1] == first


async def test_a_file_that_is_no_picture_is_only_ever_downloaded(here: Running) -> None:
    page = b"<script>alert(1)</script>"
    _, message = await here.call("PATCH", here.reply_url, data=a_form({"content": "x"}, ("a b'.png", page)))
    (file,) = message["attachments"]
    assert file["filename"] == "a_b.png"
    assert "width" not in file
    async with here.session.get(file["url"]) as answer:
        assert await answer.read() == page
        assert answer.content_type == "application/octet-stream"
        assert answer.headers["Content-Disposition"] == "attachment"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_a_user_agent_that_discord_may_block_is_noted(here: Running) -> None:
    await here.call("GET", here.reply_url, headers={"User-Agent": "python-requests/2"})
    await here.call("GET", here.reply_url, headers={"User-Agent": "DiscordBot (https://example.org, 1.0)"})
    assert here.discord.invalid_user_agents == {"python-requests/2": 1}


FIELDS = ["content", "embeds", "attachments", "allowed_mentions", "flags", "nonce", "enforce_nonce", "components"]
embeds = st.lists(
    st.dictionaries(st.sampled_from(["title", "color", "image", "fields", "footer", "url"]), json_values, max_size=3)
)


every_call = st.sampled_from([CREATE, EDIT, FOLLOW_UP, EDIT_REPLY, ANSWER])


@given(json_values | st.dictionaries(st.sampled_from(FIELDS), json_values | embeds), every_call)
def test_any_form_is_read_or_refused_with_the_place_of_what_is_wrong(value: Any, call: Call) -> None:
    refusal = None
    try:
        assert isinstance(parse_form(value, call), Form)
    except DiscordError as error:
        refusal = error
    assert refusal is None or (refusal.status == 400 and refusal.body["code"] == 50035 and refusal.body["errors"])
