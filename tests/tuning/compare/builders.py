"""Comparisons without a progress bar, of few requests."""

from collections.abc import Iterator
from contextlib import contextmanager

from tuning.compare.simulations import Show, Simulations


@contextmanager
def no_bar(label: str, requests: int) -> Iterator[Show]:
    yield lambda ended: None


def simulations(processes: int = 1) -> Simulations:
    return Simulations(no_bar, processes)
