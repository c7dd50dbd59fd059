"""Interactions and their replies: an interaction begins and is answered; replies are written and edited.

Every method is one transaction, on the store's thread of LocalDiscord.
"""

import json

from local.discord.data.interaction import Interaction, InteractionState, is_token, make_token
from local.discord.data.message import Message, as_answer_to, mark_failed, mark_thinking, mark_unshown
from local.discord.data.store import Store
from local.discord.engine.commands import Commands
from local.discord.engine.delivery import Delivery
from local.discord.engine.writer import Uploads, Writer
from local.discord.errors import (
    DiscordError,
    invalid_webhook_token,
    unknown_interaction,
    unknown_message,
    unknown_webhook,
)
from local.discord.forms.answer import Answer, Deferred, Immediate, Unshown
from local.discord.forms.command_use import command_data
from local.discord.forms.form import EPHEMERAL, Form
from local.discord.identities import Identities
from local.discord.snowflake import Clock, Snowflakes

ORIGINAL = "@original"


class Replies:
    """The rules over the store.  A refused call raises DiscordError."""

    def __init__(
        self, store: Store, commands: Commands, writer: Writer, identities: Identities, ids: Snowflakes, clock: Clock
    ) -> None:
        self._store = store
        self._commands = commands
        self._writer = writer
        self._identities = identities
        self._ids = ids
        self._clock = clock

    def begin(self, value: object, random: str, user_id: str | None = None) -> Interaction:
        """Create the interaction of a command's use (see command_use.command_data); random is a part of its token."""
        data = command_data(value, self._commands.offered())
        interaction_id = self._ids.next()
        token = make_token(interaction_id, random)
        sent = self._identities.interaction(interaction_id, token, data, user_id)
        body = json.dumps(sent, ensure_ascii=False).encode()
        interaction = Interaction(interaction_id, token, body)
        with self._store.transaction():
            self._store.add_interaction(interaction)
        return interaction

    def record_delivery(self, interaction_id: str, delivery: Delivery) -> Interaction:
        """Record the application's answer and show it.  Only the first answer counts."""
        with self._store.transaction():
            interaction = self._interaction(interaction_id)
            if interaction.state == "pending":
                self._answer(interaction, delivery.answer, {}, delivery.status, delivery.ms)
            return self._interaction(interaction_id)

    def call_back(self, interaction_id: str, token: str, answer: Answer, uploads: Uploads) -> Message:
        """The application answers by a callback.

        Source: Discord, "Create Interaction Response", "Opcodes and Status Codes" (10062, 40060).
        """
        with self._store.transaction():
            interaction = self._store.interaction(interaction_id)
            if interaction is None or interaction.token != token or interaction.state == "failed":
                raise unknown_interaction()
            if interaction.state != "pending":
                raise DiscordError(400, 40060, "Interaction has already been acknowledged.")
            passed = self._clock() - interaction.sent_at
            return self._answer(interaction, answer, uploads, None, round(passed.total_seconds() * 1000, 1))

    def fail_pending(self) -> None:
        """Interactions that were pending when an earlier process ended have failed: their 3 seconds are over."""
        for interaction in self._store.pending_interactions():
            self.record_delivery(interaction.id, Delivery(None, 0.0, None, "stopped"))

    def outcome(self, interaction_id: str) -> tuple[Interaction, list[Message]]:
        """The interaction, and its messages."""
        return self._interaction(interaction_id), self._store.messages_of(interaction_id)

    def get(self, application_id: str, token: str, message_ref: str) -> Message:
        return self._message(self._usable(application_id, token), message_ref)

    def edit(self, application_id: str, token: str, message_ref: str, form: Form, uploads: Uploads) -> Message:
        with self._store.transaction():
            message = self._message(self._usable(application_id, token), message_ref)
            return self._writer.write(message, form, uploads)

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
                flags = form.flags or 0
                original = as_answer_to(self._writer.new("application", flags), interaction)
            return self._writer.write(original, form, uploads)

    def cannot_show(self, application_id: str, token: str, message_ref: str, sentence: str) -> None:
        """Say in a waiting message that the bot's reply cannot be shown here."""
        with self._store.transaction():
            message = self._message(self._usable(application_id, token), message_ref)
            if message.state == "thinking":
                self._store.put(mark_unshown(message, sentence))

    def _answer(
        self, interaction: Interaction, answer: object, uploads: Uploads, status: int | None, ms: float
    ) -> Message:
        message = self._answered(interaction, answer, uploads)
        state: InteractionState = "failed" if message.state == "failed" else "acknowledged"
        self._store.settle_interaction(interaction.id, state, message.id, status, ms)
        return message

    def _answered(self, interaction: Interaction, answer: object, uploads: Uploads) -> Message:
        match answer:
            case Immediate(form):
                message = as_answer_to(self._writer.new("application", form.flags or 0), interaction)
                return self._writer.write(message, form, uploads)
            case Deferred(flags):
                message = mark_thinking(as_answer_to(self._writer.new("application", flags), interaction))
            case Unshown(sentence):
                message = mark_unshown(as_answer_to(self._writer.new("application", EPHEMERAL), interaction), sentence)
            case _:
                message = mark_failed(as_answer_to(self._writer.new("application"), interaction))
        self._store.put(message)
        return message

    def _interaction(self, interaction_id: str) -> Interaction:
        interaction = self._store.interaction(interaction_id)
        if interaction is None:
            raise unknown_interaction()
        return interaction

    def _usable(self, application_id: str, token: str) -> Interaction:
        """The interaction with that token, if the token is valid.

        404 before the acknowledgement, 401 after the end: https://github.com/discord/discord-api-docs/issues/6851
        """
        if not is_token(token):
            raise invalid_webhook_token()
        interaction = self._store.interaction_of(token)
        if interaction is None or application_id != self._identities.application_id:
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
