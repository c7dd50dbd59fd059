"""What foresight tells: what was measured, and the figures of what was simulated beside it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bench.report.figure import OURS, Figure, Goal
from bench.stand_in.live import Lived, quantile
from bench.stand_in.machine import SHARES, Measured, Spread
from tuning.simulate.answer import Answer

LIVE = "mando, running"
_SAME = 0.1  # a difference up to here is none
_MANY = 10  # a count below it may differ by 1


@dataclass(frozen=True, slots=True)
class Pair:
    """One number, live and simulated."""

    name: str
    unit: str
    better: Literal["more", "less"]
    live: float
    simulated: float

    def figure(self, row: str) -> Figure:
        least, most = 1 - _SAME, 1 + _SAME
        if self.unit == "executions" and max(self.live, self.simulated) < _MANY:
            least, most = (self.live - 1) / self.live, (self.live + 1) / self.live
        goals = [Goal(round(least, 2), False, LIVE), Goal(round(most, 2), True, LIVE)]
        rounds = {OURS: [self.simulated], LIVE: [self.live]}
        return Figure(f"simulated, {row}: {self.name}", self.unit, self.better, rounds, goals)


def print_measured(found: Measured) -> None:
    print("this machine, a request alone" + "".join(f"{f'p{share * 100:g}':>9}" for share in SHARES) + "  ms")
    for name, spread in (
        ("until the reply", found.alone_s),
        ("  until the execution begins", found.before_s),
        ("  from there to the reply", found.after_s),
        ("    /generate-image", found.generate_s),
        ("processor time of a picture", found.draw_cpu_s),
    ):
        print(f"  {name:<27}" + _ms(spread))
    print(f"  processor time of a request: {found.cpu_s * 1000:.1f} ms, the steps' {found.steps_cpu_s * 1000:.1f}")
    again_s = found.again_steps_cpu_s + found.again_other_cpu_s
    print(f"  of an attempt in vain:       {again_s * 1000:.1f} ms, the steps' {found.again_steps_cpu_s * 1000:.1f}")
    print(f"  many at once: {found.per_s:.1f} a second, so {found.cores:.2f} of {os.cpu_count()} cores are ours")


def _ms(spread: Spread) -> str:
    return "".join(f"{one * 1000:9.1f}" for one in spread)


def figures(row: str, lived: Lived, answer: Answer) -> Iterator[Figure]:
    """One for each number, and what others computed meanwhile: it is in the live numbers alone."""
    for pair in _pairs(lived, answer):
        yield pair.figure(row)
    others = (lived.used.machine - lived.used.ours) / lived.used.at_s
    yield Figure(f"simulated, {row}: cores that other programs used meanwhile", "cores", "less", {OURS: [others]})


def _pairs(lived: Lived, answer: Answer) -> Iterator[Pair]:
    times_s, calls, each = lived.times_s, answer.calls_per_request, 1 / len(lived.replies)
    yield Pair("pictures", "pictures", "more", len(times_s), answer.pictures)
    yield Pair("time to the reply, p50", "s", "less", quantile(times_s, 0.5), answer.s_to_reply.p50 or 0.0)
    yield Pair("time to the reply, p95", "s", "less", quantile(times_s, 0.95), answer.s_to_reply.p95 or 0.0)
    yield Pair("calls of /generate-image for each", "calls", "less", lived.calls["generate"] * each, calls.generate)
    yield Pair("calls of /reply-discord for each", "calls", "less", lived.calls["reply"] * each, calls.reply)
    yield Pair("most executions at once", "executions", "less", lived.most_at_once, answer.executions.most_at_once)
