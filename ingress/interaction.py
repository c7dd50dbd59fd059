"""Discord's JSON → Command → Request.  Called by main.handle_request, after the signature was found to be valid.

A signed body comes from Discord.  Unknown or missing fields are no reason to leave a member without an answer.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import schemas
from ingress.options import parse_options
from ingress.seal import Sealer
from schemas.interaction import Interaction
from schemas.request import ChannelId, InteractionId, Request, UserId
from service.environment import Secret

TOKEN_LIFE = timedelta(minutes=15)  # Source: Discord, "Receiving and Responding": the interaction token's validity

_SNOWFLAKE = re.compile(r"[0-9]{1,20}")
_LOCALE = re.compile(r"[A-Za-z0-9-]{2,16}")

Json = dict[str, Any]


class NotAnInteraction(ValueError):
    """Raised when a signed body is no JSON object; the message says why."""


class IncompleteInteraction(ValueError):
    """Raised when a command lacks a field without which its picture cannot be shown; names the field."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Discord asks whether we are there."""


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command: the parts of Discord's interaction that we use."""

    name: str
    interaction_id: InteractionId
    application_id: str
    token: Secret
    channel_id: ChannelId | None
    user_id: UserId
    locale: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Autocomplete:
    """A member is typing, and Discord asks what to suggest."""


@dataclass(frozen=True, slots=True)
class OtherInteraction:
    """A kind that we do not use: a button, a form, a command on a user or a message, or a future kind."""


def parse(body: bytes) -> Ping | Command | Autocomplete | OtherInteraction:
    """The interaction in body.  Raises NotAnInteraction and IncompleteInteraction."""
    payload = _read(body)
    # Source: Discord, "Interaction Type": 1 ping, 2 command, 3 component, 4 autocomplete, 5 modal.
    match payload.get("type"):
        case 1:
            return Ping()
        case 2:
            return _command(payload)
        case 4:
            return Autocomplete()
        case _:
            return OtherInteraction()


def _read(body: bytes) -> Json:
    try:
        payload = json.loads(body, parse_constant=_refuse_constant, object_pairs_hook=_without_nulls)
    except RecursionError:
        raise NotAnInteraction("the body is nested too deeply") from None
    except UnicodeDecodeError:
        raise NotAnInteraction("the body is not UTF-8") from None
    except ValueError as error:
        raise NotAnInteraction(f"the body is not JSON: {error}") from None
    if not isinstance(payload, dict):
        raise NotAnInteraction("the body is no JSON object")
    return payload


def _without_nulls(pairs: list[tuple[str, Any]]) -> Json:
    """Discord writes an absent field as null too."""
    return {name: value for name, value in pairs if value is not None}


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _command(payload: Json) -> Command | OtherInteraction:
    data = _object(payload, "data")
    name = data.get("name")
    # Source: Discord, "Application Command Types": 1 chat input, 2 on a user, 3 on a message, 4 entry of an activity.
    if data.get("type", 1) != 1 or not isinstance(name, str):
        return OtherInteraction()
    try:
        interaction = Interaction.from_json(payload)
    except schemas.SchemaError as error:
        raise IncompleteInteraction(str(error)) from None
    return Command(
        name=name,
        interaction_id=interaction.id,
        application_id=interaction.application_id,
        token=interaction.token,
        channel_id=ChannelId(channel_id) if (channel_id := _text(payload, "channel_id", _SNOWFLAKE)) else None,
        user_id=_user_id(payload),
        locale=_text(payload, "locale", _LOCALE) or "en-US",
        options=_options(data),
    )


def _user_id(payload: Json) -> UserId:
    """The id of the member in a server, or of the user in a direct message."""
    for holder in (_object(payload, "member"), payload):
        if user_id := _text(_object(holder, "user"), "id", _SNOWFLAKE):
            return UserId(user_id)
    raise IncompleteInteraction("interaction must contain the id of a member's user or of a user")


def _options(data: Json) -> Json:
    options = data.get("options")
    if not isinstance(options, list):
        return {}
    named = [option for option in options if isinstance(option, dict) and isinstance(option.get("name"), str)]
    return {option["name"]: option["value"] for option in named if "value" in option}


def _object(holder: Json, name: str) -> Json:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _text(holder: Json, name: str, pattern: re.Pattern[str]) -> str | None:
    """The field's text if it matches the pattern, else None."""
    value = holder.get(name)
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def to_request(command: Command, sealer: Sealer, now: datetime) -> Request:
    """The request of a /mando, its token sealed.  Raises WrongOption."""
    request = Request(
        interaction_id=command.interaction_id,
        application_id=command.application_id,
        sealed_token=sealer.seal(command.token),
        channel_id=command.channel_id,
        user_id=command.user_id,
        locale=command.locale,
        options=parse_options(command.options),
        received_at=now,
        expires_at=now + TOKEN_LIFE,
    )
    schemas.check("request", request.to_json())
    return request
