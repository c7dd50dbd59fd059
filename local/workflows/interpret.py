"""Compiled steps at run time: scopes, signals and the one loop that runs a list of steps."""

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from local.workflows.effects import Effect, Outcome, Value
from local.workflows.errors import Frame, WorkflowError
from local.workflows.evaluate import MISSING

MAX_CALL_DEPTH = 20
MAX_STEPS = 100_000


@dataclass(frozen=True, slots=True)
class Goto:
    """Go on at the step of that name, here or in a list of steps around."""

    target: str


@dataclass(frozen=True, slots=True)
class Return:
    """Leave the routine with this value."""

    value: Value


@dataclass(frozen=True, slots=True)
class Leave:
    """break or continue."""

    is_break: bool


Signal: TypeAlias = Goto | Return | Leave | None
Stepping: TypeAlias = "Generator[Effect, Outcome, Signal]"


@dataclass(frozen=True, slots=True)
class Step:
    """One step.  asks: run(scope) is a generator of effects; else run(scope) is the signal."""

    name: str
    run: Callable[["Scope"], Any]
    asks: bool
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Block:
    """A list of steps and where each name stands in it."""

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
    """What all scopes of one run share."""

    routines: Mapping[str, Routine]
    env: Mapping[str, str]
    depth: int = 0
    steps: int = 0


@dataclass(slots=True)
class Scope:
    """Variables of a routine, or of a loop, a branch or an except in it."""

    execution: Execution
    routine: str
    variables: dict[str, Value] = field(default_factory=dict)
    outer: "Scope | None" = None

    def inner(self, **variables: Value) -> "Scope":
        return Scope(self.execution, self.routine, dict(variables), self)

    def lookup(self, name: str) -> Value:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.variables:
                return scope.variables[name]
            scope = scope.outer
        raise WorkflowError.tagged("KeyError", f"variable not found: {name}", "LookupError")

    def assign(self, name: str, value: Value) -> None:
        scope: Scope | None = self
        while scope is not None:
            if name in scope.variables:
                scope.variables[name] = value
                return
            scope = scope.outer
        self.variables[name] = value

    def environment(self, name: str, default: Any = MISSING) -> Value:
        value = self.execution.env.get(name, default)
        if value is MISSING:
            raise WorkflowError.tagged("KeyError", f"environment variable not found: {name}", "LookupError")
        return value  # type: ignore[no-any-return]  # a text, or the default that the workflow gave

    def call(self, routine: str, arguments: Sequence[Value]) -> Generator[Effect, Outcome, Value]:
        called = self.execution.routines[routine]
        if len(arguments) > len(called.parameters):
            raise WorkflowError.tagged("TypeError", f"{routine} takes {len(called.parameters)} arguments")
        return (yield from self.call_named(routine, dict(zip(called.parameters, arguments, strict=False))))

    def call_named(self, routine: str, arguments: Mapping[str, Value]) -> Generator[Effect, Outcome, Value]:
        called = self.execution.routines[routine]
        unknown = [name for name in arguments if name not in called.parameters]
        if unknown:
            raise WorkflowError.tagged("TypeError", f"{routine} has no parameter(s) {unknown}")
        scope = Scope(self.execution, routine)
        for name, default in called.parameters.items():
            if name in arguments:
                scope.variables[name] = arguments[name]
            elif default is None:
                raise WorkflowError.tagged("TypeError", f"missing argument '{name}' in call of {routine}")
            else:
                scope.variables[name] = default(scope)
        if self.execution.depth >= MAX_CALL_DEPTH:
            raise WorkflowError.tagged("RecursionError", f"call depth is limited to {MAX_CALL_DEPTH}")
        self.execution.depth += 1
        try:
            signal = yield from run_block(called.block, scope)
        finally:
            self.execution.depth -= 1
        return signal.value if isinstance(signal, Return) else None


def run_block(block: Block, scope: Scope) -> Stepping:
    """Run the steps from the first; the signal is what they could not settle among themselves."""
    steps, execution = block.steps, scope.execution
    at = 0
    while at < len(steps):
        step = steps[at]
        execution.steps += 1
        if execution.steps > MAX_STEPS:
            raise WorkflowError.tagged("ResourceLimitError", f"an execution runs at most {MAX_STEPS} steps")
        try:
            signal: Signal = (yield from step.run(scope)) if step.asks else step.run(scope)
        except WorkflowError as error:
            error.frames.append(Frame(scope.routine, step.name, step.line, step.column))
            raise
        if signal is None:
            at += 1
        elif isinstance(signal, Goto) and signal.target in block.index:
            at = block.index[signal.target]
        else:
            return signal
    return None
