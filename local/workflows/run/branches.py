"""A run and its parallel branches, resumed with one outcome at a time.  Used by every driver.

Effects are numbered in the order in which they are yielded.  The numbers, and what a branch sees of shared variables,
depend only on the order of the outcomes.  So a replay in the same order is the same run.
"""

from collections.abc import Callable
from dataclasses import dataclass

from local.workflows.effects import BranchOutcome, Fork, Leaf, Outcome, Pause, Run, Runs
from local.workflows.errors import WorkflowError
from local.workflows.limits import MAX_PARALLEL


@dataclass(slots=True)
class _Fork:
    """A parallel step that waits for its branches.  The outcome of a branch is None until it ends."""

    parent: "_Branch"
    runs: Runs
    limit: int
    outcomes: list[BranchOutcome | None]
    started: int = 0
    running: int = 0

    @property
    def is_waiting(self) -> bool:
        return self.started < len(self.runs)


@dataclass(slots=True)
class _Branch:
    """One run.  fork is its parallel step, None for the main run; number is its index among the branches."""

    run: Run
    fork: _Fork | None = None
    number: int = 0


class Branches:
    """pending: number → effect, for every effect whose outcome is awaited.  ended: how the run ended, None before.

    At most MAX_PARALLEL branches run at a time.  A branch that waits for branches of its own does not count.
    """

    __slots__ = (
        "_branch_of",
        "_effect_count",
        "_forks",
        "_free_slots",
        "_is_time_over",
        "_ready",
        "ended",
        "pending",
    )

    def __init__(self, run: Run, is_time_over: Callable[[], bool] = lambda: False) -> None:
        """Begins the run, up to the first effects.

        is_time_over() is called at each Pause.  If it is true the run stops there and is_paused, until advance().
        A stop does not change what the run does.
        """
        self.pending: dict[int, Leaf] = {}
        self.ended: BranchOutcome | None = None
        self._is_time_over = is_time_over
        self._branch_of: dict[int, _Branch] = {}
        self._effect_count = 0
        self._forks: list[_Fork] = []
        self._free_slots = MAX_PARALLEL
        self._ready: list[tuple[_Branch, Outcome | WorkflowError]] = [(_Branch(run), None)]  # at most a few
        self.advance()

    @property
    def is_paused(self) -> bool:
        """Whether it stopped at a Pause.  resume() is not allowed before advance() has finished."""
        return bool(self._ready)

    def resume(self, number: int, outcome: Outcome | WorkflowError) -> None:
        """Send the outcome of a pending effect to the run; a WorkflowError is raised in it."""
        del self.pending[number]
        self._ready.append((self._branch_of.pop(number), outcome))
        self.advance()

    def advance(self) -> None:
        """Run until every branch waits for an outcome, or the time is over."""
        while self._ready:
            branch, outcome = self._ready.pop(0)
            run = branch.run
            try:
                effect = run.throw(outcome) if isinstance(outcome, WorkflowError) else run.send(outcome)
                while isinstance(effect, Pause):
                    if self._is_time_over():
                        self._ready.insert(0, (branch, None))
                        return
                    effect = run.send(None)
            except StopIteration as end:
                self._end(branch, BranchOutcome(value=end.value))
            except WorkflowError as error:
                self._end(branch, BranchOutcome(error=error))
            else:
                if isinstance(effect, Fork):
                    self._fork(branch, effect)
                else:
                    self.pending[self._effect_count] = effect
                    self._branch_of[self._effect_count] = branch
                    self._effect_count += 1

    def _fork(self, branch: _Branch, effect: Fork) -> None:
        if not len(effect.branches):
            self._ready.append((branch, ()))
            return
        count = len(effect.branches)
        if branch.fork is not None:
            self._free_slots += 1
        self._forks.append(_Fork(branch, effect.branches, effect.concurrency_limit or count, [None] * count))
        self._start_waiting()

    def _start_waiting(self) -> None:
        for fork in self._forks:
            while fork.is_waiting and fork.running < fork.limit and self._free_slots:
                self._ready.append((_Branch(fork.runs[fork.started], fork, fork.started), None))
                fork.started += 1
                fork.running += 1
                self._free_slots -= 1

    def _end(self, branch: _Branch, outcome: BranchOutcome) -> None:
        fork = branch.fork
        if fork is None:
            self.ended = outcome
            return
        fork.outcomes[branch.number] = outcome
        fork.running -= 1
        self._free_slots += 1
        if not fork.running and not fork.is_waiting:
            self._forks.remove(fork)
            if fork.parent.fork is not None:
                self._free_slots -= 1
            self._ready.append((fork.parent, tuple(one for one in fork.outcomes if one is not None)))
        self._start_waiting()
