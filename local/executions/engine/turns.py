"""Time slices: a run that computes for long lets the event loop do other work in between.  Used by live.drive."""

import asyncio
import time

from local.workflows.effects import Outcome, Run
from local.workflows.errors import WorkflowError
from local.workflows.run.branches import Branches

_SLICE_S = 0.01  # the longest that a run computes without a break; it yields a Pause about every 1 ms


class Turns:
    """Shares the event loop among runs: of those that are paused, one continues in each round of the loop."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()
        self._ends_s: float  # of the current slice; begin() sets it first
        self._is_time_over = self._is_over  # a bound method, made once and not for each run

    def begin(self, run: Run) -> Branches:
        """Begin a run; the caller calls settle()."""
        self._ends_s = time.perf_counter() + _SLICE_S
        return Branches(run, self._is_time_over)

    async def resume(self, branches: Branches, number: int, outcome: Outcome | WorkflowError) -> None:
        """Send an outcome to the run, and return when all its branches wait again."""
        self._ends_s = time.perf_counter() + _SLICE_S
        branches.resume(number, outcome)
        await self.settle(branches)

    async def settle(self, branches: Branches) -> None:
        """Continue a paused run until all its branches wait for outcomes."""
        while branches.is_paused:
            async with self._one:
                await asyncio.sleep(0)
                self._ends_s = time.perf_counter() + _SLICE_S
                branches.advance()

    def _is_over(self) -> bool:
        return time.perf_counter() >= self._ends_s
