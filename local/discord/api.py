"""What a bot uses of Discord's API (v10), and all of the room's routes together.  Called by local/server.py.

Source: Discord, "Receiving and Responding", "Webhook Resource", "Message Resource", "Application Commands".
"""

from typing import Any

from aiohttp import web

from local.discord.client import ClientRoutes, base_url
from local.discord.commands import without_localizations
from local.discord.discord import LocalDiscord
from local.discord.errors import (
    DiscordError,
    discord_errors,
    invalid_json,
    not_found,
    read_json_object,
    unauthorized,
)
from local.discord.limits import CALLS, Allowance
from local.discord.message import Message
from local.discord.shown import shown
from local.discord.snowflake import PATTERN
from local.discord.uploads import read_form

_API = "/api/v10"
_WEBHOOK = _API + "/webhooks/{application:[0-9]+}/{token}"
_MESSAGE = _WEBHOOK + "/messages/{message:@original|" + PATTERN + "}"
_COMMANDS = _API + "/applications/{application:[0-9]+}/commands"


def routes(discord: LocalDiscord) -> list[web.AbstractRouteDef]:
    """/api/v10/…, /attachments/…, and the page with what it asks for: /, /NAME.js, /NAME.css, /api/client/…"""
    every = [*ClientRoutes(discord).routes(), *BotRoutes(discord).routes()]
    return [web.route(each.method, each.path, discord_errors(each.handler), **each.kwargs) for each in every]


class BotRoutes:
    """One method a route."""

    def __init__(self, discord: LocalDiscord) -> None:
        self._discord = discord

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(_MESSAGE, self.get_reply),
            web.patch(_MESSAGE, self.edit_reply),
            web.delete(_MESSAGE, self.delete_reply),
            web.post(_WEBHOOK, self.follow_up),
            web.post(_API + "/channels/{channel:[0-9]+}/messages", self.post),
            web.get(_COMMANDS, self.list_commands),
            web.put(_COMMANDS, self.register_commands),
            web.get(_API + "/applications/@me", self.get_application),
            web.patch(_API + "/applications/@me", self.edit_application),
            web.route("*", "/api/v{version:[0-9]+}/{rest:.*}", self.refuse),
        ]

    async def get_reply(self, request: web.Request) -> web.Response:
        used, allowance = self._use(request)
        message = await self._discord.run(self._discord.channel.get, *used, request.match_info["message"])
        return self._shown(request, message, allowance)

    async def edit_reply(self, request: web.Request) -> web.Response:
        used, allowance = self._use(request)
        form, uploads = await read_form(request)
        edit = self._discord.channel.edit
        message = await self._discord.run(edit, *used, request.match_info["message"], form, uploads)
        return self._shown(request, message, allowance)

    async def delete_reply(self, request: web.Request) -> web.Response:
        used, allowance = self._use(request)
        await self._discord.run(self._discord.channel.delete, *used, request.match_info["message"])
        return web.Response(status=204, headers=_limit_headers(allowance))

    async def follow_up(self, request: web.Request) -> web.Response:
        used, allowance = self._use(request)
        form, uploads = await read_form(request)
        message = await self._discord.run(self._discord.channel.follow_up, *used, form, uploads)
        return self._shown(request, message, allowance)

    async def post(self, request: web.Request) -> web.Response:
        self._require_bot(request)
        if request.match_info["channel"] != self._discord.place.channel_id:
            raise DiscordError(404, 10003, "Unknown Channel")
        form, uploads = await read_form(request)
        return self._shown(request, await self._discord.run(self._discord.channel.post, form, uploads))

    async def list_commands(self, request: web.Request) -> web.Response:
        self._require_own_application(request)
        commands = await self._discord.run(self._discord.channel.commands)
        if request.query.get("with_localizations") != "true":
            commands = [without_localizations(command) for command in commands]
        return web.json_response(commands)

    async def register_commands(self, request: web.Request) -> web.Response:
        self._require_own_application(request)
        try:
            value = await request.json()
        except (ValueError, RecursionError):
            raise invalid_json() from None
        return web.json_response(await self._discord.register(value))

    async def get_application(self, request: web.Request) -> web.Response:
        self._require_bot(request)
        return web.json_response(self._application())

    async def edit_application(self, request: web.Request) -> web.Response:
        """Of all that can be edited, only where interactions go has a meaning here."""
        self._require_bot(request)
        url = (await read_json_object(request)).get("interactions_endpoint_url")
        if isinstance(url, str):
            await self._discord.set_endpoint(url)
        return web.json_response(self._application())

    async def refuse(self, request: web.Request) -> web.Response:
        if int(request.match_info["version"]) < 6:
            raise DiscordError(400, 50041, "Invalid API version provided")
        raise not_found()

    def _application(self) -> dict[str, Any]:
        return self._discord.place.application(self._discord.ingress_url)

    def _use(self, request: web.Request) -> tuple[tuple[str, str], Allowance]:
        """The application's id and the token; a call is counted before anything about it is known."""
        self._discord.note_user_agent(request.headers.get("User-Agent", ""))
        token = request.match_info["token"]
        return (request.match_info["application"], token), self._discord.take(token)

    def _require_bot(self, request: web.Request) -> None:
        self._discord.note_user_agent(request.headers.get("User-Agent", ""))
        if not self._discord.is_bot(request.headers.get("Authorization")):
            raise unauthorized()

    def _require_own_application(self, request: web.Request) -> None:
        self._require_bot(request)
        if request.match_info["application"] != self._discord.place.application_id:
            raise DiscordError(403, 20012, "You are not authorized to perform this action on this application")

    def _shown(self, request: web.Request, message: Message, allowance: Allowance | None = None) -> web.Response:
        headers = _limit_headers(allowance) if allowance else {}
        return web.json_response(shown(message, self._discord.place, base_url(request)), headers=headers)


def _limit_headers(allowance: Allowance) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(CALLS),
        "X-RateLimit-Remaining": str(allowance.remaining),
        "X-RateLimit-Reset-After": f"{allowance.reset_after_s:.3f}",
        "X-RateLimit-Bucket": "webhook",
    }
