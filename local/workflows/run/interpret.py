"""Compiled steps at run time: scopes, signals and the one loop that runs a list of steps."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from local.workflows.effects import PAUSE, Effect, Outcome, Value
from local.workflows.errors import Position, WorkflowError
from local.workflows.limits import MAX_CALL_DEPTH, MAX_MEMORY_BYTES, MAX_STEPS, memory_bytes
from local.workflows.run.observer import Bill, Observer, StepBegan, StepEnded, StepType

# So many steps, or one with a large value, and others may go first: about 1 ms.
_STEPS_A_PAUSE = 10
_LARGE_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True)
class Goto:
    """Go on at the step of that name, here or in a list of steps around."""

    target: str


@dataclass(frozen=True, slots=True)
class Return:
    """Leave the routine with this value."""

    value: Value


@dataclass(frozen=True, slots=True)
class BreakOrContinue:
    """break or continue."""

    is_break: bool


Signal: TypeAlias = Goto | Return | BreakOrContinue | None
StepEffects: TypeAlias = "Generator[Effect, Outcome, Signal]"


@dataclass(frozen=True, slots=True)
class Action:
    """What a step does.  yields_effects: run(scope) is a generator of effects; else run(scope) is the signal.

    position is that of the word that says it; None for what stands in no text.
    """

    run: Callable[["Scope"], Any]
    yields_effects: bool
    type: StepType = "STEP_GOTO"
    billed: int = 0  # internal steps, whatever happens in it
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """An action with its name and where the word stands that says what it does."""

    name: str
    action: Action
    position: Position


@dataclass(frozen=True, slots=True)
class Block:
    """A list of steps and where each name stands in it: its own, and those in the steps that only group others."""

    steps: Sequence[Step]
    index: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Routine:
    """main or a subworkflow: parameters with what computes their defaults (None: must be given)."""

    name: str
    parameters: Mapping[str, Callable[["Scope"], Value] | None]
    block: Block


@dataclass(slots=True)
class Execution:
    """What all scopes of one run share.  stubbed: the functions that the driver answers, whatever they would do."""

    routines: Mapping[str, Routine]
    env: Mapping[str, str]
    observe: Observer | None = None
    bill: Bill = field(default_factory=Bill)
    stubbed: frozenset[str] = frozenset()
    steps: int = 0
    pause_at: int = _STEPS_A_PAUSE
    memory_bytes: int = 0
    entries: int = 0
    jump_target: str | None = None  # the step to begin at, while a jump leads into a group

    def count_step(self) -> bool:
        """Whether it is time for a PAUSE.  Raises WorkflowError (ResourceLimitError) where it is one step too many."""
        self.steps += 1
        if self.steps < self.pause_at:
            return False
        if self.steps > MAX_STEPS:
            raise WorkflowError.tagged("ResourceLimitError", f"an execution runs at most {MAX_STEPS} steps")
        self.pause_at = min(self.steps + _STEPS_A_PAUSE, MAX_STEPS + 1)
        return True


class Scope:
    """Variables of a routine, or of a loop, a branch or an except in it.

    depth counts calls of routines, parallel the parallel steps around; shared is None, or, in a parallel branch, the
    variables outside that it may write.  entry is the history entry around, where somebody observes.
    """

    __slots__ = ("depth", "entry", "execution", "outer", "parallel", "routine", "shared", "sizes", "variables")

    def __init__(self, execution: Execution, routine: str, outer: "Scope | None" = None) -> None:
        self.execution = execution
        self.routine = routine
        self.outer = outer
        self.variables: dict[str, Value] = {}
        self.sizes: dict[str, int] = {}
        self.shared: frozenset[str] | None = None
        self.depth: int = outer.depth if outer else 1
        self.parallel: int = outer.parallel if outer else 0
        self.entry: int | None = outer.entry if outer else None

    def inner(self, variables: Mapping[str, Value]) -> "Scope":
        """A scope in this one, with these variables; whoever made it calls close()."""
        scope = Scope(self.execution, self.routine, self)
        for name, value in variables.items():
            scope.put(name, value)
        return scope

    def close(self) -> None:
        """Its variables are gone, and the memory that they counted for."""
        if self.sizes:
            self.execution.memory_bytes -= sum(self.sizes.values())
            self.sizes.clear()

    def lookup(self, name: str) -> Value:
        """Null where a step would have set it, and has not.

        Source: Google's tutorials on callbacks ask `callback_request == null` after a caught time-out of the call whose
        result it is.  A name that no step sets is refused before the run.
        """
        scope: Scope | None = self
        while scope is not None:
            if name in scope.variables:
                return scope.variables[name]
            scope = scope.outer
        return None

    def holder(self, name: str) -> "Scope":
        """The scope whose variable an assignment changes; this one where there is none or none that may be written."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.variables:
                return scope
            if scope.shared is not None and name not in scope.shared:
                return self
            scope = scope.outer
        return self

    def assign(self, name: str, value: Value) -> None:
        """Raises WorkflowError (ResourceLimitError) where the value is too much for the execution's memory."""
        (self if name in self.variables else self.holder(name)).put(name, value)

    def put(self, name: str, value: Value) -> None:
        """Set it in this very scope.  Values are never changed in place, so to keep one is to have a copy."""
        if isinstance(value, str | bytes | list | dict):
            size = memory_bytes(value)
            execution = self.execution
            total = execution.memory_bytes + size - self.sizes.get(name, 0)
            if total > MAX_MEMORY_BYTES:
                # Source: recorded from the real service.
                raise WorkflowError.tagged("ResourceLimitError", "Memory usage limit exceeded")
            execution.memory_bytes = total
            self.sizes[name] = size
            if size > _LARGE_BYTES:
                execution.pause_at = min(execution.steps + 1, MAX_STEPS + 1)
        elif name in self.sizes:
            self.execution.memory_bytes -= self.sizes.pop(name)
        self.variables[name] = value

    def call(self, routine: str, arguments: Sequence[Value]) -> Generator[Effect, Outcome, Value]:
        called = self.execution.routines[routine]
        return (yield from self.call_named(routine, dict(zip(called.parameters, arguments, strict=False))))

    def call_named(self, routine: str, arguments: Mapping[str, Value]) -> Generator[Effect, Outcome, Value]:
        called = self.execution.routines[routine]
        unknown = [name for name in arguments if name not in called.parameters]
        if unknown:
            raise WorkflowError.tagged("TypeError", f"{routine} has no parameter(s) {unknown}")
        if self.depth > MAX_CALL_DEPTH:
            raise WorkflowError.tagged("RecursionError", f"call depth is limited to {MAX_CALL_DEPTH}")
        scope = Scope(self.execution, routine)
        scope.depth, scope.parallel, scope.entry = self.depth + 1, self.parallel, self.entry
        try:
            for name, default in called.parameters.items():
                if name in arguments:
                    scope.put(name, arguments[name])
                elif default is None:
                    raise WorkflowError.tagged("TypeError", f"missing argument '{name}' in call of {routine}")
                else:
                    scope.put(name, default(scope))
            signal = yield from run_block(called.block, scope)
        finally:
            scope.close()
        return signal.value if isinstance(signal, Return) else None


def run_group(block: Block, scope: Scope) -> StepEffects:
    """Run the steps of a group, from the first or from the one that a jump names."""
    target, scope.execution.jump_target = scope.execution.jump_target, None
    return run_block(block, scope, target)


def run_block(block: Block, scope: Scope, first: str | None = None) -> StepEffects:
    """Run the steps from the first; the signal is what they could not settle among themselves."""
    steps, execution = block.steps, scope.execution
    observed = execution.observe is not None
    at, count = 0, len(steps)
    if first is not None:
        at = block.index[first]
        execution.jump_target = first if steps[at].name != first else None
    while at < count:
        step = steps[at]
        action = step.action
        execution.bill.internal += action.billed
        try:
            if execution.count_step():
                yield PAUSE
            signal: Signal
            if observed:
                signal = yield from run_observed(scope, step.name, action)
            elif action.yields_effects:
                signal = yield from action.run(scope)
            else:
                signal = action.run(scope)
        except WorkflowError as error:
            execution.jump_target = None
            error.add_frame(scope.routine, step.name, step.position, scope.depth)
            raise
        except RecursionError:
            deep = WorkflowError.tagged("ResourceLimitError", "the steps of this execution are nested too deeply")
            deep.add_frame(scope.routine, step.name, step.position, scope.depth)
            raise deep from None
        if signal is None:
            at += 1
        elif isinstance(signal, Goto) and signal.target in block.index:
            at = block.index[signal.target]
            execution.jump_target = signal.target if steps[at].name != signal.target else None
        else:
            return signal
    return None


def run_observed(
    scope: Scope, name: str, action: Action, number: int | None = None, expected: int | None = None
) -> StepEffects:
    """Run it as an entry of the history; without an observer it is run and no more."""
    with history_entry(scope, name, action.type, number, expected):
        signal: Signal = (yield from action.run(scope)) if action.yields_effects else action.run(scope)
        return signal


@contextmanager
def history_entry(
    scope: Scope, name: str, type_: StepType, number: int | None = None, expected: int | None = None
) -> Iterator[None]:
    """What happens in the block is an entry of the history, where somebody observes."""
    execution = scope.execution
    observe = execution.observe
    if observe is None:
        yield
        return
    execution.entries += 1
    entry, parent = execution.entries, scope.entry
    observe(StepBegan(entry, parent, scope.routine, name, type_, number, expected))
    scope.entry = entry
    try:
        yield
    except WorkflowError as error:
        observe(StepEnded(entry, "STATE_FAILED", error.payload, dict(scope.variables)))
        raise
    finally:
        scope.entry = parent
    observe(StepEnded(entry, "STATE_SUCCEEDED", None, dict(scope.variables)))
