"""Executions in virtual time: nothing waits, and what waits side by side waits side by side.

In: runs, and a performer that says of every effect how long it takes and what comes of it.  Out: how each run ends.
Called by virtual_live (real HTTP calls), by the conformance suite (scripted answers), and made for a simulator: no I/O,
no clock, and any number of executions on one agenda.
"""

import heapq
import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from itertools import count

from local.executions.data.outcomes import Result
from local.workflows.effects import Leaf, Run, Value
from local.workflows.run.branches import Branches


@dataclass(frozen=True, slots=True)
class TimedOutcome:
    """An effect is done after so many seconds, with this outcome."""

    seconds: float
    outcome: Result


# An effect and its number → when it is done; None where somebody will call resume() with that number.
BeginEffect = Callable[[int, Leaf], TimedOutcome | None]


class Agenda:
    """What is due, the soonest first; of what is due at the same instant, what was added first.

    now_s never goes back.
    """

    def __init__(self, now_s: float) -> None:
        self.now_s = now_s
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    @property
    def next_s(self) -> float:
        """When the next is due; infinity where nothing is."""
        return self._due[0][0] if self._due else math.inf

    def add(self, due_s: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._due, (max(due_s, self.now_s), next(self._order), do))

    def advance(self) -> None:
        """It is the time of the next, which is done.  Raises IndexError where nothing is due."""
        self.now_s, _, do = heapq.heappop(self._due)
        do()


class VirtualExecution:
    """One run on an agenda, which is advanced until the run has ended."""

    def __init__(self, run: Run, agenda: Agenda, perform: BeginEffect) -> None:
        self.branches = Branches(run)
        self._agenda = agenda
        self._perform = perform
        self._begun = -1
        self._begin()

    @property
    def has_ended(self) -> bool:
        return self.branches.ended is not None

    def result(self) -> Value:
        """Of a run that has ended.  Raises WorkflowError."""
        ended = self.branches.ended
        assert ended is not None  # noqa: S101 -- the caller has asked has_ended
        if ended.error is not None:
            raise ended.error
        return ended.value

    def resume(self, number: int, outcome: Result) -> None:
        """The effect of that number is done."""
        self.deliver(number, outcome)
        self._begin()

    def deliver(self, number: int, outcome: Result) -> None:
        """Tell the run.  The suite overrides it to let the run crash first."""
        self.branches.resume(number, outcome)

    def _begin(self) -> None:
        """Begin what the run has asked for since."""
        for number, effect in self.branches.pending.items():
            if number > self._begun:
                self._begun = number
                takes = self._perform(number, effect)
                if takes is not None:
                    self._agenda.add(self._agenda.now_s + takes.seconds, partial(self.resume, number, takes.outcome))
