"""A message of the channel, and how a form changes it.  Pure; what Discord's API shows of it is in shown.py.

In: a Form, the files that came with it.  Out: the Message as it is from then on.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from local.discord.errors import FormErrors, empty_message
from local.discord.form import EPHEMERAL, LOADING, SUPPRESS_EMBEDS, Embed, Form, ListedFile
from local.discord.interaction import Interaction

Author = Literal["application", "member"]
# thinking: the bot has acknowledged and not replied yet; failed: it has not acknowledged in time, or wrongly.
State = Literal["thinking", "replied", "failed"]

_MENTION = re.compile(r"<@!?([0-9]{1,20})>")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message, without its bytes.  width and height (pixels) are None for what is no picture."""

    id: str
    filename: str
    content_type: str
    size: int
    description: str | None
    width: int | None
    height: int | None


@dataclass(frozen=True, slots=True)
class Message:
    """embeds are as the bot sent them: a picture that was uploaded with them is attachment://FILENAME.

    command is the name of the one that the message answers.
    """

    id: str
    author: Author
    state: State
    created_at: datetime
    content: str = ""
    embeds: tuple[Embed, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    mentions: tuple[str, ...] = ()
    flags: int = 0
    interaction_id: str | None = None
    command: str | None = None
    nonce: str | None = None
    edited_at: datetime | None = None

    @property
    def is_ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    def embedded(self) -> Mapping[str, Attachment]:
        """The attachments by filename that an embed of this message shows."""
        by_name = {attachment.filename: attachment for attachment in self.attachments}
        urls = [embed.get(part, {}).get("url", "") for embed in self.embeds for part in ("image", "thumbnail")]
        names = [url.removeprefix("attachment://") for url in urls if url.startswith("attachment://")]
        return {name: by_name[name] for name in names if name in by_name}


def unwritten(message_id: str, author: Author, now: datetime, flags: int = 0) -> Message:
    """A message that is about to be created; flags say at most that it is for one member alone."""
    return Message(message_id, author, "thinking", now, flags=flags & EPHEMERAL)


def answering(message: Message, interaction: Interaction) -> Message:
    """The same, as an answer to the interaction."""
    return replace(message, interaction_id=interaction.id, command=interaction.command)


def thinking(message: Message) -> Message:
    """What stands in the channel between the acknowledgement and the reply."""
    return replace(message, flags=message.flags | LOADING)


def failed(message: Message) -> Message:
    """What the member alone sees when the application did not respond."""
    return replace(message, state="failed", flags=EPHEMERAL)


def written(
    message: Message, form: Form, uploads: Mapping[str, Attachment], now: datetime, known_members: frozenset[str]
) -> Message:
    """The message after form was applied to it; uploads are the new files by their number in the request.

    A field that the form leaves out stays, the listed files alone stay where it lists any.
    Raises DiscordError: 400/50035 for a file that nobody sent, 400/50006 for a message without anything in it.
    Source: Discord, "Editing Message Attachments" (API v10), "Edit Webhook Message".
    """
    content = message.content if form.content is None else form.content
    pinged = set(_MENTION.findall(content)) & known_members if "users" in form.pinged else set()
    changed = replace(
        message,
        state="replied",
        content=content,
        embeds=message.embeds if form.embeds is None else form.embeds,
        attachments=_attachments(message, form.files, uploads),
        mentions=tuple(sorted(pinged)),
        flags=_flags(message, form.flags),
        nonce=message.nonce or form.nonce,
        # The first reply to an interaction replaces "thinking…"; only what follows is shown as edited.
        edited_at=now if message.state == "replied" else None,
    )
    if not changed.content and not changed.embeds and not changed.attachments:
        raise empty_message()
    return changed


def _flags(message: Message, asked: int) -> int:
    """Whether a message is for one member alone is settled when it is made, or acknowledged."""
    kept = message.flags & EPHEMERAL
    return kept | asked & SUPPRESS_EMBEDS


def _attachments(
    message: Message, listed: tuple[ListedFile, ...] | None, uploads: Mapping[str, Attachment]
) -> tuple[Attachment, ...]:
    if listed is None:
        return (*message.attachments, *uploads.values())
    present = {attachment.id: attachment for attachment in message.attachments} | dict(uploads)
    errors = FormErrors()
    kept: list[Attachment] = []
    for index, file in enumerate(listed):
        found = present.pop(file.id, None)
        if found is None:
            errors.add(("attachments", index), "ATTACHMENT_NOT_FOUND", "Attachment data not found")
            continue
        filename = safe_filename(file.filename) if file.filename else found.filename
        kept.append(replace(found, filename=filename, description=file.description or found.description))
    errors.check()
    return tuple(kept)


def safe_filename(filename: str) -> str:
    """What Discord makes of a filename, because it becomes a part of an address."""
    return (
        re.sub(r"[^\w.()-]+", "_", filename.replace("'", "").replace('"', ""), flags=re.ASCII).strip(".") or "unknown"
    )
