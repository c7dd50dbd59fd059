"""Many simulations, in as many processes as there are cores.  Called by whatever compares them.

In: cases.  Out: an answer a case, in the order of the cases; the same whatever the number of processes.
"""

import os
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_EXCEPTION, ProcessPoolExecutor, wait
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from functools import lru_cache
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, Protocol

from tuning.model import Model
from tuning.project import Project, read_project
from tuning.simulate.answer import Answer
from tuning.simulate.scenario import Scenario
from tuning.simulate.simulation import Progress, simulate
from tuning.sources import Sources

_LOOK_S = 0.1  # how often the bar is drawn

Show = Callable[[int], None]  # how many requests of all cases have ended


class Bar(Protocol):
    """A progress bar that is shown in a `with`: what is done, and how many requests it takes."""

    def __call__(self, label: str, requests: int) -> AbstractContextManager[Show]: ...


class _Stopped(Exception):
    """Raised in a process when nobody waits for its answer any more."""


@dataclass(frozen=True, slots=True)
class Case:
    """One simulation.  It can be pickled; a compiled workflow cannot, so each process reads the texts itself."""

    sources: Sources
    scenario: Scenario
    model: Model
    seed: int

    @property
    def requests(self) -> int:
        return self.scenario.load.expected

    def run(self, progress: Progress | None = None) -> Answer:
        """Raises ProjectError, UnknownCall."""
        project = _project(tuple(sorted(self.sources.items())))
        return simulate(project, self.scenario.load, self.scenario, self.model, self.seed, progress)


class Simulations:
    """Runs cases.  A context manager: at its end its processes end, also if somebody presses Ctrl-C."""

    def __init__(self, bar: Bar, processes: int | None = None) -> None:
        self._bar, self._processes = bar, processes or cores()
        self._pool: ProcessPoolExecutor | None = None
        context = get_context("spawn")  # a fork would copy locks that other threads hold
        self._context = context
        self._ended, self._stop = context.Value("q", 0), context.Value("b", 0, lock=False)

    def __enter__(self) -> "Simulations":
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.value = 1
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)

    def answers(self, label: str, cases: Sequence[Case]) -> list[Answer]:
        """Raises ProjectError, UnknownCall."""
        with self._bar(label, sum(case.requests for case in cases)) as show:
            if self._processes == 1 or len(cases) == 1:
                return _in_this_process(cases, show)
            return self._in_processes(cases, show)

    def _in_processes(self, cases: Sequence[Case], show: Show) -> list[Answer]:
        if self._pool is None:
            initial = (self._ended, self._stop)
            self._pool = ProcessPoolExecutor(self._processes, self._context, _begin, initial)
        self._ended.value = 0
        futures = [self._pool.submit(_simulated, case) for case in cases]
        waiting = set(futures)
        while waiting:
            with _interrupted_afterwards():  # wait() takes the locks of all futures, and would leave them taken
                done, waiting = wait(waiting, _LOOK_S, FIRST_EXCEPTION)
            for future in done:
                future.result()  # raises what was raised there
            show(self._ended.value)
        return [future.result() for future in futures]


def cores() -> int:
    """Those that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def _interrupted_afterwards() -> Iterator[None]:
    """Ctrl-C in the block is raised when it ends."""
    signs: list[int] = []
    before = signal.signal(signal.SIGINT, lambda sign, _: signs.append(sign))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if signs:
        raise KeyboardInterrupt


def _in_this_process(cases: Sequence[Case], show: Show) -> list[Answer]:
    answers: list[Answer] = []
    before = 0
    for case in cases:

        def report(ended: int, _: int, before: int = before) -> None:
            show(before + ended)

        answers.append(case.run(report))
        before += case.requests
    return answers


@lru_cache(maxsize=2)  # the versions that are compared
def _project(texts: tuple[tuple[str, str], ...]) -> Project:
    return read_project(dict(texts))


# Of each process: counts the ended requests of all cases; whether to stop.
_shared: dict[str, Any] = {}


def _begin(ended: Any, stop: Any) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the first process tells the others to stop
    Thread(target=_end_with_the_first, daemon=True).start()
    _shared.update(ended=ended, stop=stop)


def _end_with_the_first() -> None:
    """A first process that was killed tells nobody to stop."""
    first = parent_process()
    if first is not None:
        first.join()
        os._exit(1)


def _simulated(case: Case) -> Answer:
    told = 0

    def report(ended: int, _: int) -> None:
        nonlocal told
        if _shared["stop"].value:
            raise _Stopped
        with _shared["ended"].get_lock():
            _shared["ended"].value += ended - told
        told = ended

    return case.run(report)
