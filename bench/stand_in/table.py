"""The table of foresight: what was measured, and what was simulated beside it."""

import os
from collections.abc import Iterator
from dataclasses import dataclass

from bench.stand_in.live import Lived, quantile
from bench.stand_in.machine import SHARES, Measured, Spread
from tuning.simulate.answer import Answer

SAME = 0.1  # a difference up to here is none
_MANY = 10  # a count below it may differ by 1


@dataclass(frozen=True, slots=True)
class Pair:
    """One number, live and simulated."""

    name: str
    live: float
    simulated: float
    is_count: bool = False

    @property
    def difference(self) -> float:
        if self.live == self.simulated:
            return 0.0
        return self.simulated / self.live - 1 if self.live else float("inf")

    @property
    def is_same(self) -> bool:
        is_close = self.is_count and max(self.live, self.simulated) < _MANY and abs(self.live - self.simulated) <= 1
        return is_close or abs(self.difference) <= SAME


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


def print_differences(name: str, lived: Lived, answer: Answer) -> None:
    used = lived.used
    others = (used.machine - used.ours) / used.at_s
    print(
        f"\n{name}: {len(lived.replies)} requests; ours {used.ours / used.at_s:.2f} cores, others {others:.2f},"
        f" load average {lived.load_average:.1f}"
    )
    for pair in _pairs(lived, answer):
        word = "" if pair.is_same else f"  worse{_why(others, lived)}"
        print(f"  {pair.name:<30}{pair.live:10.3f}{pair.simulated:10.3f}{pair.difference * 100:+8.1f} %{word}")


def _pairs(lived: Lived, answer: Answer) -> Iterator[Pair]:
    times_s, count = lived.times_s, len(lived.replies)
    yield Pair("pictures", len(times_s), answer.pictures)
    yield Pair("seconds to the reply, p50", quantile(times_s, 0.5), answer.s_to_reply.p50 or 0.0)
    yield Pair("seconds to the reply, p95", quantile(times_s, 0.95), answer.s_to_reply.p95 or 0.0)
    yield Pair("calls of /generate-image each", lived.calls["generate"] / count, answer.calls_per_request.generate)
    yield Pair("calls of /reply-discord each", lived.calls["reply"] / count, answer.calls_per_request.reply)
    yield Pair("most executions at once", lived.most_at_once, answer.executions.most_at_once, is_count=True)


def _why(others: float, lived: Lived) -> str:
    return f": others took {others / (others + lived.used.ours / lived.used.at_s):.0%} of what was computed" * (
        others > 0.2
    )
