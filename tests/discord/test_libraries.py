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


async def use(here: Running, kind: int, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    """What the page sends for a member."""
    body = {"type": kind, "data": data} | more
    status, outcome = await here.call("POST", f"{here.api}/interactions", json=body)
    assert (status, outcome["state"]) == (200, "acknowledged"), outcome
    answered: dict[str, Any] = outcome
    return answered


async def serves_a_member(here: Running) -> None:
    """The bot has replied to /lotus: now a member types an option, presses both buttons, and fills in the form."""
    typed = {"name": "words", "value": "my", "focused": True}
    suggested = (await use(here, 4, {"name": "lotus", "options": [typed]}))["choices"]
    assert [choice["value"] for choice in suggested] == ["my cat", "my dog"]
    drawn = next(message for message in await here.messages() if message["content"] == "drawn")
    assert [button["label"] for button in drawn["components"][0]["components"]] == ["Again", "Tell us"]
    await use(here, 3, {"component_type": 2, "custom_id": "again"}, message_id=drawn["id"])
    opened = await use(here, 3, {"component_type": 2, "custom_id": "form"}, message_id=drawn["id"])
    assert opened["modal"]["title"] == "Tell us"
    await use(here, 5, {"id": opened["id"], "custom_id": "opinion", "components": {"words": "lovely"}})
    shown = [(message["content"], message["flags"]) for message in await here.messages()]
    assert (shown[0], shown[-1]) == (("drawn again", 0), ("thank you: lovely", 64))


async def test_hikari_finds_all_that_it_asks_for(here: Running) -> None:
    async with python_bot(here, "hikari_bot.py") as bot:
        registered = await lives(here, bot)
        await serves_a_member(here)
    assert registered["names_for_client"] == ["lotus", "mando"]


async def test_discord_py_finds_all_that_it_asks_for(here: Running) -> None:
    async with python_bot(here, "discord_py_bot.py") as bot:
        await lives(here, bot)


async def test_discord_js_finds_all_that_it_asks_for(here: Running) -> None:
    async with node_bot(here, "discordjs_bot.cjs") as bot:
        await lives(here, bot)


async def test_a_bot_of_flask_and_discord_interactions_stands_behind_the_page(here: Running) -> None:
    words = {"type": 3, "name": "words", "description": "What to draw", "autocomplete": True}
    await here.discord.register([{"name": "lotus", "description": "Draw a lotus", "options": [words]}])
    async with python_bot(here, "flask_bot.py") as bot:
        await bot.told("started")
        here.discord.ingress_url = bot.url
        assert (await here.interact(data={"name": "lotus"}))["state"] == "acknowledged"
        assert await bot.told("answered") == {"step": "answered", "flags": 64}
        assert [message["content"] for message in await here.messages()] == ["drawn", "for you alone"]
        await serves_a_member(here)
