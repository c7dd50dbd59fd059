"""hikari's RESTBot with a listener for commands.  It keeps no JSON of the interaction, so the task holds less of it."""

# mypy: ignore-errors

import asyncio
import os

import cloud_task
import hikari


async def main():
    create = cloud_task.async_creator()

    async def answer(interaction):
        await create({"id": str(interaction.id), "token": interaction.token, "command": interaction.command_name})
        return interaction.build_deferred_response()

    bot = hikari.RESTBot(
        "nobody", public_key=os.environ["PUBLIC_KEY"], banner=None, logs=None, suppress_optimization_warning=True
    )
    bot.set_listener(hikari.CommandInteraction, answer)
    await bot.start(host="127.0.0.1", port=int(os.environ["PORT"]), check_for_updates=False)
    await bot.join()


asyncio.run(main())
