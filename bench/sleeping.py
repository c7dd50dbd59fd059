"""Measure threads, memory and lateness of 10,000 executions that sleep at the same time.

There is no peer: `workflows-emulator` needs a thread for each execution.
"""

import asyncio
import os
import statistics
import tempfile
import threading
import time
from datetime import datetime
from pathlib import Path

from local.executions.data.database import Database
from local.executions.data.workflows import Settings
from local.executions.engine.callbacks import Callbacks
from local.executions.engine.live import LivePerformer, PerformEffect
from local.executions.engine.service import ExecutionService
from local.http.outgoing import outgoing_session
from tests.running import until

EXECUTIONS = 10_000
WORKFLOW = "projects/demo/locations/us-central1/workflows/w"
# All sleep until the same instant, which is after the last one is created.
SOURCE = """
main:
  params: [until]
  steps:
  - sleep: {call: sys.sleep_until, args: {time: "${until}"}}
  - done: {return: "${sys.now()}"}
"""
WAIT_S = 20


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_measure(Path(folder)))


async def _measure(folder: Path) -> None:
    database = Database(folder / "executions.sqlite")
    async with outgoing_session() as session:

        def perform_as(_: str | None, execution: str) -> PerformEffect:
            return LivePerformer(session, lambda _: "", "", lambda *_: None, execution=execution).perform

        service = ExecutionService(database, Callbacks(database, ""), perform_as, EXECUTIONS)
        service.deployments.deploy(WORKFLOW, Settings(SOURCE))
        before_kb, due_s = _memory_kb(), time.time() + WAIT_S
        awake_at = datetime.fromtimestamp(due_s).astimezone().isoformat()
        began_s = time.perf_counter()
        names = []
        for number in range(EXECUTIONS):
            names.append(service.create(WORKFLOW, f'"{awake_at}"')["name"])
            if number % 100 == 99:
                await asyncio.sleep(0)
        created_s = time.perf_counter() - began_s
        await asyncio.sleep(1)
        asleep_kb, threads = _memory_kb(), threading.active_count()
        await until(lambda: not any(map(service.is_running, names)), deadline_s=WAIT_S + 60)
        woken_s = [float(service.get(name)["result"]) - due_s for name in names]
        print(f"{EXECUTIONS:,} executions asleep at once")
        print(f"  created           {EXECUTIONS / created_s:9.0f} a second")
        print(f"  threads           {threads:9}")
        print(f"  memory            {(asleep_kb - before_kb) / EXECUTIONS:9.1f} KB each")
        print(f"  awake, late by    {statistics.median(woken_s):9.2f} s median, {max(woken_s):.2f} s the last")
    database.close()


def _memory_kb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1024


if __name__ == "__main__":
    main()
