"""Measure what a task costs with 1,000, 100,000 and 1,000,000 tasks that wait: ours and gcloud-tasks-emulator.

Each backlog is a process of its own, and tasks go over HTTP to one more.  Ours stores a task in a file before it says
that it is there, and keeps the queue's rate, 500 a second.  The emulator keeps its tasks in memory, which are lost with
it, knows no rate, and sends one task after another.  A task takes 2 KB there: 1,000,000 would take 2 GB, so it is
measured to 100,000.
"""

from collections.abc import Iterator
from contextlib import ExitStack
from typing import NamedTuple

from bench.peers.peer_venv import tasks_emulator_python
from bench.report import alone
from bench.report.figure import OURS, Effort, Figure, Goal
from bench.workers.process import Worker, worker

EMULATOR = "gcloud-tasks-emulator"
_RATE_PER_S = 500
_OURS, _THEIRS = (1_000_000, 1_000, 100_000), (1_000, 100_000)  # the first one is what our goals are for


class _Cost(NamedTuple):
    create_us: float
    dispatch_us: float
    per_s: float
    memory_mb: float


def measure(effort: Effort) -> Iterator[Figure]:
    sizes, created = [effort.of(size, size // 1000) for size in _OURS], effort.of(2_000, 20)
    dispatched = effort.of(2_000, 100)
    spare = 2 * dispatched + 1_000  # more than leave before the last one is seen
    with ExitStack() as stack:
        target = stack.enter_context(worker("hello"))
        url = target.run("address").result
        programs: dict[str, tuple[Worker, int]] = {}
        for number, size in enumerate(sizes):
            name = OURS if number == 0 else f"mando, {size:,} wait"
            programs[name] = (stack.enter_context(worker("queue")), size)
        for size in () if effort.is_short else _THEIRS:  # its environment is for this benchmark alone
            running = stack.enter_context(worker("tasks_emulator", tasks_emulator_python()))
            programs[f"{EMULATOR}, {size:,} wait"] = (running, size)
        found: dict[str, list[_Cost]] = {name: [] for name in programs}
        for _ in range(effort.of(3)):
            for name, (running, size) in programs.items():
                running.run("fill", up_to=size + spare, url=url)
                found[name].append(_costs(running, target, url, created, dispatched))
    short, what = f"mando, {sizes[1]:,} wait", f"{sizes[0]:,} tasks wait"
    flat = Goal(1.2, True, short)
    yield Figure(f"{what}: to create one more", "µs of CPU", "less", _all(found, "create_us"), [flat])
    yield Figure(f"{what}: to dispatch one", "µs of CPU", "less", _all(found, "dispatch_us"), [flat])
    yield Figure(f"{what}: memory of the process", "MB", "less", _all(found, "memory_mb"), [flat])
    goals = [Goal(_RATE_PER_S * 0.98, False), Goal(_RATE_PER_S * 1.02, True)]
    yield Figure(f"{what}: dispatched, with a rate of 500/s", "1/s", "more", _all(found, "per_s"), goals)


def _costs(running: Worker, target: Worker, url: str, created: int, dispatched: int) -> _Cost:
    create_us = running.run("create", count=created, url=url).cpu_s / created * 1e6
    running.run("start", url=url)
    target.run("rate_of", count=dispatched // 2)  # the burst at the begin is over
    began_s = running.run("cpu_s").result
    per_s = target.run("rate_of", count=dispatched).result
    dispatch_us = (running.run("cpu_s").result - began_s) / dispatched * 1e6
    memory_mb = running.run("resident_kib").result / 1024
    running.run("stop")
    return _Cost(create_us, dispatch_us, per_s, memory_mb)


def _all(found: dict[str, list[_Cost]], cost: str) -> dict[str, list[float]]:
    return {name: [getattr(one, cost) for one in costs] for name, costs in found.items()}


if __name__ == "__main__":
    alone.main(measure, __doc__)
