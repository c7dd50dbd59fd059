"""Measure 10,000 executions that sleep at the same time: memory, and how late the last one is awake.

There is no peer: workflows-emulator needs a thread for each execution.  All sleep until the same instant, which is
after the last one is created, so all wake at once.
"""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from bench.report import alone
from bench.report.figure import OURS, Effort, Figure, Goal
from bench.workers.memory import resident_kib
from bench.workers.service import WORKFLOW, result_of, service_in
from tests.running import until

EXECUTIONS = 10_000
_SOURCE = """
main:
  params: [until]
  steps:
  - sleep: {call: sys.sleep_until, args: {time: "${until}"}}
  - done: {return: "${sys.now()}"}
"""
_CREATED_PER_S = 800  # at least
_LONGEST_S = 60


def measure(effort: Effort) -> Iterator[Figure]:
    with tempfile.TemporaryDirectory() as folder:
        count = effort.of(EXECUTIONS, 100)
        created_per_s, each_kib, late_s, cpu_us = asyncio.run(_sleep_and_wake(Path(folder), count))
    what = f"{count:,} executions that sleep"
    yield Figure(f"{what}: created", "1/s", "more", {OURS: [created_per_s]})
    yield Figure(f"{what}: memory of each", "KiB", "less", {OURS: [each_kib]}, [Goal(10, True)])
    yield Figure(f"{what}: the last one is awake late by", "s", "less", {OURS: [late_s]}, [Goal(1, True)])
    yield Figure(f"{what}: to wake and end one", "µs of CPU", "less", {OURS: [cpu_us]})


async def _sleep_and_wake(folder: Path, count: int) -> tuple[float, float, float, float]:
    async with service_in(folder, _SOURCE) as service:
        due_s = time.time() + 2 + count / _CREATED_PER_S
        awake_at = datetime.fromtimestamp(due_s).astimezone().isoformat()
        first = service.create(WORKFLOW, '"2026-01-01T00:00:00Z"')  # awake at once: what all share is in memory then
        await result_of(service, first["name"])
        before_kib, began_s, names = resident_kib(), time.perf_counter(), list[str]()
        for number in range(count):
            names.append(service.create(WORKFLOW, f'"{awake_at}"')["name"])
            if number % 100 == 99:
                await asyncio.sleep(0)
        created_s = time.perf_counter() - began_s
        await asyncio.sleep(0.5)
        each_kib = (resident_kib() - before_kib) / count
        assert time.time() < due_s, "too slow: some are awake before all sleep"
        cpu_s = time.process_time()
        await until(lambda: not any(map(service.is_running, names)), deadline_s=_LONGEST_S)
        cpu_us = (time.process_time() - cpu_s) / count * 1e6
        late_s = max(float(service.get(name)["result"]) for name in names) - due_s
        return count / created_s, each_kib, late_s, cpu_us


if __name__ == "__main__":
    alone.main(measure, __doc__)
