"""The request: what a command or a button asks for, as the code uses it.  Its JSON: schemas/request.json."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from typing import Any, NewType

import schemas

InteractionId = NewType("InteractionId", str)  # Discord's; the dedup key
UserId = NewType("UserId", str)
ChannelId = NewType("ChannelId", str)

MOST_VARIATIONS = 999  # beside the first picture of some words
PRINT_PX = 2048


@dataclass(frozen=True, slots=True)
class Options:
    """The options that the member chose; None for the others.

    variation: another picture of the same words, from 1.  size_px: of a print, which is for the member alone.
    """

    words: str | None = None
    symmetry: int | None = None
    palette: str | None = None
    variation: int | None = None
    size_px: int | None = None

    @property
    def is_for_one(self) -> bool:
        """Whether only the member sees the picture."""
        return self.size_px is not None

    def to_json(self) -> dict[str, Any]:
        return {one.name: value for one in fields(self) if (value := getattr(self, one.name)) is not None}


@dataclass(frozen=True, slots=True)
class Request:
    """received_at: when the interaction came; expires_at: when Discord's token ends; both in UTC.

    is_press: it comes from a button.
    """

    interaction_id: InteractionId
    application_id: str
    sealed_token: str
    channel_id: ChannelId | None
    user_id: UserId
    locale: str
    options: Options
    received_at: datetime
    expires_at: datetime
    is_press: bool = False

    @classmethod
    def from_json(cls, value: object) -> "Request":
        """Raises SchemaError."""
        return cls.from_checked(schemas.check("request", value))

    @classmethod
    def from_checked(cls, checked: Mapping[str, Any]) -> "Request":
        """From a value that fits the schema.  Raises SchemaError for a date that does not exist, as 31 June."""
        instants = {name: _parse_instant(name, checked[name]) for name in ("received_at", "expires_at")}
        return cls(**{**checked, "options": Options(**checked["options"]), **instants})

    def to_json(self) -> dict[str, Any]:
        return {
            "interaction_id": self.interaction_id,
            "application_id": self.application_id,
            "sealed_token": self.sealed_token,
            "channel_id": self.channel_id,
            "user_id": self.user_id,
            "locale": self.locale,
            "options": self.options.to_json(),
            **({"is_press": True} if self.is_press else {}),  # steps of before buttons do not know the name
            "received_at": instant(self.received_at),
            "expires_at": instant(self.expires_at),
        }


def instant(moment: datetime) -> str:
    """RFC 3339 in UTC, with microseconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _parse_instant(name: str, text: str) -> datetime:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise schemas.SchemaError(f"request.{name} is in no calendar") from None
