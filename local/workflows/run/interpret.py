"""Compiled steps at run time: scopes, signals and the one loop that runs a list of steps."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from local.workflows.effects import PAUSE, Effect, Outcome, Value
from local.workflows.errors import Position, WorkflowError
from local.workflows.limits import MAX_CALL_DEPTH, MAX_MEMORY_BYTES, MAX_STEPS, memory_bytes
from local.workflows.run.observer import Bill, Observer, StepBegan, StepEnded, StepType

# After so many steps, or one with a large value, other runs may go first: about 1 ms.
_STEPS_A_PAUSE = 10
_LARGE_BYTES = 16 * 1024
_SIZED = (str, bytes, list, dict)  # all other values of a variable are not counted


@dataclass(frozen=True, slots=True)
class Goto:
    """Continue at the step of that name, in this block or in one around it."""

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
    """What a step does.  If yields_effects, run(scope) is a generator of effects; else it returns the signal.

    position is that of the keyword; None if there is none in the text.
    """

    run: Callable[["Scope"], Any]
    yields_effects: bool
    type: StepType = "STEP_GOTO"
    billed: int = 0  # internal steps, whatever its outcome
    position: Position | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """A named action; position is that of its keyword."""

    name: str
    action: Action
    position: Position


@dataclass(frozen=True, slots=True)
class Block:
    """A list of steps.  index: step name → position in the list, also for the steps inside a group."""

    steps: Sequence[Step]
    index: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Routine:
    """main or a subworkflow.  parameters: name → a function that gives the default, None if it is required."""

    name: str
    parameters: Mapping[str, Callable[["Scope"], Value] | None]
    block: Block


@dataclass(slots=True)
class Execution:
    """What all scopes of one run share.  stubbed: the functions that the driver answers instead."""

    routines: Mapping[str, Routine]
    env: Mapping[str, str]
    observe: Observer | None = None
    bill: Bill = field(default_factory=Bill)
    stubbed: frozenset[str] = frozenset()
    steps: int = 0
    pause_at: int = _STEPS_A_PAUSE
    memory_bytes: int = 0
    entries: int = 0
    jump_target: str | None = None  # the step of a group at which a jump ends

    def count_step(self) -> bool:
        """Count one step; True if it is time for a PAUSE.  Raises WorkflowError (ResourceLimitError)."""
        self.steps += 1
        if self.steps < self.pause_at:
            return False
        if self.steps > MAX_STEPS:
            raise WorkflowError.tagged("ResourceLimitError", f"an execution runs at most {MAX_STEPS} steps")
        self.pause_at = min(self.steps + _STEPS_A_PAUSE, MAX_STEPS + 1)
        return True


class Scope:
    """The variables of a routine, or of a loop, a branch or an except in it.

    depth: nested calls.  parallel: nested parallel steps.  shared: in a branch, the outer variables that it may write,
    else None.  entry: the current entry of the history, if there is an observer.
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
        """A new scope inside this one, with these variables.  The caller calls close()."""
        scope = Scope(self.execution, self.routine, self)
        for name, value in variables.items():
            scope.put(name, value)
        return scope

    def close(self) -> None:
        """Release the memory of its variables."""
        if self.sizes:
            self.execution.memory_bytes -= sum(self.sizes.values())
            self.sizes.clear()

    def holder(self, name: str) -> "Scope":
        """The scope in which an assignment changes the variable; this one if no writable scope around has it."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.variables:
                return scope
            if scope.shared is not None and name not in scope.shared:
                return self
            scope = scope.outer
        return self

    def assign(self, name: str, value: Value) -> None:
        """Set a variable, here or in a scope around.  Raises WorkflowError (ResourceLimitError) if memory is short."""
        (self if name in self.variables else self.holder(name)).put(name, value)

    def put(self, name: str, value: Value, size: int | None = None) -> None:
        """Set a variable of this scope.  Values are never changed in place, so no copy is needed.

        size: its size in memory, if it is known.
        """
        if isinstance(value, _SIZED):
            if size is None:
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

    def size(self, name: str, value: Value) -> int | None:
        """The size of a value, if a variable of that name has it.  Most arguments are variables of the same name."""
        scope: Scope | None = self
        while scope is not None:
            if name in scope.sizes and scope.variables[name] is value:
                return scope.sizes[name]
            scope = scope.outer
        return None

    def call(self, routine: str, arguments: Sequence[Value]) -> Generator[Effect, Outcome, Value]:
        called = self.execution.routines[routine]
        return self.call_named(routine, dict(zip(called.parameters, arguments, strict=False)))

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
                    scope.put(name, arguments[name], self.size(name, arguments[name]))
                elif default is None:
                    raise WorkflowError.tagged("TypeError", f"missing argument '{name}' in call of {routine}")
                else:
                    scope.put(name, default(scope))
            del arguments  # they may be many, and the call may wait for long
            signal = yield from run_block(called.block, scope)
        finally:
            scope.close()
        return signal.value if isinstance(signal, Return) else None


def run_group(block: Block, scope: Scope) -> StepEffects:
    """Run the steps of a group from the first, or from the target of a jump."""
    target, scope.execution.jump_target = scope.execution.jump_target, None
    return run_block(block, scope, target)


def run_block(block: Block, scope: Scope, first: str | None = None) -> StepEffects:
    """Run the steps, from `first` if given.  Returns a signal that no step of the block handles."""
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
                signal = yield from run_as_entry(scope, step.name, action)
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


def run_as_entry(
    scope: Scope, name: str, action: Action, number: int | None = None, expected: int | None = None
) -> StepEffects:
    """Run an action; if there is an observer, as an entry of the history."""
    if scope.execution.observe is None and action.yields_effects:
        effects: StepEffects = action.run(scope)
        return effects
    return _run(scope, name, action, number, expected)


def _run(scope: Scope, name: str, action: Action, number: int | None, expected: int | None) -> StepEffects:
    if scope.execution.observe is None:
        return action.run(scope)  # type: ignore[no-any-return]  # a signal, as it yields no effects
    with HistoryEntry(scope, name, action.type, number, expected):
        signal: Signal = (yield from action.run(scope)) if action.yields_effects else action.run(scope)
        return signal


class HistoryEntry:
    """A block of code as an entry of the history: tells the observer, which there is, of its begin and of its end."""

    __slots__ = ("_number", "_observe", "_parent", "_scope")

    def __init__(
        self, scope: Scope, name: str, type_: StepType, number: int | None = None, expected: int | None = None
    ) -> None:
        scope.execution.entries += 1
        self._scope, self._parent, self._number = scope, scope.entry, scope.execution.entries
        self._observe: Observer = scope.execution.observe  # type: ignore[assignment]  # as the caller has asked
        self._observe(StepBegan(self._number, self._parent, scope.routine, name, type_, number, expected))

    def __enter__(self) -> None:
        self._scope.entry = self._number

    def __exit__(self, _: object, error: BaseException | None, __: object) -> None:
        self._scope.entry, variables = self._parent, self._scope.variables
        if error is None:
            self._observe(StepEnded(self._number, "STATE_SUCCEEDED", None, variables))
        elif isinstance(error, WorkflowError):
            self._observe(StepEnded(self._number, "STATE_FAILED", error.payload, variables))
