"""What `mando register` asks of Discord, with its state: the application, its commands, its endpoint."""

from typing import Any

from aiohttp import web

Json = dict[str, Any]


class Discord:
    """The application 42, whose bot's token is "the-bots-token".  A change of its endpoint is added to changes."""

    def __init__(self, changes: list[str]) -> None:
        self.commands: list[Json] = []
        self.guild_commands: dict[str, list[Json]] = {}
        self.endpoint: str | None = None
        self.verify_key = ""
        self.changes = changes

    def routes(self) -> list[web.RouteDef]:
        return [
            web.get("/api/v10/applications/@me", self.get_application),
            web.patch("/api/v10/applications/@me", self.set_endpoint),
            web.put("/api/v10/applications/{application}/commands", self.put_commands),
            web.put("/api/v10/applications/{application}/guilds/{guild}/commands", self.put_guild_commands),
        ]

    async def get_application(self, request: web.Request) -> web.Response:
        if request.headers.get("Authorization") != "Bot the-bots-token":
            return web.json_response({"message": "401: Unauthorized", "code": 0}, status=401)
        return web.json_response(
            {"id": "42", "name": "mando", "interactions_endpoint_url": self.endpoint, "verify_key": self.verify_key}
        )

    async def set_endpoint(self, request: web.Request) -> web.Response:
        asked = (await request.json())["interactions_endpoint_url"]
        if not asked.startswith("https://"):
            problem = {"code": "URL_TYPE_INVALID_SCHEME", "message": 'Scheme must be one of ("https",).'}
            errors = {"interactions_endpoint_url": {"_errors": [problem]}}
            return web.json_response({"message": "Invalid Form Body", "code": 50035, "errors": errors}, status=400)
        self.changes.append("set the endpoint")
        self.endpoint = asked
        return web.json_response({"id": "42", "interactions_endpoint_url": asked})

    async def put_commands(self, request: web.Request) -> web.Response:
        self.commands = await request.json()
        return web.json_response([{**each, "id": "1"} for each in self.commands])

    async def put_guild_commands(self, request: web.Request) -> web.Response:
        commands = await request.json()
        self.guild_commands[request.match_info["guild"]] = commands
        return web.json_response([{**each, "id": "1"} for each in commands])
