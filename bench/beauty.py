"""How rich, regular and different the pictures are: ours, and those of RandomMandala's default call beside them.

A figure is a percentile of many pictures of 1024 px: a low one where a single bad picture matters, else the median.
bench/peers/beauty_figures.py computes them; it needs numpy and runs in the peers' environment.  RandomMandala draws in
grey on white, which is another aim, not a worse one.  It is left out where it has nothing, as of colours: there is no
ratio to nothing.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Literal, NamedTuple

from bench.peers.peer_venv import ROOT, peers_python
from bench.report import alone
from bench.report.figure import OURS, Effort, Figure, Goal

PEER = "RandomMandala, default call"
SEEDS, PEER_SEEDS = 400, 100  # a minute of the processor; the goals were set on 1,000
SIZE_PX = 1024

_OURS = """
import sys, mandala
for number in range({seeds}):
    design = mandala.design_for(str(1310000000000000000 + number))
    png, ground = mandala.draw_png(design, {size}), mandala.PALETTES[design.palette].ground.rgb()
    sys.stdout.buffer.write(len(png).to_bytes(4, "big") + bytes([design.symmetry, *ground]) + png)
"""
_PEER = """
import io, sys, matplotlib
matplotlib.use("Agg")
import matplotlib.pyplot as plt
from RandomMandala import random_mandala
for number in range({seeds}):
    figure, target = random_mandala(figsize=({size} / 100, {size} / 100), dpi=100), io.BytesIO()
    figure.savefig(target, dpi=100, format="png")
    plt.close(figure)
    png = target.getvalue()
    # The default order is 6, the ground white.
    sys.stdout.buffer.write(len(png).to_bytes(4, "big") + bytes([6, 255, 255, 255]) + png)
"""


class Gate(NamedTuple):
    """What ours must keep: at least, or at most, so much."""

    figure: str
    unit: str
    better: Literal["more", "less"]
    bound: float


_GATES = (
    Gate("mirror error, left to right, p100", "of 255", "less", 0),
    Gate("mirror error, up to down, even, p100", "of 255", "less", 0),
    # 1 is out of reach: turning a picture blurs it, most where its order is odd.
    Gate("rotation score, p5", "of 1", "more", 0.9),
    Gate("rms contrast of lightness, p5", "of 1", "more", 0.13),
    Gate("rms contrast of lightness, p95", "of 1", "less", 0.25),
    Gate("colourfulness, p5", "units", "more", 50),
    Gate("coverage of the disc, p5", "of 1", "more", 0.80),
    Gate("edge density, p5", "of 1", "more", 0.5),
    Gate("edge density, p95", "of 1", "less", 0.85),
    Gate("30° hue bins over 2 %, p5", "of 12", "more", 3),
    Gate("ring peaks, p5", "peaks", "more", 12),
    Gate("KB of the PNG, p50", "KB", "less", 300),
    Gate("KB of the PNG, p95", "KB", "less", 350),
    Gate("bits between the closest two", "of 256", "more", 40),
    Gate("pictures seen before", "pictures", "less", 0),
)


def measure(effort: Effort) -> Iterator[Figure]:
    peer = peers_python()
    seeds = {OURS: effort.of(SEEDS, 2), PEER: effort.of(PEER_SEEDS, 2)}
    programs = ((Path(sys.executable), _OURS, seeds[OURS]), (peer, _PEER, seeds[PEER]))
    with ThreadPoolExecutor() as both:
        ours, theirs = both.map(lambda program: _figures(peer, *program), programs)
    counts = f"{seeds[OURS]} of ours, {seeds[PEER]} of the peer's"
    for gate in _GATES:
        goal = Goal(gate.bound, is_most=gate.better == "less")
        rounds = {OURS: [ours[gate.figure]]}
        if theirs[gate.figure]:
            rounds[PEER] = [theirs[gate.figure]]
        yield Figure(f"{gate.figure} ({counts})", gate.unit, gate.better, rounds, [goal])


def _figures(peer: Path, python: Path, code: str, seeds: int) -> Mapping[str, float]:
    draws = subprocess.Popen(
        [str(python), "-c", code.format(seeds=seeds, size=SIZE_PX)], cwd=ROOT, stdout=subprocess.PIPE
    )
    measures = [str(peer), str(ROOT / "bench" / "peers" / "beauty_figures.py")]
    found = subprocess.run(measures, stdin=draws.stdout, stdout=subprocess.PIPE, check=True)
    if draws.wait():
        raise SystemExit(f"{python} failed")
    figures: Mapping[str, float] = json.loads(found.stdout)
    return figures


if __name__ == "__main__":
    alone.main(measure, __doc__)
