"""The calls for the application's commands, global or of the guild, by the bot or with a client's access token.

Source: Discord, "Application Commands: Endpoints".
"""

from typing import Any

from aiohttp import web

from local.discord.api.calls import API, SNOWFLAKE, is_true, require, require_own_application
from local.discord.data.store import Scope
from local.discord.engine.commands import without_localizations
from local.discord.engine.discord import LocalDiscord
from local.discord.engine.grants import COMMANDS
from local.discord.errors import DiscordError, invalid_json, json_answer, read_json_object

_APPLICATION = API + "/applications/{application:[0-9]+}"
_LISTS = (_APPLICATION + "/commands", _APPLICATION + "/guilds/{guild:[0-9]+}/commands")
_ONE = "/{command:" + SNOWFLAKE + "}"


class CommandRoutes:
    """One method a route."""

    def __init__(self, discord: LocalDiscord) -> None:
        self._discord = discord

    def routes(self) -> list[web.RouteDef]:
        return [
            route
            for path in _LISTS
            for route in (
                web.get(path, self.list),
                web.put(path, self.overwrite),
                web.post(path, self.create),
                web.get(path + _ONE, self.get),
                web.patch(path + _ONE, self.edit),
                web.delete(path + _ONE, self.delete),
            )
        ]

    async def list(self, request: web.Request) -> web.Response:
        commands = await self._discord.run(self._discord.commands.listed, self._scope(request))
        if not is_true(request, "with_localizations"):
            commands = [without_localizations(command) for command in commands]
        return json_answer(commands)

    async def overwrite(self, request: web.Request) -> web.Response:
        scope = self._scope(request)
        try:
            value: Any = await request.json()
        except (ValueError, RecursionError):
            raise invalid_json() from None
        return json_answer(await self._discord.run(self._discord.commands.overwrite, scope, value))

    async def create(self, request: web.Request) -> web.Response:
        scope, value = self._scope(request), await read_json_object(request)
        command, is_new = await self._discord.run(self._discord.commands.create, scope, value)
        return json_answer(command, status=201 if is_new else 200)

    async def get(self, request: web.Request) -> web.Response:
        scope, command_id = self._scope(request), request.match_info["command"]
        return json_answer(await self._discord.run(self._discord.commands.get, scope, command_id))

    async def edit(self, request: web.Request) -> web.Response:
        scope, value = self._scope(request), await read_json_object(request)
        command_id = request.match_info["command"]
        return json_answer(await self._discord.run(self._discord.commands.edit, scope, command_id, value))

    async def delete(self, request: web.Request) -> web.Response:
        scope, command_id = self._scope(request), request.match_info["command"]
        await self._discord.run(self._discord.commands.delete, scope, command_id)
        return web.Response(status=204)

    def _scope(self, request: web.Request) -> Scope:
        """Raises DiscordError where the caller may not manage these commands."""
        require(self._discord, request, COMMANDS)
        require_own_application(self._discord, request)
        guild = request.match_info.get("guild")
        if guild is None:
            return "global"
        if guild != self._discord.identities.guild_id:
            raise DiscordError(403, 50001, "Missing Access")
        return "guild"
