"""The limits of the ingress.  Their file: ingress/limits.yaml; its schema: schemas/limits.json."""

from dataclasses import dataclass

import schemas


@dataclass(frozen=True, slots=True)
class Limits:
    """How long a task may wait in the queue, in seconds, and how often a member may ask."""

    look_every_s: float
    tell_after_s: float
    refuse_after_s: float
    per_minute: int

    @classmethod
    def from_json(cls, value: object) -> "Limits":
        """Raises SchemaError."""
        checked = schemas.check("limits", value)
        return cls(**checked["backlog"], **checked["member"])
