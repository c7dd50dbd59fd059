"""All routes of the local Discord: the bot's calls, the page's calls, and errors for all other paths.

Called by local/server.py.  One file for each resource; it checks the authorization of its calls.
"""

from aiohttp import web

from local.discord.api.applications import ApplicationRoutes
from local.discord.api.calls import API
from local.discord.api.channels import ChannelRoutes
from local.discord.api.client import ClientRoutes
from local.discord.api.commands import CommandRoutes
from local.discord.api.interactions import InteractionRoutes
from local.discord.api.webhooks import WebhookRoutes
from local.discord.engine.discord import LocalDiscord
from local.discord.errors import DiscordError, discord_errors, method_not_allowed, not_found

_OLDEST_VERSION = 6
# Calls that Discord has and we do not, on paths that we imitate.  Other methods on these paths answer 405.
_NOT_IMITATED = (
    ("PATCH", "/users/@me"),
    ("GET", "/webhooks/{webhook:[0-9]+}/{token}"),
    ("PATCH", "/webhooks/{webhook:[0-9]+}/{token}"),
    ("DELETE", "/webhooks/{webhook:[0-9]+}/{token}"),
)


def routes(discord: LocalDiscord) -> list[web.AbstractRouteDef]:
    """/api/v10/…, /attachments/…, and the page with what it asks for: /, /NAME.js, /NAME.css, /api/client/…"""
    every = [
        *ClientRoutes(discord).routes(),
        *WebhookRoutes(discord).routes(),
        *InteractionRoutes(discord).routes(),
        *ChannelRoutes(discord).routes(),
        *CommandRoutes(discord).routes(),
        *ApplicationRoutes(discord).routes(),
        *(web.route(method, API + path, _name) for method, path in _NOT_IMITATED),
        web.get(API + "/gateway", _no_gateway),
        web.get(API + "/gateway/bot", _no_gateway),
        # Last, because the first route that matches answers.
        web.route("*", "/api/{rest:.*}", _refuse),
    ]
    return [web.route(each.method, each.path, discord_errors(each.handler), **each.kwargs) for each in every]


async def _no_gateway(_: web.Request) -> web.Response:
    raise not_found(" (this local Discord has no gateway: interactions come to the application over HTTP)")


async def _refuse(request: web.Request) -> web.Response:
    """405 for a path that has other methods, else a 404 that names the path."""
    version, *_ = request.match_info["rest"].split("/")
    if version[:1] == "v" and version[1:].isdecimal():
        if int(version[1:]) < _OLDEST_VERSION:
            raise DiscordError(400, 50041, "Invalid API version provided")
        if f"/api/{version}" != API:
            raise not_found(f" (this local Discord speaks {API} only, not {request.path})")
    allowed: set[str] = set()
    for resource in request.app.router.resources():
        found, methods = await resource.resolve(request)
        allowed |= methods if found is None else set()
    if allowed:
        raise method_not_allowed(allowed)
    return await _name(request)


async def _name(request: web.Request) -> web.Response:
    raise not_found(f" (this local Discord does not imitate {request.method} {request.path})")
