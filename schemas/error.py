"""What the steps answer when they fail.  Its JSON: schemas/error.json."""

from dataclasses import dataclass
from typing import Any, Literal

# What failed; schemas/error.json explains each.
Kind = Literal["caller", "certificates", "request", "route", "drawing", "bucket", "queue", "discord", "mistake"]


@dataclass(frozen=True, slots=True)
class Error:
    """retry_after_s: the wait after which the same call may succeed; None if not known."""

    kind: Kind
    status: int
    message: str
    retry_after_s: float | None = None

    def to_json(self) -> dict[str, Any]:
        wait = {} if self.retry_after_s is None else {"retry_after": self.retry_after_s}
        return {"kind": self.kind, "error": {"status": self.status, "message": self.message}, **wait}
