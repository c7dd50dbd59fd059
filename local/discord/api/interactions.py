"""The call with which an application answers an interaction, after it has answered our request with 202.

It has no rate limit, as with Discord.  Source: Discord, "Interaction Callback", "Create Interaction Response".
"""

from typing import Any

from aiohttp import web

from local.discord.api.calls import API, SNOWFLAKE, is_true, message_for_caller
from local.discord.engine.discord import LocalDiscord
from local.discord.errors import FormErrors, json_answer
from local.discord.forms.answer import Deferred, Immediate, Unshown, Update, parse_answer
from local.discord.forms.uploads import read_body

_CALLBACK = API + "/interactions/{interaction:" + SNOWFLAKE + "}/{token}/callback"


class InteractionRoutes:
    """One method a route."""

    def __init__(self, discord: LocalDiscord) -> None:
        self._discord = discord

    def routes(self) -> list[web.RouteDef]:
        return [web.post(_CALLBACK, self.call_back)]

    async def call_back(self, request: web.Request) -> web.Response:
        self._discord.note_user_agent(request.headers.get("User-Agent", ""))
        value, uploads = await read_body(request)
        key = request.match_info["interaction"], request.match_info["token"]
        answer = parse_answer(value, await self._discord.run(self._discord.replies.question, *key))
        interaction, message = await self._discord.call_back(*key, answer, uploads)
        if isinstance(answer, Unshown):
            # It is recorded like any answer: the member sees what is missing, and the bot gets an error.
            errors = FormErrors()
            errors.add_not_imitated((), answer.sentence)
            errors.check()
        if not is_true(request, "with_response"):
            return web.Response(status=204)
        told: dict[str, Any] = {"interaction": {"id": interaction.id, "type": interaction.question.kind}}
        told["resource"] = {"type": value["type"]}
        if message is not None:
            told["interaction"] |= {
                "response_message_id": message.id,
                "response_message_loading": isinstance(answer, Deferred),
                "response_message_ephemeral": message.is_ephemeral,
            }
        if message is not None and isinstance(answer, Immediate | Update):
            told["resource"]["message"] = message_for_caller(self._discord, request, message)
        return json_answer(told)
