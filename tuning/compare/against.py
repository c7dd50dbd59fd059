"""Two versions under the same arrivals, faults and random numbers.  Called by the command line, and by suggest.

In: the texts of both.  Out: an answer of each, and how far their difference depends on the seed.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from tuning.compare.simulations import Case, Simulations
from tuning.model import Model
from tuning.simulate.answer import Answer
from tuning.simulate.scenario import Scenario
from tuning.simulate.table import Bands, numbers, rows
from tuning.sources import Sources

_LOW, _HIGH = 0.05, 0.95  # of the seeds: nine of ten lie between

Pair = tuple[Answer, Answer]


@dataclass(frozen=True, slots=True)
class Comparison:
    """before and after are of the first seed."""

    before: Answer
    after: Answer
    bands: Bands


def compare(
    simulations: Simulations, versions: tuple[Sources, Sources], scenario: Scenario, model: Model, seeds: Sequence[int]
) -> Comparison:
    """versions: before and after.  Raises ProjectError, UnknownCall."""
    cases = [Case(sources, scenario, model, seed) for seed in seeds for sources in versions]
    answers = simulations.answers(f"{scenario.load.label}, {len(seeds)} times both", cases)
    pairs = list(zip(answers[::2], answers[1::2], strict=True))
    return Comparison(*pairs[0], bands(pairs))


def bands(pairs: Sequence[Pair]) -> Bands:
    """Of each number the 5th and the 95th percentile of its difference.

    Empty for one pair.  A number that some answer does not have, such as a recovery that never came, has no band.
    """
    if len(pairs) < 2:
        return {}
    said = [(numbers(before), numbers(after)) for before, after in pairs]
    found = {}
    for row in rows(*said[0]):
        differences = []
        for before, after in said:
            old, new = row.value(before), row.value(after)
            if old is not None and new is not None:
                differences.append(new - old)
        if len(differences) == len(pairs):
            found[row.path] = (_quantile(differences, _LOW), _quantile(differences, _HIGH))
    return found


def _quantile(values: Sequence[float], share: float) -> float:
    """Between two values in a straight line.  Source: Hyndman and Fan, "Sample quantiles", 1996: their seventh."""
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = math.floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)
