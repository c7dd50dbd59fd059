"""Many times in little memory: how many fell into each of the bins, which grow by half a percent."""

import math
from collections.abc import Sequence

_LEAST_S = 0.001
_GROWTH = math.log(1.005)


class Times:
    __slots__ = ("_bins", "count", "longest_s")

    def __init__(self) -> None:
        self._bins: dict[int, int] = {}
        self.count = 0
        self.longest_s: float | None = None

    def add(self, seconds: float) -> None:
        number = int(math.log(max(seconds, _LEAST_S) / _LEAST_S) / _GROWTH)
        self._bins[number] = self._bins.get(number, 0) + 1
        self.count += 1
        if self.longest_s is None or seconds > self.longest_s:
            self.longest_s = seconds

    def include(self, other: "Times") -> None:
        for number, count in other._bins.items():
            self._bins[number] = self._bins.get(number, 0) + count
        self.count += other.count
        if other.longest_s is not None:
            self.longest_s = max(other.longest_s, self.longest_s or 0.0)

    def quantile(self, share: float) -> float | None:
        """The time that this share does not exceed, to a quarter of a percent; None if there is none."""
        if not self.count or self.longest_s is None:
            return None
        wanted, seen = share * self.count, 0
        for number in sorted(self._bins):
            seen += self._bins[number]
            if seen >= wanted:
                return min(_LEAST_S * math.exp((number + 0.5) * _GROWTH), self.longest_s)
        return self.longest_s

    def within(self, seconds: float) -> int:
        """How many did not exceed it."""
        last = int(math.log(max(seconds, _LEAST_S) / _LEAST_S) / _GROWTH)
        return sum(count for number, count in self._bins.items() if number <= last)

    def histogram(self, bins_a_decade: int = 20) -> tuple[Sequence[float], Sequence[int]]:
        """(edges, counts) of wider bins, from the first to the last that holds a time."""
        wide: dict[int, int] = {}
        for number, count in self._bins.items():
            seconds = _LEAST_S * math.exp((number + 0.5) * _GROWTH)
            key = math.floor(math.log10(seconds) * bins_a_decade)
            wide[key] = wide.get(key, 0) + count
        if not wide:
            return [], []
        keys = range(min(wide), max(wide) + 1)
        return [10 ** (key / bins_a_decade) for key in (*keys, keys.stop)], [wide.get(key, 0) for key in keys]
