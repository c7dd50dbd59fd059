"""How long something takes, as a function from a share of the cases to seconds.  Called by model and simulate.fault.

quantile(u) is the value that a share u of the cases does not exceed.  Whoever draws u by the number of the request and
of the call gives two versions of a workflow the same luck, whatever the order of their events.
"""

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, replace
from math import exp, inf, log
from statistics import NormalDist

_NORMAL = NormalDist()
_LEAST, _MOST = 1e-9, 1 - 1e-9  # beyond them the tail is a guess of a guess
_P99_9 = _NORMAL.inv_cdf(0.999)


@dataclass(frozen=True, slots=True)
class Distribution:
    """The logarithm of the value in straight lines between points of a normal distribution; never above `most`.

    points: (standard deviations, logarithm), ascending.  One point is a constant; two points are a log-normal
    distribution.  Beyond the outer points the outer lines go on.
    """

    points: tuple[tuple[float, float], ...]
    most: float = inf

    @property
    def median(self) -> float:
        return self.quantile(0.5)

    def quantile(self, u: float) -> float:
        """u from 0 to 1."""
        points = self.points
        if len(points) == 1:
            return min(exp(points[0][1]), self.most)
        z = _NORMAL.inv_cdf(min(max(u, _LEAST), _MOST))
        right = 1 if len(points) == 2 else min(max(bisect_right(points, (z, inf)), 1), len(points) - 1)
        (z0, log0), (z1, log1) = points[right - 1], points[right]
        return min(exp(log0 + (log1 - log0) * (z - z0) / (z1 - z0)), self.most)

    def with_median(self, median: float) -> "Distribution":
        """The same form, every value multiplied; the highest value too."""
        factor = median / self.median
        points = tuple((z, logarithm + log(factor)) for z, logarithm in self.points)
        return replace(self, points=points, most=self.most * factor)


def constant(value: float) -> Distribution:
    return Distribution(((0.0, log(value)),))


def lognormal(median: float, sigma: float, most: float = inf) -> Distribution:
    """sigma: the standard deviation of the logarithm."""
    return Distribution(((0.0, log(median)), (1.0, log(median) + sigma)), most)


def percentiles(values: Mapping[float, float], most: float = inf) -> Distribution:
    """Percent → value, at least two, both ascending; 50 → 0.08 says that the median is 0.08."""
    return Distribution(tuple((_NORMAL.inv_cdf(percent / 100), log(value)) for percent, value in values.items()), most)


def up_to(median: float, most: float) -> Distribution:
    """Log-normal; one of a thousand would take longer than `most`, and takes as long."""
    return lognormal(median, log(most / median) / _P99_9 if most > median else 0.0, most)
