"""A reply that a task asks for, to its end: shown, told, or given up.  Called by app.py for /reply-discord.

Nobody reads the answer to a task: Cloud Tasks repeats it until a 2xx.  So what the workflow decides about its own calls
is decided here about a task's.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from schemas.message import Message
from schemas.picture import Picture
from schemas.reply import Reply
from service.deployment import LAST_WORD_S
from steps.errors import PermanentError, RetryableError

# Up to so much longer than Discord asks a task waits (Retry-After), so that a crowd does not come back at one instant.
JITTER = 0.5


class LastWord(Exception):
    """Raised when no task will show the picture.  message: what tells the member so; None if nothing can be shown."""

    def __init__(self, message: Message | None, cause: Exception) -> None:
        super().__init__("the member was told of a failure" if message else "was acknowledged and got no reply")
        self.message = message
        self.cause = cause


def reply_to_the_end(order: Reply, show: Callable[[Reply], Message], now: datetime) -> Message:
    """Show the reply; where that fails for good, or the token's end is near, tell the member instead.

    show(order) raises as steps.reply does.  Raises LastWord, and the error of a call that the queue shall repeat.
    """
    left_s = (order.request.expires_at - now).total_seconds()
    is_picture = isinstance(order.result, Picture)
    try:
        return show(order)
    except Exception as error:
        if _may_pass(error) and left_s > (LAST_WORD_S + _longest_wait_s(error) if is_picture else 0):
            raise
        cause = error
    if not is_picture or (isinstance(cause, PermanentError) and cause.reason == "gone"):
        raise LastWord(None, cause)
    try:
        message = show(replace(order, result="unavailable"))
    except Exception as error:
        if _may_pass(error) and left_s > 0:  # the queue comes again, first with the picture
            raise
        raise LastWord(None, cause) from None
    raise LastWord(message, cause)


def _may_pass(error: Exception) -> bool:
    """Also a mistake of ours, as long as there is time."""
    return not isinstance(error, PermanentError)


def _longest_wait_s(error: Exception) -> float:
    """Beside the queue's own waits, for which LAST_WORD_S has room."""
    asked_s = error.retry_after_s if isinstance(error, RetryableError) else None
    return (asked_s or 0) * (1 + JITTER)
