"""A message as Discord's API shows it, and as the page needs it.

Addresses are made when a message is shown, from the address under which the one who asks has reached us.
Source: Discord, "Message Object", "Embed Object", "Attachment Object", "Message Interaction Object".
"""

from collections.abc import Mapping
from typing import Any

from local.discord.message import Attachment, Message
from local.discord.place import Place
from local.discord.store import Change
from local.hosts import to_local

_COMMAND = 20  # the type of a message that answers a slash command
_DEFAULT = 0


def shown(message: Message, place: Place, base_url: str) -> dict[str, Any]:
    """For a bot.  A file that an embed shows is not listed among the attachments."""
    by_application = message.author == "application"
    embedded = message.embedded()
    in_embeds = {attachment.id for attachment in embedded.values()}
    result = {
        "attachments": [
            _attachment(attachment, place, base_url)
            for attachment in message.attachments
            if attachment.id not in in_embeds
        ],
        "author": place.application_user if by_application else place.member_user,
        "channel_id": place.channel_id,
        "components": [],
        "content": message.content,
        "edited_timestamp": message.edited_at.isoformat() if message.edited_at else None,
        "embeds": [
            {"type": "rich"}
            | {
                name: _media(value["url"], embedded, place, base_url) if name in ("image", "thumbnail") else value
                for name, value in embed.items()
                if name not in ("image", "thumbnail") or _is_there(value.get("url", ""), embedded)
            }
            for embed in message.embeds
        ],
        "flags": message.flags,
        "id": message.id,
        "mention_everyone": False,
        "mention_roles": [],
        "mentions": [place.member_user for mentioned in message.mentions if mentioned == place.member_id],
        "pinned": False,
        "timestamp": message.created_at.isoformat(),
        "tts": False,
        "type": _COMMAND if message.interaction_id else _DEFAULT,
    }
    if by_application:
        result["application_id"] = place.application_id
    if message.interaction_id:
        result["webhook_id"] = place.application_id
        interaction = {"id": message.interaction_id, "type": 2, "user": place.member_user}
        result["interaction"] = interaction | {"name": message.command}
        result["interaction_metadata"] = interaction | {"authorizing_integration_owners": {"0": place.guild_id}}
    if message.nonce is not None:
        result["nonce"] = message.nonce
    return result


def shown_to_client(message: Message, place: Place, base_url: str) -> dict[str, Any]:
    """For the page and for `mando send`: also whether the bot is thinking, has replied, or did not respond."""
    return shown(message, place, base_url) | {"state": message.state}


def shown_change(change: Change, place: Place, base_url: str) -> dict[str, Any]:
    if change.kind == "MESSAGE_DELETE":
        return {"channel_id": place.channel_id, "id": change.message.id}
    return shown_to_client(change.message, place, base_url)


def _is_there(url: str, embedded: Mapping[str, Attachment]) -> bool:
    """An embed that names a file which is not there shows no picture, and Discord says nothing."""
    return bool(url) and (not url.startswith("attachment://") or url.removeprefix("attachment://") in embedded)


def _media(url: str, embedded: Mapping[str, Attachment], place: Place, base_url: str) -> dict[str, Any]:
    """A picture in an embed.  A linked one is shown if the local cloud holds it; else, as with Discord, nothing is."""
    if not url.startswith("attachment://"):
        return {"url": url, "proxy_url": to_local(url, base_url)}
    attachment = embedded[url.removeprefix("attachment://")]
    address = _address(attachment, place, base_url)
    media = {
        "content_type": attachment.content_type,
        "description": attachment.description,
        "height": attachment.height,
        "proxy_url": address,
        "url": address,
        "width": attachment.width,
    }
    return {name: value for name, value in media.items() if value is not None}


def _attachment(attachment: Attachment, place: Place, base_url: str) -> dict[str, Any]:
    address = _address(attachment, place, base_url)
    shown = {
        "content_type": attachment.content_type,
        "description": attachment.description,
        "filename": attachment.filename,
        "height": attachment.height,
        "id": attachment.id,
        "proxy_url": address,
        "size": attachment.size,
        "url": address,
        "width": attachment.width,
    }
    return {name: value for name, value in shown.items() if value is not None}


def _address(attachment: Attachment, place: Place, base_url: str) -> str:
    return f"{base_url}/attachments/{place.channel_id}/{attachment.id}/{attachment.filename}"
