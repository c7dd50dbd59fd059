"""What an execution was told, in order: after a crash it is told the same again, and goes on where it stopped.

An outcome is written before it is used, so no effect is performed again after its outcome was recorded.
Used by live.drive.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from local.executions.database import Database
from local.executions.outcomes import from_text, to_text
from local.executions.turns import Turns
from local.workflows.branches import Branches
from local.workflows.effects import AwaitCallback, CallbackRequest, Leaf, Outcome, Sleep
from local.workflows.errors import WorkflowError

_ROWS_AT_ONCE = 100


class Journal:
    """The journal of one execution, named in full.  at is when it was told what it was told last, began at first.

    A run takes no time between two outcomes, so `at` is also when all happened that follows from the last one, in a
    replay as it was then.  Instants are RFC 3339; now() gives the present.
    """

    def __init__(self, database: Database, execution: str, began: str, now: Callable[[], str]) -> None:
        self.at = began
        self._database = database
        self._execution = execution
        self._now = now
        self._position = 0

    async def replay(self, branches: Branches, turns: Turns) -> None:
        """Tell the run what it was told before; what it then waits for has been waiting since then."""
        asked_at = dict.fromkeys(branches.pending, self.at)
        while rows := self._database.rows(
            "SELECT effect, at, outcome FROM journal WHERE execution = ? AND position > ? ORDER BY position LIMIT ?",
            self._execution,
            self._position,
            _ROWS_AT_ONCE,
        ):
            for effect, at, outcome in rows:
                self.at = at
                self._position += 1
                await turns.resume(branches, effect, from_text(outcome))
                del asked_at[effect]
                # What has just been asked for is at the end, and all before it was there.
                for number in reversed(branches.pending):
                    if number in asked_at:
                        break
                    asked_at[number] = at
            await asyncio.sleep(0)
        now = datetime.fromisoformat(self._now())
        for number, asked in list(branches.pending.items()):
            waited_s = (now - datetime.fromisoformat(asked_at[number])).total_seconds()
            branches.pending[number] = _rest(asked, waited_s)

    def record(self, effect: int, outcome: Outcome | WorkflowError) -> None:
        """Keep the outcome of the effect of that number; a callback's request is used up with it, or both are not.

        Raises CannotKeep; nothing has changed then.
        """
        position, at = self._position + 1, self._now()
        with self._database.transaction():
            row = (self._execution, position, effect, at, to_text(outcome))
            self._database.run("INSERT INTO journal VALUES (?, ?, ?, ?, ?)", *row)
            if isinstance(outcome, CallbackRequest):
                self._database.run("DELETE FROM callback_requests WHERE number = ?", outcome.number)
        self._position, self.at = position, at


def _rest(effect: Leaf, waited_s: float) -> Leaf:
    match effect:
        case Sleep(seconds=seconds):
            return Sleep(max(0.0, seconds - waited_s))
        case AwaitCallback(timeout_s=timeout_s):
            return replace(effect, timeout_s=max(0.0, timeout_s - waited_s))
        case _:
            return effect
