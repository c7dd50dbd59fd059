"""How long after the faults everything is as before.  Called by simulation."""

import math
from collections.abc import Sequence
from itertools import pairwise

from tuning.simulate.percentiles import Times

_SLOWER = 2.0  # than the p95 of before
_SHARE = 0.95
_FEWEST = 100  # requests by which a stretch of time is judged


class Bucket:
    """The requests that were sent in one stretch of time.

    resolved_s: when the last of them got its picture or its word, or was given up.  open: those that still wait.
    """

    __slots__ = ("errors", "gauges", "open", "resolved_s", "sent", "times")

    def __init__(self) -> None:
        self.sent = 0
        self.open = 0
        self.errors = 0
        self.resolved_s = 0.0
        self.times = Times()
        self.gauges: tuple[int, ...] = ()


def recovered_after_s(buckets: Sequence[Bucket], bucket_s: float, begins_s: float, ends_s: float) -> float | None:
    """From ends_s until nothing older waits, and 95 of 100 new requests get a picture within twice the p95 of before.

    None where that never is, or where nothing was measured before begins_s.  Where no request comes after ends_s, the
    older ones alone count.
    """
    before = Times()
    for bucket in buckets[: int(begins_s // bucket_s)]:
        before.include(bucket.times)
    usual_s = before.quantile(_SHARE)
    if usual_s is None:
        return None
    first = math.ceil(ends_s / bucket_s)
    stretches = _stretches(buckets, first)
    bad = [end for begin, end in stretches if not _is_good(buckets[begin:end], usual_s * _SLOWER)]
    if bad and bad[-1] == stretches[-1][1]:
        return None
    last_bad = bad[-1] if bad else first
    older = [bucket for bucket in buckets[:last_bad] if bucket.sent]
    if any(bucket.open for bucket in older):
        return None
    resolved_s = max((bucket.resolved_s for bucket in older), default=ends_s)
    return max(resolved_s, last_bad * bucket_s if bad else ends_s) - ends_s


def _stretches(buckets: Sequence[Bucket], first: int) -> list[tuple[int, int]]:
    """Neighbours that hold enough requests together; what is left at the end belongs to the last."""
    edges, sent = [first], 0
    last = max((number + 1 for number, bucket in enumerate(buckets) if bucket.sent), default=0)
    for number in range(first, last):
        sent += buckets[number].sent
        if sent >= _FEWEST:
            edges.append(number + 1)
            sent = 0
    if sent and len(edges) > 1:
        edges[-1] = last
    elif sent:
        edges.append(last)
    return list(pairwise(edges))


def _is_good(buckets: Sequence[Bucket], limit_s: float) -> bool:
    in_time = sum(bucket.times.within(limit_s) for bucket in buckets)
    return in_time >= _SHARE * sum(bucket.sent for bucket in buckets)
