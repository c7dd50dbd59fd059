"""The rate limit of an interaction's token: more calls get 429, and the headers of every answer say what is left.

Source: https://github.com/discord/discord-api-docs/issues/2701: 5 in 2 s for each interaction; Discord, "Rate Limits".
"""

import math
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from local.discord.errors import DiscordError

CALLS = 5
WINDOW_S = 2.0
_BUCKET = "webhook"


@dataclass(frozen=True, slots=True)
class Allowance:
    """The state of a window that ends in reset_after_s; allowed: whether this call was within the limit."""

    allowed: bool
    remaining: int
    reset_after_s: float

    def headers(self, now_s: float) -> dict[str, str]:
        """now_s: seconds since 1970."""
        return {
            "X-RateLimit-Limit": str(CALLS),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": f"{now_s + self.reset_after_s:.3f}",
            "X-RateLimit-Reset-After": f"{self.reset_after_s:.3f}",
            "X-RateLimit-Bucket": _BUCKET,
        }


class RateLimit:
    """Counts the calls of each key in windows that begin with its first call.  now_s never decreases."""

    def __init__(self) -> None:
        self._windows: OrderedDict[str, tuple[float, int]] = OrderedDict()  # key → (end, calls), oldest first

    def take(self, key: str, now_s: float) -> Allowance:
        while self._windows and next(iter(self._windows.values()))[0] <= now_s:
            self._windows.popitem(last=False)
        ends_s, calls = self._windows.get(key, (now_s + WINDOW_S, 0))
        self._windows[key] = (ends_s, calls + 1)
        return Allowance(calls < CALLS, max(CALLS - calls - 1, 0), ends_s - now_s)


def rate_limited(retry_after_s: float, headers: Mapping[str, str], is_global: bool = False) -> DiscordError:
    """A 429.  Retry-After is in whole seconds, rounded up; the body has the exact value; headers: of the allowance.

    Libraries treat a 429 without Via as one of Cloudflare's and do not retry (discord.py, HTTPClient.request).
    """
    more = {"Retry-After": str(math.ceil(retry_after_s)), "Via": "1.1 google"}
    more["X-RateLimit-Scope"] = "global" if is_global else "user"
    if is_global:
        more["X-RateLimit-Global"] = "true"
    error = DiscordError(
        429, 0, "You are being rate limited.", {**headers, **more}, retry_after=retry_after_s, **{"global": is_global}
    )
    del error.body["code"]
    return error
