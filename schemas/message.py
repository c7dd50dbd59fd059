"""The message that Discord now shows: what /reply-discord answers.  Its JSON: schemas/message.json."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Message:
    """message_id is Discord's."""

    message_id: str

    def to_json(self) -> dict[str, Any]:
        return {"message_id": self.message_id}
