"""`python -m bench.NAME [--short]`: one benchmark, its figures printed."""

import argparse
from collections.abc import Callable, Iterable

from bench.report.figure import OURS, Effort, Figure


def main(measure: Callable[[Effort], Iterable[Figure]], doc: str | None) -> None:
    parser = argparse.ArgumentParser(description=doc)
    parser.add_argument("--short", action="store_true", help="only show that it runs")
    for figure in measure(Effort(is_short=parser.parse_args().short)):
        print("\n".join(lines(figure)), flush=True)


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
