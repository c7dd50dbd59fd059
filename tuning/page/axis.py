"""From a number to its place on a picture, and where the axis has ticks.  Called by picture.py."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

_MINUTE_S = 60
# Round times, in seconds; about a decade from one to the next.
_DECADES_S = (0.01, 0.1, 1.0, 10.0, 60.0, 600.0, 3600.0, 36_000.0)


@dataclass(frozen=True, slots=True)
class Axis:
    """low lies at low_px, high at high_px; is_log: equal ratios lie equally far apart."""

    low: float
    high: float
    low_px: float
    high_px: float
    ticks: Sequence[float]
    is_log: bool = False

    def place(self, number: float) -> float:
        """Numbers beyond an end lie at that end."""
        inside = min(max(number, self.low), self.high)
        low, high, at = (math.log(one) for one in (self.low, self.high, inside)) if self.is_log else self._plain(inside)
        return self.low_px + (at - low) / (high - low) * (self.high_px - self.low_px)

    def _plain(self, number: float) -> tuple[float, float, float]:
        return self.low, self.high, number


def from_zero(numbers: Sequence[float], low_px: float, high_px: float) -> Axis:
    """Up to a little more than the greatest number, with two to four ticks above zero."""
    high = max([*numbers, 1.0]) * 1.15
    step = next(nice * 10**power for power in range(-1, 10) for nice in (1, 2, 5) if high < 5 * nice * 10**power)
    return Axis(0.0, high, low_px, high_px, [index * step for index in range(int(high // step) + 1)])


def decades(seconds: Sequence[float], low_px: float, high_px: float) -> Axis:
    """From the round time below the least number to a little more than the greatest, one step at least."""
    least, most = min(seconds, default=1.0), max(seconds, default=1.0)
    low = max((one for one in _DECADES_S if one <= least), default=_DECADES_S[0])
    high = max(most * 1.5, low * 10)
    return Axis(low, high, low_px, high_px, [one for one in _DECADES_S if low <= one <= high], is_log=True)


def minutes(length_s: float) -> list[float]:
    """At most ten ticks of whole minutes."""
    step = next(nice for nice in (1, 2, 5, 10, 15, 30, 60, 120, 240, 480, 1440) if length_s / _MINUTE_S / nice <= 10)
    return [minute * 60.0 for minute in range(0, int(length_s // _MINUTE_S) + 1, step)]
