"""What a step does for a task after its work went well, or not; and how long a reply waits.

Called by check/ and simulate/.
Source: steps/hand_on.py, steps/last_word.py, steps/waits.py; tests compare.
"""

from typing import Literal

from schemas.deployment import Steps

_GONE = 410
_MAY_PASS = (429, 500, 503)  # the statuses of steps.errors.RetryableError, and of a mistake of ours
JITTER = 0.5  # up to so much longer than Discord asks a task waits
_SHORTEST_LAST_WAIT_S = 1.0

# done: it was shown · wait: the reply puts itself off · tell: show the failure message · give up: nothing can be shown
Next = Literal["done", "wait", "tell", "give up"]


# hand on: the picture goes to the reply queue · hand failure on: so does the reason why there is none ·
# answer: as it is, and the queue comes again
AfterDraw = Literal["hand on", "hand failure on", "answer"]


def after_draw(status: int, left_s: float, last_word_s: float) -> AfterDraw:
    """Of /generate-image, called by a task where no workflow shows the reply.  left_s: when the call began."""
    if status < 400:
        return "hand on"
    return "answer" if status in _MAY_PASS and left_s > last_word_s else "hand failure on"


def after_show(steps: Steps, status: int, left_s: float, *, is_picture: bool) -> Next:
    """left_s: of the token's life, when the call has ended."""
    if status < 400:
        return "done"
    may_pass = status in _MAY_PASS
    if is_picture and status != _GONE and (not may_pass or is_urgent(steps, left_s)):
        return "tell"
    return "wait" if may_pass else "give up"


def after_tell(status: int) -> Next:
    return "done" if status < 400 else "wait" if status in _MAY_PASS else "give up"


def wait_s(steps: Steps, age_s: float, left_s: float, asked_s: float, jitter: float) -> float | None:
    """Seconds until the next task of a reply that puts itself off; None if it would come too late.

    0 where the project has no such waits: the queue repeats the task.
    """
    waits = steps.reply_waits
    if waits is None:
        return 0.0 if left_s > 0 else None
    wait = min(max(age_s, waits.first_s), waits.longest_s) * (1 + jitter) / 2
    if left_s < steps.last_word_s:
        wait = min(wait, max(left_s / 2, waits.first_s))
    if asked_s:
        wait = max(wait, asked_s * (1 + JITTER * jitter))
    last_s = left_s - waits.last_attempt_s
    if last_s < _SHORTEST_LAST_WAIT_S:
        return None
    return last_s if wait > last_s - _SHORTEST_LAST_WAIT_S else wait


def is_urgent(steps: Steps, left_s: float) -> bool:
    """Whether so little of the token's life is left at an attempt that no crowd may stand before it."""
    return left_s < steps.last_word_s
