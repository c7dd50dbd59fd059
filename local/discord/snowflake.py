"""Discord's ids, which hold the time of creation and are ordered by it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]

PATTERN = r"[0-8]?[0-9]{1,18}"  # what fits into 63 bits

_EPOCH = datetime(2015, 1, 1, tzinfo=UTC)


class Snowflakes:
    """Creates ids.  Each is larger than `after` and all earlier ones, even when the clock goes back.

    Source: Discord, "Snowflakes": milliseconds since 2015 from bit 22 on; the lower bits are a counter here.
    """

    def __init__(self, clock: Clock, after: int = 0) -> None:
        self._clock = clock
        self._last = after

    def next(self) -> str:
        moment_ms = (self._clock() - _EPOCH) // timedelta(milliseconds=1)
        self._last = max(moment_ms << 22, self._last + 1)
        return str(self._last)


def time_of_id(snowflake: str) -> datetime:
    """The time of creation in the id (UTC)."""
    return _EPOCH + timedelta(milliseconds=int(snowflake) >> 22)


def smallest_id_at(moment_s: float) -> int:
    """The smallest id of that moment, in seconds since 1970."""
    return int((moment_s - _EPOCH.timestamp()) * 1000) << 22
