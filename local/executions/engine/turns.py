"""Runs take turns: whatever a workflow computes, other programs are answered in between.  Used by live.drive."""

import asyncio
import time

from local.workflows.effects import Outcome, Run
from local.workflows.errors import WorkflowError
from local.workflows.run.branches import Branches

_SLICE_S = 0.01  # the most that a run computes at a stretch; it says every millisecond or so that others may go first


class Turns:
    """Of all runs that share it and are not done with their slice, one goes on in each round of the event loop."""

    def __init__(self) -> None:
        self._one = asyncio.Lock()
        self._ends_s: float  # of the slice that is under way; begin() sets it first

    def begin(self, run: Run) -> Branches:
        """The caller settles it."""
        self._ends_s = time.perf_counter() + _SLICE_S
        return Branches(run, self._is_over)

    async def resume(self, branches: Branches, number: int, outcome: Outcome | WorkflowError) -> None:
        """Tell it the outcome, and return when it has gone on as far as it can."""
        self._ends_s = time.perf_counter() + _SLICE_S
        branches.resume(number, outcome)
        await self.settle(branches)

    async def settle(self, branches: Branches) -> None:
        while branches.is_paused:
            async with self._one:
                await asyncio.sleep(0)
                self._ends_s = time.perf_counter() + _SLICE_S
                branches.advance()

    def _is_over(self) -> bool:
        return time.perf_counter() >= self._ends_s
