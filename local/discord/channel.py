"""What happens in the channel: interactions begin and are settled, messages are written, edited and deleted.

Every method is one transaction, on the one thread that LocalDiscord keeps for its store.
"""

import json
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from local.discord.commands import Command, registered, used
from local.discord.delivery import Deferred, Delivery, Immediate
from local.discord.errors import DiscordError, invalid_webhook_token, unknown_message, unknown_webhook
from local.discord.form import Form
from local.discord.interaction import Interaction, InteractionState, is_token, make_token
from local.discord.message import Attachment, Author, Message, answering, failed, thinking, unwritten, written
from local.discord.place import Place
from local.discord.snowflake import Clock, Snowflakes
from local.discord.store import Change, Store
from local.discord.uploads import Upload

ORIGINAL = "@original"
_NONCES_KEPT = timedelta(minutes=5)  # Source: Discord, "Create Message": "the past few minutes"

Uploads = Mapping[str, Upload]


class Channel:
    """The rules over the store.  What refuses a call raises DiscordError."""

    def __init__(self, store: Store, place: Place, ids: Snowflakes, clock: Clock) -> None:
        self._store = store
        self._place = place
        self._ids = ids
        self._clock = clock

    def register(self, value: object) -> list[Command]:
        with self._store.transaction():
            made = registered(value, self._store.commands(), self._place.application_id, self._ids.next)
            self._store.replace_commands(made)
        return made

    def commands(self) -> list[Command]:
        return self._store.commands()

    def begin(self, value: object, random: str, user_id: str | None = None) -> Interaction:
        """The member, or another, uses a command (see commands.used); random makes the token."""
        data = used(value, self._store.commands())
        interaction_id = self._ids.next()
        token = make_token(interaction_id, random)
        body = json.dumps(self._place.interaction(interaction_id, token, data, user_id), ensure_ascii=False).encode()
        interaction = Interaction(interaction_id, token, body)
        with self._store.transaction():
            self._store.add_interaction(interaction)
        return interaction

    def settle(self, interaction_id: str, delivery: Delivery) -> Interaction:
        """Show what came of the interaction.  The first answer counts: once settled, nothing changes."""
        with self._store.transaction():
            interaction = self._interaction(interaction_id)
            if interaction.state != "pending":
                return interaction
            message = self._answer(interaction, delivery)
            state: InteractionState = "failed" if message.state == "failed" else "acknowledged"
            self._store.settle_interaction(interaction_id, state, message.id, delivery.status, delivery.ms)
            self._store.put(message)
            return self._interaction(interaction_id)

    def give_up_pending(self) -> None:
        """Whatever we waited for when we were stopped: its 3 seconds are over."""
        for interaction in self._store.pending_interactions():
            self.settle(interaction.id, Delivery(None, 0.0, None, "stopped"))

    def outcome(self, interaction_id: str) -> tuple[Interaction, list[Message]]:
        """The interaction, and all that the member sees because of it."""
        return self._interaction(interaction_id), self._store.messages_of(interaction_id)

    def get(self, application_id: str, token: str, message_ref: str) -> Message:
        return self._message(self._usable(application_id, token), message_ref)

    def edit(self, application_id: str, token: str, message_ref: str, form: Form, uploads: Uploads) -> Message:
        with self._store.transaction():
            message = self._message(self._usable(application_id, token), message_ref)
            return self._write(message, form, uploads)

    def delete(self, application_id: str, token: str, message_ref: str) -> None:
        with self._store.transaction():
            self._store.delete(self._message(self._usable(application_id, token), message_ref))

    def follow_up(self, application_id: str, token: str, form: Form, uploads: Uploads) -> Message:
        """A further message.  The first one after a deferred acknowledgement becomes the reply instead.

        Source: Discord, "Followup Messages": kept for compatibility.
        """
        with self._store.transaction():
            interaction = self._usable(application_id, token)
            original = self._store.message(interaction.original_id or "0")
            if original is None or original.state != "thinking":
                original = answering(self._new("application", form.flags), interaction)
            return self._write(original, form, uploads)

    def post(self, form: Form, uploads: Uploads) -> Message:
        """A message by the bot's own hand.  An enforced nonce that was used lately gives the message that used it."""
        now = self._clock()
        with self._store.transaction():
            if form.nonce is not None and form.enforce_nonce:
                earlier = self._store.message_with_nonce(form.nonce, now - _NONCES_KEPT)
                if earlier is not None:
                    return earlier
            return self._write(self._new("application"), form, uploads)

    def say(self, content: str) -> Message:
        """A message of the member."""
        with self._store.transaction():
            return self._write(self._new("member"), Form(content=content), {})

    def dismiss(self, message_id: str) -> None:
        """The member has read what the member alone can see."""
        with self._store.transaction():
            message = self._store.message(message_id)
            if message is None:
                raise unknown_message()
            if not message.is_ephemeral:
                raise DiscordError(403, 50013, "Missing Permissions")
            self._store.delete(message)

    def messages_before(self, message_id: str | None, most: int) -> list[Message]:
        return self._store.messages_before(message_id, most)

    def snapshot(self, most: int) -> tuple[int, list[dict[str, Any]], list[Message]]:
        """The newest revision; the registered commands and the last messages as of then."""
        return self._store.revision(), self._store.commands(), self._store.messages_before(None, most)

    def catch_up(self, after: int | None, most: int) -> tuple[int, list[Change]]:
        """The newest revision, and the changes between the two; none where `after` is None."""
        newest = self._store.revision()
        return newest, [] if after is None else self._store.changes_since(after, most)

    def file(self, file_id: str) -> tuple[Attachment, bytes] | None:
        return self._store.file(file_id)

    def _answer(self, interaction: Interaction, delivery: Delivery) -> Message:
        match delivery.answer:
            case Deferred(flags):
                return thinking(answering(self._new("application", flags), interaction))
            case Immediate(form):
                message = answering(self._new("application", form.flags), interaction)
                return written(message, form, {}, self._clock(), self._members)
            case _:
                return failed(answering(self._new("application"), interaction))

    def _new(self, author: Author, flags: int = 0) -> Message:
        return unwritten(self._ids.next(), author, self._clock(), flags)

    def _interaction(self, interaction_id: str) -> Interaction:
        interaction = self._store.interaction(interaction_id)
        if interaction is None:
            raise DiscordError(404, 10062, "Unknown interaction")
        return interaction

    def _usable(self, application_id: str, token: str) -> Interaction:
        """The interaction whose token that is, if it lives.

        404 before the acknowledgement, 401 after the end: https://github.com/discord/discord-api-docs/issues/6851
        """
        if not is_token(token):
            raise invalid_webhook_token()
        interaction = self._store.interaction_of(token)
        if interaction is None or application_id != self._place.application_id:
            raise unknown_webhook()
        if interaction.is_expired(self._clock()):
            raise invalid_webhook_token()
        if interaction.state != "acknowledged":
            raise unknown_webhook()
        return interaction

    def _message(self, interaction: Interaction, message_ref: str) -> Message:
        """@original, or the id of another message of the interaction."""
        message_id = interaction.original_id if message_ref == ORIGINAL else message_ref
        message = self._store.message(message_id or "0")
        if message is None or message.interaction_id != interaction.id:
            raise unknown_message()
        return message

    def _write(self, message: Message, form: Form, uploads: Uploads) -> Message:
        new = {number: self._attachment(upload) for number, upload in uploads.items()}
        changed = written(message, form, new, self._clock(), self._members)
        kept = {attachment.id for attachment in changed.attachments}
        contents = {new[number].id: upload.content for number, upload in uploads.items()}
        self._store.put(changed, {file_id: content for file_id, content in contents.items() if file_id in kept})
        return changed

    def _attachment(self, upload: Upload) -> Attachment:
        return Attachment(
            id=self._ids.next(),
            filename=upload.filename,
            content_type=upload.content_type,
            size=len(upload.content),
            description=None,
            width=upload.width,
            height=upload.height,
        )

    @property
    def _members(self) -> frozenset[str]:
        return frozenset({self._place.member_id, self._place.application_id})
