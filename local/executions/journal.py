"""What an execution was told, in order: after a crash it is told the same again, and goes on where it stopped.

An outcome is written before it is used, so no effect is performed again after its outcome was recorded.
Used by live.drive.
"""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from local.executions.database import Database
from local.executions.outcomes import from_text, to_text
from local.workflows.branches import Branches
from local.workflows.effects import AwaitCallback, CallbackRequest, Leaf, Outcome, Sleep
from local.workflows.errors import WorkflowError


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

    def replay(self, branches: Branches) -> None:
        """Tell the run what it was told before; what it then waits for has been waiting since then."""
        asked_at = dict.fromkeys(branches.pending, self.at)
        for effect, at, outcome in self._database.rows(
            "SELECT effect, at, outcome FROM journal WHERE execution = ? ORDER BY position", self._execution
        ):
            self.at = at
            self._position += 1
            branches.resume(effect, from_text(outcome))
            for number in branches.pending:
                asked_at.setdefault(number, at)
        now = datetime.fromisoformat(self._now())
        for number, asked in list(branches.pending.items()):
            waited_s = (now - datetime.fromisoformat(asked_at[number])).total_seconds()
            branches.pending[number] = _rest(asked, waited_s)

    def record(self, effect: int, outcome: Outcome | WorkflowError) -> None:
        """Keep the outcome of the effect of that number; a callback's request is used up with it, or both are not."""
        self._position += 1
        self.at = self._now()
        row = (self._execution, self._position, effect, self.at, to_text(outcome))
        insert = "INSERT INTO journal VALUES (?, ?, ?, ?, ?)"
        if not isinstance(outcome, CallbackRequest):
            self._database.run(insert, *row)
            return
        with self._database.transaction():
            self._database.run(insert, *row)
            self._database.run("DELETE FROM callback_requests WHERE number = ?", outcome.number)


def _rest(effect: Leaf, waited_s: float) -> Leaf:
    match effect:
        case Sleep(seconds=seconds):
            return Sleep(max(0.0, seconds - waited_s))
        case AwaitCallback(timeout_s=timeout_s):
            return replace(effect, timeout_s=max(0.0, timeout_s - waited_s))
        case _:
            return effect
