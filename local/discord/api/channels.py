"""The bot's calls for messages of the channel: it writes, edits and deletes its own, and reads the member's.

Source: Discord, "Message Resource".
"""

from typing import Any

from aiohttp import web

from local.discord.api.calls import API, SNOWFLAKE, message_for_caller, require
from local.discord.data.message import Message
from local.discord.engine.discord import LocalDiscord
from local.discord.errors import FormErrors, json_answer, unknown
from local.discord.forms.fields import Fields
from local.discord.forms.form import CREATE, EDIT, parse_form
from local.discord.forms.uploads import read_body

_MOST_LISTED, _USUALLY_LISTED = 100, 50
_MESSAGES = API + "/channels/{channel:[0-9]+}/messages"
_MESSAGE = _MESSAGES + "/{message:" + SNOWFLAKE + "}"


class ChannelRoutes:
    """One method a route."""

    def __init__(self, discord: LocalDiscord) -> None:
        self._discord = discord

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(_MESSAGES, self.list),
            web.post(_MESSAGES, self.post),
            web.get(_MESSAGE, self.get),
            web.patch(_MESSAGE, self.edit),
            web.delete(_MESSAGE, self.delete),
        ]

    async def list(self, request: web.Request) -> web.Response:
        self._require_here(request)
        errors = FormErrors()
        query: dict[str, Any] = dict(request.query)
        if query.get("limit", "").isdecimal():
            query["limit"] = int(query["limit"])
        fields = Fields(query, errors)
        most = fields.whole("limit", 1, _MOST_LISTED) or _USUALLY_LISTED
        places = [fields.matching(name, SNOWFLAKE) for name in ("before", "after", "around")]
        errors.check()
        messages = await self._discord.run(self._discord.channel.listed, most, *places)
        return json_answer([message_for_caller(self._discord, request, message) for message in messages])

    async def post(self, request: web.Request) -> web.Response:
        self._require_here(request)
        value, uploads = await read_body(request)
        return self._shown(
            request, await self._discord.run(self._discord.channel.post, parse_form(value, CREATE), uploads)
        )

    async def get(self, request: web.Request) -> web.Response:
        self._require_here(request)
        return self._shown(request, await self._discord.run(self._discord.channel.get, request.match_info["message"]))

    async def edit(self, request: web.Request) -> web.Response:
        self._require_here(request)
        value, uploads = await read_body(request)
        form, message_id = parse_form(value, EDIT), request.match_info["message"]
        return self._shown(request, await self._discord.run(self._discord.channel.edit, message_id, form, uploads))

    async def delete(self, request: web.Request) -> web.Response:
        self._require_here(request)
        await self._discord.run(self._discord.channel.delete, request.match_info["message"])
        return web.Response(status=204)

    def _require_here(self, request: web.Request) -> None:
        require(self._discord, request)
        if request.match_info["channel"] != self._discord.identities.channel_id:
            raise unknown("Channel", 10003)

    def _shown(self, request: web.Request, message: Message) -> web.Response:
        return json_answer(message_for_caller(self._discord, request, message))
