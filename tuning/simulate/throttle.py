"""The pause of one process of the steps after Discord's limits.  Used by steps.

Source: steps/rate_limits.py; a test compares.
"""

import math
from collections import deque

SHORTEST_S, LONGEST_S = 0.5, 900.0
DEFAULT_S = 1.0  # a 429 of Discord that names no time
BLOCKED_S = 300.0  # a page in front of Discord
_WINDOW_S = 600.0
_MAX_INVALID = 240


class Throttle:
    """After a global limit its calls wait; after _MAX_INVALID answers of 401, 403 and 429 in 10 minutes all calls."""

    __slots__ = ("_held_until_s", "_invalid_at_s")

    def __init__(self) -> None:
        self._held_until_s = -math.inf
        self._invalid_at_s: deque[float] = deque(maxlen=_MAX_INVALID)

    def wait_s(self, now_s: float) -> float:
        """How long a call has to wait; 0 if it may be made now."""
        held_s = self._held_until_s - now_s
        if held_s <= 0:
            if len(self._invalid_at_s) < _MAX_INVALID:
                return 0.0
            held_s = self._invalid_at_s[0] + _WINDOW_S - now_s
        return round(max(held_s, SHORTEST_S), 3) if held_s > 0 else 0.0

    def count_invalid(self, now_s: float) -> None:
        self._invalid_at_s.append(now_s)

    def limited(self, now_s: float, asked_s: float | None, is_page: bool, is_global: bool = True) -> float:
        """After a 429: the wait.  A page in front of Discord, and a limit of one webhook, hold no other call."""
        seconds = asked_s if asked_s is not None else BLOCKED_S if is_page else DEFAULT_S
        seconds = min(max(seconds, SHORTEST_S), LONGEST_S)
        self.count_invalid(now_s)
        if is_global and not is_page:
            self._held_until_s = max(self._held_until_s, now_s + seconds)
        return seconds
