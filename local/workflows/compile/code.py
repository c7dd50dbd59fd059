"""Code: a compiled expression or value, and how one is built from others."""

from collections.abc import Callable, Generator, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from local.workflows.effects import Effect, Effects, Outcome, Value
from local.workflows.errors import Position, WorkflowError
from local.workflows.stdlib import MISSING


class Scope(Protocol):
    """The variables of a running routine, or of a loop, a branch or an except in it."""

    variables: dict[str, Value]

    @property
    def outer(self) -> "Scope | None": ...
    def call_named(self, routine: str, arguments: Mapping[str, Value]) -> Effects: ...


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled expression.  If yields_effects, run(scope) is a generator of effects; else it returns the value.

    position is that of the whole ${…}.  The caller of run() adds it to an error: cheaper than a `try` in every ${…},
    which would cost one more call each.  constant: the value, if it is the same each time; values are never changed
    in place, so it is built once.
    """

    run: Callable[[Any], Any]
    yields_effects: bool = False
    position: Position | None = None
    constant: Any = MISSING

    def evaluate(self, scope: Scope) -> Effects:
        """The value, whether run() yields effects or not."""
        try:
            value: Value = (yield from self.run(scope)) if self.yields_effects else self.run(scope)
        except WorkflowError as error:
            error.locate(self.position)
            raise
        return value

    @property
    def compute(self) -> Callable[[Any], Any]:
        """run(), whose errors have the position; for Code that yields no effects."""
        return self.run if self.position is None else self._run_located

    def _run_located(self, scope: Scope) -> Value:
        try:
            value: Value = self.run(scope)
        except WorkflowError as error:
            error.locate(self.position)
            raise
        return value


def constant(value: Value) -> Code:
    return Code(lambda scope: value, constant=value)


def list_of(parts: Sequence[Code], defaults: Sequence[Value] = ()) -> Code:
    """A list of the parts' values, and of the defaults after them."""
    return filled([*([None] * len(parts)), *defaults], enumerate(parts))


def map_of(parts: Mapping[str, Code]) -> Code:
    return filled(dict.fromkeys(parts), parts.items())


def filled(empty: Any, parts: Iterable[tuple[Any, Code]]) -> Code:
    """A list or map with the value of each part at its index or key.  The parts are evaluated in their order."""
    whole = empty.copy()
    varying: list[tuple[Any, Callable[[Any], Any], bool, Position | None]] = []
    for key, part in parts:
        is_second = any(key == earlier for earlier, *_ in varying)  # of two values with one key the last one counts
        if part.constant is MISSING or is_second:
            varying.append((key, part.run, part.yields_effects, part.position))
        else:
            whole[key] = part.constant
    if not varying:
        return constant(whole)
    if not any(yields_effects for _, _, yields_effects, _ in varying):

        def run(scope: Scope) -> Any:
            values = whole.copy()
            try:
                for key, evaluate, _, position in varying:  # noqa: B007 -- read by the except
                    values[key] = evaluate(scope)
            except WorkflowError as error:
                error.locate(position)
                raise
            return values

        return Code(run)

    def run_effects(scope: Scope) -> Generator[Effect, Outcome, Any]:
        values = whole.copy()
        try:
            for key, evaluate, yields_effects, position in varying:  # noqa: B007 -- read by the except
                values[key] = (yield from evaluate(scope)) if yields_effects else evaluate(scope)
        except WorkflowError as error:
            error.locate(position)
            raise
        return values

    return Code(run_effects, yields_effects=True)


def combined(parts: Sequence[Code], build: Callable[..., Any]) -> Code:
    """Evaluate the parts in order and build one value from their values."""
    return then(list_of(parts), lambda _, values: build(*values))


def then(code: Code, work: Callable[[Any, Any], Any], *, yields_effects: bool = False) -> Code:
    """Evaluate the code, then work(scope, value).  If yields_effects, that is a generator of effects."""
    if code.constant is not MISSING:
        value = code.constant
        return Code(lambda scope: work(scope, value), yields_effects)
    if not code.yields_effects:
        evaluate = code.compute
        return Code(lambda scope: work(scope, evaluate(scope)), yields_effects)

    def run_effects(scope: Scope) -> Effects:
        given = yield from code.evaluate(scope)
        built: Value = (yield from work(scope, given)) if yields_effects else work(scope, given)
        return built

    return Code(run_effects, yields_effects=True)


def checked(code: Code, check: Callable[[Value], Value]) -> Code:
    """The code, whose value goes through `check`; an error of the check has the code's position."""
    return replace(then(code, lambda _, value: check(value)), position=code.position)
