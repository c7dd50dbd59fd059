"""The messages of the channel that the bot or the member reads, writes and deletes without an interaction.

Every method is one transaction, on the store's thread of LocalDiscord.
"""

from datetime import timedelta

from local.discord.data.message import Attachment, Message
from local.discord.data.rows import Change
from local.discord.data.store import Store
from local.discord.engine.writer import Uploads, Writer
from local.discord.errors import DiscordError, unknown_message
from local.discord.forms.form import Form
from local.discord.snowflake import Clock
from local.retention import NONCE_S

_NONCES_KEPT = timedelta(seconds=NONCE_S)
_ALL = 1 << 31


class Channel:
    """The rules over the store.  A refused call raises DiscordError."""

    def __init__(self, store: Store, writer: Writer, clock: Clock) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock

    def get(self, message_id: str) -> Message:
        """One message, for the bot; it cannot read ephemeral messages this way."""
        message = self._store.message(message_id)
        if message is None or message.is_ephemeral:
            raise unknown_message()
        return message

    def listed(self, most: int, before: str | None, after: str | None, around: str | None) -> list[Message]:
        """Up to `most` messages for the bot, newest first: the last ones, or those next to a message."""
        messages = [message for message in self._store.messages_before(None, _ALL) if not message.is_ephemeral]
        if before is not None:
            messages = [message for message in messages if int(message.id) < int(before)]
        elif after is not None:
            messages = [message for message in messages if int(message.id) > int(after)][:most]
        elif around is not None:
            older = sum(int(message.id) < int(around) for message in messages)
            messages = messages[max(0, older - most // 2) :][:most]
        return messages[-most:][::-1]

    def post(self, form: Form, uploads: Uploads) -> Message:
        """Write a message of the bot.  For an enforced nonce that was used recently, return that message."""
        now = self._clock()
        with self._store.transaction():
            if form.nonce is not None and form.enforce_nonce:
                earlier = self._store.message_with_nonce(form.nonce, now - _NONCES_KEPT)
                if earlier is not None:
                    return earlier
            return self._writer.write(self._writer.new("application"), form, uploads)

    def edit(self, message_id: str, form: Form, uploads: Uploads) -> Message:
        with self._store.transaction():
            message = self.get(message_id)
            if message.author != "application":
                raise DiscordError(403, 50005, "Cannot edit a message authored by another user")
            return self._writer.write(message, form, uploads)

    def delete(self, message_id: str) -> None:
        """Delete a message of the bot.  Source: Discord, "Delete Message": others need rights (identities.py)."""
        with self._store.transaction():
            message = self.get(message_id)
            if message.author != "application":
                raise DiscordError(403, 50013, "Missing Permissions")
            self._store.delete(message)

    def say(self, content: str) -> Message:
        """Write a message of the member."""
        with self._store.transaction():
            return self._writer.write(self._writer.new("member"), Form(content=content), {})

    def dismiss(self, message_id: str) -> None:
        """The member dismisses an ephemeral message."""
        with self._store.transaction():
            message = self._store.message(message_id)
            if message is None:
                raise unknown_message()
            if not message.is_ephemeral:
                raise DiscordError(403, 50013, "Missing Permissions")
            self._store.delete(message)

    def messages_before(self, message_id: str | None, most: int) -> list[Message]:
        return self._store.messages_before(message_id, most)

    def snapshot(self, most: int) -> tuple[int, list[Message]]:
        """The newest revision, and the last messages at that revision."""
        return self._store.revision(), self._store.messages_before(None, most)

    def catch_up(self, after: int | None, most: int) -> tuple[int, list[Change]]:
        """The newest revision, and the changes after `after`; none where that is None."""
        newest = self._store.revision()
        return newest, [] if after is None else self._store.changes_since(after, most)

    def file(self, file_id: str) -> tuple[Attachment, bytes] | None:
        """Raises DiscordError, 500, where the disk has lost its bytes."""
        found = self._store.file(file_id)
        if found is None:
            return None
        attachment, path = found
        content = path.read_bytes() if path.exists() else b""
        if len(content) != attachment.size:
            raise DiscordError(500, 0, f"500: Internal Server Error ({path} is missing or shortened)")
        return attachment, content
