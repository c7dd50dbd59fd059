"""Discord's JSON → Command → Request.  Called by main.handle_request, after the signature was found to be valid."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import schemas
from ingress.seal import Sealer
from schemas.environment import Secret

TOKEN_LIFE = timedelta(minutes=15)  # Source: Discord, "Receiving and Responding": the interaction token's validity


class BadInteraction(ValueError):
    """Raised when a signed body is not an interaction; the message names the field."""


@dataclass(frozen=True, slots=True)
class Ping:
    """Discord asks whether we are there."""


@dataclass(frozen=True, slots=True)
class Command:
    """A slash command: the parts of Discord's interaction that we use."""

    name: str
    interaction_id: str
    application_id: str
    token: Secret
    channel_id: str | None
    user_id: str
    locale: str
    options: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class OtherInteraction:
    """A kind that we never asked Discord to send: a button, a form, one that is not invented yet."""


@dataclass(frozen=True, slots=True)
class Request:
    """What travels from here on; `as_json` fits schemas/request.json."""

    interaction_id: str
    as_json: bytes


def parse(body: bytes) -> Ping | Command | OtherInteraction:
    """The interaction in body.  Raises BadInteraction where it is no JSON or lacks what Discord always sends."""
    try:
        payload = schemas.check("interaction", json.loads(body, parse_constant=_refuse_constant))
    except RecursionError:
        raise BadInteraction("the body is nested too deeply") from None
    except UnicodeDecodeError:
        raise BadInteraction("the body is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise BadInteraction(f"the body is not JSON: {error}") from None
    except ValueError as error:
        raise BadInteraction(str(error)) from None
    match payload["type"]:
        case 1:
            return Ping()
        case 2:
            return _command(payload)
        case _:
            return OtherInteraction()


def _command(payload: dict[str, Any]) -> Command:
    user = (payload.get("member") or payload).get("user")
    if user is None:
        raise BadInteraction("interaction must contain ['member'] or ['user'] properties")
    data = payload["data"]
    return Command(
        name=data["name"],
        interaction_id=payload["id"],
        application_id=payload["application_id"],
        token=Secret(payload["token"]),
        channel_id=payload.get("channel_id"),
        user_id=user["id"],
        locale=payload.get("locale", "en-US"),
        options={option["name"]: option.get("value") for option in data.get("options", [])},
    )


def to_request(command: Command, sealer: Sealer, now: datetime) -> Request:
    """The request of a /mando, its token sealed.  Raises BadInteraction where an option is not what we registered."""
    try:
        request = {
            "interaction_id": command.interaction_id,
            "application_id": command.application_id,
            "sealed_token": sealer.seal(command.token),
            "channel_id": command.channel_id,
            "user_id": command.user_id,
            "locale": command.locale,
            "options": _tidy(command.options),
            "received_at": _instant(now),
            "expires_at": _instant(now + TOKEN_LIFE),
        }
        schemas.check("request", request)
        return Request(command.interaction_id, json.dumps(request, ensure_ascii=False).encode())
    except schemas.SchemaError as error:
        raise BadInteraction(str(error)) from None
    except UnicodeEncodeError:
        raise BadInteraction("the body holds half a surrogate pair, which is no text") from None


def _tidy(options: Mapping[str, Any]) -> dict[str, Any]:
    """The options with the words' white space and control characters folded, so that equal words stay equal."""
    words = options.get("words")
    if not isinstance(words, str):
        return dict(options)
    folded = " ".join("".join(sign if sign.isprintable() else " " for sign in words).split())
    return {name: value for name, value in options.items() if name != "words"} | ({"words": folded} if folded else {})


def _instant(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def _refuse_constant(name: str) -> None:
    raise BadInteraction(f"the body is not JSON: {name} is no JSON number")
