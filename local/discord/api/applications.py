"""The calls of a library that logs in: the application, its bot's user, and an access token for a client.

Source: Discord, "Application Resource", "User Resource", "OAuth2".
"""

from typing import Any

from aiohttp import web

from local.discord.api.calls import API, require
from local.discord.engine.discord import LocalDiscord
from local.discord.engine.grants import BOT, IDENTIFY, GrantRefused
from local.discord.errors import FormErrors, json_answer, read_json_object
from local.discord.forms.fields import Fields
from local.discord.identities import LOCALE

_ADDRESS = "interactions_endpoint_url"
# Fields that Discord can edit and that have no meaning here.
_UNSHOWN = (
    "cover_image",
    "custom_install_url",
    "description",
    "event_webhooks_status",
    "event_webhooks_types",
    "event_webhooks_url",
    "flags",
    "icon",
    "install_params",
    "integration_types_config",
    "role_connections_verification_url",
    "tags",
)


class ApplicationRoutes:
    """One method a route."""

    def __init__(self, discord: LocalDiscord) -> None:
        self._discord = discord

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get(API + "/applications/@me", self.get_application),
            web.patch(API + "/applications/@me", self.edit_application),
            web.get(API + "/oauth2/applications/@me", self.get_application),
            web.get(API + "/users/@me", self.get_user),
            # Discord documents the token's address without a version; libraries use it with one.
            web.post("/api/oauth2/token", self.grant),
            web.post(API + "/oauth2/token", self.grant),
        ]

    async def get_application(self, request: web.Request) -> web.Response:
        require(self._discord, request)
        return json_answer(self._application())

    async def edit_application(self, request: web.Request) -> web.Response:
        require(self._discord, request)
        errors = FormErrors()
        fields = Fields(await read_json_object(request), errors)
        present = self._application()
        for name in _UNSHOWN:
            if name in fields and fields.raw(name) != present.get(name):
                fields.cannot_show((name,), "This local Discord keeps only where interactions go.")
        url = fields.text(_ADDRESS, 2048)
        if _ADDRESS in fields and not fields.raw(_ADDRESS):
            fields.cannot_show((_ADDRESS,), "This local Discord has no gateway: interactions need an address.")
        errors.check()
        if url:
            await self._discord.set_endpoint(url)
        return json_answer(self._application())

    async def get_user(self, request: web.Request) -> web.Response:
        """The bot's user; for an access token, the member who owns the application."""
        is_bot = BOT in require(self._discord, request, IDENTIFY)
        identities = self._discord.identities
        user = identities.application_user if is_bot else identities.member_user
        more = {"email": None, "flags": 0, "locale": LOCALE, "mfa_enabled": False, "premium_type": 0, "verified": True}
        return json_answer(user | more)

    async def grant(self, request: web.Request) -> web.Response:
        form = {name: value for name, value in (await request.post()).items() if isinstance(value, str)}
        authorization = request.headers.get("Authorization")
        try:
            granted = self._discord.grants.grant(self._discord.identities.application_id, form, authorization)
        except GrantRefused as error:
            return json_answer({"error": error.code, "error_description": error.detail}, error.status)
        return json_answer(granted)

    def _application(self) -> dict[str, Any]:
        return self._discord.identities.application(self._discord.ingress_url)
