"""A bot made with hikari: it logs in, registers its commands, and answers over HTTP with its own server (RESTBot).

Started by install.py; tells what it has done on standard output.
"""

import asyncio
import base64
import json
import os
from collections.abc import AsyncIterator
from typing import Any

import hikari

API, TOKEN, APPLICATION = os.environ["API"], os.environ["TOKEN"], int(os.environ["APPLICATION"])
CHANNEL, GUILD = int(os.environ["CHANNEL"]), int(os.environ["GUILD"])
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def tell(step: str, **what: Any) -> None:
    print(json.dumps({"step": step, **what}), flush=True)


async def register(bot: Any, app: Any) -> None:
    rest = bot.rest
    me, application = await rest.fetch_my_user(), await rest.fetch_application()
    words = hikari.CommandOption(
        type=hikari.OptionType.STRING, name="words", description="What to draw", is_required=False, max_length=200
    )
    made = await rest.create_slash_command(application, "lotus", "Draw a lotus", options=[words])
    made = await made.edit(description="Draw a lotus of words")
    (of_guild,) = await rest.set_application_commands(
        application, [rest.slash_command_builder("rose", "Draw a rose")], GUILD
    )
    fetched = await rest.fetch_application_command(application, of_guild.id, GUILD)
    await rest.delete_application_command(application, fetched, GUILD)
    left = await rest.fetch_application_commands(application, GUILD)
    message = await rest.create_message(CHANNEL, "hello", embed=hikari.Embed(title="A title").set_footer("a footer"))
    await rest.edit_message(CHANNEL, message, "hello again")
    seen = (await rest.fetch_message(CHANNEL, message)).content
    await rest.delete_message(CHANNEL, message)
    client = hikari.ClientCredentialsStrategy(
        application, TOKEN, scopes=[hikari.OAuth2Scope.APPLICATIONS_COMMANDS_UPDATE]
    )
    async with app.acquire(client) as other:
        names = sorted(command.name for command in await other.fetch_application_commands(application))
    tell(
        "registered",
        bot=str(me.id),
        command=made.description,
        guild_commands=len(left),
        message=seen,
        names_for_client=names,
    )


async def answer(interaction: Any) -> AsyncIterator[Any]:
    yield interaction.build_deferred_response()
    await first_edit(interaction)
    alone = await interaction.execute("for you alone", flags=hikari.MessageFlag.EPHEMERAL)
    await interaction.edit_message(alone, "for you alone, edited")
    gone = await interaction.execute("gone soon")
    await interaction.delete_message(gone)
    # The sixth call within two seconds: the library waits by what it has been told.
    original = await interaction.fetch_initial_response()
    tell("answered", original=original.content, type=int(original.type), files=len(original.attachments))


async def first_edit(interaction: Any) -> None:
    """Discord may not have read our acknowledgement yet (discord-api-docs, issue 7220)."""
    for _ in range(100):
        try:
            await interaction.edit_initial_response("drawn", attachment=hikari.Bytes(PICTURE, "mandala.png"))
        except hikari.NotFoundError:
            await asyncio.sleep(0.02)
        else:
            return


async def main() -> None:
    bot = hikari.RESTBot(TOKEN, public_key=os.environ["PUBLIC_KEY"], rest_url=API, banner=None, logs=None)
    bot.set_listener(hikari.CommandInteraction, answer)
    app = hikari.RESTApp(url=API)
    await app.start()
    await bot.start(host="127.0.0.1", port=int(os.environ["PORT"]), check_for_updates=False)
    await register(bot, app)
    await bot.join()


asyncio.run(main())
