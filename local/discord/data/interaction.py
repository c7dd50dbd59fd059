"""One use of a command, a component or a modal, and its token: a bearer secret that is valid for 15 minutes.

The token has the form of Discord's.  Source: Discord, "Receiving and Responding".
"""

import json
import re
from base64 import b64decode, b64encode
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from local.discord.forms.answer import AUTOCOMPLETE, COMMAND, COMPONENT, Question
from local.discord.forms.choices import STRING
from local.discord.forms.components import interactive
from local.discord.snowflake import time_of_id
from local.retention import INTERACTION_TOKEN_S

TOKEN_LIFE = timedelta(seconds=INTERACTION_TOKEN_S)
RANDOM_CHARACTERS = 124

_NAMED = re.compile(rb"interaction:([0-9]{17,19}):")
_TOKEN = re.compile(r"aW50ZXJhY3Rpb246[A-Za-z0-9+/]{32,480}={0,2}")  # base64 of "interaction:…"

# pending: sent, not answered yet; failed: not acknowledged in time, or wrongly, so its token is invalid.
InteractionState = Literal["pending", "acknowledged", "failed"]


@dataclass(frozen=True, slots=True)
class Interaction:
    """body: the signed request; original_id: the message that answers it; acknowledged_ms: the time until the answer.

    acknowledged_status is None where the application answered by a callback, or not at all.  modal: the JSON of the
    modal that answered it; opened_by: for a submission, the interaction that its modal answered.
    """

    id: str
    token: str = field(repr=False)
    body: bytes = field(repr=False)
    state: InteractionState = "pending"
    original_id: str | None = None
    acknowledged_status: int | None = None
    acknowledged_ms: float | None = None
    modal: str | None = None
    opened_by: str | None = None

    def request(self) -> dict[str, Any]:
        """What was sent."""
        request: dict[str, Any] = json.loads(self.body)
        return request

    @property
    def sent_at(self) -> datetime:
        return time_of_id(self.id)

    @property
    def question(self) -> Question:
        """What the application may answer."""
        request = self.request()
        focused = [option for option in request["data"].get("options", []) if option.get("focused")]
        return Question(
            request["type"], focused[0]["type"] if focused else STRING, on_message=request.get("message") is not None
        )

    def is_expired(self, now: datetime) -> bool:
        return now >= self.sent_at + TOKEN_LIFE


def make_token(interaction_id: str, random: str) -> str:
    """About 210 characters; random is RANDOM_CHARACTERS letters and digits."""
    return b64encode(f"interaction:{interaction_id}:{random}".encode()).decode()


def id_in_token(token: str) -> str | None:
    """The interaction that a token names; None if it is none of make_token's."""
    with suppress(ValueError):
        found = _NAMED.match(b64decode(token[: len(token) // 4 * 4]))
        return found[1].decode() if found else None
    return None


def is_token(text: str) -> bool:
    return _TOKEN.fullmatch(text) is not None


def origin_of(request: dict[str, Any]) -> dict[str, Any]:
    """What `interaction_metadata` says about that request, beside who may have authorized it.

    Source: Discord, "Message Interaction Metadata Object".
    """
    data = request["data"]
    origin = {"id": request["id"], "type": request["type"], "user": request["member"]["user"]}
    if request["type"] == COMPONENT:
        return origin | {"interacted_message_id": request["message"]["id"]}
    if request["type"] in (COMMAND, AUTOCOMPLETE) and "target_id" in data:
        users = data["resolved"].get("users")
        return origin | (
            {"target_user": users[data["target_id"]]} if users else {"target_message_id": data["target_id"]}
        )
    return origin


def label_of(request: dict[str, Any]) -> str | None:
    """What stands on the button that was pressed; None for anything else."""
    rows = request.get("message", {}).get("components", [])
    pressed = [one for one in interactive(rows) if one.get("custom_id") == request["data"].get("custom_id")]
    return pressed[0].get("label") if pressed else None
