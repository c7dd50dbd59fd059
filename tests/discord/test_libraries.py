"""Real libraries log in, register, answer, edit, follow up and delete against the local Discord, as against Discord."""

from typing import Any

from tests.discord.application import Running
from tests.discord.libraries.install import Bot, node_bot, python_bot


async def lives(here: Running, bot: Bot) -> dict[str, Any]:
    """The bot registers, a member uses its command, and it answers.  What it tells of its registration."""
    registered = await bot.told("registered")
    assert registered["bot"] == here.discord.identities.application_id
    assert registered["command"] == "Draw a lotus of words"
    assert registered["message"] == "hello again"
    assert registered["guild_commands"] == 0
    here.discord.ingress_url = bot.url
    outcome = await here.interact(data={"name": "lotus", "options": [{"name": "words", "value": "my cat"}]})
    assert outcome["state"] == "acknowledged"
    answered = await bot.told("answered")
    assert answered == {"step": "answered", "original": "drawn", "type": 20, "files": 1}
    shown = [(message["content"], message["flags"]) for message in await here.messages()]
    assert shown == [("drawn", 0), ("for you alone, edited", 64)]
    return registered


async def test_hikari_finds_all_that_it_asks_for(here: Running) -> None:
    async with python_bot(here, "hikari_bot.py") as bot:
        registered = await lives(here, bot)
    assert registered["names_for_client"] == ["lotus", "mando"]


async def test_discord_py_finds_all_that_it_asks_for(here: Running) -> None:
    async with python_bot(here, "discord_py_bot.py") as bot:
        await lives(here, bot)


async def test_discord_js_finds_all_that_it_asks_for(here: Running) -> None:
    async with node_bot(here, "discordjs_bot.cjs") as bot:
        await lives(here, bot)


async def test_a_bot_of_flask_and_discord_interactions_stands_behind_the_page(here: Running) -> None:
    async with python_bot(here, "flask_bot.py") as bot:
        await bot.told("started")
        here.discord.ingress_url = bot.url
        assert (await here.interact())["state"] == "acknowledged"
        assert await bot.told("answered") == {"step": "answered", "flags": 64}
    assert [message["content"] for message in await here.messages()] == ["drawn", "for you alone"]
