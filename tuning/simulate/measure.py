"""Counts requests and how they end; over time, and in all.  Called by the parts, read by simulation.

Nothing is kept of a request once nothing works for it any more.
"""

import math
from collections.abc import Callable

from local.executions.engine.virtual import Agenda
from tuning.simulate.answer import Bar, Life
from tuning.simulate.percentiles import Times
from tuning.simulate.recovery import Bucket
from tuning.simulate.request import BAR_KINDS, Request

_SAMPLES = 400  # of which the typical request is one


class Measure:
    """is_unreachable(request): whether Discord served nobody while the request's token lived."""

    def __init__(
        self, agenda: Agenda, bucket_s: float, expected: int, is_unreachable: Callable[[Request], bool]
    ) -> None:
        self._agenda = agenda
        self._is_unreachable = is_unreachable
        self._sample_every = max(1, expected // _SAMPLES)
        self._samples: list[tuple[float, Request]] = []
        self._slowest: tuple[float, Request] | None = None
        self.bucket_s = bucket_s
        self.buckets: list[Bucket] = []
        self.open: dict[int, Request] = {}
        self.ends = dict.fromkeys(("refused", "pictures", "told", "late", "lost", "unreachable"), 0)
        self.sent = 0
        self.duplicates = 0
        self.times = Times()

    def bucket(self, at_s: float) -> Bucket:
        number = int(at_s // self.bucket_s)
        while len(self.buckets) <= number:
            self.buckets.append(Bucket())
        return self.buckets[number]

    def send(self, request: Request) -> None:
        self.sent += 1
        self.open[request.number] = request
        bucket = self.bucket(request.sent_s)
        bucket.sent += 1
        bucket.open += 1

    def failed_call(self) -> None:
        self.bucket(self._agenda.now_s).errors += 1

    def release(self, request: Request) -> None:
        """One part less works for the request; after the last one it is counted."""
        request.open -= 1
        if not request.open:
            self.end(request)

    def end(self, request: Request) -> None:
        del self.open[request.number]
        now_s = self._agenda.now_s
        if not request.acknowledged:
            end = "refused"
        elif request.shown:
            end, now_s = request.shown, request.shown_s
        else:
            end = "unreachable" if self._is_unreachable(request) else "lost"
        self.ends[end] += 1
        if request.edited + request.posts > 1:
            self.duplicates += 1
        bucket = self.bucket(request.sent_s)
        bucket.open -= 1
        if request.acknowledged:
            bucket.resolved_s = max(bucket.resolved_s, now_s)
        if request.replied_s is not None and end in ("pictures", "late"):
            seconds = request.replied_s - request.sent_s
            self.times.add(seconds)
            bucket.times.add(seconds)
            if request.number % self._sample_every == 0 and end == "pictures":
                self._samples.append((seconds, request))
        if request.acknowledged and (self._slowest is None or now_s - request.sent_s > self._slowest[0]):
            self._slowest = (now_s - request.sent_s, request)

    def end_all(self) -> None:
        """Count what is still open: the simulation is over."""
        for request in list(self.open.values()):
            self.end(request)

    def lives(self) -> list[Life]:
        """A typical request and the slowest one."""
        found = []
        median_s = self.times.quantile(0.5)
        if self._samples and median_s is not None:
            seconds, request = min(self._samples, key=lambda one: (abs(math.log(one[0] / median_s)), one[1].number))
            found.append(_life("typical", request, request.sent_s + seconds, "pictures"))
        if self._slowest is not None:
            seconds, request = self._slowest
            end = request.shown or ("unreachable" if self._is_unreachable(request) else "lost")
            found.append(_life("slowest", request, request.sent_s + seconds, end))
        return found


def _life(title: str, request: Request, ended_s: float, end: str) -> Life:
    life = request.life
    bars = [
        Bar(BAR_KINDS[int(code) // 2], begins_s, ends_s, bool(int(code) % 2))
        for code, begins_s, ends_s in zip(life[::3], life[1::3], life[2::3], strict=True)
    ]
    return Life(title, request.number, request.sent_s, ended_s, end, bars)
