"""The calls for replies to an interaction.  Its token is the authorization; each token has a rate limit.

Source: Discord, "Receiving and Responding", "Webhook Resource".
"""

import time

from aiohttp import web

from local.discord.api.calls import API, SNOWFLAKE, message_for_caller
from local.discord.engine.discord import LocalDiscord
from local.discord.engine.limits import rate_limited
from local.discord.engine.replies import ORIGINAL
from local.discord.engine.writer import Uploads
from local.discord.errors import DiscordError, Handler, NotImitated, json_answer
from local.discord.forms.form import EDIT_REPLY, FOLLOW_UP, Call, Form, parse_form
from local.discord.forms.uploads import read_body

_WEBHOOK = API + "/webhooks/{application:[0-9]+}/{token}"
_MESSAGE = _WEBHOOK + "/messages/{message:" + ORIGINAL + "|" + SNOWFLAKE + "}"


class WebhookRoutes:
    """One method a route."""

    def __init__(self, discord: LocalDiscord) -> None:
        self._discord = discord

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(_MESSAGE, self._limited(self.get_reply)),
            web.patch(_MESSAGE, self._limited(self.edit_reply)),
            web.delete(_MESSAGE, self._limited(self.delete_reply)),
            web.post(_WEBHOOK, self._limited(self.follow_up)),
        ]

    async def get_reply(self, request: web.Request) -> web.Response:
        message = await self._discord.run(self._discord.replies.get, *_key(request), request.match_info["message"])
        return json_answer(message_for_caller(self._discord, request, message))

    async def edit_reply(self, request: web.Request) -> web.Response:
        message_ref = request.match_info["message"]
        form, uploads = await self._form(request, EDIT_REPLY, message_ref)
        edit = self._discord.replies.edit
        message = await self._discord.run(edit, *_key(request), message_ref, form, uploads)
        return json_answer(message_for_caller(self._discord, request, message))

    async def delete_reply(self, request: web.Request) -> web.Response:
        await self._discord.run(self._discord.replies.delete, *_key(request), request.match_info["message"])
        return web.Response(status=204)

    async def follow_up(self, request: web.Request) -> web.Response:
        form, uploads = await self._form(request, FOLLOW_UP, ORIGINAL)
        message = await self._discord.run(self._discord.replies.follow_up, *_key(request), form, uploads)
        return json_answer(message_for_caller(self._discord, request, message))

    async def _form(self, request: web.Request, call: Call, message_ref: str) -> tuple[Form, Uploads]:
        """The form.  Where we cannot show it, the message that the member waits for says so."""
        value, uploads = await read_body(request)
        try:
            return parse_form(value, call), uploads
        except NotImitated as error:
            await self._discord.run(self._discord.replies.cannot_show, *_key(request), message_ref, error.sentence)
            raise

    def _limited(self, handler: Handler) -> Handler:
        """handler with a rate limit: each call is counted first, and each answer has the limit's headers."""

        async def counted(request: web.Request) -> web.StreamResponse:
            self._discord.note_user_agent(request.headers.get("User-Agent", ""))
            allowance = self._discord.take(request.match_info["token"])
            headers = allowance.headers(time.time())
            if not allowance.allowed:
                raise rate_limited(round(allowance.reset_after_s, 3), headers)
            try:
                answer = await handler(request)
            except DiscordError as error:
                error.headers = {**headers, **error.headers}
                raise
            answer.headers.update(headers)
            return answer

        return counted


def _key(request: web.Request) -> tuple[str, str]:
    """The application's id and the interaction's token."""
    return request.match_info["application"], request.match_info["token"]
