"""What libraries ask for when they log in, and how they are told of what is not there."""

import base64
from typing import Any

import pytest

from tests.discord.application import BOT_TOKEN, Running

BOT = {"Authorization": f"Bot {BOT_TOKEN}"}


async def grant(here: Running, secret: str = BOT_TOKEN, **form: str) -> tuple[int, Any]:
    given = {"grant_type": "client_credentials", "scope": "applications.commands.update identify"} | form
    basic = f"{here.discord.identities.application_id}:{secret}".encode(errors="surrogateescape")
    client = base64.b64encode(basic).decode()
    headers = {"Authorization": f"Basic {client}"}
    return await here.call("POST", f"{here.base}/api/oauth2/token", data=given, headers=headers)


async def test_the_bot_is_itself(here: Running) -> None:
    status, user = await here.call("GET", f"{here.api}/users/@me", headers=BOT)
    assert (status, user["id"], user["bot"]) == (200, here.discord.identities.application_id, True)


async def test_the_application_is_found_at_both_addresses(here: Running) -> None:
    _, one = await here.call("GET", f"{here.api}/applications/@me", headers=BOT)
    _, other = await here.call("GET", f"{here.api}/oauth2/applications/@me", headers=BOT)
    assert one == other
    assert one["verify_key"] == here.discord.public_key_hex


async def test_a_client_is_granted_a_token_for_its_commands_and_no_more(here: Running) -> None:
    """Source: Discord, "Client Credentials Grant"."""
    status, granted = await grant(here)
    assert (status, granted["token_type"], granted["expires_in"]) == (200, "Bearer", 604800)
    bearer = {"Authorization": f"Bearer {granted['access_token']}"}
    identities = here.discord.identities
    commands = f"{here.api}/applications/{identities.application_id}/commands"
    assert (await here.call("GET", commands, headers=bearer))[0] == 200
    assert (await here.call("GET", f"{here.api}/users/@me", headers=bearer))[1]["id"] == identities.member_id
    messages = f"{here.api}/channels/{identities.channel_id}/messages"
    assert (await here.call("POST", messages, json={"content": "x"}, headers=bearer))[0] == 401


async def test_the_id_and_the_secret_may_stand_in_the_form(here: Running) -> None:
    form = {"client_id": here.discord.identities.application_id, "client_secret": BOT_TOKEN, "scope": "identify"}
    form["grant_type"] = "client_credentials"
    status, granted = await here.call("POST", f"{here.api}/oauth2/token", data=form)
    assert (status, granted["scope"]) == (200, "identify")
    bearer = {"Authorization": f"Bearer {granted['access_token']}"}
    url = f"{here.api}/applications/{here.discord.identities.application_id}/commands"
    assert (await here.call("GET", url, headers=bearer))[0] == 401


@pytest.mark.parametrize(
    ("secret", "form", "status", "error"),
    [
        ("wrong", {}, 401, "invalid_client"),
        ("caf\udce9", {}, 401, "invalid_client"),  # a byte that is no UTF-8
        (BOT_TOKEN, {"grant_type": "authorization_code"}, 400, "unsupported_grant_type"),
        (BOT_TOKEN, {"scope": "guilds"}, 400, "invalid_scope"),
        (BOT_TOKEN, {"scope": ""}, 400, "invalid_scope"),
    ],
)
async def test_what_is_not_granted_is_told_in_the_words_of_rfc_6749(
    here: Running, secret: str, form: dict[str, str], status: int, error: str
) -> None:
    answered, body = await grant(here, secret, **form)
    assert (answered, body["error"]) == (status, error)


@pytest.mark.parametrize(
    "authorization", ["Bearer ", "Bearer x", "Bot ", "Basic eA==", "Bot caf\xe9", "Bot \udcff", "Bearer \udcff"]
)
async def test_no_other_header_is_a_right(here: Running, authorization: str) -> None:
    headers = {"Authorization": authorization.encode(errors="surrogateescape").decode("latin-1")}
    assert (await here.call("GET", f"{here.api}/users/@me", headers=headers))[0] == 401


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"interactions_endpoint_url": 5}, "STRING_TYPE_CONVERT"),
        ({"interactions_endpoint_url": None}, "LOCAL_NOT_SUPPORTED"),
        ({"description": "Another"}, "LOCAL_NOT_SUPPORTED"),
        ({"tags": ["art"]}, "LOCAL_NOT_SUPPORTED"),
    ],
)
async def test_no_change_of_the_application_is_dropped_silently(
    here: Running, change: dict[str, Any], code: str
) -> None:
    before = here.discord.ingress_url
    status, body = await here.call("PATCH", f"{here.api}/applications/@me", json=change, headers=BOT)
    assert (status, body["errors"][next(iter(change))]["_errors"][0]["code"]) == (400, code)
    assert here.discord.ingress_url == before


async def test_a_change_that_changes_nothing_is_taken(here: Running) -> None:
    _, before = await here.call("GET", f"{here.api}/applications/@me", headers=BOT)
    change = {"description": before["description"], "flags": before["flags"], "unheard_of": 1}
    assert await here.call("PATCH", f"{here.api}/applications/@me", json=change, headers=BOT) == (200, before)


@pytest.mark.parametrize(
    ("method", "path", "named"),
    [
        ("GET", "/api/v10/users/1", "GET /api/v10/users/1"),
        ("POST", "/api/v10/channels/1/typing", "POST /api/v10/channels/1/typing"),
        ("GET", "/api/v10/gateway/bot", "no gateway"),
        ("PATCH", "/api/v10/users/@me", "PATCH /api/v10/users/@me"),
        ("GET", "/api/v10/webhooks/1/x", "GET /api/v10/webhooks/1/x"),
        ("GET", "/api/v9/users/@me", "speaks /api/v10 only"),
        ("GET", "/api/users/@me", "GET /api/users/@me"),
    ],
)
async def test_what_is_not_imitated_is_named(here: Running, method: str, path: str, named: str) -> None:
    status, body = await here.call(method, here.base + path, headers=BOT)
    assert (status, body["code"]) == (404, 0)
    assert named in body["message"]


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", "users/@me", {"GET", "PATCH"}),
        ("DELETE", "applications/@me", {"GET", "PATCH"}),
        ("GET", "oauth2/token", {"POST"}),
        ("PUT", "channels/1/messages", {"GET", "POST"}),
    ],
)
async def test_a_method_that_a_route_does_not_have_is_told_apart_from_an_unknown_route(
    here: Running, method: str, path: str, allowed: set[str]
) -> None:
    async with here.session.request(method, f"{here.api}/{path}") as answer:
        assert answer.status == 405
        assert await answer.json() == {"message": "405: Method Not Allowed", "code": 0}
        listed = answer.headers["Allow"].split(", ")
        assert set(listed) - {"HEAD"} == allowed
        assert listed == sorted(listed)


@pytest.mark.parametrize("path", ["/api/v10/users/@me", "/api/v10/nothing", "/api/client/channel"])
async def test_the_content_type_of_json_is_bare(here: Running, path: str) -> None:
    """Source: discord.py compares it exactly (json_or_text)."""
    async with here.session.get(here.base + path, headers=BOT) as answer:
        assert answer.headers["Content-Type"] == "application/json"
