"""The two kinds of errors of a step; app.py turns them into a status, the workflow decides what follows."""

from collections.abc import Mapping
from typing import Literal

from schemas.error import Kind

# Why no retry helps; STATUSES in app.py has the status of each.
Reason = Literal["bug", "unauthenticated", "refused", "missing", "gone", "too large", "undrawable"]


class RetryableError(Exception):
    """Raised when the same call may succeed later; the workflow retries it, not before retry_after_s if given."""

    def __init__(self, message: str, retry_after_s: float | None = None, *, kind: Kind) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s
        self.kind = kind


class NotYetAcknowledged(RetryableError):
    """Raised when Discord does not know the interaction yet: it has not processed our acknowledgement."""


class Blocked(RetryableError):
    """Raised when the network in front of Discord refuses the call; few retries are useful, but it may pass."""


class TokenExpired(Exception):
    """Raised when Discord no longer accepts the interaction's token: the reply cannot be edited."""


class TaskEnded(Exception):
    """Raised when a task has done its work, but not shown what it was for.

    answer: to the task, else the cause's.  log_fields: of its line in the log.
    """

    def __init__(
        self,
        message: str,
        cause: Exception,
        answer: Mapping[str, str] | None = None,
        log_fields: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.cause = cause
        self.answer = answer
        self.log_fields = log_fields or {}


class PermanentError(Exception):
    """Raised when no retry helps.  Exception: a refused caller may be accepted some minutes later."""

    def __init__(self, reason: Reason, message: str, *, kind: Kind) -> None:
        super().__init__(message)
        self.reason = reason
        self.kind = kind
