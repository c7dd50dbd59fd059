"""The processor of one instance: what is worked on at the same time shares it equally.  Used by appengine."""

import math
from collections.abc import Callable
from heapq import heappop, heappush

from local.executions.engine.virtual import Agenda

_ROUNDING_S = 1e-9


class Processor:
    """cores: of the whole instance; each piece of work uses at most most_cores of them.

    `_done_s` is how far a piece that began at the instance's start would be now: it grows with the share that each
    piece has, so pieces end in the order of (its value at their begin + their work).
    """

    __slots__ = ("_agenda", "_at_s", "_cores", "_done_s", "_due_s", "_most_cores", "_order", "_work", "busy_s")

    def __init__(self, agenda: Agenda, cores: float, most_cores: float) -> None:
        self._agenda = agenda
        self._cores = cores
        self._most_cores = min(most_cores, cores)
        self._work: list[tuple[float, int, Callable[[], None]]] = []
        self._order = 0
        self._done_s = 0.0
        self._at_s = agenda.now_s
        self._due_s = math.inf
        self.busy_s = 0.0  # time of all cores in use so far

    def work(self, seconds: float, then: Callable[[], None]) -> None:
        """So many seconds of one core, then call `then`."""
        self._advance()
        self._order += 1
        heappush(self._work, (self._done_s + seconds, self._order, then))
        self._plan()

    def used_s(self) -> float:
        """busy_s up to this instant."""
        self._advance()
        return self.busy_s

    def _share(self) -> float:
        return min(self._most_cores, self._cores / len(self._work))

    def _advance(self) -> None:
        now_s = self._agenda.now_s
        if self._work:
            share, passed_s = self._share(), now_s - self._at_s
            self._done_s += share * passed_s
            self.busy_s += share * passed_s * len(self._work) / self._cores
        self._at_s = now_s

    def _plan(self) -> None:
        if self._work:
            due_s = self._at_s + max(0.0, (self._work[0][0] - self._done_s) / self._share())
            if due_s < self._due_s:
                self._due_s = due_s
                self._agenda.add(due_s, self._check)

    def _check(self) -> None:
        if self._agenda.now_s != self._due_s:
            return  # an earlier check was planned since
        self._due_s = math.inf
        self._advance()
        ended = []
        while self._work and self._work[0][0] <= self._done_s + _ROUNDING_S:
            ended.append(heappop(self._work)[2])
        self._plan()
        for then in ended:
            then()
