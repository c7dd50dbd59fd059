"""A reply that a task asks for, to its end: shown, put off, told, or given up.  Called by app.py for /reply-discord.

Nobody reads the answer to a task: Cloud Tasks repeats it until a 2xx.  So what the workflow decides about its own calls
is decided here about a task's.  The next attempt is another task, made here: were this one repeated, Cloud Tasks would
slow its whole queue down, and after an outage those whose token ends soon would come too late (docs/decisions/081).
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Protocol

from schemas.message import Message
from schemas.picture import Picture
from schemas.reply import Reply
from schemas.request import instant
from service.log import log
from steps.errors import PermanentError, RetryableError, TaskEnded
from steps.waits import is_urgent, wait_s


class LastWord(TaskEnded):
    """Raised when no task will show the picture.  message: what tells the member so; None if nothing can be shown."""

    def __init__(self, message: Message | None, cause: Exception) -> None:
        words = "the member was told of a failure" if message else "was acknowledged and got no reply"
        shows = {"shows": "words"} if message else None
        super().__init__(words, cause, message.to_json() if message else None, shows)
        self.message = message


class PutOff(TaskEnded):
    """Raised when the next task was made.  task: its full name, at: when it is due."""

    def __init__(self, task: str, at: datetime, cause: Exception) -> None:
        queue, _, task_id = task.rpartition("/tasks/")
        words = f"waits in {queue.rpartition('/')[2]} until {instant(at)}, as {task_id}"
        super().__init__(words, cause, {"waits_in": task_id}, {"waits_in": task, "due": instant(at)})


class MakeTask(Protocol):
    """Make the next task, due at that instant, and return its full name.  Raises RetryableError if that fails.

    is_urgent: in the queue of those whose token ends soon.
    """

    def __call__(self, at: datetime, *, is_urgent: bool) -> str: ...


def reply_to_the_end(
    order: Reply,
    show: Callable[[Reply], Message],
    make_task: MakeTask,
    clock: Callable[[], datetime],
    jitter: float,
    late_s: float,
) -> Message:
    """Show the reply; where that fails for good, or the token's end is near, tell the member instead.

    show(order) raises as steps.reply does.  jitter: random, from 0 to 1.  late_s: how long the task stood in the line
    of its queue; there the next one would stand as long.  Raises PutOff, LastWord, and, where no task can be made, the
    error of a call that the queue shall repeat.
    """
    try:
        return show(order)
    except Exception as error:
        cause = failure = error
    if isinstance(order.result, Picture) and _is_for_words(cause, _left_s(order, clock())):
        failure = _tell(order, show, cause)
    now = clock()
    left_s, age_s = _left_s(order, now), (now - order.request.received_at).total_seconds()
    seconds = wait_s(age_s, left_s, _asked_s(failure), jitter) if _may_pass(failure) else None
    if seconds is None:
        raise LastWord(None, cause)
    at = now + timedelta(seconds=seconds)
    try:
        task = make_task(at, is_urgent=is_urgent(left_s - seconds - late_s))
    except RetryableError as refusal:
        log("WARNING", f"the next task could not be made: {refusal}", interaction_id=order.interaction_id)
        raise failure from None
    raise PutOff(task, at, failure)


def _is_for_words(cause: Exception, left_s: float) -> bool:
    """Whether the member is told after this failure of the picture."""
    if isinstance(cause, PermanentError):
        return cause.reason != "gone"
    return is_urgent(left_s)


def _tell(order: Reply, show: Callable[[Reply], Message], cause: Exception) -> Exception:
    """Show the failure message: raises LastWord.  Returns the error where that fails too."""
    try:
        message = show(replace(order, result="unavailable"))
    except Exception as error:
        return error
    raise LastWord(message, cause)


def _left_s(order: Reply, now: datetime) -> float:
    return (order.request.expires_at - now).total_seconds()


def _may_pass(error: Exception) -> bool:
    """Also a mistake of ours, as long as there is time."""
    return not isinstance(error, PermanentError)


def _asked_s(error: Exception) -> float | None:
    """What Discord asks to wait."""
    return error.retry_after_s if isinstance(error, RetryableError) else None
