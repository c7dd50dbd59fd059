"""Parses what a client sends when a member uses something of the application.  Pure.

Source: the calls of Discord's own client to POST /interactions, as its users describe them.
"""

from dataclasses import dataclass

from local.discord.errors import FormErrors
from local.discord.forms.answer import COMMAND, COMPONENT, MODAL_SUBMIT
from local.discord.forms.choices import is_locale
from local.discord.forms.fields import Fields
from local.discord.snowflake import PATTERN

_MOST_DELIVERIES = 10


@dataclass(frozen=True, slots=True)
class Use:
    """kind: the interaction's type; data: unchecked; message_id: of the component's message.

    For tests of applications: count is how often it is sent, user_id another member than the page's, repeated_id an
    interaction to send again.
    """

    kind: int
    data: object
    message_id: str | None
    locale: str | None
    count: int
    user_id: str | None
    repeated_id: str | None


def parse_use(value: object, locale: str | None) -> Use:
    """value is {type?, data, message_id?, deliveries?, user_id?, interaction_id?}; locale: as the client names it.

    Raises DiscordError for values that a client of Discord could not send.
    """
    errors = FormErrors()
    fields = Fields(value, errors)
    kind = fields.whole("type", COMMAND, MODAL_SUBMIT) or COMMAND
    use = Use(
        kind=kind,
        data=fields.raw("data"),
        message_id=fields.matching("message_id", PATTERN, required=kind == COMPONENT),
        locale=locale if locale and is_locale(locale) else None,
        count=fields.whole("deliveries", 1, _MOST_DELIVERIES) or 1,
        user_id=fields.matching("user_id", PATTERN),
        repeated_id=fields.matching("interaction_id", PATTERN),
    )
    errors.check()
    return use
