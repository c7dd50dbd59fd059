"""Calls of Discord that would certainly be refused, or that could ban our address, are not made.  Used by discord.py.

Source: Discord, "Rate Limits", for all that is not said otherwise.
"""

import math
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from steps.errors import RetryableError
from steps.rate_limits import SHORTEST_S, CountedBy

# 10,000 invalid requests in 10 minutes ban an address.  40 processes share ours (app.yaml: 20 instances of 2 workers).
# One allows itself so many at once and one more every 5 s; its 20 threads may overdo it: 240 at most within 10 minutes.
_INVALID_AT_ONCE = 100
_INVALID_EVERY_S = 5.0


class Throttle:
    """What one process remembers of Discord's refusals.

    After a global limit the calls that it counts wait until it is over.  A process that has made too many invalid
    requests makes one call every 5 s, until Discord takes one.
    """

    def __init__(self, monotonic_s: Callable[[], float]) -> None:
        self._monotonic_s = monotonic_s
        self._lock = threading.Lock()
        self._held_until_s: dict[CountedBy, float] = {"address": -math.inf, "bot": -math.inf}
        self._allowed = float(_INVALID_AT_ONCE)
        self._allowed_at_s = monotonic_s()
        self._calls = 0  # that go on
        self._is_refused = False  # the last answer made an invalid request of its call

    @contextmanager
    def call(self, counted_by: CountedBy) -> Iterator[None]:
        """Around each call.  Raises RetryableError while such a call must wait."""
        with self._lock:
            held_s = self._held_until_s[counted_by] - self._monotonic_s()
            if held_s > 0:
                raise _wait("Discord limits our rate", held_s)
            lacking = 1 - self._allowed_now()
            if self._is_refused:  # those under way may be refused too
                lacking += self._calls
            if lacking > 0:
                raise _wait("more invalid requests to Discord would ban our address", lacking * _INVALID_EVERY_S)
            self._calls += 1
        try:
            yield
        finally:
            with self._lock:
                self._calls -= 1

    def hold(self, counted_by: CountedBy, seconds: float) -> None:
        """Stop these calls for so long; a shorter limit does not end a longer one."""
        with self._lock:
            self._held_until_s[counted_by] = max(self._held_until_s[counted_by], self._monotonic_s() + seconds)

    def count(self, *, is_invalid: bool) -> None:
        """One more answer.  Invalid ones are 401, 403 and 429."""
        with self._lock:
            self._is_refused = is_invalid
            if is_invalid:
                self._allowed = self._allowed_now() - 1

    def _allowed_now(self) -> float:
        now_s = self._monotonic_s()
        self._allowed = min(self._allowed + (now_s - self._allowed_at_s) / _INVALID_EVERY_S, float(_INVALID_AT_ONCE))
        self._allowed_at_s = now_s
        return self._allowed


def _wait(message: str, seconds: float) -> RetryableError:
    return RetryableError(message, retry_after_s=round(max(seconds, SHORTEST_S), 3), kind="discord")
