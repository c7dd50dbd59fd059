"""What /reply-discord does after it has shown a task's reply, or not.  Called by check/ and simulate/.

Source: steps/last_word.py; a test compares.
"""

from typing import Literal

_MISTAKE, _GONE = 500, 410
_MAY_PASS = (429, 503)  # the statuses of steps.errors.RetryableError

# answer: say so; the queue repeats what is no 2xx · tell: show the failure message · give up: 200, nothing can be shown
Next = Literal["answer", "tell", "give up"]


def after_show(status: int, left_s: float, last_word_s: float, *, is_picture: bool) -> Next:
    """left_s: of the token's life, when the call began."""
    if status < 400 or (status in (*_MAY_PASS, _MISTAKE) and left_s > (last_word_s if is_picture else 0)):
        return "answer"
    return "tell" if is_picture and status != _GONE else "give up"


def after_tell(status: int, left_s: float) -> Next:
    is_answer = status < 400 or status == _MISTAKE or (status in _MAY_PASS and left_s > 0)
    return "answer" if is_answer else "give up"
