"""The routes of the member: the page and its calls, `mando send`, and the files of messages.

POST /api/v10/interactions is what a real client calls.  Discord answers it without a body and reports the rest through
its gateway.  Here the answer holds the outcome, and /api/client/events replaces the gateway.
"""

from pathlib import Path
from typing import Any

from aiohttp import web

from local.discord.data.message_json import change_json, client_message_json
from local.discord.engine.discord import LocalDiscord
from local.discord.engine.events import stream
from local.discord.errors import DiscordError, FormErrors, json_answer, not_found, read_json_object
from local.discord.forms.fields import Fields
from local.discord.identities import CHANNEL_NAME, CHANNEL_TOPIC, GUILD_NAME
from local.discord.snowflake import PATTERN
from local.http.hosts import base_url

_PAGE = Path(__file__).parents[1] / "page"
_SHOWN_AT_ONCE = 50
_FILE_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable", "Content-Security-Policy": "sandbox"}


class ClientRoutes:
    """One method a route."""

    def __init__(self, discord: LocalDiscord) -> None:
        self._discord = discord

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/", self.get_page),
            *(web.get(f"/{path.name}", self.get_page) for path in sorted(_PAGE.iterdir())),
            web.get("/api/client/channel", self.get_channel),
            web.get("/api/client/events", self.get_events),
            web.get("/api/client/messages", self.list_messages),
            web.post("/api/client/messages", self.say),
            web.delete("/api/client/messages/{message:" + PATTERN + "}", self.dismiss),
            web.get("/api/client/interactions/{interaction:" + PATTERN + "}", self.get_outcome),
            web.post("/api/v10/interactions", self.interact),
            web.get("/attachments/{channel:[0-9]+}/{file:" + PATTERN + "}/{filename}", self.get_file),
        ]

    async def get_page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(
            _PAGE / (request.path.lstrip("/") or "index.html"), headers={"Cache-Control": "no-cache"}
        )

    async def get_channel(self, request: web.Request) -> web.Response:
        """The state that a page starts with; its events start after `revision`."""
        revision, messages = await self._discord.run(self._discord.channel.snapshot, _SHOWN_AT_ONCE)
        commands = await self._discord.run(self._discord.commands.offered)
        identities = self._discord.identities
        return json_answer(
            {
                "application": identities.application_user,
                "channel": {"id": identities.channel_id, "name": CHANNEL_NAME, "topic": CHANNEL_TOPIC},
                "commands": commands,
                "guild": {"id": identities.guild_id, "name": GUILD_NAME},
                "member": identities.member_user,
                "messages": [client_message_json(message, identities, base_url(request)) for message in messages],
                "revision": revision,
            }
        )

    async def get_events(self, request: web.Request) -> web.StreamResponse:
        discord, base = self._discord, base_url(request)
        return await stream(
            request,
            discord.broadcast,
            catch_up=lambda after, most: discord.run(discord.channel.catch_up, after, most),
            show=lambda change: change_json(change, discord.identities, base),
        )

    async def list_messages(self, request: web.Request) -> web.Response:
        """The 50 messages before that one, oldest first."""
        errors = FormErrors()
        before = Fields(dict(request.query), errors).matching("before", PATTERN)
        errors.check()
        messages = await self._discord.run(self._discord.channel.messages_before, before, _SHOWN_AT_ONCE)
        identities = self._discord.identities
        return json_answer([client_message_json(message, identities, base_url(request)) for message in messages])

    async def say(self, request: web.Request) -> web.Response:
        errors = FormErrors()
        content = Fields(await _json_of_page(request), errors).text("content", 2000, least=1, required=True)
        errors.check()
        message = await self._discord.run(self._discord.channel.say, content)
        return json_answer(client_message_json(message, self._discord.identities, base_url(request)))

    async def dismiss(self, request: web.Request) -> web.Response:
        await self._discord.run(self._discord.channel.dismiss, request.match_info["message"])
        return web.Response(status=204)

    async def get_outcome(self, request: web.Request) -> web.Response:
        return json_answer(await self._discord.outcome(request.match_info["interaction"], base_url(request)))

    async def interact(self, request: web.Request) -> web.Response:
        locale = request.headers.get("X-Discord-Locale")
        return json_answer(await self._discord.interact(await _json_of_page(request), base_url(request), locale))

    async def get_file(self, request: web.Request) -> web.Response:
        """The file.  What is not a picture is only downloaded: a shown HTML file could run scripts as our page."""
        found = await self._discord.run(self._discord.channel.file, request.match_info["file"])
        if found is None or found[0].filename != request.match_info["filename"]:
            raise not_found()
        attachment, content = found
        headers = dict(_FILE_HEADERS)
        if attachment.width is None:
            headers["Content-Disposition"] = "attachment"
        return web.Response(body=content, content_type=attachment.content_type, headers=headers)


async def _json_of_page(request: web.Request) -> dict[str, Any]:
    """The body, only with Content-Type: application/json: pages of other sites cannot send that without a preflight."""
    if request.content_type != "application/json":
        raise DiscordError(415, 0, "415: Unsupported Media Type")
    return await read_json_object(request)
