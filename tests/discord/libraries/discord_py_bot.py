"""A bot made with discord.py: it logs in, registers its commands, and answers by callbacks from a server of its own.

Started by install.py; tells what it has done on standard output.
"""

import asyncio
import io
import json
import os
from typing import Any

import discord
from aiohttp import web
from discord.http import Route

Route.BASE = os.environ["API"]
GUILD, CHANNEL = discord.Object(int(os.environ["GUILD"])), int(os.environ["CHANNEL"])


def tell(step: str, **what: Any) -> None:
    print(json.dumps({"step": step, **what}), flush=True)


async def lotus(interaction: Any, words: str) -> None:
    """Draw a lotus."""


async def register(client: Any) -> None:
    await client.login(os.environ["TOKEN"])
    tree = discord.app_commands.CommandTree(client)
    tree.command(name="lotus", description="Draw a lotus")(lotus)
    (of_all,) = await tree.sync()
    of_all = await of_all.edit(description="Draw a lotus of words")
    tree.command(name="rose", description="Draw a rose", guild=GUILD)(lotus)
    (of_guild,) = await tree.sync(guild=GUILD)
    await of_guild.delete()
    left = await tree.fetch_commands(guild=GUILD)
    message = await client.get_partial_messageable(CHANNEL).send("hello", embed=discord.Embed(title="A title"))
    message = await message.edit(content="hello again")
    await message.delete()
    tell(
        "registered",
        bot=str(client.user.id),
        command=of_all.description,
        guild_commands=len(left),
        message=message.content,
    )


async def answer(interaction: Any) -> None:
    await interaction.edit_original_response(
        content="drawn", attachments=[discord.File(io.BytesIO(b"words"), "words.txt")]
    )
    alone = await interaction.followup.send("for you alone", ephemeral=True, wait=True)
    await alone.edit(content="for you alone, edited")
    gone = await interaction.followup.send("gone soon", wait=True)
    await gone.delete()
    # The sixth call within two seconds: the library waits by what it has been told.
    original = await interaction.original_response()
    fetched = await interaction.followup.fetch_message(original.id)
    tell("answered", original=fetched.content, type=fetched.type.value, files=len(fetched.attachments))


async def main() -> None:
    client = discord.Client(intents=discord.Intents.none())
    tasks: set[asyncio.Task[None]] = set()

    async def handle(request: web.Request) -> web.Response:
        interaction = discord.Interaction(data=await request.json(), state=client._connection)
        await interaction.response.defer()
        tasks.add(asyncio.create_task(answer(interaction)))
        return web.Response(status=202)

    app = web.Application()
    app.add_routes([web.post("/", handle)])
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", int(os.environ["PORT"])).start()
    await register(client)
    await asyncio.Event().wait()


asyncio.run(main())
