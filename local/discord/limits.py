"""How often one interaction's token may be used: Discord answers 429 to more.

Source: https://github.com/discord/discord-api-docs/issues/2701: 5 in 2 s for each interaction; Discord, "Rate Limits".
"""

from collections import OrderedDict
from dataclasses import dataclass

CALLS = 5
WINDOW_S = 2.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of a window that ends in reset_after_s; allowed is whether this call was within it."""

    allowed: bool
    remaining: int
    reset_after_s: float


class RateLimit:
    """Counts the calls of each key in windows that begin with its first call.  now_s never goes back."""

    def __init__(self) -> None:
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()  # key → (end, calls), oldest first

    def take(self, key: str, now_s: float) -> Allowance:
        while self._windows and next(iter(self._windows.values()))[0] <= now_s:
            self._windows.popitem(last=False)
        ends_s, calls = self._windows.get(key, (now_s + WINDOW_S, 0))
        self._windows[key] = (ends_s, calls + 1)
        return Allowance(calls < CALLS, max(CALLS - calls - 1, 0), ends_s - now_s)
