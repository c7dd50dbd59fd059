"""Parses an application's answer to an interaction, from the HTTP answer or from a callback.  Pure.

Source: Discord, "Interaction Response Object".
"""

from collections.abc import Mapping
from dataclasses import dataclass

from local.discord.errors import FormErrors, NotImitated
from local.discord.forms.fields import Fields
from local.discord.forms.form import ANSWER, Form, parse_deferred_flags, parse_form

_MESSAGE, _DEFERRED = 4, 5
# Answers to a command that Discord shows in its own way.
_UNSHOWN: Mapping[int, str] = {
    9: "This local Discord shows no modals (type 9) yet.",
    10: "This local Discord shows no upgrade button (type 10).",
    12: "This local Discord launches no activities (type 12).",
}
_TO_A_COMMAND = (_MESSAGE, _DEFERRED, *_UNSHOWN)


@dataclass(frozen=True, slots=True)
class Deferred:
    """The application will reply later; flags are EPHEMERAL or 0."""

    flags: int


@dataclass(frozen=True, slots=True)
class Immediate:
    """The application replies at once."""

    form: Form


@dataclass(frozen=True, slots=True)
class Unshown:
    """The application replies with something that Discord shows and this stand-in cannot; sentence says what."""

    sentence: str


Answer = Deferred | Immediate | Unshown


def parse_answer(value: object) -> Answer:
    """Raises DiscordError, 400/50035, naming every wrong field.  What would raise NotImitated becomes Unshown."""
    errors = FormErrors()
    fields = Fields(value, errors)
    kind = fields.whole("type", 1, 12, required=True) or 0
    if kind and kind not in _TO_A_COMMAND:
        expected = ", ".join(map(str, _TO_A_COMMAND))
        message = f"type {kind} is no answer to a command; expected one of {expected}"
        fields.refuse(("type",), "BASE_TYPE_CHOICES", message)
    errors.check()
    data = fields.raw("data")
    if kind == _DEFERRED:
        return Deferred(parse_deferred_flags(data, ("data",)))
    if kind == _MESSAGE:
        try:
            return Immediate(parse_form(data, ANSWER, ("data",)))
        except NotImitated as error:
            return Unshown(error.sentence)
    return Unshown(_UNSHOWN[kind])
