"""The body of /reply-discord: the request with its picture, or the reason why there is none.

Its JSON: schemas/reply.json.
"""

from dataclasses import dataclass
from typing import Any, Literal

import schemas
from schemas.picture import Picture
from schemas.request import InteractionId, Request

Failure = Literal["undrawable", "unavailable", "cancelled"]


@dataclass(frozen=True, slots=True)
class Reply:
    """result is the picture for the member, or the reason why there is none."""

    request: Request
    result: Picture | Failure

    @classmethod
    def from_json(cls, value: object) -> "Reply":
        """Raises SchemaError."""
        checked = schemas.check("reply", value)
        picture = checked.get("picture")
        result = checked["failure"] if picture is None else Picture.from_checked(picture)
        return cls(Request.from_checked(checked["request"]), result)

    def to_json(self) -> dict[str, Any]:
        result = {"picture": self.result.to_json()} if isinstance(self.result, Picture) else {"failure": self.result}
        return {"request": self.request.to_json(), **result}

    @property
    def interaction_id(self) -> InteractionId:
        return self.request.interaction_id
