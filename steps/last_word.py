"""A reply that a task asks for, to its end: shown, told, or given up.  Called by app.py for /reply-discord.

Nobody reads the answer to a task: Cloud Tasks repeats it until a 2xx.  So what the workflow decides about its own calls
is decided here about a task's.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from schemas.message import Message
from schemas.picture import Picture
from schemas.reply import Reply
from service.deployment import LAST_WORD_S
from steps.errors import PermanentError, RetryableError


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
    left = order.request.expires_at - now
    is_picture = isinstance(order.result, Picture)
    try:
        return show(order)
    except PermanentError as error:
        cause: Exception = error
    except Exception as error:  # also a mistake of ours: the queue repeats it as long as there is time
        if left > timedelta(seconds=LAST_WORD_S if is_picture else 0):
            raise
        cause = error
    if not is_picture or (isinstance(cause, PermanentError) and cause.reason == "gone"):
        raise LastWord(None, cause)
    try:
        message = show(replace(order, result="unavailable"))
    except RetryableError:
        if left > timedelta(0):
            raise
        raise LastWord(None, cause) from None
    except PermanentError:
        raise LastWord(None, cause) from None
    raise LastWord(message, cause)
