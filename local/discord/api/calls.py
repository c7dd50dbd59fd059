"""Shared by all calls of a bot: path prefix, authorization, and how a message is answered."""

from typing import Any

from aiohttp import web

from local.discord.data.message import Message
from local.discord.data.message_json import message_json
from local.discord.engine.discord import LocalDiscord
from local.discord.engine.grants import BOT
from local.discord.errors import DiscordError, unauthorized
from local.discord.snowflake import PATTERN
from local.http.hosts import base_url

API = "/api/v10"
SNOWFLAKE = PATTERN


def require(discord: LocalDiscord, request: web.Request, scope: str = BOT) -> frozenset[str]:
    """The caller's scopes: `scope`, or BOT, which includes all others.  Raises DiscordError, 401/0, without either."""
    discord.note_user_agent(request.headers.get("User-Agent", ""))
    scopes = discord.grants.scopes_of(request.headers.get("Authorization"))
    if not scopes & {scope, BOT}:
        raise unauthorized()
    return scopes


def require_own_application(discord: LocalDiscord, request: web.Request) -> None:
    """Raises DiscordError, 403/20012."""
    if request.match_info["application"] != discord.identities.application_id:
        raise DiscordError(403, 20012, "You are not authorized to perform this action on this application")


def is_true(request: web.Request, name: str) -> bool:
    """Whether a query parameter is true.  Source: Discord, "Boolean Query Strings"."""
    return request.query.get(name, "").lower() in ("true", "1")


def message_for_caller(discord: LocalDiscord, request: web.Request, message: Message) -> dict[str, Any]:
    """The message as JSON, with URLs that the caller can reach."""
    return message_json(message, discord.identities, base_url(request))
