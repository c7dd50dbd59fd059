"""What is counted for the charts, in steps of STEP_S seconds, and the figures that come of it.  Pure."""

import math
from collections.abc import Mapping

STEP_S = 15
TALLIED_S = 3600  # so long the counts are kept
_BUCKETS_A_DOUBLING = 8  # of a reply's time: each bucket is 9 % longer than the one before
_SHORTEST_S = 0.01

REPLY, OUTCOME, REFUSAL, DISPATCH = "reply:", "outcome:", "refusal:", "dispatch:"


def reply_bucket(seconds: float) -> str:
    """The name of the count of replies that took about so long."""
    return f"{REPLY}{round(math.log2(max(seconds, _SHORTEST_S)) * _BUCKETS_A_DOUBLING)}"


def percentile(counts: Mapping[str, int], share: float) -> float | None:
    """The time within which that share of the replies came, by their buckets; None where there was none."""
    buckets = sorted((int(name.removeprefix(REPLY)), count) for name, count in counts.items() if name.startswith(REPLY))
    rest = share * sum(count for _, count in buckets)
    for bucket, count in buckets:
        rest -= count
        if rest <= 0:
            return float(f"{2 ** (bucket / _BUCKETS_A_DOUBLING):.3g}")
    return None
