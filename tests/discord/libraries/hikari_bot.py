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
WORDS = ("my cat", "my dog", "a rose")
PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="
)


def tell(step: str, **what: Any) -> None:
    print(json.dumps({"step": step, **what}), flush=True)


async def register(bot: Any, app: Any) -> None:
    rest = bot.rest
    me, application = await rest.fetch_my_user(), await rest.fetch_application()
    words = hikari.CommandOption(
        type=hikari.OptionType.STRING,
        name="words",
        description="What to draw",
        is_required=False,
        max_length=200,
        autocomplete=True,
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


async def suggest(interaction: Any) -> Any:
    typed = next(option.value for option in interaction.options if option.is_focused)
    choices = [hikari.impl.AutocompleteChoiceBuilder(words, words) for words in WORDS if words.startswith(typed)]
    return interaction.build_response(choices)


class ModalRow:
    """hikari 2.7.0 sends a pair for each row of a modal, its JSON and its files, which no Discord takes."""

    def __init__(self, row: Any) -> None:
        self._row = row

    def build(self) -> Any:
        return self._row.build()[0]


async def pressed(interaction: Any) -> Any:
    if interaction.custom_id == "form":
        row = hikari.impl.ModalActionRowBuilder().add_text_input("words", "What do you think?")
        return interaction.build_modal_response("Tell us", "opinion").add_component(ModalRow(row))
    update = interaction.build_response(hikari.ResponseType.MESSAGE_UPDATE)
    return update.set_content(f"{interaction.message.content} again")


async def filled_in(interaction: Any) -> Any:
    thanks = interaction.build_response().set_content(f"thank you: {interaction.components[0][0].value}")
    return thanks.set_flags(hikari.MessageFlag.EPHEMERAL)


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
    row = hikari.impl.MessageActionRowBuilder()
    row.add_interactive_button(hikari.ButtonStyle.PRIMARY, "again", label="Again")
    row.add_interactive_button(hikari.ButtonStyle.SECONDARY, "form", label="Tell us")
    picture = hikari.Bytes(PICTURE, "mandala.png")
    for _ in range(100):
        try:
            await interaction.edit_initial_response("drawn", attachment=picture, component=row)
        except hikari.NotFoundError:
            await asyncio.sleep(0.02)
        else:
            return


async def main() -> None:
    bot = hikari.RESTBot(TOKEN, public_key=os.environ["PUBLIC_KEY"], rest_url=API, banner=None, logs=None)
    bot.set_listener(hikari.CommandInteraction, answer)
    bot.set_listener(hikari.AutocompleteInteraction, suggest)
    bot.set_listener(hikari.ComponentInteraction, pressed)
    bot.set_listener(hikari.ModalInteraction, filled_in)
    app = hikari.RESTApp(url=API)
    await app.start()
    await bot.start(host="127.0.0.1", port=int(os.environ["PORT"]), check_for_updates=False)
    await register(bot, app)
    await bot.join()


asyncio.run(main())
