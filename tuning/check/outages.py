"""How all calls of one life are answered: well, or badly in one way.  Used by subject.py and the rules.

Each is one function, the same for everyone who asks: so living.py knows the life that it has followed already.
"""

import functools
from collections.abc import Callable

from tuning.check.answers import GENERATE, MESSAGE, PICTURE, TIMES_OUT, UNAVAILABLE, Answer
from tuning.check.life import Call


def good(call: Call) -> Answer:
    return PICTURE if call.path == GENERATE else MESSAGE


def refusing(call: Call) -> Answer:
    """Only pictures come."""
    return PICTURE if call.path == GENERATE else UNAVAILABLE


def unavailable(_: Call) -> Answer:
    return UNAVAILABLE


def hanging(_: Call) -> Answer:
    return TIMES_OUT


def slow(call: Call) -> Answer:
    """A picture comes at the last moment, all else never."""
    return Answer(PICTURE.outcome, call.timeout_s * 0.999) if call.path == GENERATE else TIMES_OUT


@functools.lru_cache(maxsize=640)
def failing(path: str, answer: Answer) -> Callable[[Call], Answer]:
    """Every call of one path meets one error."""
    return lambda call: answer if call.path == path else good(call)
