"""Random numbers that two versions of the YAML share.  Used by every part.

Each is a function of the seed, its purpose, the request and the call.  So a request meets the same weather in both
versions, however the order of events differs.
"""

import functools
from collections.abc import Callable
from hashlib import sha256

from tuning.distribution import Distribution

_MASK = 2**64 - 1
_TO_UNIT = 2.0**-53
_CELLS = 2048
_END = 40  # cells at each end, where a distribution bends


Draw = Callable[[int, int], float]  # (request, call) → value


def uniform(seed: int, purpose: str) -> Draw:
    """Numbers between 0 and 1, both excluded.  Source of the mixing: Steele, Lea, Flood, "SplitMix" (2014)."""
    key = int.from_bytes(sha256(f"{seed} {purpose}".encode()).digest()[:8])

    def draw(request: int, call: int) -> float:
        x = (key + request * 0x9E3779B97F4A7C15 + call * 0xD1B54A32D192ED03) & _MASK
        x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) & _MASK
        return (((x ^ (x >> 31)) >> 11) + 0.5) * _TO_UNIT

    return draw


@functools.lru_cache(maxsize=64)  # those of a model, for many simulations
def _table(distribution: Distribution) -> tuple[float, ...]:
    return tuple(distribution.quantile(number / _CELLS) for number in range(_CELLS + 1))


def values(seed: int, purpose: str, distribution: Distribution) -> Draw:
    """Draws of a distribution, to a thousandth of the value: from a table, whose ends are computed."""
    lowest = distribution.quantile(0.001)
    if lowest == distribution.quantile(0.999):
        return lambda request, call: lowest
    unit, quantile = uniform(seed, purpose), distribution.quantile
    table = _table(distribution)

    def draw(request: int, call: int) -> float:
        u = unit(request, call)
        at = u * _CELLS
        number = int(at)
        if _END <= number < _CELLS - _END:
            left = table[number]
            return left + (table[number + 1] - left) * (at - number)
        return quantile(u)

    return draw
