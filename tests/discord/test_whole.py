"""What Discord sends and shows, compared whole: every key of an interaction, of its answers, and of who is who."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

from tests.discord.application import (
    BOT_TOKEN,
    Running,
)

BOT = {"Authorization": f"Bot {BOT_TOKEN}"}


def masked(here: Running, answer: Any) -> Any:
    """Ids of what there is by their names, other ids as ID, instants as TIME."""
    identities = here.discord.identities
    text = json.dumps(answer)
    for name in ("application", "guild", "channel", "member"):
        text = text.replace(getattr(identities, f"{name}_id"), name.upper())
    text = text.replace(here.base, "BASE").replace(here.discord.public_key_hex, "KEY")
    text = re.sub(r"\d{17,20}", "ID", text)
    text = re.sub(r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?\+00:00"', '"TIME"', text)
    return json.loads(text)


def user(user_id: str, username: str, global_name: str, **more: Any) -> dict[str, Any]:
    """Source: Discord, "User Object"."""
    names = {"id": user_id, "username": username, "global_name": global_name, "discriminator": "0"}
    return names | {"avatar": None, "avatar_decoration_data": None, "clan": None, "public_flags": 0} | more


BOTS_USER = user("APPLICATION", "mando", "mando", bot=True)
YOU = user("MEMBER", "you", "You")
# Source: Discord, "Permissions": the rights of the names in local/discord/identities.py.
MEMBERS_RIGHTS, BOTS_RIGHTS = "2147863552", "379904"
# Source: Discord, "Guild Member Object".
MEMBER: dict[str, Any] = {
    "avatar": None,
    "banner": None,
    "communication_disabled_until": None,
    "deaf": False,
    "flags": 0,
    "joined_at": "TIME",
    "mute": False,
    "nick": None,
    "pending": False,
    "permissions": MEMBERS_RIGHTS,
    "premium_since": None,
    "roles": [],
    "user": YOU,
}
# Source: Discord, "Channel Object", of type GUILD_TEXT.
CHANNEL = {
    "flags": 0,
    "guild_id": "GUILD",
    "id": "CHANNEL",
    "last_message_id": None,
    "name": "mandalas",
    "nsfw": False,
    "parent_id": None,
    "permissions": MEMBERS_RIGHTS,
    "position": 0,
    "rate_limit_per_user": 0,
    "topic": "Type /mando and a mandala that nobody has seen before appears",
    "type": 0,
}
# Source: Discord, "Interaction Object".
INTERACTION: dict[str, Any] = {
    "app_permissions": BOTS_RIGHTS,
    "application_id": "APPLICATION",
    "attachment_size_limit": 10_485_760,
    "authorizing_integration_owners": {"0": "GUILD"},
    "channel": CHANNEL,
    "channel_id": "CHANNEL",
    "context": 0,
    "data": {"id": "ID", "name": "mando", "type": 1},
    "entitlements": [],
    "guild": {"features": [], "id": "GUILD", "locale": "en-US"},
    "guild_id": "GUILD",
    "guild_locale": "en-US",
    "id": "ID",
    "locale": "en-GB",
    "member": MEMBER,
    "type": 2,
    "version": 1,
}


async def test_an_interaction_lacks_something_or_says_something_else(here: Running) -> None:
    options = [{"name": "symmetry", "value": 12}, {"name": "words", "value": "my cat"}]
    for call in ({}, {"data": {"name": "mando", "options": options}, "user_id": "42"}):
        await here.interact(**call)
    plain, other = (dict(one) for one in here.application.interactions)
    token = plain.pop("token")
    assert masked(here, plain) == INTERACTION
    joined_at = datetime.fromisoformat(plain["member"]["joined_at"])
    assert timedelta(0) <= here.clock.now - joined_at < timedelta(seconds=1), "when the guild was made"
    assert token != other.pop("token")
    data = INTERACTION["data"] | {
        "options": [{"name": "symmetry", "type": 4, "value": 12}, {"name": "words", "type": 3, "value": "my cat"}]
    }
    member = MEMBER | {"user": user("42", "member42", "Member 42")}
    assert masked(here, other) == INTERACTION | {"data": data, "member": member}


async def test_an_interaction_is_sent_with_other_headers(here: Running) -> None:
    """Source: Discord, "Validating Security Request Headers"; the user agent as applications see it."""
    await here.interact()
    (headers,) = here.application.headers
    assert headers["User-Agent"] == "Discord-Interactions/1.0 (+https://discord.com)"
    assert headers["Content-Type"] == "application/json"
    assert headers["Connection"] == "close", "one that is idle may be closed just when it is used again"
    assert headers["X-Signature-Timestamp"] == str(int(here.clock.now.timestamp()))
    assert re.fullmatch("[0-9a-f]{128}", headers["X-Signature-Ed25519"])


# Source: Discord, "Application Object".
APPLICATION = {
    "approximate_guild_count": 1,
    "approximate_user_authorization_count": 0,
    "approximate_user_install_count": 0,
    "bot": BOTS_USER,
    "bot_public": True,
    "bot_require_code_grant": False,
    "description": "Draws a mandala that nobody has seen before",
    "event_webhooks_status": 1,
    "event_webhooks_url": None,
    "flags": 0,
    "icon": None,
    "id": "APPLICATION",
    "integration_types_config": {"0": {}, "1": {}},
    "name": "mando",
    "owner": YOU,
    "redirect_uris": [],
    "role_connections_verification_url": None,
    "summary": "",
    "team": None,
    "verify_key": "KEY",
}


async def test_the_application_or_a_user_lacks_something_or_says_something_else(here: Running) -> None:
    for path in ("applications/@me", "oauth2/applications/@me"):
        _, shown = await here.call("GET", f"{here.api}/{path}", headers=BOT)
        assert shown.pop("interactions_endpoint_url") == here.discord.ingress_url
        assert masked(here, shown) == APPLICATION
    _, itself = await here.call("GET", f"{here.api}/users/@me", headers=BOT)
    more = {"email": None, "flags": 0, "locale": "en-GB", "mfa_enabled": False, "premium_type": 0, "verified": True}
    assert masked(here, itself) == BOTS_USER | more


async def test_a_ping_lacks_something(here: Running) -> None:
    """Source: Discord, "Interaction Object", of type PING: it comes from nowhere."""
    pings: list[dict[str, Any]] = []
    handle = here.discord._sender.ping

    async def noted(url: str, body: bytes) -> Any:
        pings.append(json.loads(body))
        return await handle(url, body)

    here.discord._sender.ping = noted  # type: ignore[method-assign]
    await here.discord.set_endpoint(here.discord.ingress_url)
    (ping,) = pings
    assert re.fullmatch("[0-9a-f]{32}", ping.pop("id"))
    assert masked(here, ping) == {
        "application_id": "APPLICATION",
        "entitlements": [],
        "token": "",
        "type": 1,
        "user": YOU,
        "version": 1,
    }


async def test_the_page_lacks_something_to_begin_with(here: Running) -> None:
    await here.interact()
    shown = await here.channel()
    (message,) = shown.pop("messages")
    (command,) = shown.pop("commands")
    assert masked(here, shown) == {
        "application": BOTS_USER,
        "channel": {"id": "CHANNEL", "name": CHANNEL["name"], "topic": CHANNEL["topic"]},
        "guild": {"id": "GUILD", "name": "Local"},
        "member": YOU,
        "revision": 1,
    }
    assert message["state"] == "thinking"
    assert command["name"] == "mando"
