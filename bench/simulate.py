"""Measure how fast `mando simulate` is: a million requests without a fault, and 10 minutes of outage at 40 a second.

Each run has a process of its own, so that its memory can be told.  Beside the first: SimPy with as many events that do
nothing.  Targets: 180 s and 120 s on one core, and no more memory for a million requests than for 100,000.
"""

import json
import subprocess
import sys
from pathlib import Path

from bench.peers.peer_venv import ROOT, peers_python

REQUESTS = 1_000_000
RATE = 36  # below the queue's 40 a second, so that nothing piles up
FEW = 100_000

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
    "sent": answer.sent,
}))
"""
_SIMPY = """
import json, resource, sys, time
import simpy
def waits(env, count):
    for _ in range(count):
        yield env.timeout(1)
env = simpy.Environment()
for _ in range(100):
    env.process(waits(env, int(sys.argv[1]) // 100))
began_s = time.process_time()
env.run()
print(json.dumps({
    "seconds": time.process_time() - began_s,
    "mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def main() -> None:
    peer, ours = peers_python(), Path(sys.executable)
    print(f"{'':52}{'CPU time':>10}{'memory':>10}{'events':>14}", flush=True)
    _show(f"{FEW:,} requests", _run(ours, _OURS, RATE, FEW / RATE, 0))
    many = _show(f"{REQUESTS:,} requests", _run(ours, _OURS, RATE, REQUESTS / RATE, 0))
    bare = _show("SimPy, as many events that do nothing", _run(peer, _SIMPY, int(many["events"])))
    outage = _run(ours, _OURS, 40, 900, 600)
    _show(f"{outage['sent']:,} requests, Discord down for 10 minutes", outage)
    print(f"\n{many['seconds'] / REQUESTS * 1e6:.0f} µs a request, {many['seconds'] / bare['seconds']:.1f} times SimPy")


def _show(name: str, found: dict[str, float]) -> dict[str, float]:
    events = f"{found['events']:,}" if "events" in found else ""
    print(f"{name:52}{found['seconds']:8.1f} s{found['mb']:7.0f} MB{events:>14}", flush=True)
    return found


def _run(python: Path, program: str, *arguments: float) -> dict[str, float]:
    words = [str(python), "-c", program, *map(str, arguments)]
    ended = subprocess.run(words, cwd=ROOT, check=True, stdout=subprocess.PIPE)
    found: dict[str, float] = json.loads(ended.stdout)
    return found


if __name__ == "__main__":
    main()
