"""The driver in virtual time: a wait takes no real time, and parallel waits overlap.

In: runs, and a function that gives the duration and the outcome of every effect.  Out: the result of each run.
Called by virtual_live (real HTTP calls) and by the conformance suite (scripted answers).  It has no I/O and no clock,
and any number of executions share one agenda, so a simulator can use it too.
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
    """The outcome of an effect, and after how many seconds it is there."""

    seconds: float
    outcome: Result


# The number of an effect, and the effect → its outcome; None if resume() is called with it later.
BeginEffect = Callable[[int, Leaf], TimedOutcome | None]


class Agenda:
    """The events to come, in order of time; events of the same instant in the order in which they were added.

    now_s never goes back.
    """

    def __init__(self, now_s: float) -> None:
        self.now_s = now_s
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._order = count()

    @property
    def next_s(self) -> float:
        """When the next event is due; infinity if there is none."""
        return self._due[0][0] if self._due else math.inf

    def add(self, due_s: float, do: Callable[[], None]) -> None:
        heapq.heappush(self._due, (max(due_s, self.now_s), next(self._order), do))

    def advance(self) -> None:
        """Go to the time of the next event and do it.  Raises IndexError if there is none."""
        self.now_s, _, do = heapq.heappop(self._due)
        do()


class VirtualExecution:
    """One run on an agenda.  The caller advances the agenda until the run has ended."""

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
        """The result of a run that has ended.  Raises WorkflowError."""
        ended = self.branches.ended
        assert ended is not None  # noqa: S101 -- the caller has asked has_ended
        if ended.error is not None:
            raise ended.error
        return ended.value

    def resume(self, number: int, outcome: Result) -> None:
        """Deliver the outcome of an effect, and begin the effects that follow."""
        self.deliver(number, outcome)
        self._begin()

    def deliver(self, number: int, outcome: Result) -> None:
        """Send an outcome to the run.  The conformance suite overrides it to simulate a crash first."""
        self.branches.resume(number, outcome)

    def _begin(self) -> None:
        """Begin the effects that are new in pending."""
        for number, effect in self.branches.pending.items():
            if number > self._begun:
                self._begun = number
                takes = self._perform(number, effect)
                if takes is not None:
                    self._agenda.add(self._agenda.now_s + takes.seconds, partial(self.resume, number, takes.outcome))
