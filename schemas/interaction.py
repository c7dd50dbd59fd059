"""The fields of Discord's interaction that an answer to /mando needs.  Their JSON: schemas/interaction.json."""

from dataclasses import dataclass

import schemas
from schemas.request import InteractionId
from service.environment import Secret


@dataclass(frozen=True, slots=True)
class Interaction:
    """token allows replies to the interaction for 15 minutes."""

    id: InteractionId
    application_id: str
    token: Secret

    @classmethod
    def from_json(cls, value: object) -> "Interaction":
        """Raises SchemaError."""
        checked = schemas.check("interaction", value)
        return cls(checked["id"], checked["application_id"], Secret(checked["token"]))
