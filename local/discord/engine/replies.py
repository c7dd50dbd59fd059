"""The replies to interactions: an interaction is answered; replies are written and edited.

Every method is one transaction, on the store's thread of LocalDiscord.
"""

import json
from dataclasses import replace

from local.discord.data.interaction import Interaction, is_token
from local.discord.data.message import Message, as_answer_to, mark_failed, mark_thinking, mark_unshown
from local.discord.data.store import Store
from local.discord.engine.delivery import Delivery
from local.discord.engine.writer import Uploads, Writer
from local.discord.errors import (
    DiscordError,
    invalid_webhook_token,
    unknown_interaction,
    unknown_message,
    unknown_webhook,
)
from local.discord.forms.answer import (
    AUTOCOMPLETE,
    COMMAND,
    Answer,
    Choices,
    Deferred,
    DeferredUpdate,
    Immediate,
    Question,
    Unshown,
    Update,
)
from local.discord.forms.form import EPHEMERAL, Form
from local.discord.forms.modal import Modal
from local.discord.identities import Identities
from local.discord.snowflake import Clock

ORIGINAL = "@original"


class Replies:
    """The rules over the store.  A refused call raises DiscordError."""

    def __init__(self, store: Store, writer: Writer, identities: Identities, clock: Clock) -> None:
        self._store = store
        self._writer = writer
        self._identities = identities
        self._clock = clock

    def record_delivery(self, interaction_id: str, delivery: Delivery) -> Interaction:
        """Record the application's answer and show it.  Only the first answer counts."""
        with self._store.transaction():
            interaction = self._interaction(interaction_id)
            if interaction.state == "pending":
                try:
                    self._answer(interaction, delivery.answer, {}, delivery.status, delivery.ms)
                except DiscordError:  # the message that it updates is gone, or lacks a file that it lists
                    self._answer(interaction, None, {}, delivery.status, delivery.ms)
            return self._interaction(interaction_id)

    def question(self, interaction_id: str, token: str) -> Question:
        """What a callback answers.

        Source: Discord, "Create Interaction Response", "Opcodes and Status Codes" (10062, 40060).
        """
        return self._unanswered(interaction_id, token).question

    def call_back(
        self, interaction_id: str, token: str, answer: Answer, uploads: Uploads
    ) -> tuple[Interaction, Message | None]:
        """The application answers by a callback; what becomes of the interaction, and the message that answers it."""
        with self._store.transaction():
            interaction = self._unanswered(interaction_id, token)
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
                original = self._new(interaction, form.flags or 0)
            return self._writer.write(original, form, uploads)

    def cannot_show(self, application_id: str, token: str, message_ref: str, sentence: str) -> None:
        """Say in a waiting message that the bot's reply cannot be shown here."""
        with self._store.transaction():
            message = self._message(self._usable(application_id, token), message_ref)
            if message.state == "thinking":
                self._store.put(mark_unshown(message, sentence))

    def _answer(
        self, interaction: Interaction, answer: object, uploads: Uploads, status: int | None, ms: float
    ) -> tuple[Interaction, Message | None]:
        message = self._answered(interaction, answer, uploads)
        settled = replace(
            interaction,
            state="acknowledged" if answer is not None else "failed",
            original_id=message.id if message is not None else None,
            acknowledged_status=status,
            acknowledged_ms=ms,
            modal=json.dumps(answer.to_json()) if isinstance(answer, Modal) else None,
        )
        self._store.settle_interaction(settled)
        return settled, message

    def _answered(self, interaction: Interaction, answer: object, uploads: Uploads) -> Message | None:
        """The message that answers the interaction: a new one, or the one whose component was used."""
        match answer:
            case Choices() | Modal():
                return None
            case DeferredUpdate():
                return self._of_component(interaction)
            case Update(form):
                return self._writer.write(self._of_component(interaction), form, uploads)
            case Immediate(form):
                return self._writer.write(self._new(interaction, form.flags or 0), form, uploads)
            case Deferred(flags):
                message = mark_thinking(self._new(interaction, flags))
            case Unshown(sentence) if interaction.question.kind != AUTOCOMPLETE:
                message = mark_unshown(self._new(interaction, EPHEMERAL), sentence)
            case None if interaction.question.kind == COMMAND:
                message = mark_failed(self._new(interaction))
            case _:
                return None  # the page says so where the component, the option or the modal is
        self._store.put(message)
        return message

    def _new(self, interaction: Interaction, flags: int = 0) -> Message:
        opener = self._interaction(interaction.opened_by) if interaction.opened_by else None
        return as_answer_to(self._writer.new("application", flags), interaction, opener)

    def _of_component(self, interaction: Interaction) -> Message:
        """Raises DiscordError, 404/10008, where it was deleted meanwhile."""
        message = self._store.message(interaction.request()["message"]["id"])
        if message is None:
            raise unknown_message()
        return message

    def _unanswered(self, interaction_id: str, token: str) -> Interaction:
        interaction = self._store.interaction(interaction_id)
        if interaction is None or interaction.token != token or interaction.state == "failed":
            raise unknown_interaction()
        if interaction.state != "pending":
            raise DiscordError(400, 40060, "Interaction has already been acknowledged.")
        return interaction

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
        if message is None or (message.id != interaction.original_id and message.interaction_id != interaction.id):
            raise unknown_message()
        return message
