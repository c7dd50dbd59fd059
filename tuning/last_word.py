"""What /reply-discord does after it has shown a task's reply, or not.  Called by check/ and simulate/.

Source: steps/last_word.py; a test compares.
"""

from typing import Literal

_GONE = 410
_MAY_PASS = (429, 500, 503)  # the statuses of steps.errors.RetryableError, and of a mistake of ours
JITTER = 0.5  # up to so much longer than Discord asks a task waits

# answer: say so; the queue repeats what is no 2xx · tell: show the failure message · give up: 200, nothing can be shown
Next = Literal["answer", "tell", "give up"]


def after_show(status: int, left_s: float, last_word_s: float, asked_s: float, *, is_picture: bool) -> Next:
    """left_s: of the token's life, when the call began.  asked_s: what a 429 asks for, else 0."""
    needed_s = last_word_s + asked_s * (1 + JITTER) if is_picture else 0
    if status < 400 or (status in _MAY_PASS and left_s > needed_s):
        return "answer"
    return "tell" if is_picture and status != _GONE else "give up"


def after_tell(status: int, left_s: float) -> Next:
    return "answer" if status < 400 or (status in _MAY_PASS and left_s > 0) else "give up"
