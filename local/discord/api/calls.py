"""What the calls of a bot have in common: their addresses, who may make them, and how their answers look."""

from typing import Any

from aiohttp import web

from local.discord.client import base_url
from local.discord.discord import LocalDiscord
from local.discord.errors import DiscordError, unauthorized
from local.discord.grants import BOT
from local.discord.message import Message
from local.discord.shown import shown
from local.discord.snowflake import PATTERN

API = "/api/v10"
SNOWFLAKE = PATTERN


def require(discord: LocalDiscord, request: web.Request, scope: str = BOT) -> frozenset[str]:
    """What the caller may do: at least what scope says, or all that a bot may.  Raises DiscordError, 401/0."""
    discord.note_user_agent(request.headers.get("User-Agent", ""))
    scopes = discord.grants.scopes_of(request.headers.get("Authorization"))
    if not scopes & {scope, BOT}:
        raise unauthorized()
    return scopes


def require_own_application(discord: LocalDiscord, request: web.Request) -> None:
    """Raises DiscordError, 403/20012."""
    if request.match_info["application"] != discord.place.application_id:
        raise DiscordError(403, 20012, "You are not authorized to perform this action on this application")


def is_true(request: web.Request, name: str) -> bool:
    """A parameter of the address.  Source: Discord, "Boolean Query Strings"."""
    return request.query.get(name, "").lower() in ("true", "1")


def as_seen_by(discord: LocalDiscord, request: web.Request, message: Message) -> dict[str, Any]:
    """The message, with addresses that the caller can reach."""
    return shown(message, discord.place, base_url(request))
