"""Interactions as Discord sends them, and the key to sign them with."""

import json
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import requests
from nacl.signing import SigningKey

from schemas.request import ChannelId, InteractionId, Options, Request, UserId

APPLICATION_ID = "1146847361212375051"


def an_interaction(
    interaction_id: str = "1310000000000000001", command: str = "mando", user: str = "42", **options: Any
) -> dict[str, Any]:
    """A slash command in a guild.  Source: Discord, "Interaction Object", "Slash Commands Example Interaction"."""
    return {
        "app_permissions": "442368",
        "application_id": APPLICATION_ID,
        "attachment_size_limit": 10485760,
        "authorizing_integration_owners": {"0": "1146847361212375001"},
        "channel_id": "1146847361212375003",
        "context": 0,
        "data": {
            "id": "1146847361212375004",
            "name": command,
            "type": 1,
            "options": [{"name": name, "type": _TYPES[type(value)], "value": value} for name, value in options.items()],
        },
        "entitlements": [],
        "guild_id": "1146847361212375001",
        "guild_locale": "en-US",
        "id": interaction_id,
        "locale": "en-GB",
        "member": {"nick": None, "permissions": "2147483647", "roles": [], "user": {"id": user, "username": "mina"}},
        "token": "aW50ZXJhY3Rpb246" + "x" * 194,
        "type": 2,
        "version": 1,
    }


def on_message(
    message: dict[str, Any], interaction_id: str = "1310000000000000001", command: str = "Mandala of this message"
) -> dict[str, Any]:
    """A command of a message's menu.  Source: Discord, "Application Command Interaction Data", target_id, resolved."""
    resolved = {"messages": {"1310000000000000009": {"id": "1310000000000000009", **message}}}
    data = {"id": "1", "name": command, "type": 3, "target_id": "1310000000000000009", "resolved": resolved}
    return an_interaction(interaction_id) | {"data": data}


def a_press(
    custom_id: str, message: dict[str, Any], interaction_id: str = "1310000000000000001", user: str = "42"
) -> dict[str, Any]:
    """A button that is pressed.  Source: Discord, "Message Component Data Structure"; `message` carries the button."""
    data = {"custom_id": custom_id, "component_type": 2, "id": 2}
    return an_interaction(interaction_id, user=user) | {"type": 3, "data": data, "message": {"id": "1", **message}}


_TYPES = {str: 3, int: 4, bool: 5, float: 10}


RECEIVED = datetime(2026, 1, 1, 12, tzinfo=UTC)


def a_request(interaction_id: str = "1310000000000000001", options: Options | None = None) -> Request:
    """The request of an interaction, whose sealed token nobody opens."""
    return Request(
        interaction_id=InteractionId(interaction_id),
        application_id=APPLICATION_ID,
        sealed_token="s" * 64,
        channel_id=ChannelId("1146847361212375003"),
        user_id=UserId("42"),
        locale="en-GB",
        options=options or Options(),
        received_at=RECEIVED,
        expires_at=RECEIVED + timedelta(minutes=15),
    )


class Signer:
    """Discord's half of the key pair."""

    def __init__(self) -> None:
        self.key = SigningKey.generate()
        self.public_key_hex = self.key.verify_key.encode().hex()

    def headers(self, body: bytes, age_s: float = 0, timestamp: str | None = None) -> dict[str, str]:
        """The headers of a request that was signed age_s ago; timestamp replaces the text of that time."""
        timestamp = str(int(time.time() - age_s)) if timestamp is None else timestamp
        signature = self.key.sign(timestamp.encode() + body).signature.hex()
        return {
            "Content-Type": "application/json",
            "X-Signature-Ed25519": signature,
            "X-Signature-Timestamp": timestamp,
        }

    def post(self, url: str, interaction: Any, age_s: float = 0) -> requests.Response:
        body = interaction if isinstance(interaction, bytes) else json.dumps(interaction).encode()
        return requests.post(url, data=body, headers=self.headers(body, age_s), timeout=10)
