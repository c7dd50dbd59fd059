"""The one application, guild, channel and member, as Discord's JSON objects.

Source: Discord, "User Object", "Guild Member Object", "Channel Object", "Application Object".
"""

from dataclasses import dataclass
from typing import Any

from local.discord.snowflake import time_of_id

GUILD_NAME = "Local"
CHANNEL_NAME = "mandalas"
CHANNEL_TOPIC = "Type /mando and a mandala that nobody has seen before appears"
LOCALE = "en-GB"
# VIEW_CHANNEL, SEND_MESSAGES, EMBED_LINKS, ATTACH_FILES, READ_MESSAGE_HISTORY, USE_EXTERNAL_EMOJIS
_APP_PERMISSIONS = str(1 << 10 | 1 << 11 | 1 << 14 | 1 << 15 | 1 << 16 | 1 << 18)
# The same and USE_APPLICATION_COMMANDS
_MEMBER_PERMISSIONS = str(1 << 10 | 1 << 11 | 1 << 14 | 1 << 15 | 1 << 16 | 1 << 18 | 1 << 31)
_ATTACHMENT_BYTES = 10 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Identities:
    """Their ids, which are created at the first start, and what Discord shows of each."""

    application_id: str
    guild_id: str
    channel_id: str
    member_id: str
    public_key_hex: str

    @property
    def application_user(self) -> dict[str, Any]:
        """A bot's user has the id of its application."""
        return _user(self.application_id, "mando", "mando") | {"bot": True}

    @property
    def member_user(self) -> dict[str, Any]:
        return _user(self.member_id, "you", "You")

    def user(self, user_id: str) -> dict[str, Any]:
        """The member at the page, or another member that `mando send` invented."""
        if user_id == self.member_id:
            return self.member_user
        return _user(user_id, f"member{user_id}", f"Member {user_id}")

    @property
    def member(self) -> dict[str, Any]:
        return {
            "avatar": None,
            "banner": None,
            "communication_disabled_until": None,
            "deaf": False,
            "flags": 0,
            "joined_at": time_of_id(self.guild_id).isoformat(),
            "mute": False,
            "nick": None,
            "pending": False,
            "permissions": _MEMBER_PERMISSIONS,
            "premium_since": None,
            "roles": [],
            "user": self.member_user,
        }

    @property
    def channel(self) -> dict[str, Any]:
        return {
            "flags": 0,
            "guild_id": self.guild_id,
            "id": self.channel_id,
            "last_message_id": None,
            "name": CHANNEL_NAME,
            "nsfw": False,
            "parent_id": None,
            "permissions": _MEMBER_PERMISSIONS,
            "position": 0,
            "rate_limit_per_user": 0,
            "topic": CHANNEL_TOPIC,
            "type": 0,
        }

    @property
    def guild(self) -> dict[str, Any]:
        """The part of a guild that travels with an interaction."""
        return {"features": [], "id": self.guild_id, "locale": "en-US"}

    def application(self, interactions_endpoint_url: str) -> dict[str, Any]:
        return {
            "approximate_guild_count": 1,
            "approximate_user_authorization_count": 0,
            "approximate_user_install_count": 0,
            "bot": self.application_user,
            "bot_public": True,
            "bot_require_code_grant": False,
            "description": "Draws a mandala that nobody has seen before",
            "event_webhooks_status": 1,
            "event_webhooks_url": None,
            "flags": 0,
            "icon": None,
            "id": self.application_id,
            "integration_types_config": {"0": {}, "1": {}},
            "interactions_endpoint_url": interactions_endpoint_url,
            "name": "mando",
            "owner": self.member_user,
            "redirect_uris": [],
            "role_connections_verification_url": None,
            "summary": "",
            "team": None,
            "verify_key": self.public_key_hex,
        }

    def interaction(
        self, interaction_id: str, token: str, kind: int, user_id: str | None = None, locale: str | None = None
    ) -> dict[str, Any]:
        """What every interaction in the channel holds, by the member or by another.

        Source: Discord, "Interaction Object".
        """
        member = self.member
        if user_id is not None:
            member["user"] = self.user(user_id)
        return {
            "app_permissions": _APP_PERMISSIONS,
            "application_id": self.application_id,
            "attachment_size_limit": _ATTACHMENT_BYTES,
            "authorizing_integration_owners": {"0": self.guild_id},
            "channel": self.channel,
            "channel_id": self.channel_id,
            "context": 0,
            "entitlements": [],
            "guild": self.guild,
            "guild_id": self.guild_id,
            "guild_locale": "en-US",
            "id": interaction_id,
            "locale": locale or LOCALE,
            "member": member,
            "token": token,
            "type": kind,
            "version": 1,
        }

    def resolved_user(self, user_id: str) -> dict[str, Any]:
        """The target of a user command.  Source: Discord, "Resolved Data Structure"."""
        user = self.application_user if user_id == self.application_id else self.user(user_id)
        member = {name: value for name, value in self.member.items() if name not in ("user", "deaf", "mute")}
        return {"users": {user_id: user}, "members": {user_id: member}}

    def ping(self, ping_id: str) -> dict[str, Any]:
        """The request with which Discord checks that the application answers."""
        return {
            "application_id": self.application_id,
            "entitlements": [],
            "id": ping_id,
            "token": "",
            "type": 1,
            "user": self.member_user,
            "version": 1,
        }


def _user(user_id: str, username: str, global_name: str) -> dict[str, Any]:
    return {
        "avatar": None,
        "avatar_decoration_data": None,
        "clan": None,
        "discriminator": "0",
        "global_name": global_name,
        "id": user_id,
        "public_flags": 0,
        "username": username,
    }
