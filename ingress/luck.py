"""How many attempts does a task need now?  As far as our own calls to Cloud Tasks tell.  Used by enqueue and backlog.

What Cloud Tasks calls for a task needs Google's tokens and services as we do.  Where most calls fail, the length of a
queue alone says little: each task waits for its luck.
"""

import math
from collections.abc import Iterator
from contextlib import contextmanager

from service.cloud_tasks import FAILURES, already_exists, is_final

_CALLS = 100  # about so many of the last ones count
_UNLUCKY = 0.001  # the share of the tasks that may need more attempts


class Luck:
    """How many of the last calls were good.  Before the first one all are, so a few failures say little."""

    def __init__(self) -> None:
        self._good_share = 1.0

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the call that the block makes.  An answer that a second call would get too is no bad luck."""
        try:
            yield
        except FAILURES as error:
            self.note(is_good=already_exists(error) or is_final(error))
            raise
        self.note(is_good=True)

    def note(self, *, is_good: bool) -> None:
        self._good_share += (is_good - self._good_share) / _CALLS

    def attempts(self) -> float:
        """With so many nearly every task succeeds; 1 while nothing fails."""
        if self._good_share >= 1 - _UNLUCKY:
            return 1.0
        good_share = max(self._good_share, 1 / _CALLS)  # so few calls know of no lower one
        return math.log(_UNLUCKY) / math.log1p(-good_share)
