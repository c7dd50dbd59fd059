"""A local Discord in a process of its own, for a test to kill: python -m tests.discord.alone FOLDER INGRESS PORT."""

import asyncio
import sys
from pathlib import Path

from aiohttp import web

from local.discord.api.routes import routes
from local.discord.engine.discord import LocalDiscord
from tests.discord.application import COMMAND


async def main(folder: Path, ingress_url: str, port: int) -> None:
    async with LocalDiscord(folder / "discord.sqlite", ingress_url) as discord:
        await discord.register([COMMAND])
        app = web.Application()
        app.add_routes(routes(discord))
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", port).start()
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
