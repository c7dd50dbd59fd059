"""The two kinds of errors that a step knows; app.py turns them into a status, the workflow decides what follows."""

from typing import Literal

from schemas.error import Kind

# Why no repetition helps; STATUSES of app.py says which status each is.
Reason = Literal["bug", "unauthenticated", "refused", "missing", "gone", "too large", "undrawable"]


class RetryableError(Exception):
    """Raised when the same call may succeed later; the workflow tries it again, not before retry_after_s if given."""

    def __init__(self, message: str, retry_after_s: float | None = None, *, kind: Kind) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.kind = kind


class NotYetAcknowledged(RetryableError):
    """Raised when Discord does not know the interaction, as it does until it has processed our acknowledgement."""


class Blocked(RetryableError):
    """Raised when the network in front of Discord refuses the call, which helps little to repeat and may pass."""


class TokenExpired(Exception):
    """Raised when Discord takes the interaction's token no longer: the reply cannot be edited."""


class PermanentError(Exception):
    """Raised when no repetition helps; but a caller that is refused may be known a minute later."""

    def __init__(self, reason: Reason, message: str, *, kind: Kind) -> None:
        super().__init__(message)
        self.reason = reason
        self.kind = kind
