"""`python -m bench.NAME [--short] [--json FILE]`: one benchmark, its figures printed.

bench/__main__.py starts each in a process of its own and reads its figures from FILE, a line each.
"""

import argparse
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from bench.peers.peer_venv import COMPILE
from bench.report.figure import OURS, Effort, Figure
from bench.report.kept import line_of


def main(measure: Callable[[Effort], Iterable[Figure]], doc: str | None) -> None:
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--short", action="store_true", help="only show that it runs")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures into this file too")
    given = parser.parse_args()
    if not given.short:
        os.environ[COMPILE] = "1"
    found = []
    for figure in measure(Effort(is_short=given.short)):
        print("\n".join(lines(figure)), flush=True)
        found.append(line_of(figure))
    if given.json is not None:
        given.json.write_text("".join(found), encoding="utf-8")


def lines(figure: Figure) -> list[str]:
    """A line for each program, ours first, and one for each goal."""
    rounds = len(figure.rounds[OURS])
    found = [f"{figure.what} ({figure.unit}, {figure.better} is better, median of {rounds})"]
    for name in figure.rounds:
        ratio = "" if name == OURS else f"   mando is {figure.ratio(name):.2f} of it"
        found.append(f"  {name:<44}{figure.value(name):14,.2f}{ratio}")
    for goal in figure.goals:
        bound = f"{'at most' if goal.is_most else 'at least'} {goal.bound:g}"
        of = f" of {goal.peer}" if goal.peer else f" {figure.unit}"
        found.append(f"  goal: {bound}{of}: {'reached' if figure.is_reached(goal) else 'not reached'}")
    return found
