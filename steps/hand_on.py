"""A drawing that a task asks for, to its end: the picture goes to the reply queue, or the reason why there is none.

Called by app.py for /generate-image, where no workflow calls it.  A task is repeated until its step answers 2xx, so
what the workflow decides about a drawing is decided here.
"""

from collections.abc import Callable
from datetime import datetime, timedelta

from schemas.picture import Picture
from schemas.reply import Failure, Reply
from schemas.request import Request
from service.deployment import LAST_WORD_S
from steps.errors import PermanentError, RetryableError, TaskEnded
from steps.last_word import LastWord


class HandedOn(TaskEnded):
    """Raised when there is no picture, and the reply queue will tell the member so."""

    def __init__(self, cause: Exception) -> None:
        super().__init__("the reply queue tells the member of a failure", cause)


def draw_to_the_end(
    request: Request, draw: Callable[[Request], Picture], put: Callable[[Reply], None], now: datetime
) -> Picture:
    """Draw, and hand the picture on; where that fails for good, or the token's end is near, hand the reason on.

    Raises HandedOn, LastWord, and the error of a call that the queue shall repeat.  A call again changes nothing: the
    picture is named after its content, the task after the interaction.
    """
    left = request.expires_at - now
    try:
        picture = draw(request)
    except PermanentError as error:
        cause: Exception = error
        failure: Failure = "undrawable" if error.reason == "undrawable" else "unavailable"
    except Exception as error:  # also a mistake of ours: the queue repeats it as long as there is time
        if left > timedelta(seconds=LAST_WORD_S):
            raise
        cause, failure = error, "unavailable"
    else:
        _put(put, Reply(request, picture), left)
        return picture
    _put(put, Reply(request, failure), left)
    raise HandedOn(cause)


def _put(put: Callable[[Reply], None], reply: Reply, left: timedelta) -> None:
    try:
        put(reply)
    except RetryableError as error:
        if left > timedelta(0):
            raise
        raise LastWord(None, error) from None
