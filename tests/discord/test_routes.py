"""Every address and method that there is, with what it is answered; and the page with its files."""

import asyncio
import json
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from local.discord.api.routes import routes
from local.discord.engine.discord import LocalDiscord
from tests.discord.application import (
    BOT_TOKEN,
    Interaction,
    Running,
    a_form,
    a_picture,
    answering,
    deferred,
)
from tests.servers import ROOT

BOT = {"Authorization": f"Bot {BOT_TOKEN}"}


# Source: Discord's pages of each resource; /api/client and the page are ours.
EVERY_ROUTE = """
DELETE /api/client/messages/{message}
DELETE /api/v10/applications/{application}/commands/{command}
DELETE /api/v10/applications/{application}/guilds/{guild}/commands/{command}
DELETE /api/v10/channels/{channel}/messages/{message}
DELETE /api/v10/webhooks/{application}/{token}/messages/{message}
DELETE /api/v10/webhooks/{webhook}/{token}
GET /
GET /api/client/channel
GET /api/client/events
GET /api/client/interactions/{interaction}
GET /api/client/messages
GET /api/v10/applications/@me
GET /api/v10/applications/{application}/commands
GET /api/v10/applications/{application}/commands/{command}
GET /api/v10/applications/{application}/guilds/{guild}/commands
GET /api/v10/applications/{application}/guilds/{guild}/commands/{command}
GET /api/v10/channels/{channel}/messages
GET /api/v10/channels/{channel}/messages/{message}
GET /api/v10/gateway
GET /api/v10/gateway/bot
GET /api/v10/oauth2/applications/@me
GET /api/v10/users/@me
GET /api/v10/webhooks/{application}/{token}/messages/{message}
GET /api/v10/webhooks/{webhook}/{token}
GET /attachments/{channel}/{file}/{filename}
PATCH /api/v10/applications/@me
PATCH /api/v10/applications/{application}/commands/{command}
PATCH /api/v10/applications/{application}/guilds/{guild}/commands/{command}
PATCH /api/v10/channels/{channel}/messages/{message}
PATCH /api/v10/users/@me
PATCH /api/v10/webhooks/{application}/{token}/messages/{message}
PATCH /api/v10/webhooks/{webhook}/{token}
POST /api/client/messages
POST /api/oauth2/token
POST /api/v10/applications/{application}/commands
POST /api/v10/applications/{application}/guilds/{guild}/commands
POST /api/v10/channels/{channel}/messages
POST /api/v10/interactions
POST /api/v10/interactions/{interaction}/{token}/callback
POST /api/v10/oauth2/token
POST /api/v10/webhooks/{application}/{token}
PUT /api/v10/applications/{application}/commands
PUT /api/v10/applications/{application}/guilds/{guild}/commands
* /api/{rest}
"""


def test_an_address_is_missing_or_nobody_meant_it(tmp_path: Path) -> None:
    app = web.Application()
    app.add_routes(routes(LocalDiscord(tmp_path / "discord.sqlite", "")))
    page = {f"GET /{path.name}" for path in (ROOT / "local" / "discord" / "page").iterdir()}
    found = [
        f"{route.method} {route.resource.canonical}"
        for route in app.router.routes()
        if route.method != "HEAD" and route.resource is not None
    ]
    assert sorted(set(found) - page) == sorted(EVERY_ROUTE.split("\n")[1:-1])
    assert len(found) == len(set(found))
    assert page <= set(found)
    assert found[-1] == "* /api/{rest}", "the first that fits answers"


async def test_the_page_is_another_or_stays_in_the_browser_when_it_has_changed(here: Running) -> None:
    folder = ROOT / "local" / "discord" / "page"
    for path, name in (("", "index.html"), ("channel.js", "channel.js"), ("embed.css", "embed.css")):
        async with here.session.get(f"{here.base}/{path}") as answer:
            assert (answer.status, answer.headers["Cache-Control"]) == (200, "no-cache")
            assert await answer.read() == (folder / name).read_bytes()


async def test_a_file_is_shown_for_too_short_or_runs_in_our_pages_name(here: Running) -> None:
    await here.interact()
    files = ("a.png", a_picture()), ("b.html", b"<script>")
    _, message = await here.call("PATCH", here.reply_url, data=a_form({"content": "x"}, *files))
    for file, kind, disposition in zip(
        message["attachments"], ("image/png", "application/octet-stream"), (None, "attachment"), strict=True
    ):
        async with here.session.get(file["url"]) as answer:
            assert answer.status == 200
            assert answer.headers["Content-Type"] == kind
            assert answer.headers["Cache-Control"] == "public, max-age=31536000, immutable"
            assert answer.headers["Content-Security-Policy"] == "sandbox"
            assert answer.headers.get("Content-Disposition") == disposition
        assert await here.call("GET", file["url"] + "x") == (404, {"message": "404: Not Found", "code": 0})
    unknown = message["attachments"][0]["url"].replace(message["attachments"][0]["id"], "12")
    assert (await here.call("GET", unknown))[0] == 404


REFUSED = {"message": "The request body contains invalid JSON.", "code": 50109}


@pytest.mark.parametrize("path", ["/api/v10/interactions", "/api/client/messages"])
@pytest.mark.parametrize(
    ("content_type", "body", "answer"),
    [
        ("text/plain", b"{}", (415, {"message": "415: Unsupported Media Type", "code": 0})),
        ("application/x-www-form-urlencoded", b"a=b", (415, {"message": "415: Unsupported Media Type", "code": 0})),
        ("application/json", b"[]", (400, REFUSED)),
        ("application/json", b"{", (400, REFUSED)),
        ("application/json; charset=utf-8", b"\xff", (400, REFUSED)),
    ],
)
async def test_a_form_of_another_site_is_taken_from_the_page(
    here: Running, path: str, content_type: str, body: bytes, answer: tuple[int, Any]
) -> None:
    async with here.session.post(here.base + path, data=body, headers={"Content-Type": content_type}) as told:
        is_guarded = told.content_type != "application/json"  # local/http/guard.py refuses before we do
        assert told.status == answer[0]
        assert is_guarded or await told.json() == answer[1]
    assert (await here.messages(), here.application.interactions) == ([], [])


@pytest.mark.parametrize("deliveries", [None, 1, 10])
async def test_an_interaction_is_delivered_another_number_of_times(here: Running, deliveries: int | None) -> None:
    outcome = await here.interact(deliveries=deliveries)
    assert len(here.application.interactions) == len(outcome["deliveries"]) == (deliveries or 1)


@pytest.mark.parametrize(
    ("call", "path"),
    [
        ({"deliveries": 0}, "deliveries"),
        ({"deliveries": 11}, "deliveries"),
        ({"user_id": "x"}, "user_id"),
        ({"interaction_id": "x"}, "interaction_id"),
    ],
)
async def test_a_use_of_a_command_that_cannot_be_is_sent(here: Running, call: dict[str, Any], path: str) -> None:
    body = {"data": {"name": "mando"}} | call
    status, answer = await here.call("POST", f"{here.api}/interactions", json=body)
    assert (status, list(answer["errors"]), here.application.interactions) == (400, [path], [])


async def test_what_came_of_an_interaction_lacks_something(here: Running) -> None:
    outcome = await here.interact()
    (delivery,) = outcome.pop("deliveries")
    assert delivery == {"status": 200, "ms": delivery["ms"], "problem": None}
    (message,) = await here.messages()
    assert outcome == {
        "acknowledged": {"status": 200, "ms": delivery["ms"]},
        "id": here.application.interactions[0]["id"],
        "messages": [message],
        "state": "acknowledged",
    }
    client = f"{here.base}/api/client/interactions"
    assert await here.call("GET", f"{client}/{outcome['id']}") == (200, outcome)
    assert await here.call("GET", f"{client}/12") == (404, {"message": "Unknown interaction", "code": 10062})


async def test_the_last_failure_counts_and_not_the_first_or_an_answer_after_it_does_not(here: Running) -> None:
    """Of several deliveries the first answer counts, however many fail before it."""
    statuses = iter([500, 501, 200])

    async def answer(interaction: Interaction) -> web.Response:
        status = next(statuses)
        if status == 200:
            return await deferred(interaction)
        return web.Response(status=status)

    here.application.answer = answer
    outcome = await here.interact(deliveries=3)
    assert (outcome["state"], outcome["acknowledged"]["status"]) == ("acknowledged", 200)
    assert sorted(str(one["problem"]) for one in outcome["deliveries"]) == [
        *("None", "status 500, expected 200", "status 501, expected 200")
    ]
    assert here.discord._called_back == {}


async def test_a_late_answer_to_a_second_delivery_replaces_the_first(here: Running) -> None:
    first = asyncio.Event()

    async def answer(interaction: Interaction) -> web.Response:
        if not first.is_set():
            first.set()
            return await deferred(interaction)
        while not await here.messages():  # until the first is kept
            await asyncio.sleep(0.005)
        return web.json_response({"type": 4, "data": {"content": "second"}})

    here.application.answer = answer
    outcome = await here.interact(deliveries=2)
    assert [message["state"] for message in outcome["messages"]] == ["thinking"]


async def test_each_delivery_without_an_answer_is_told_in_other_words(here: Running) -> None:
    here.discord.ingress_url = "http://127.0.0.1:1/"
    (delivery,) = (await here.interact())["deliveries"]
    assert delivery["status"] is None
    assert delivery["problem"].startswith("ClientConnectorError: Cannot connect to host 127.0.0.1:1 ")
    (message,) = await here.messages()
    assert (message["state"], message["flags"]) == ("failed", 64)


async def test_a_pong_answers_a_command(here: Running) -> None:
    here.application.answer = answering({"type": 1})
    outcome = await here.interact()
    assert outcome["state"] == "failed"
    assert outcome["deliveries"][0]["problem"] == "type 1 is no answer to a command; expected 4 or 5"


async def test_a_user_agent_is_noted_twice_or_not_at_all(here: Running, caplog: pytest.LogCaptureFixture) -> None:
    """Source: Discord, "User Agent"."""
    await here.interact()
    url = f"{here.api}/users/@me"
    for agent in ("curl/8", "curl/8", "DiscordBot (https://a, 1)", "DiscordBot (https://a, 1) more", "DiscordBot x"):
        await here.call("GET", url, headers=BOT | {"User-Agent": agent})
        await here.call("POST", f"{here.api}/interactions/1/x/callback", json={}, headers={"User-Agent": agent})
    assert here.discord.invalid_user_agents == {"curl/8": 4, "DiscordBot x": 2}
    said = [record.getMessage() for record in caplog.records if "User-Agent" in record.getMessage()]
    form = "is not of the form that Discord asks for: DiscordBot ($url, $version)"
    assert said == [f"User-Agent 'curl/8' {form}", f"User-Agent 'DiscordBot x' {form}"]


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        ("v5/users/@me", 50041, "Invalid API version provided"),
        ("v6/users/@me", 0, "404: Not Found (this local Discord speaks /api/v10 only, not /api/v6/users/@me)"),
        ("v11/x", 0, "404: Not Found (this local Discord speaks /api/v10 only, not /api/v11/x)"),
        ("vx/y", 0, "404: Not Found (this local Discord does not imitate GET /api/vx/y)"),
        ("v10", 0, "404: Not Found (this local Discord does not imitate GET /api/v10)"),
        (
            *("v10/gateway", 0),
            "404: Not Found (this local Discord has no gateway: interactions come to the application over HTTP)",
        ),
    ],
)
async def test_an_address_that_is_none_is_told_in_other_words(
    here: Running, path: str, code: int, message: str
) -> None:
    status, body = await here.call("GET", f"{here.base}/api/{path}", headers=BOT)
    assert (status, body) == (400 if code else 404, {"message": message, "code": code})


UNSHOWN = [
    *("cover_image", "custom_install_url", "description", "event_webhooks_status", "event_webhooks_types"),
    *("event_webhooks_url", "flags", "icon", "install_params", "integration_types_config"),
    *("role_connections_verification_url", "tags"),
]


@pytest.mark.parametrize("field", UNSHOWN)
async def test_an_edit_of_the_application_is_dropped_silently(here: Running, field: str) -> None:
    """Source: Discord, "Edit Current Application"."""
    url = f"{here.api}/applications/@me"
    _, before = await here.call("GET", url, headers=BOT)
    status, body = await here.call("PATCH", url, json={field: "other"}, headers=BOT)
    sentence = "This local Discord keeps only where interactions go."
    error = {"code": "LOCAL_NOT_SUPPORTED", "message": sentence}
    assert (status, body["errors"]) == (400, {field: {"_errors": [error]}})
    assert await here.call("PATCH", url, json={field: before.get(field)}, headers=BOT) == (200, before)


@pytest.mark.parametrize("value", [None, ""])
async def test_an_application_without_an_address_is_taken(here: Running, value: str | None) -> None:
    body = {"interactions_endpoint_url": value}
    status, refused = await here.call("PATCH", f"{here.api}/applications/@me", json=body, headers=BOT)
    (error,) = refused["errors"]["interactions_endpoint_url"]["_errors"]
    sentence = "This local Discord has no gateway: interactions need an address."
    assert (status, error) == (400, {"code": "LOCAL_NOT_SUPPORTED", "message": sentence})
    assert json.dumps(refused).count("_errors") == 1
