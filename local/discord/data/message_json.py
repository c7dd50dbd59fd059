"""A message as JSON, for Discord's API and for the page.

Its URLs begin with base_url, the address with which the caller has reached us.
Source: Discord, "Message Object", "Embed Object", "Attachment Object", "Message Interaction Object".
"""

from collections.abc import Mapping
from typing import Any

from local.discord.data.message import Attachment, Message
from local.discord.data.rows import Change
from local.discord.identities import Identities
from local.http.hosts import to_local

# Types of messages: nobody's answer, an answer to a component or a later one, the first answer to a command.
_DEFAULT, _REPLY, _COMMAND, _CONTEXT_MENU = 0, 19, 20, 23


def message_json(message: Message, identities: Identities, base_url: str) -> dict[str, Any]:
    """The message for a bot.  A file that an embed shows is not listed among the attachments."""
    by_application = message.author == "application"
    embedded = message.embedded()
    in_embeds = {attachment.id for attachment in embedded.values()}
    result = {
        "attachments": [
            _attachment(attachment, identities, base_url)
            for attachment in message.attachments
            if attachment.id not in in_embeds
        ],
        "author": identities.application_user if by_application else identities.member_user,
        "channel_id": identities.channel_id,
        "components": list(message.components),
        "content": message.content,
        "edited_timestamp": message.edited_at.isoformat() if message.edited_at else None,
        "embeds": [
            {"type": "rich"}
            | {
                name: _part(name, value, embedded, identities, base_url)
                for name, value in embed.items()
                if name not in ("image", "thumbnail") or _is_there(value.get("url", ""), embedded)
            }
            for embed in message.shown_embeds()
        ],
        "flags": message.flags,
        "id": message.id,
        "mention_everyone": False,
        "mention_roles": [],
        "mentions": [identities.member_user for mentioned in message.mentions if mentioned == identities.member_id],
        "pinned": False,
        "timestamp": message.created_at.isoformat(),
        "tts": message.tts,
        "type": _DEFAULT,
    }
    if by_application:
        result["application_id"] = identities.application_id
    if message.interaction_id:
        result |= _as_answer(message, identities, message.interaction_id)
    if message.nonce is not None:
        result["nonce"] = message.nonce
    return result


def _as_answer(message: Message, identities: Identities, interaction_id: str) -> dict[str, Any]:
    """The additional fields of an answer to an interaction.

    Only the first answer to a command has the deprecated `interaction` (https://github.com/discordjs/discord.js/issues/6467,
    Discord, "Message Interaction Object"); that Discord shows later ones as replies to the first is not documented, but
    seen in its clients.
    """
    user = identities.user(message.user_id or identities.member_id)
    origin = message.origin or {"id": interaction_id, "type": 2, "user": user}
    owners = {"authorizing_integration_owners": {"0": identities.guild_id}}
    metadata = origin | owners
    if opener := origin.get("triggering_interaction_metadata"):
        metadata["triggering_interaction_metadata"] = opener | owners
    answer: dict[str, Any] = {"webhook_id": identities.application_id, "type": _REPLY}
    if message.original_id is not None:
        metadata["original_response_message_id"] = message.original_id
    elif message.command is not None:
        answer["type"] = _COMMAND if message.command_type == 1 else _CONTEXT_MENU
        answer["interaction"] = {"id": interaction_id, "type": origin["type"], "user": user, "name": message.command}
    if (replied_to := message.original_id or message.about_id) is not None:
        reference = {"type": 0, "channel_id": identities.channel_id, "guild_id": identities.guild_id}
        answer["message_reference"] = reference | {"message_id": replied_to}
    return answer | {"interaction_metadata": metadata}


def client_message_json(message: Message, identities: Identities, base_url: str) -> dict[str, Any]:
    """The message for the page and for `mando send`: also with its state and note (see message.py)."""
    return message_json(message, identities, base_url) | {"state": message.state, "note": message.note}


def change_json(change: Change, identities: Identities, base_url: str) -> dict[str, Any]:
    if change.kind == "MESSAGE_DELETE":
        return {"channel_id": identities.channel_id, "id": change.message.id}
    return client_message_json(change.message, identities, base_url)


def _is_there(url: str, embedded: Mapping[str, Attachment]) -> bool:
    """Whether the picture exists: an embed with an unknown file shows no picture, without an error."""
    return bool(url) and (not url.startswith("attachment://") or url.removeprefix("attachment://") in embedded)


def _part(name: str, value: Any, embedded: Mapping[str, Attachment], identities: Identities, base_url: str) -> Any:
    """One field of an embed."""
    if name in ("image", "thumbnail"):
        return _media(value["url"], embedded, identities, base_url)
    if name not in ("footer", "author") or "icon_url" not in value:
        return value
    rest = {key: text for key, text in value.items() if key != "icon_url"}
    if not _is_there(value["icon_url"], embedded):
        return rest
    icon = _media(value["icon_url"], embedded, identities, base_url)
    return rest | {"icon_url": icon["url"], "proxy_icon_url": icon["proxy_url"]}


def _media(url: str, embedded: Mapping[str, Attachment], identities: Identities, base_url: str) -> dict[str, Any]:
    """A picture in an embed.  Of linked pictures the page shows only those in the local cloud."""
    if not url.startswith("attachment://"):
        return {"url": url, "proxy_url": to_local(url, base_url)}
    attachment = embedded[url.removeprefix("attachment://")]
    address = _address(attachment, identities, base_url)
    media = {
        "content_type": attachment.content_type,
        "description": attachment.description,
        "height": attachment.height,
        "proxy_url": address,
        "url": address,
        "width": attachment.width,
    }
    return {name: value for name, value in media.items() if value is not None}


def _attachment(attachment: Attachment, identities: Identities, base_url: str) -> dict[str, Any]:
    address = _address(attachment, identities, base_url)
    shown = {
        "content_type": attachment.content_type,
        "description": attachment.description,
        "filename": attachment.filename,
        "height": attachment.height,
        "id": attachment.id,
        "proxy_url": address,
        "size": attachment.size,
        "title": attachment.title,
        "url": address,
        "width": attachment.width,
    }
    return {name: value for name, value in shown.items() if value is not None}


def _address(attachment: Attachment, identities: Identities, base_url: str) -> str:
    return f"{base_url}/attachments/{identities.channel_id}/{attachment.id}/{attachment.filename}"
