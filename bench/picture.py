"""How long a picture of 1024 px takes, from its seed to the bytes of its PNG: ours and two calls of RandomMandala.

Each program is one long-running process that writes its pictures to a file, as many of them a round as the others.  A
number of a round is the mean of its pictures.  RandomMandala cannot be given a seed: it draws other pictures each time,
and some of its take much longer than others: of medians the ratios are a tenth higher than of means.
"""

import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.peers.peer_venv import ROOT, peers_python
from bench.report import alone
from bench.report.figure import OURS, Effort, Figure, Goal

ROUNDS, PICTURES = 12, 10
DEFAULT, MULTI = "RandomMandala, default call", "RandomMandala, documented multi-mandala"

# A line that comes in says how many pictures to draw, and one goes out: the means of what was measured.
_WORKER = """
import json, resource, sys, time
from pathlib import Path
target = Path(sys.argv[1])
number = 0
for line in sys.stdin:
    pictures, written = int(line), 0
    spent_ms.clear()
    began_s, began_cpu_s = time.perf_counter(), time.process_time()
    for _ in range(pictures):
        number += 1
        draw(number)
        written += target.stat().st_size
    figures = {
        "ms": 1000 * (time.perf_counter() - began_s) / pictures,
        "ms of CPU": 1000 * (time.process_time() - began_cpu_s) / pictures,
        "KB": written / 1000 / pictures,
        "MB": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }
    print(json.dumps(figures | {part: ms / pictures for part, ms in spent_ms.items()}), flush=True)
"""
_OURS = """
import mandala
spent_ms = {}
def draw(number):
    target.write_bytes(mandala.draw_png(mandala.design_for(str(number))))
"""
# Clocks around the parts take time too: a process of its own.
_OUR_PARTS = (
    _OURS
    + """
import time
from mandala import encode, families
def clocked(part, call):
    def measured(*given):
        began_s = time.process_time()
        found = call(*given)
        spent_ms[part] = spent_ms.get(part, 0) + 1000 * (time.process_time() - began_s)
        return found
    return measured
families.faults = clocked("scoring", families.faults)
mandala.design_for = clocked("design", mandala.design_for)
encode.draw_near = clocked("drawing", encode.draw_near)
mandala.draw_png = clocked("png", mandala.draw_png)
"""
)
_PEER = """
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from RandomMandala import random_mandala
spent_ms = {{}}
def draw(number):
    figure = random_mandala({call}figsize=(10.24, 10.24), dpi=100)
    figure.savefig(target, dpi=100)
    plt.close(figure)
"""
# The arguments of the multi-mandala in RandomMandala's README.
_MULTI_CALL = (
    'radius=[8, 6, 3], connecting_function="bezier_fill", symmetric_seed=True, rotational_symmetry_order=6, '
    'number_of_elements=7, color_mapper=matplotlib.colormaps["rainbow_r"], '
)
_PARTS = "the parts of ours"

_Rounds = Mapping[str, Sequence[Mapping[str, float]]]


def measure(effort: Effort) -> Iterator[Figure]:
    rounds = _rounds(effort)
    goals = (Goal(0.30, is_most=True, peer=DEFAULT), Goal(0.17, is_most=True, peer=MULTI))
    yield _figure(rounds, "seed → PNG of 1024 px, by the clock", "ms", goals)
    yield _figure(rounds, "seed → PNG of 1024 px, time of the processor", "ms of CPU", goals)
    yield _figure(rounds, "size of a PNG of 1024 px", "KB")
    yield _figure(rounds, "memory of the process that draws, at most", "MB", (Goal(45, is_most=True),))
    parts = {
        "scoring designs": [found["scoring"] for found in rounds[_PARTS]],
        "choosing the design without scoring": [found["design"] - found["scoring"] for found in rounds[_PARTS]],
        "drawing": [found["drawing"] for found in rounds[_PARTS]],
        "colours and deflate": [found["png"] - found["drawing"] for found in rounds[_PARTS]],
    }
    for part, spent in parts.items():
        yield Figure(f"of a picture of 1024 px: {part}", "ms of CPU", "less", {OURS: spent})


def _figure(rounds: _Rounds, what: str, unit: str, goals: Sequence[Goal] = ()) -> Figure:
    programs = {name: [found[unit] for found in rounds[name]] for name in (OURS, DEFAULT, MULTI)}
    return Figure(what, unit, "less", programs, goals)


def _rounds(effort: Effort) -> _Rounds:
    peer = peers_python()
    programs = {
        OURS: (Path(sys.executable), _OURS),
        DEFAULT: (peer, _PEER.format(call="")),
        MULTI: (peer, _PEER.format(call=_MULTI_CALL)),
        _PARTS: (Path(sys.executable), _OUR_PARTS),
    }
    rounds: dict[str, list[dict[str, float]]] = {name: [] for name in programs}
    with tempfile.TemporaryDirectory() as folder:
        running = {
            name: subprocess.Popen(
                [str(python), "-c", code + _WORKER, str(Path(folder) / f"{number}.png")],
                cwd=ROOT,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            for number, (name, (python, code)) in enumerate(programs.items())
        }
        for number in range(effort.of(ROUNDS + 1)):
            for name, process in running.items():
                found = _drawn(process, effort.of(PICTURES))
                if number > 0 or effort.is_short:  # the first round warms up
                    rounds[name].append(found)
        for process in running.values():
            process.communicate()
    return rounds


def _drawn(process: subprocess.Popen[str], pictures: int) -> dict[str, float]:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(f"{pictures}\n")
    process.stdin.flush()
    found: dict[str, float] = json.loads(process.stdout.readline())
    return found


if __name__ == "__main__":
    alone.main(measure, __doc__)
