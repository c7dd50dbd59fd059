"""Parses an application's answer to an interaction, from the HTTP answer or from a callback.  Pure.

Source: Discord, "Interaction Response Object".
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from local.discord.errors import FormErrors, NotImitated
from local.discord.forms.choices import STRING, parse_choices
from local.discord.forms.fields import Fields
from local.discord.forms.form import ANSWER, EDIT_REPLY, Form, parse_deferred_flags, parse_form
from local.discord.forms.modal import Modal, parse_modal

# Types of interactions.  Source: Discord, "Interaction Type".
COMMAND, COMPONENT, AUTOCOMPLETE, MODAL_SUBMIT = 2, 3, 4, 5
_MESSAGE, _DEFERRED, _DEFERRED_UPDATE, _UPDATE, _CHOICES, _MODAL = 4, 5, 6, 7, 8, 9
# Answers that Discord shows in its own way.
_UNSHOWN: Mapping[int, str] = {
    10: "This local Discord shows no upgrade button (type 10).",
    12: "This local Discord launches no activities (type 12).",
}
_WORDS = {COMMAND: "a command", COMPONENT: "a component", AUTOCOMPLETE: "an autocompletion", MODAL_SUBMIT: "a modal"}


@dataclass(frozen=True, slots=True)
class Question:
    """What is answered: the interaction's type; for an autocompletion the type of its option.

    on_message: it came from a component of a message, which may be updated.
    """

    kind: int = COMMAND
    option_type: int = STRING
    on_message: bool = False

    @property
    def words(self) -> str:
        return _WORDS[self.kind]

    def answers(self) -> tuple[int, ...]:
        """Source: Discord, "Interaction Callback Type", with its notes."""
        if self.kind == AUTOCOMPLETE:
            return (_CHOICES,)
        updates = (_DEFERRED_UPDATE, _UPDATE) if self.on_message else ()
        modal = () if self.kind == MODAL_SUBMIT else (_MODAL,)
        return (_MESSAGE, _DEFERRED, *updates, *modal, *_UNSHOWN)


A_COMMAND = Question()


@dataclass(frozen=True, slots=True)
class Deferred:
    """The application will reply later; flags are EPHEMERAL or 0."""

    flags: int


@dataclass(frozen=True, slots=True)
class Immediate:
    """The application replies at once."""

    form: Form


@dataclass(frozen=True, slots=True)
class DeferredUpdate:
    """The application may edit the component's message later; nothing is shown."""


@dataclass(frozen=True, slots=True)
class Update:
    """The application edits the component's message."""

    form: Form


@dataclass(frozen=True, slots=True)
class Choices:
    """The application suggests values of an option."""

    choices: tuple[dict[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Unshown:
    """The application replies with something that Discord shows and this stand-in cannot; sentence says what."""

    sentence: str


Answer = Deferred | Immediate | DeferredUpdate | Update | Choices | Modal | Unshown


def parse_answer(value: object, question: Question = A_COMMAND) -> Answer:
    """Raises DiscordError, 400/50035, naming every wrong field.  What would raise NotImitated becomes Unshown."""
    errors = FormErrors()
    fields = Fields(value, errors)
    kind = fields.whole("type", 1, 12, required=True) or 0
    if kind and kind not in question.answers():
        expected = ", ".join(map(str, question.answers()))
        message = f"type {kind} is no answer to {question.words}; expected one of {expected}"
        fields.refuse(("type",), "BASE_TYPE_CHOICES", message)
    errors.check()
    try:
        return _parse(kind, fields.raw("data"), question)
    except NotImitated as error:
        return Unshown(error.sentence)


def _parse(kind: int, data: object, question: Question) -> Answer:
    path = ("data",)
    match kind:
        case 4:
            return Immediate(parse_form(data, ANSWER, path))
        case 5:
            return Deferred(parse_deferred_flags(data, path))
        case 6:
            return DeferredUpdate()
        case 7:
            return Update(parse_form({} if data is None else data, EDIT_REPLY, path))
        case 8:
            return Choices(parse_choices(data, question.option_type, path))
        case 9:
            return parse_modal(data, path)
    return Unshown(_UNSHOWN[kind])
