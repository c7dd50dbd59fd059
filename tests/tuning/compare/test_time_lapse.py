"""A part of a load has the same rates as the whole, and the fault at its place."""

import random

import pytest

from tests.tuning.simulate.builders import even, scenario
from tuning.compare.time_lapse import time_lapse
from tuning.simulate.load import at_once, day
from tuning.simulate.scenario import calm


def _times(load_share: float) -> list[float]:
    load = time_lapse(calm(even(40, 900)), load_share).load
    return list(load.times(random.Random(1)))


@pytest.mark.parametrize("share", [1 / 8, 1 / 4, 1 / 2, 1.0])
def test_an_even_load_is_as_dense_and_shorter(share: float) -> None:
    times = _times(share)
    assert len(times) == pytest.approx(36_000 * share, rel=0.02)
    assert times == sorted(times)
    assert times[-1] == pytest.approx(900 * share, abs=0.1)


def test_a_day_stays_a_day() -> None:
    load = time_lapse(calm(day(96_000)), 0.25).load
    hours = [0] * 24
    for at_s in load.times(random.Random(1)):
        hours[int(at_s // 900)] += 1
    assert hours.index(max(hours)) in (20, 21)
    assert hours.index(min(hours)) in (4, 5, 6)
    assert sum(hours) == pytest.approx(load.expected, rel=0.02)


@pytest.mark.parametrize("length_s", [900, 13, 70, 0.9])
def test_a_crowd_at_one_instant_stays_whole(length_s: float) -> None:
    """Where a third of the time is over, which is where a slice begins, but for the last digit."""
    load = time_lapse(calm(at_once(even(10, length_s), 500, length_s / 3)), 0.25).load
    crowd = [at_s for at_s in load.times(random.Random(1)) if at_s == pytest.approx(length_s / 12)]
    assert len(crowd) >= 500


def test_a_fault_begins_and_ends_in_proportion() -> None:
    part = time_lapse(scenario("discord-down", even(40, 900), down_s=300), 0.5)
    assert (part.begins_s, part.ends_s) == (150, 300)
    assert [(fault.begins_s, fault.ends_s) for fault in part.faults] == [(150, 300)]
    assert part.share("discord", 299.0) == 1
    assert part.share("discord", 301.0) == 0
