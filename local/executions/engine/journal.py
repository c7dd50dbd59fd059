"""The journal of an execution: its outcomes in order.  After a crash they are replayed, and the execution goes on.

An outcome is stored before it is used, so its effect is never performed again.  The fingerprint of the effect is stored
beside it: with other code an execution may ask for another effect now, and cannot go on.
Used by live.drive.
"""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from local.executions.data.database import Database, Statement
from local.executions.data.outcomes import from_text, to_text
from local.executions.engine.fingerprint import KIND_NAMES, Fingerprint, fingerprint
from local.executions.engine.turns import Turns
from local.workflows.effects import AwaitCallback, CallbackRequest, Leaf, Outcome, Sleep
from local.workflows.errors import WorkflowError
from local.workflows.run.branches import Branches

_ROWS_AT_ONCE = 100
_NONE: Mapping[int, Fingerprint] = {}  # one for all journals: 10,000 may wait


class JournalDiffers(Exception):
    """Raised when a run asks for another effect than its journal holds; the message follows the words "the step x"."""


class Journal:
    """The journal of one execution, by its number in the store.  Instants are RFC 3339; now() gives the present."""

    __slots__ = ("_database", "_execution", "_fingerprints", "_last_outcome_at", "_now", "_position")

    def __init__(self, database: Database, execution: int, started_at: str, now: Callable[[], str]) -> None:
        self._last_outcome_at = started_at
        self._database = database
        self._execution = execution
        self._now = now
        self._position = 0
        self._fingerprints = _NONE  # of pending effects that were shortened

    def last_outcome_at(self) -> str:
        """Time of the last outcome, at first started_at.

        A run takes no time between two outcomes, so it is also the time of all steps since then; in a replay it is the
        time of the recorded outcome.
        """
        return self._last_outcome_at

    async def replay(self, branches: Branches, turns: Turns) -> None:
        """Resume the run with all recorded outcomes, then shorten its waits by the time that has passed.

        Raises JournalDiffers; the run has then gone as far as it agrees with the journal.
        """
        asked_at = dict.fromkeys(branches.pending, self._last_outcome_at)
        while rows := self._database.rows(
            "SELECT effect, at, outcome, kind, digest FROM journal WHERE execution = ? AND position > ?"
            " ORDER BY position LIMIT ?",
            self._execution,
            self._position,
            _ROWS_AT_ONCE,
        ):
            for number, at, outcome, kind, digest in rows:
                _compare(branches.pending.get(number), kind, digest)
                self._last_outcome_at = at
                self._position += 1
                await turns.resume(branches, number, from_text(outcome))
                del asked_at[number]
                # New effects are at the end of pending; those before them are known.
                for new in reversed(branches.pending):
                    if new in asked_at:
                        break
                    asked_at[new] = at
            await asyncio.sleep(0)
        now, shortened = datetime.fromisoformat(self._now()), dict[int, Fingerprint]()
        for number, effect in list(branches.pending.items()):
            waited_s = (now - datetime.fromisoformat(asked_at[number])).total_seconds()
            rest = _rest(effect, waited_s)
            if rest is not effect:
                shortened[number], branches.pending[number] = fingerprint(effect), rest
        self._fingerprints = shortened or _NONE

    async def record(self, outcomes: Sequence[tuple[int, Leaf, Outcome | WorkflowError]]) -> None:
        """Store outcomes of effects, each with its number and its effect; return when they are committed.

        A callback's request is deleted in the same transaction.  If it is cancelled, nothing is stored.
        """
        at, writes = self._now(), list[Statement]()
        for position, (number, effect, outcome) in enumerate(outcomes, self._position + 1):
            what = self._fingerprints.get(number) or fingerprint(effect)
            row = (self._execution, position, number, at, to_text(outcome), what.kind, what.digest)
            writes.append(("INSERT INTO journal VALUES (?, ?, ?, ?, ?, ?, ?)", row))
            if isinstance(outcome, CallbackRequest):
                writes.append(("DELETE FROM callback_requests WHERE number = ?", (outcome.number,)))
        await self._database.committed(*writes)
        self._position, self._last_outcome_at = self._position + len(outcomes), at


def _compare(effect: Leaf | None, kind: str | None, digest: int | None) -> None:
    """Raises JournalDiffers.  kind and digest are None in rows of layout 1."""
    recorded = KIND_NAMES.get(kind or "", "something")
    if effect is None:
        raise JournalDiffers(f"does not ask for {recorded} as it did, and its journal holds the outcome")
    if kind is None:
        return
    now = fingerprint(effect)
    if now.kind != kind:
        raise JournalDiffers(f"asks for {KIND_NAMES[now.kind]}, and its journal holds the outcome of {recorded}")
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
