"""Messages and commands as Discord shows them, compared whole."""

from typing import Any

from tests.discord.application import BOT_TOKEN, PICTURE, Running, a_form, a_picture, answering
from tests.discord.test_whole import BOTS_USER, YOU, masked

BOT = {"Authorization": f"Bot {BOT_TOKEN}"}


# Source: Discord, "Message Object".
MESSAGE: dict[str, Any] = {
    "attachments": [],
    "author": BOTS_USER,
    "channel_id": "CHANNEL",
    "components": [],
    "content": "",
    "edited_timestamp": None,
    "embeds": [],
    "flags": 0,
    "id": "ID",
    "mention_everyone": False,
    "mention_roles": [],
    "mentions": [],
    "pinned": False,
    "timestamp": "TIME",
    "tts": False,
    "type": 0,
    "application_id": "APPLICATION",
}
_BY_COMMAND = {"id": "ID", "type": 2, "user": YOU}
_OWNERS = {"authorizing_integration_owners": {"0": "GUILD"}}
REPLY = MESSAGE | {
    "type": 20,
    "webhook_id": "APPLICATION",
    "interaction": _BY_COMMAND | {"name": "mando"},
    "interaction_metadata": _BY_COMMAND | _OWNERS,
}
FOLLOW_UP = MESSAGE | {
    "type": 19,
    "webhook_id": "APPLICATION",
    "interaction_metadata": _BY_COMMAND | _OWNERS | {"original_response_message_id": "ID"},
    "message_reference": {"type": 0, "channel_id": "CHANNEL", "guild_id": "GUILD", "message_id": "ID"},
}


async def test_a_message_lacks_something_or_says_something_else(here: Running) -> None:
    outcome = await here.interact()
    assert masked(here, outcome["messages"]) == [REPLY | {"flags": 128, "state": "thinking", "note": None}]
    _, reply = await here.call("PATCH", here.reply_url, json={"content": "done"})
    assert masked(here, reply) == REPLY | {"content": "done"}
    assert await here.call("GET", here.reply_url) == (200, reply)
    webhook = here.reply_url.removesuffix("/messages/@original")
    _, later = await here.call("POST", webhook, json={"content": "later"})
    assert masked(here, later) == FOLLOW_UP | {"content": "later"}
    assert later["message_reference"]["message_id"] == reply["id"]
    messages = f"{here.api}/channels/{here.discord.identities.channel_id}/messages"
    posted = {"content": f"<@{here.discord.identities.member_id}>", "nonce": 42, "tts": True, "flags": 4096}
    _, own = await here.call("POST", messages, json=posted, headers=BOT)
    shown = MESSAGE | {"content": "<@MEMBER>", "mentions": [YOU], "nonce": "42", "tts": True, "flags": 4096}
    assert masked(here, own) == shown
    _, edited = await here.call("PATCH", f"{messages}/{own['id']}", json={"content": "x"}, headers=BOT)
    assert masked(here, edited) == shown | {"content": "x", "mentions": [], "edited_timestamp": "TIME"}
    _, said = await here.call("POST", f"{here.base}/api/client/messages", json={"content": "hello"})
    members = {name: value for name, value in MESSAGE.items() if name != "application_id"} | {"author": YOU}
    assert masked(here, said) == members | {"content": "hello", "state": "replied", "note": None}


ADDRESS = "BASE/attachments/CHANNEL/ID/mandala.png"
MEDIA = {"content_type": "image/png", "height": 64, "width": 64, "url": ADDRESS, "proxy_url": ADDRESS}


async def test_a_picture_lacks_something_or_says_something_else(here: Running) -> None:
    """Source: Discord, "Embed Object", "Attachment Object"."""
    await here.interact()
    _, message = await here.call("PATCH", here.reply_url, data=a_form(PICTURE, ("mandala.png", a_picture())))
    given: dict[str, Any] = {**PICTURE}["embeds"][0]  # type: ignore[index]
    shown = given | {"type": "rich", "image": MEDIA | {"description": given["description"]}}
    assert masked(here, message) == REPLY | {"embeds": [shown]}
    listed = [{"id": 0, "title": "A title", "description": "Alt"}, {"id": 1, "filename": "b c.bin"}]
    files = ("mandala.png", a_picture()), ("other", b"xyz")
    _, message = await here.call("PATCH", here.reply_url, data=a_form({"embeds": [], "attachments": listed}, *files))
    words = {"filename": "b_c.bin", "content_type": "application/octet-stream", "size": 3, "id": "ID"}
    address = ADDRESS.replace("mandala.png", "b_c.bin")
    picture = MEDIA | {"id": "ID", "filename": "mandala.png", "size": len(a_picture())}
    assert masked(here, message)["attachments"] == [
        picture | {"title": "A title", "description": "Alt"},
        words | {"url": address, "proxy_url": address},
    ]


async def test_the_failure_of_an_application_is_shown_to_everybody_or_as_something_else(here: Running) -> None:
    here.application.answer = answering(None, status=500)
    await here.interact()
    (failed,) = await here.messages()
    assert masked(here, failed) == REPLY | {"flags": 64, "state": "failed", "note": None}
    here.application.answer = answering({"type": 10})
    (unshown,) = (await here.interact())["messages"]
    note = "This local Discord shows no upgrade button (type 10)."
    assert masked(here, unshown) == REPLY | {"flags": 64, "state": "unshown", "note": note}


NAMES = {"de": "wort", "fr": "mot"}
# As it is registered, with all that a command may say → what is shown beside that.
OPTIONS: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (
        {
            "type": 3,
            "name": "text",
            "description": "d",
            "required": True,
            "min_length": 1,
            "max_length": 6000,
            "name_localizations": NAMES,
            "description_localizations": {"de": "Beschreibung"},
        },
        {},
    ),
    (
        {"type": 3, "name": "choice", "description": "d", "choices": [{"name": "A", "value": "a"}]},
        {"required": False, "choices": [{"name": "A", "value": "a", "name_localizations": None}]},
    ),
    (
        {"type": 4, "name": "whole", "description": "d", "min_value": -1, "max_value": 9, "max_length": 5},
        {"required": False, "max_length": None},
    ),
    (
        {
            "type": 4,
            "name": "number",
            "description": "d",
            "choices": [{"name": "A", "value": 7, "name_localizations": {"de": "Sieben"}}],
        },
        {"required": False},
    ),
    ({"type": 5, "name": "flag", "description": "d", "min_value": 1}, {"required": False, "min_value": None}),
    (
        {"type": 10, "name": "real", "description": "d", "min_value": 0.5, "max_value": 1.5},
        {"required": False},
    ),
    (
        {"type": 10, "name": "reals", "description": "d", "choices": [{"name": "A", "value": 0.5}]},
        {"required": False, "choices": [{"name": "A", "value": 0.5, "name_localizations": None}]},
    ),
]
WITHOUT_WORDS = {"name_localizations": None, "description_localizations": None}


async def test_a_command_lacks_something_or_says_something_else(here: Running) -> None:
    """Source: Discord, "Application Command Object"; what is not given has its default."""
    identities = here.discord.identities
    commands = f"{here.api}/applications/{identities.application_id}/commands"
    given = {
        "name": "every",
        "name_localizations": NAMES,
        "description": "All that there is",
        "description_localizations": {"de": "Alles"},
        "options": [option for option, _ in OPTIONS],
        "contexts": [0, 2],
        "integration_types": [0, 1],
        "default_member_permissions": "8",
        "default_permission": False,
        "dm_permission": False,
        "nsfw": True,
    }
    made = {"id": "ID", "application_id": "APPLICATION", "version": "ID", "type": 1}
    options = [
        {name: value for name, value in (WITHOUT_WORDS | option | more).items() if value is not None or "_loc" in name}
        for option, more in OPTIONS
    ]
    status, every = await here.call("POST", commands, json=given, headers=BOT)
    assert (status, masked(here, every)) == (201, made | given | {"options": options})
    _, listed = await here.call("GET", f"{commands}?with_localizations=true", headers=BOT)
    assert every in listed
    _, listed = await here.call("GET", commands, headers=BOT)
    plain = {name: value for name, value in every.items() if not name.endswith("_localizations")}
    assert plain in listed
    guild = f"{here.api}/applications/{identities.application_id}/guilds/{identities.guild_id}/commands"
    _, rose = await here.call("POST", guild, json={"name": "rose", "description": "Draw a rose"}, headers=BOT)
    defaults = {"default_member_permissions": None, "default_permission": True, "dm_permission": True, "nsfw": False}
    words = {"name": "rose", "description": "Draw a rose", "guild_id": "GUILD"}
    more = {"contexts": None, "integration_types": [0], "options": []}
    assert masked(here, rose) == made | WITHOUT_WORDS | words | defaults | more
