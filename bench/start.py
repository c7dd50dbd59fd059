"""Measure from the start of a process to its first acknowledged /mando: what a member waits for a new instance.

The ingress; the same with google-cloud-tasks imported as its documentation does; a bare functions-framework, which
looks at nothing; and the peers of bench/acknowledge.py, which create a task with google-cloud-tasks.  In turn; the
queue is a process that answers at once.
"""

import compileall
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from bench.peers.peer_venv import ROOT
from bench.report import alone
from bench.report.figure import OURS, Effort, Figure, Goal
from bench.stand_in.bots import Bot, Queue, RunningBot, a_queue, ours, peers
from bench.stand_in.members import seconds_for, signed
from tests.ingress.function import DISCORD
from tests.servers import free_port
from tests.system.up import children_of

WITH_TASKS = ", google-cloud-tasks"
_COMMAND, _ACKNOWLEDGED = 2, 5
_TRY_EVERY_S = 0.005
_GIVE_UP_AFTER_S = 60

_BARE = 'def handle_request(http):\n    http.get_data()\n    return {"type": 5}\n'
_OURS_WITH_TASKS = (
    "from google.cloud import tasks_v2, tasks_v2beta3\n"
    "from service.slow_clients import use_deadlines_in_functions_framework\n"
    "use_deadlines_in_functions_framework()\n"
    "from ingress.main import handle_request\n"
)


def measure(effort: Effort) -> Iterator[Figure]:
    _compile()
    with tempfile.TemporaryDirectory() as folder, a_queue() as queue:
        bots = [ours(queue), *_written(Path(folder), queue), *peers(queue, WITH_TASKS)]
        if effort.is_short:
            bots = bots[:3]
        taken_s: dict[str, list[float]] = {bot.name: [] for bot in bots}
        used_ms: dict[str, list[float]] = {bot.name: [] for bot in bots}
        for _ in range(effort.of(7)):
            for bot in bots:
                first_s, cpu_s = _first_answer(bot)
                taken_s[bot.name].append(first_s)
                used_ms[bot.name].append(1000 * cpu_s)
    goals = [Goal(0.5, is_most=True, peer=name) for name in taken_s if name.endswith(WITH_TASKS)]
    what = "start of a process to the first acknowledged /mando"
    yield Figure(what, "s", "less", taken_s, goals)
    yield Figure(f"{what}, the processor's time", "ms", "less", used_ms)


def _compile() -> None:
    """What is imported from here, so that no start has to: all of it, since PYTHONDONTWRITEBYTECODE may be set here.

    Source: Google's buildpacks, cmd/python/functions_framework/lib/lib.go, which does so once, in the build.
    """
    compileall.compile_file(ROOT / "main.py", quiet=1)
    for room in ("ingress", "schemas", "service", "bench/peers/bots"):
        compileall.compile_dir(ROOT / room, quiet=1)


def _written(folder: Path, queue: Queue) -> Iterator[Bot]:
    for name, text in {"bare functions-framework": _BARE, f"{OURS}{WITH_TASKS}": _OURS_WITH_TASKS}.items():
        source = folder / f"{name.replace(' ', '_')}.py"
        source.write_text(text)
        yield ours(queue, str(source), name)


def _first_answer(bot: Bot) -> tuple[float, float]:
    """Seconds until it, and those of the processor until then."""
    port, request = free_port(), signed(DISCORD, 1, _COMMAND)
    began_s = time.perf_counter()
    process = subprocess.Popen(bot.command_at(port), cwd=ROOT, env=bot.environment_at(port), stdout=subprocess.DEVNULL)
    try:
        while time.perf_counter() - began_s < _GIVE_UP_AFTER_S:
            try:
                seconds_for(request, port, _ACKNOWLEDGED, connections=1)
            except OSError:  # nobody listens yet
                time.sleep(_TRY_EVERY_S)
                continue
            taken_s = time.perf_counter() - began_s
            return taken_s, RunningBot(port, [process.pid, *children_of(process.pid)]).cpu_s()
        raise RuntimeError(f"{bot.name} did not answer")
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    alone.main(measure, __doc__)
