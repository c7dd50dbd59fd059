"""Measure how rich, regular and different the pictures are: ours and those of RandomMandala's default call.

The figures cover many seeds, and each has a bound.  bench/peers/beauty_figures.py computes them; it needs numpy and
runs in the peer's environment.
"""

import subprocess
import sys
from pathlib import Path

from bench.peers.peer_venv import ROOT, peers_python

SEEDS = 1000
PEER_SEEDS = 200
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


def main() -> None:
    peer = peers_python()
    measure = ROOT / "bench" / "peers" / "beauty_figures.py"
    for name, python, code, seeds in (
        ("mando", Path(sys.executable), _OURS, SEEDS),
        ("RandomMandala, default call", peer, _PEER, PEER_SEEDS),
    ):
        draws = subprocess.Popen(
            [str(python), "-c", code.format(seeds=seeds, size=SIZE_PX)], cwd=ROOT, stdout=subprocess.PIPE
        )
        print(f"{name}, {seeds} seeds at {SIZE_PX} px", flush=True)
        subprocess.run([str(peer), str(measure)], stdin=draws.stdout, check=True)
        if draws.wait():
            raise SystemExit(f"{name} failed")


if __name__ == "__main__":
    main()
