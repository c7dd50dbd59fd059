"""Measure the whole path on this machine, from the interaction to the reply: pictures a second, and the time to each.

There is no peer for the whole path, so it stands beside the sum of its parts: what a request costs all processes
(ingress, steps, the stand-in with queue, workflows, bucket and Discord, and the members, which are this process) is
measured where requests come one by one, and the processors that others leave are divided by it.  A path that loses
nothing to waiting and to crowding reaches 1.  Also beside it: processes that only design, draw and encode, one a core.

The times count from the instant at which a request was due.  Requests come evenly; at half of the capacity also
by chance, as members do.
"""

import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

import mandala
from bench.report import alone
from bench.report.figure import OURS, Effort, Figure, Goal
from bench.stand_in.fast_queue import sources_with_fast_queue
from bench.stand_in.live import Lived, Members, quantile
from bench.stand_in.machine import pictures_per_s
from tests.system.up import mando_up

PARTS, DRAWING, ONE_DRAWING = "the sum of its parts", "drawing alone, one process a core", "one drawing"
_ONE_BY_ONE_PER_S = 5.0
_AT_ONCE = 16  # requests that have no reply yet; more of them make nothing faster
_SHARES = (0.25, 0.5, 0.8)  # of the capacity
_GOAL_SHARE, _GOAL_QUANTILE, _GOAL_DRAWINGS = 0.5, 0.99, 5.0
_DRAWS = "import sys, mandala\nfor n in range(int(sys.argv[1])): mandala.draw_png(mandala.design_for(str(n)))"


def measure(effort: Effort) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        root = sources_with_fast_queue(Path(folder) / "sources")
        with mando_up(Path(folder) / "data", root) as up:
            members = Members(up, effort)
            members.run([0.0] * effort.of(60, 2), at_once=_AT_ONCE)  # warms up
            one_by_one = [number / _ONE_BY_ONE_PER_S for number in range(effort.of(60, 2))]
            cost_s = members.run(one_by_one).used.ours / len(one_by_one)
            per_s: defaultdict[str, list[float]] = defaultdict(list)
            for _ in range(effort.of(3)):
                lived = members.run([0.0] * effort.of(300, 5), at_once=_AT_ONCE)
                per_s[OURS].append(pictures_per_s(lived.replies))
                per_s[PARTS].append(_free_cores(lived) / cost_s)
                per_s[DRAWING].append(_drawn_per_s(effort.of(100, 1)))
            saturated = Figure("whole path: pictures at most", "1/s", "more", per_s, [Goal(0.8, False, PARTS)])
            yield saturated
            for share in [_GOAL_SHARE] if effort.is_short else _SHARES:
                rate, count = share * saturated.value(), effort.of(300, 5)
                drawing_ms = _one_drawing_ms(effort.of(20, 3))
                evenly = members.run([number / rate for number in range(count)])
                yield from _times(f"{share:.0%} of that, evenly", evenly, drawing_ms, is_goal=share == _GOAL_SHARE)
                if share == _GOAL_SHARE:
                    by_chance = members.run(_by_chance(rate, count))
                    yield from _times(f"{share:.0%} of that, by chance", by_chance, drawing_ms)


def _times(load: str, lived: Lived, drawing_ms: float, is_goal: bool = False) -> Iterator[Figure]:
    """p50, p95 and p99 of the milliseconds to a picture."""
    for each in (0.5, 0.95, _GOAL_QUANTILE):
        yield Figure(
            f"whole path at {load}: p{100 * each:g} to the picture",
            "ms",
            "less",
            {OURS: [1000 * quantile(lived.times_s, each)], ONE_DRAWING: [drawing_ms]},
            [Goal(_GOAL_DRAWINGS, True, ONE_DRAWING)] if is_goal and each == _GOAL_QUANTILE else (),
        )


def _by_chance(per_s: float, count: int) -> list[float]:
    """Each member comes on his own: the times between two are exponential."""
    chance, at_s = random.Random(7), 0.0
    return [at_s := at_s + chance.expovariate(per_s) for _ in range(count)]


def _free_cores(lived: Lived) -> float:
    """Those that other programs left to us."""
    return (os.cpu_count() or 1) - (lived.used.machine - lived.used.ours) / lived.used.at_s


def _drawn_per_s(count: int) -> float:
    """Pictures of as many processes as there are cores, each of which draws so many."""
    command = [sys.executable, "-c", _DRAWS]
    began_s = time.perf_counter()
    drawing = [subprocess.Popen([*command, str(count)]) for _ in range(os.cpu_count() or 1)]
    for process in drawing:
        process.wait()
    started_s = time.perf_counter()
    subprocess.run([*command, "0"], check=True)
    took_s = started_s - began_s - (time.perf_counter() - started_s)  # without the start of Python
    return len(drawing) * count / took_s


def _one_drawing_ms(count: int) -> float:
    def once(number: int) -> float:
        began_s = time.perf_counter()
        mandala.draw_png(mandala.design_for(str(number)))
        return 1000 * (time.perf_counter() - began_s)

    return statistics.median([once(number) for number in range(count)])


if __name__ == "__main__":
    alone.main(measure, __doc__)
