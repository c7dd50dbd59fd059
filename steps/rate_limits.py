"""When may Discord be called again?  What a 429 says of that.

Source: Discord, "Rate Limits", for all that is not said otherwise.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Literal

# What a global limit counts by: calls of a bot by its token, calls without Authorization by our address.
CountedBy = Literal["address", "bot"]

SHORTEST_S = 0.5  # also for 0 and less, which mean "now": a call before the limit's end would only be counted again
_LONGEST_S = 900.0  # the life of an interaction's token: a longer wait is useless
_DEFAULT_S = 1.0
# A block by address that names no end lasts minutes to an hour (discord-api-docs #5810, #5385).  throttle.py bounds the
# calls of all that wait; this says how much later than the end of the block a reply may come.
_BLOCKED_S = 60.0


@dataclass(frozen=True, slots=True)
class RateLimit:
    """is_global: it covers all calls of this bot or address, not one webhook's or channel's alone.

    is_invalid: it counts as one of the 10,000 invalid requests.
    """

    message: str
    retry_after_s: float
    is_global: bool
    is_invalid: bool


def read_rate_limit(headers: Mapping[str, str], body: object) -> RateLimit:
    """What a 429 with these headers (their names in any case) and this JSON body says.

    A block by address at Cloudflare is a 429 too: a text or JSON without retry_after, often with Retry-After.  It is
    known to hit one webhook or one route alone (discord-api-docs #7040, #5385), so it holds back no other call.
    X-RateLimit-Reset-After belongs to a bucket, which may not be the limit that was hit, so it is read last.
    """
    said = body if isinstance(body, dict) else {}
    scope = headers.get("X-RateLimit-Scope", "").lower()
    is_global = (
        said.get("global") is True or scope == "global" or headers.get("X-RateLimit-Global", "").lower() == "true"
    )
    is_discords = "retry_after" in said or any(name.lower().startswith("x-ratelimit-") for name in headers)
    asked_s = next(
        (
            seconds
            for seconds in (
                _seconds(said.get("retry_after")),
                _seconds(headers.get("Retry-After")),
                _until(headers.get("Retry-After", ""), headers.get("Date", "")),
                _seconds(headers.get("X-RateLimit-Reset-After")),
            )
            if seconds is not None
        ),
        _DEFAULT_S if is_discords else _BLOCKED_S,
    )
    return RateLimit(
        "Discord limits our rate" if is_discords else "Discord's network blocks our address for now",
        min(max(asked_s, SHORTEST_S), _LONGEST_S),
        is_global,
        is_invalid=scope != "shared",
    )


def _seconds(value: object) -> float | None:
    """The number in value, which may be a text; None if there is none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        seconds = float(value)
    except (ValueError, OverflowError):
        return None
    return seconds if math.isfinite(seconds) else None


def _until(retry_at: str, now: str) -> float | None:
    """Seconds between two dates of HTTP, both from the clock of the answer's sender.  Source: RFC 9110, Retry-After."""
    try:
        return (parsedate_to_datetime(retry_at) - parsedate_to_datetime(now)).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
