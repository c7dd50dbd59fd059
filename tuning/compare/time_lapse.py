"""A scenario in less time: the same rates, fewer requests.  Called by suggest, which tries many numbers on it.

The load's time is cut into slices, and only the beginning of each is kept; so a day stays a day, only faster.  Faults
begin and end where they would.  What is not ours keeps its length: waits, time-outs, the token's life.
"""

import random
from collections.abc import Iterator
from dataclasses import replace
from functools import partial

from tuning.simulate.load import Load
from tuning.simulate.scenario import Scenario

_SLICES = 60


def time_lapse(scenario: Scenario, share: float) -> Scenario:
    """share: of the time, above 0, at most 1."""
    if share == 1:
        return scenario
    load = scenario.load
    shorter = Load(load.label, load.length_s * share, round(load.expected * share), partial(_sliced, load, share))
    return replace(
        scenario,
        load=shorter,
        faults=tuple(fault.moved(0.0, share) for fault in scenario.faults),
        begins_s=scenario.begins_s * share,
        ends_s=scenario.ends_s * share,
    )


def _sliced(load: Load, share: float, dice: random.Random) -> Iterator[float]:
    slice_s = load.length_s / _SLICES
    for at_s in load.times(dice):
        number = int(at_s / slice_s + 1e-9)  # an instant where a slice begins belongs to it
        since_s = max(0.0, at_s - number * slice_s)
        if since_s < slice_s * share:
            yield number * slice_s * share + since_s
