"""What an execution was told, in order: after a crash it is told the same again, and goes on where it stopped.

An outcome is written before it is used, so no effect is performed again after its outcome was recorded.  Beside it
stands what it answers: an execution that was begun with other code may ask for something else now, and cannot go on.
Used by live.drive.
"""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from local.executions.data.database import Database
from local.executions.data.outcomes import from_text, to_text
from local.executions.engine.asked import WORDS, Asked, asked
from local.executions.engine.turns import Turns
from local.workflows.effects import AwaitCallback, CallbackRequest, Leaf, Outcome, Sleep
from local.workflows.errors import WorkflowError
from local.workflows.run.branches import Branches

_ROWS_AT_ONCE = 100


class JournalDiffers(Exception):
    """Raised when a run asks for something else than its journal answers; says what, after the words "the step x"."""


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
        self._asked: dict[int, Asked] = {}  # by those that wait, of which less is left than they asked for

    async def replay(self, branches: Branches, turns: Turns) -> None:
        """Tell the run what it was told before; what it then waits for has been waiting since then.

        Raises JournalDiffers; the run has then gone as far as the two agree.
        """
        asked_at = dict.fromkeys(branches.pending, self.at)
        while rows := self._database.rows(
            "SELECT effect, at, outcome, kind, digest FROM journal WHERE execution = ? AND position > ?"
            " ORDER BY position LIMIT ?",
            self._execution,
            self._position,
            _ROWS_AT_ONCE,
        ):
            for number, at, outcome, kind, digest in rows:
                _compare(branches.pending.get(number), kind, digest)
                self.at = at
                self._position += 1
                await turns.resume(branches, number, from_text(outcome))
                del asked_at[number]
                # What has just been asked for is at the end, and all before it was there.
                for new in reversed(branches.pending):
                    if new in asked_at:
                        break
                    asked_at[new] = at
            await asyncio.sleep(0)
        now = datetime.fromisoformat(self._now())
        for number, effect in list(branches.pending.items()):
            waited_s = (now - datetime.fromisoformat(asked_at[number])).total_seconds()
            rest = _rest(effect, waited_s)
            if rest is not effect:
                self._asked[number], branches.pending[number] = asked(effect), rest

    def record(self, number: int, effect: Leaf, outcome: Outcome | WorkflowError) -> None:
        """Keep the outcome of the effect of that number; a callback's request is used up with it, or both are not.

        Raises DiskUnavailable; nothing has changed then.
        """
        position, at = self._position + 1, self._now()
        with self._database.transaction():
            what = self._asked.get(number) or asked(effect)
            row = (self._execution, position, number, at, to_text(outcome), what.kind, what.digest)
            self._database.run("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)", *row)
            if isinstance(outcome, CallbackRequest):
                self._database.run("DELETE FROM callback_requests WHERE number = ?", outcome.number)
        self._position, self.at = position, at


def _compare(effect: Leaf | None, kind: str | None, digest: int | None) -> None:
    """Raises JournalDiffers.  kind and digest are None in what a version wrote that did not keep them."""
    recorded = WORDS.get(kind or "", "something")
    if effect is None:
        raise JournalDiffers(f"does not ask for {recorded} as it did, and its journal holds the outcome")
    if kind is None:
        return
    now = asked(effect)
    if now.kind != kind:
        raise JournalDiffers(f"asks for {WORDS[now.kind]}, and its journal holds the outcome of {recorded}")
    if now.digest != digest:
        raise JournalDiffers(f"asks for {recorded} that is another than the one whose outcome its journal holds")


def _rest(effect: Leaf, waited_s: float) -> Leaf:
    match effect:
        case Sleep(seconds=seconds):
            return Sleep(max(0.0, seconds - waited_s))
        case AwaitCallback(timeout_s=timeout_s):
            return replace(effect, timeout_s=max(0.0, timeout_s - waited_s))
        case _:
            return effect
