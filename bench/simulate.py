"""Measure `mando simulate`: requests a second of the processor, memory against the load, an outage of ten minutes.

Beside it SimPy with as many events, which do nothing: what is above that is the work of our queues, workflows and
instances.  Each run is a process of its own, so that its memory can be told.
"""

import json
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from bench.peers.peer_venv import ROOT, peers_python
from bench.report import alone
from bench.report.figure import OURS, Effort, Figure, Goal

PER_S = 36  # below the queue's 40 a second, so that nothing piles up
SIMPY = "SimPy, as many events that do nothing"

_OURS = """
import json, resource, sys, time
from pathlib import Path
from tuning.model import read_model
from tuning.project import read_project
from tuning.simulate import simulation
from tuning.simulate.load import even
from tuning.simulate.scenario import calm, scenario
from tuning.sources import from_folder

class Agenda(simulation.Agenda):
    @property
    def events(self):
        return next(self._order)

agendas = []
def agenda(now_s):
    agendas.append(Agenda(now_s))
    return agendas[-1]

rate, length_s, down_s = map(float, sys.argv[1:])
load = even(rate, length_s)
faults = scenario("discord-down", load, down_s) if down_s else calm(load)
simulation.Agenda = agenda
project, model = read_project(from_folder(Path("."))), read_model("cloud")
began_s = time.process_time()
answer = simulation.simulate(project, load, faults, model)
seconds = time.process_time() - began_s
print(json.dumps({
    "seconds": seconds,
    "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "events": agendas[-1].events,
}))
"""
_SIMPY = """
import json, sys, time
import simpy
def waits(env, count):
    for _ in range(count):
        yield env.timeout(1)
env = simpy.Environment()
for _ in range(100):
    env.process(waits(env, int(sys.argv[1]) // 100))
began_s = time.process_time()
env.run()
print(json.dumps({"seconds": time.process_time() - began_s}))
"""


def measure(effort: Effort) -> Iterator[Figure]:
    peer, ours = peers_python(), Path(sys.executable)
    few, *more = (effort.of(100_000, 400), effort.of(10_000, 200), effort.of(1_000_000, 800))
    per_s: defaultdict[str, list[float]] = defaultdict(list)
    for _ in range(effort.of(3)):
        found = {few: _run(ours, _OURS, PER_S, few / PER_S, 0)}
        per_s[OURS].append(few / found[few]["seconds"])
        per_s[SIMPY].append(few / _run(peer, _SIMPY, found[few]["events"])["seconds"])
    yield Figure("requests simulated in a second of the processor", "1/s", "more", per_s)
    found |= {count: _run(ours, _OURS, PER_S, count / PER_S, 0) for count in more}
    most = max(found)
    yield Figure(f"{most:,} requests, nothing fails", "s", "less", {OURS: [found[most]["seconds"]]}, [Goal(180, True)])
    names = {count: OURS if count == most else f"mando, {count:,} requests" for count in sorted(found, reverse=True)}
    each_us = {name: [found[count]["seconds"] / count * 1e6] for count, name in names.items()}
    memory_mb = {name: [found[count]["mb"]] for count, name in names.items()}
    yield Figure(f"{most:,} requests: to simulate one", "µs of CPU", "less", each_us, [Goal(1.2, True, names[few])])
    yield Figure(f"{most:,} requests: memory", "MB", "less", memory_mb, [Goal(1.1, True, names[few])])
    calm_s, down_s = effort.of(300, 5), effort.of(600, 5)
    outage = _run(ours, _OURS, 40, calm_s + down_s, down_s)
    what = f"{40 * (calm_s + down_s):,} requests, Discord down for {down_s} s of {calm_s + down_s}"
    yield Figure(what, "s", "less", {OURS: [outage["seconds"]]}, [Goal(120, True)])


def _run(python: Path, program: str, *arguments: float) -> dict[str, float]:
    words = [str(python), "-c", program, *map(str, arguments)]
    ended = subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(ended.stdout)
    return found


if __name__ == "__main__":
    alone.main(measure, __doc__)
