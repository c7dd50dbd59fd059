"""Measure the time from a seed to a PNG of 1024 px: ours and two calls of RandomMandala, in turn.

Each program is one long-running process; each draws the same number of pictures a round.
"""

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from bench.peers.peer_venv import ROOT, peers_python

ROUNDS = 5
PICTURES = 12

_WORKER = """
import json, os, resource, sys, time
from pathlib import Path
target = Path(sys.argv[1]) / "picture.png"
number = 0
for _ in sys.stdin:
    began_s = time.perf_counter()
    for _ in range({pictures}):
        number += 1
        draw(number)
    ms = 1000 * (time.perf_counter() - began_s) / {pictures}
    rss_mb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps([ms, target.stat().st_size / 1000, rss_mb]), flush=True)
"""
_OURS = """
import mandala
def draw(number):
    target.write_bytes(mandala.draw_png(mandala.design_for(str(number))))
"""
_PEER = """
import matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from RandomMandala import random_mandala
def draw(number):
    figure = random_mandala({call}figsize=(10.24, 10.24), dpi=100)
    figure.savefig(target, dpi=100)
    plt.close(figure)
"""


# The arguments of the multi-mandala in RandomMandala's README.
_MULTI = (
    'radius=[8, 6, 3], connecting_function="bezier_fill", symmetric_seed=True, rotational_symmetry_order=6, '
    'number_of_elements=7, color_mapper=matplotlib.colormaps["rainbow_r"], '
)


def main() -> None:
    peer = peers_python()
    programs = {
        "mando": (Path(sys.executable), _OURS),
        "RandomMandala, default call": (peer, _PEER.format(call="")),
        "RandomMandala, documented multi-mandala": (peer, _PEER.format(call=_MULTI)),
    }
    rounds: dict[str, list[list[float]]] = {name: [] for name in programs}
    with tempfile.TemporaryDirectory() as folder:
        running: dict[str, subprocess.Popen[str]] = {}
        for name, (python, setup) in programs.items():
            own = Path(folder) / str(len(running))
            own.mkdir()
            code = setup + _WORKER.format(pictures=PICTURES)
            running[name] = subprocess.Popen(
                [str(python), "-c", code, str(own)], cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
            )
        for round_number in range(ROUNDS + 1):
            for name, process in running.items():
                assert process.stdin is not None
                assert process.stdout is not None
                process.stdin.write("go\n")
                process.stdin.flush()
                figures = json.loads(process.stdout.readline())
                if round_number:  # the first round warms up
                    rounds[name].append(figures)
        for process in running.values():
            process.communicate()
    print(f"seed → PNG of 1024 px, median of {ROUNDS} rounds of {PICTURES} pictures")
    print(f"  {'':<42}{'ms':>8}{'KB':>8}{'MB':>8}{'ours/theirs':>13}")
    for name, found in rounds.items():
        ms, kilobytes, megabytes = (statistics.median(column) for column in zip(*found, strict=True))
        ratio = statistics.median(ours[0] / theirs[0] for ours, theirs in zip(rounds["mando"], found, strict=True))
        print(f"  {name:<42}{ms:8.1f}{kilobytes:8.0f}{megabytes:8.0f}{ratio:13.2f}")


if __name__ == "__main__":
    main()
