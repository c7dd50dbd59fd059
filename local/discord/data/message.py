"""A message of the channel, and how a form changes it.  Pure.  message_json.py has its JSON.

In: a Form and the uploaded files.  Out: the new Message.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Literal

from local.discord.data.interaction import Interaction, origin_of
from local.discord.errors import FormErrors, empty_message
from local.discord.forms.components import Component
from local.discord.forms.embeds import Embed
from local.discord.forms.form import (
    EPHEMERAL,
    LOADING,
    SUPPRESS_EMBEDS,
    SUPPRESS_NOTIFICATIONS,
    Form,
    ListedFile,
    safe_filename,
)

Author = Literal["application", "member"]
# thinking: the bot has acknowledged and not replied yet; failed: it has not acknowledged in time, or wrongly;
# unshown: it has replied with something that Discord shows and this stand-in cannot.
State = Literal["thinking", "replied", "failed", "unshown"]

# The fields of an embed that name a picture: (part, field).
_PICTURES = (("image", "url"), ("thumbnail", "url"), ("footer", "icon_url"), ("author", "icon_url"))
_MENTION = re.compile(r"<@!?([0-9]{1,20})>")


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file of a message, without its bytes.  width and height (pixels) are None if it is not a picture."""

    id: str
    filename: str
    content_type: str
    size: int
    description: str | None
    width: int | None
    height: int | None
    title: str | None = None


@dataclass(frozen=True, slots=True)
class Message:
    """One message.  embeds are as the bot sent them: an uploaded picture in them is attachment://FILENAME.

    Of the interaction that the message answers: command is the name of the command, None for a component; user_id is
    the member; origin is its part of `interaction_metadata`; about_id is the message that it was about.  original_id:
    the first answer, where this is a later one; note: for an unshown message, what it would have been.
    """

    id: str
    author: Author
    state: State
    created_at: datetime
    content: str = ""
    embeds: tuple[Embed, ...] = ()
    components: tuple[Component, ...] = ()
    attachments: tuple[Attachment, ...] = ()
    mentions: tuple[str, ...] = ()
    flags: int = 0
    interaction_id: str | None = None
    command: str | None = None
    user_id: str | None = None
    command_type: int = 1
    about_id: str | None = None
    origin: dict[str, Any] = field(default_factory=dict)
    original_id: str | None = None
    nonce: str | None = None
    tts: bool = False
    note: str | None = None
    edited_at: datetime | None = None

    @property
    def is_ephemeral(self) -> bool:
        return bool(self.flags & EPHEMERAL)

    def embedded(self) -> Mapping[str, Attachment]:
        """Filename → attachment, of those that an embed of this message shows."""
        by_name = {attachment.filename: attachment for attachment in self.attachments}
        urls = [embed.get(part, {}).get(name, "") for embed in self.shown_embeds() for part, name in _PICTURES]
        names = [url.removeprefix("attachment://") for url in urls if url.startswith("attachment://")]
        return {name: by_name[name] for name in names if name in by_name}

    def shown_embeds(self) -> tuple[Embed, ...]:
        """The embeds; none while SUPPRESS_EMBEDS is set.  Source: Discord, "Message Flags"."""
        return () if self.flags & SUPPRESS_EMBEDS else self.embeds


def new_message(message_id: str, author: Author, now: datetime, flags: int = 0) -> Message:
    """A message before its first form; of the flags only EPHEMERAL counts."""
    return Message(message_id, author, "thinking", now, flags=flags & EPHEMERAL)


def as_answer_to(message: Message, interaction: Interaction, opener: Interaction | None = None) -> Message:
    """The message as an answer to the interaction; opener: of a modal, the interaction that it answered."""
    origin, first = origin_of(interaction.request()), (opener or interaction).request()
    if opener is not None:
        origin["triggering_interaction_metadata"] = origin_of(first)
    data = first["data"]
    return replace(
        message,
        interaction_id=interaction.id,
        command=data.get("name"),
        command_type=data.get("type", 1),
        user_id=first["member"]["user"]["id"],
        about_id=first["message"]["id"] if "message" in first else origin_of(first).get("target_message_id"),
        origin=origin,
        original_id=interaction.original_id,
    )


def mark_thinking(message: Message) -> Message:
    """The message between the acknowledgement and the reply."""
    return replace(message, flags=message.flags | LOADING)


def mark_failed(message: Message) -> Message:
    """The message that only the member sees when the application did not respond."""
    return replace(message, state="failed", flags=EPHEMERAL)


def mark_unshown(message: Message, note: str) -> Message:
    """The message in place of an answer that this stand-in cannot show.  A later edit may replace it."""
    return replace(message, state="unshown", note=note)


def apply_form(
    message: Message, form: Form, uploads: Mapping[str, Attachment], now: datetime, known_members: frozenset[str]
) -> Message:
    """The message after form was applied to it; uploads are the new files by their number in the request.

    Fields that are not in the form do not change.  If the form lists files, all others are removed.  Mentions are found
    in the content, so they change only with it.
    Raises DiscordError: 400/50035 for a listed file that was not sent, 400/50006 for an empty message.
    Source: Discord, "Editing Message Attachments" (API v10), "Edit Webhook Message".
    """
    changed = replace(
        message,
        state="replied",
        note=None,
        content=message.content if form.content is None else form.content,
        embeds=message.embeds if form.embeds is None else form.embeds,
        components=message.components if form.components is None else form.components,
        attachments=_attachments(message, form.files, uploads),
        mentions=message.mentions if form.content is None else _mentions(form, known_members),
        flags=_flags(message, form.flags),
        nonce=message.nonce or form.nonce,
        tts=message.tts or form.tts,
        # The first reply replaces "thinking…" and is no edit; later ones are shown as edited.
        edited_at=now if message.state == "replied" else None,
    )
    # Source: Discord, "Create Message": one of these is enough.
    if not (changed.content or changed.embeds or changed.attachments or changed.components):
        raise empty_message()
    return changed


def _mentions(form: Form, known_members: frozenset[str]) -> tuple[str, ...]:
    mentioned = set(_MENTION.findall(form.content or "")) & known_members
    return tuple(sorted(mentioned if form.pinged is None else mentioned & set(form.pinged)))


def _flags(message: Message, asked: int | None) -> int:
    """The flags after an edit.  EPHEMERAL never changes, and SUPPRESS_NOTIFICATIONS stays once it is set.

    asked holds only flags that the call may set.
    """
    if asked is None:
        return message.flags & ~LOADING
    lasting = message.flags & (EPHEMERAL | SUPPRESS_NOTIFICATIONS)
    return lasting | asked & (SUPPRESS_EMBEDS | SUPPRESS_NOTIFICATIONS)


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
        description, title = file.description or found.description, file.title or found.title
        kept.append(replace(found, filename=filename, description=description, title=title))
    errors.check()
    return tuple(kept)
