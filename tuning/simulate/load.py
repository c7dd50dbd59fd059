"""When requests come: evenly, at random, in a burst, over a day, or as a file says.  Called by simulation and scenario.

All loads are open: a request comes when it comes, however long the answers to others take.  Out: Load, whose times()
gives seconds from 0, ascending, one by one; a load of a million requests takes no more memory than one of ten.
"""

import random
from collections.abc import Callable, Iterator
from copy import copy
from dataclasses import dataclass
from functools import partial
from heapq import merge
from itertools import accumulate, repeat
from pathlib import Path

from tuning.curve import Corner, Curve
from tuning.durations import in_words
from tuning.simulate.arrivals import read_arrivals

DAY_S = 86_400.0
# Requests of each hour of a day, from midnight, in hundredths of the busiest one; a guess: one evening peak, and few
# who are awake before dawn, as on a server whose members live in one time zone.
_HOURS = (56, 42, 30, 21, 15, 13, 14, 18, 25, 33, 40, 47, 53, 58, 62, 66, 70, 76, 84, 93, 100, 98, 88, 72)


@dataclass(frozen=True, slots=True)
class Load:
    """Requests over length_s seconds; expected: how many, of a random load the mean.

    begin: dice → the times.  It can be pickled, so that another process may run the same load.
    """

    label: str
    length_s: float
    expected: int
    begin: Callable[[random.Random], Iterator[float]]

    def times(self, dice: random.Random) -> Iterator[float]:
        """Seconds from 0, ascending, none above length_s; the same dice give the same times."""
        return self.begin(dice)


def even(rate_per_s: float, length_s: float) -> Load:
    """The first request at 0, then one after each 1 / rate_per_s."""
    return _shaped(f"{rate_per_s:g}/s for {in_words(length_s)}", _flat(rate_per_s, length_s), is_random=False)


def poisson(rate_per_s: float, length_s: float) -> Load:
    """Independent requests: the time between two has an exponential distribution with the mean 1 / rate_per_s."""
    label = f"{rate_per_s:g}/s at random for {in_words(length_s)}"
    return _shaped(label, _flat(rate_per_s, length_s), is_random=True)


def burst(base_per_s: float, peak_per_s: float, width_s: float, length_s: float, *, is_random: bool = False) -> Load:
    """base_per_s, and peak_per_s for width_s seconds after a third of length_s.

    Source: Brooker, "Fixing retries with token buckets and circuit breakers": spikes with base, peak and width.
    """
    begins_s = length_s / 3
    ends_s = min(begins_s + width_s, length_s)
    label = f"{base_per_s:g}/s, {peak_per_s:g}/s for {in_words(width_s)}, {in_words(length_s)} in all"
    corners = [(0.0, base_per_s), (begins_s, base_per_s), (begins_s, peak_per_s), (ends_s, peak_per_s)]
    corners += [(ends_s, base_per_s), (length_s, base_per_s)]
    return _shaped(label, Curve(tuple(corners)), is_random=is_random)


def day(count: int, length_s: float = DAY_S, *, is_random: bool = False) -> Load:
    """count requests over a day: few at dawn, most in the evening.  A shorter length_s is the same day, faster."""
    label = f"{count:,} over a day" + ("" if length_s == DAY_S else f" in {in_words(length_s)}")
    corners: list[Corner] = [(float(hour), height) for hour, height in enumerate((*_HOURS, _HOURS[0]))]
    curve = Curve(tuple(corners)).scaled(length_s / 24)
    return _shaped(label, curve.scaled(1, count / curve.area()), is_random=is_random)


def at_once(load: Load, count: int, at_s: float) -> Load:
    """The load, and `count` requests more at one instant."""
    label = f"{load.label}, and {count:,} at once after {in_words(at_s)}"
    length_s = max(load.length_s, at_s)
    return Load(label, length_s, load.expected + count, partial(_both, load, partial(_instant, count, at_s)))


def multiplied(load: Load, factor: Curve, begins_s: float) -> Load:
    """The load, and more of it from begins_s on: as much as `factor`, over seconds from there, is above 1.

    A factor below 1 takes nothing away.  What is added comes at random, at the load's mean rate × (factor − 1).
    """
    rate_per_s = load.expected / load.length_s
    highest = max(height for _, height in factor.corners)
    label = f"{load.label}, up to {highest:g} times as many"
    more = Curve(tuple((place, max(height - 1, 0.0) * rate_per_s) for place, height in factor.corners))
    if begins_s >= load.length_s:
        return load
    extra = _shaped("", more.until(load.length_s - begins_s), is_random=True)
    begin = partial(_both, load, partial(_later, extra, begins_s))
    return Load(label, load.length_s, load.expected + extra.expected, begin)


def from_file(path: Path) -> Load:
    """The requests of a file, see tuning/simulate/arrivals.py.  Raises FileMistake; OSError where it cannot be read."""
    arrivals = read_arrivals(path)
    label = f"{len(arrivals):,} of {path.name} in {in_words(round(arrivals.length_s))}"
    return Load(label, arrivals.length_s, len(arrivals), partial(_recorded, arrivals.times))


def _flat(rate_per_s: float, length_s: float) -> Curve:
    return Curve(((0.0, rate_per_s), (length_s, rate_per_s)))


def _shaped(label: str, rate_per_s: Curve, *, is_random: bool) -> Load:
    expected = round(rate_per_s.area())
    return Load(label, rate_per_s.corners[-1][0], expected, partial(_drawn, rate_per_s, expected, is_random))


def _drawn(rate_per_s: Curve, expected: int, is_random: bool, dice: random.Random) -> Iterator[float]:
    """A random load of changing rate is one of rate 1 whose time is stretched by the rate.

    Source: Lewis and Shedler, "Simulation of nonhomogeneous Poisson processes", 1979: inversion of the mean.
    """
    if is_random:
        return rate_per_s.places(accumulate(map(dice.expovariate, repeat(1.0))))
    return rate_per_s.places(map(float, range(expected)))


def _both(load: Load, more: Callable[[random.Random], Iterator[float]], dice: random.Random) -> Iterator[float]:
    """What is added has dice of its own, so that it changes nothing about when the others come."""
    others = random.Random(copy(dice).getrandbits(64))  # noqa: S311 (a simulation)
    return merge(load.times(dice), more(others))


def _instant(count: int, at_s: float, _: random.Random) -> Iterator[float]:
    return repeat(at_s, count)


def _later(load: Load, begins_s: float, dice: random.Random) -> Iterator[float]:
    return (begins_s + at_s for at_s in load.times(dice))


def _recorded(times: Callable[[], Iterator[float]], _: random.Random) -> Iterator[float]:
    return times()
