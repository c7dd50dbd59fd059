"""Discord's JSON → Command, MessageCommand or Press → Request.  Called by main.handle_request.

The signature was found to be valid, so the body comes from Discord.  Unknown or missing fields are no reason to leave a
member without an answer.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import schemas
from ingress.options import of_button, of_message, parse_options
from ingress.seal import Sealer
from schemas.interaction import Interaction
from schemas.request import ChannelId, InteractionId, Options, Request, UserId
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
class Asked:
    """What all that ask for a picture have in common: the parts of Discord's interaction that we use."""

    interaction_id: InteractionId
    application_id: str
    token: Secret
    channel_id: ChannelId | None
    user_id: UserId
    locale: str


@dataclass(frozen=True, slots=True)
class Command(Asked):
    """A slash command."""

    name: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class MessageCommand(Asked):
    """A command of a message's menu, and that message."""

    name: str
    message: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Press(Asked):
    """A button that was pressed, and the message that it is under."""

    custom_id: object
    message: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Autocomplete:
    """A member is typing, and Discord asks what to suggest.  palette: what was typed for that, else None."""

    locale: str
    palette: str | None


@dataclass(frozen=True, slots=True)
class OtherInteraction:
    """A kind that we do not use: a menu, a form, a command on a user, or a future kind."""

    locale: str


Interactions = Ping | Command | MessageCommand | Press | Autocomplete | OtherInteraction


def parse(body: bytes) -> Interactions:
    """The interaction in body.  Raises NotAnInteraction and IncompleteInteraction."""
    payload = _read(body)
    # Source: Discord, "Interaction Type": 1 ping, 2 command, 3 component, 4 autocomplete, 5 modal.
    match payload.get("type"):
        case 1:
            return Ping()
        case 2:
            return _command(payload)
        case 3:
            return _press(payload)
        case 4:
            return Autocomplete(_locale(payload), _typed(_object(payload, "data"), "palette"))
        case _:
            return OtherInteraction(_locale(payload))


def _read(body: bytes) -> Json:
    try:
        payload = json.loads(body, parse_constant=_refuse_constant, object_hook=_without_nulls)
    except RecursionError:
        raise NotAnInteraction("the body is nested too deeply") from None
    except UnicodeDecodeError:
        raise NotAnInteraction("the body is not UTF-8") from None
    except ValueError as error:
        raise NotAnInteraction(f"the body is not JSON: {error}") from None
    if not isinstance(payload, dict):
        raise NotAnInteraction("the body is no JSON object")
    return payload


def _without_nulls(found: Json) -> Json:
    """Discord writes an absent field as null too."""
    return {name: value for name, value in found.items() if value is not None} if None in found.values() else found


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no JSON number")


def _command(payload: Json) -> Command | MessageCommand | OtherInteraction:
    data = _object(payload, "data")
    name = data.get("name")
    # Source: Discord, "Application Command Types": 1 chat input, 2 on a user, 3 on a message, 4 entry of an activity.
    match data.get("type", 1), name:
        case 1, str():
            return Command(*_asked(payload), name=name, options=_options(data))
        case 3, str():
            messages = _object(_object(data, "resolved"), "messages")
            return MessageCommand(*_asked(payload), name=name, message=_object(messages, str(data.get("target_id"))))
        case _:
            return OtherInteraction(_locale(payload))


def _press(payload: Json) -> Press | OtherInteraction:
    data = _object(payload, "data")
    if data.get("component_type") != 2:  # Source: Discord, "Component Types": 2 is a button
        return OtherInteraction(_locale(payload))
    return Press(*_asked(payload), custom_id=data.get("custom_id"), message=_object(payload, "message"))


def _asked(payload: Json) -> tuple[InteractionId, str, Secret, ChannelId | None, UserId, str]:
    """The fields of Asked."""
    try:
        interaction = Interaction.from_json(payload)
    except schemas.SchemaError as error:
        raise IncompleteInteraction(str(error)) from None
    channel_id = _text(payload, "channel_id", _SNOWFLAKE)
    return (
        interaction.id,
        interaction.application_id,
        interaction.token,
        ChannelId(channel_id) if channel_id else None,
        _user_id(payload),
        _locale(payload),
    )


def _locale(payload: Json) -> str:
    return _text(payload, "locale", _LOCALE) or "en-US"


def _typed(data: Json, name: str) -> str | None:
    """What was typed so far, if it is for this option."""
    for option in _listed_options(data):
        if option["name"] == name and option.get("focused") is True and isinstance(option.get("value"), str):
            return str(option["value"])
    return None


def _user_id(payload: Json) -> UserId:
    """The id of the member in a server, or of the user in a direct message."""
    for holder in (_object(payload, "member"), payload):
        if user_id := _text(_object(holder, "user"), "id", _SNOWFLAKE):
            return UserId(user_id)
    raise IncompleteInteraction("interaction must contain the id of a member's user or of a user")


def _options(data: Json) -> Json:
    return {option["name"]: option["value"] for option in _listed_options(data) if "value" in option}


def _listed_options(data: Json) -> list[Json]:
    options = data.get("options")
    if not isinstance(options, list):
        return []
    return [option for option in options if isinstance(option, dict) and isinstance(option.get("name"), str)]


def _object(holder: Json, name: str) -> Json:
    value = holder.get(name)
    return value if isinstance(value, dict) else {}


def _text(holder: Json, name: str, pattern: re.Pattern[str]) -> str | None:
    """The field's text if it matches the pattern, else None."""
    value = holder.get(name)
    return value if isinstance(value, str) and pattern.fullmatch(value) else None


def to_request(asked: Command | MessageCommand | Press, sealer: Sealer, now: datetime) -> Request:
    """The request, its token sealed.  Raises WrongOption."""
    request = Request(
        interaction_id=asked.interaction_id,
        application_id=asked.application_id,
        sealed_token=sealer.seal(asked.token),
        channel_id=asked.channel_id,
        user_id=asked.user_id,
        locale=asked.locale,
        options=_chosen(asked),
        received_at=now,
        expires_at=now + TOKEN_LIFE,
        is_press=isinstance(asked, Press),
    )
    schemas.check("request", request.to_json())
    return request


def _chosen(asked: Command | MessageCommand | Press) -> Options:
    match asked:
        case Command():
            return parse_options(asked.options, asked.locale)
        case MessageCommand():
            return of_message(asked.message)
        case Press():
            return of_button(asked.custom_id, asked.message)
