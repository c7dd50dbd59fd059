"""The messages of the channel: read, written and deleted by the bot's own hand and by the member.

Every method is one transaction, on the one thread that LocalDiscord keeps for its store.
"""

from datetime import timedelta

from local.discord.errors import DiscordError, unknown_message
from local.discord.form import Form
from local.discord.message import Attachment, Message
from local.discord.rows import Change
from local.discord.snowflake import Clock
from local.discord.store import Store
from local.discord.writer import Uploads, Writer
from local.retention import NONCE_S

_NONCES_KEPT = timedelta(seconds=NONCE_S)
_ALL = 1 << 31


class Channel:
    """The rules over the store.  What refuses a call raises DiscordError."""

    def __init__(self, store: Store, writer: Writer, clock: Clock) -> None:
        self._store = store
        self._writer = writer
        self._clock = clock

    def get(self, message_id: str) -> Message:
        """For the bot: what only one member sees is not among the messages of the channel."""
        message = self._store.message(message_id)
        if message is None or message.is_ephemeral:
            raise unknown_message()
        return message

    def listed(self, most: int, before: str | None, after: str | None, around: str | None) -> list[Message]:
        """For the bot, newest first: the last `most`, or those next to the message that one of the three names."""
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
        """A message by the bot's own hand.  An enforced nonce that was used lately gives the message that used it."""
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
        """Source of the refusal: Discord, "Delete Message": another's needs MANAGE_MESSAGES (see place.py)."""
        with self._store.transaction():
            message = self.get(message_id)
            if message.author != "application":
                raise DiscordError(403, 50013, "Missing Permissions")
            self._store.delete(message)

    def say(self, content: str) -> Message:
        """A message of the member."""
        with self._store.transaction():
            return self._writer.write(self._writer.new("member"), Form(content=content), {})

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

    def snapshot(self, most: int) -> tuple[int, list[Message]]:
        """The newest revision, and the last messages as of then."""
        return self._store.revision(), self._store.messages_before(None, most)

    def catch_up(self, after: int | None, most: int) -> tuple[int, list[Change]]:
        """The newest revision, and the changes between the two; none where `after` is None."""
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
