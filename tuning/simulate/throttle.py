"""The pause of one process of the steps after Discord's limits.  Used by steps.

Source: steps/rate_limits.py, steps/throttle.py; a test compares.
"""

import math

SHORTEST_S, LONGEST_S = 0.5, 900.0
DEFAULT_S = 1.0  # a 429 of Discord that names no time
BLOCKED_S = 60.0  # a page in front of Discord
_INVALID_AT_ONCE = 100
_INVALID_EVERY_S = 5.0


class Throttle:
    """After a global limit its calls wait; after too many answers of 401, 403 and 429 one call is made every 5 s."""

    __slots__ = ("_allowed", "_allowed_at_s", "_calls", "_held_until_s", "_is_refused")

    def __init__(self) -> None:
        self._held_until_s = -math.inf
        self._allowed = float(_INVALID_AT_ONCE)
        self._allowed_at_s = 0.0
        self._calls = 0
        self._is_refused = False

    def begin(self, now_s: float) -> float:
        """How long a call has to wait; 0 if it is made now."""
        held_s = self._held_until_s - now_s
        if held_s <= 0:
            lacking = 1 - self._allowed_now(now_s) + (self._calls if self._is_refused else 0)
            if lacking <= 0:
                self._calls += 1
                return 0.0
            held_s = lacking * _INVALID_EVERY_S
        return round(max(held_s, SHORTEST_S), 3)

    def end(self, now_s: float, status: int) -> None:
        """A call has ended with this status, or with 0: without an answer."""
        self._calls -= 1
        if status:
            self._is_refused = status in (401, 403, 429)
            if self._is_refused:
                self._allowed = self._allowed_now(now_s) - 1

    def limited(self, now_s: float, asked_s: float | None, is_page: bool, is_global: bool = True) -> float:
        """After a 429: the wait.  A page in front of Discord, and a limit of one webhook, hold no other call."""
        seconds = asked_s if asked_s is not None else BLOCKED_S if is_page else DEFAULT_S
        seconds = min(max(seconds, SHORTEST_S), LONGEST_S)
        if is_global and not is_page:
            self._held_until_s = max(self._held_until_s, now_s + seconds)
        return seconds

    def _allowed_now(self, now_s: float) -> float:
        passed = (now_s - self._allowed_at_s) / _INVALID_EVERY_S
        self._allowed, self._allowed_at_s = min(self._allowed + passed, float(_INVALID_AT_ONCE)), now_s
        return self._allowed
