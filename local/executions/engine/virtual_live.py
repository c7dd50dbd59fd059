"""Virtual time with real HTTP calls: what `mando run --virtual-time` does.

While no real call is in progress, virtual time jumps to the next event.  While one is in progress, virtual time runs as
fast as real time.  So in parallel with a call of 3 s, a sleep of 2 s ends before it and one of 5 s after it.

An awaited callback counts as a real call until its request comes or it times out: its sender lives in real time.
"""

import asyncio
import math
import time
from asyncio import FIRST_COMPLETED
from collections.abc import Callable
from functools import partial

from local.executions.data.outcomes import Result
from local.executions.engine.live import LivePerformer, outcome_of
from local.executions.engine.virtual import Agenda, TimedOutcome, VirtualExecution
from local.workflows.effects import AwaitCallback, HttpCall, Leaf, Now, Run, Sleep, Value
from local.workflows.errors import WorkflowError


async def drive(
    run: Run, performer: LivePerformer, agenda: Agenda, real_s: Callable[[], float] = time.monotonic
) -> Value:
    """Run to the end.  agenda.now_s is the virtual time; real_s gives the real time.  Raises WorkflowError."""
    calls = _Calls(performer, agenda, real_s)
    try:
        execution = calls.begin(run)
        while not execution.has_ended:
            if agenda.next_s <= calls.now_s():
                agenda.advance()
                await asyncio.sleep(0)  # let calls go on, and Ctrl-C end a run that only sleeps
            else:
                await calls.wait()
        return execution.result()
    finally:
        calls.cancel()


class _Calls:
    """The real calls in progress."""

    def __init__(self, performer: LivePerformer, agenda: Agenda, real_s: Callable[[], float]) -> None:
        self._performer = performer
        self._agenda = agenda
        self._real_s = real_s
        self._under_way: set[asyncio.Task[None]] = set()
        self._ahead_s: float  # virtual minus real time, while calls are under way

    def begin(self, run: Run) -> VirtualExecution:
        self._execution = VirtualExecution(run, self._agenda, self._perform)
        return self._execution

    def now_s(self) -> float:
        """How far virtual time may advance; without a call in progress, any far."""
        return self._ahead_s + self._real_s() if self._under_way else math.inf

    async def wait(self) -> None:
        """Wait until a call is done or the next event is due."""
        due_s = self._agenda.next_s
        timeout_s = None if due_s == math.inf else max(0.0, due_s - self.now_s())
        done, self._under_way = await asyncio.wait(self._under_way, timeout=timeout_s, return_when=FIRST_COMPLETED)
        for task in done:
            task.result()  # only a mistake of ours is raised here

    def cancel(self) -> None:
        for task in self._under_way:
            task.cancel()

    def _perform(self, number: int, effect: Leaf) -> TimedOutcome | None:
        match effect:
            case Sleep(seconds=seconds):
                return TimedOutcome(seconds, None)
            case Now():
                return TimedOutcome(0, self._agenda.now_s)
            case HttpCall() | AwaitCallback():
                if not self._under_way:
                    self._ahead_s = self._agenda.now_s - self._real_s()
                self._under_way.add(asyncio.create_task(self._call(number, effect)))
                return None
            case _:
                return TimedOutcome(0, self._at_once(effect))

    def _at_once(self, effect: Leaf) -> Result:
        try:
            return self._performer.at_once(effect)
        except WorkflowError as error:
            return error

    async def _call(self, number: int, effect: HttpCall | AwaitCallback) -> None:
        outcome = await outcome_of(self._performer.perform, effect)
        self._agenda.add(self.now_s(), partial(self._execution.resume, number, outcome))
