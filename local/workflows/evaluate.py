"""The tree of an expression → a closure over a scope.

Most expressions ask nothing of a driver and become plain functions; one that calls a subworkflow, or a function such as
sys.now(), becomes a generator of effects.
"""

import difflib
from collections.abc import Callable, Generator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from local.workflows import parser
from local.workflows.effects import Effect, Outcome, Value
from local.workflows.lexer import ExpressionError
from local.workflows.operators import BINARY, member, negate, truth
from local.workflows.stdlib import Function

Asking = Generator[Effect, Outcome, Value]
MISSING = object()  # no default was given, which is not the same as the default null


class Scope(Protocol):
    """Where the variables of a running routine are."""

    def lookup(self, name: str) -> Value: ...
    def environment(self, name: str, default: Any) -> Value: ...
    def call(self, routine: str, arguments: Sequence[Value]) -> Asking: ...


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled expression.  asks: run(scope) is a generator of effects; else run(scope) is the value."""

    run: Callable[[Any], Any]
    asks: bool = False

    def ask(self, scope: Scope) -> Asking:
        """The value, whichever kind it is."""
        value: Value = (yield from self.run(scope)) if self.asks else self.run(scope)
        return value


class Library(Protocol):
    """What an expression may name: functions of the library, routines of the workflow, and values."""

    functions: dict[str, Function]
    values: dict[str, Value]
    routines: dict[str, int]


def compile_expression(text: str, library: Library) -> Code:
    """Raises ExpressionError."""
    return compile_tree(parser.parse_expression(text), library)


def constant(value: Value) -> Code:
    return Code(lambda scope: value)


def combined(parts: Sequence[Code], build: Callable[[list[Value]], Value]) -> Code:
    """Evaluate the parts in order and build one value of theirs."""
    if not any(part.asks for part in parts):
        runs = [part.run for part in parts]
        return Code(lambda scope: build([run(scope) for run in runs]))

    def ask(scope: Scope) -> Asking:
        values: list[Value] = []
        for part in parts:
            values += [(yield from part.ask(scope))]
        return build(values)

    return Code(ask, asks=True)


def compile_tree(tree: parser.Expression, library: Library) -> Code:
    match tree:
        case parser.Literal(value=value):
            return constant(value)
        case parser.Name(name=name):
            return Code(lambda scope: scope.lookup(name))
        case parser.Member():
            return _member(tree, library)
        case parser.Unary(operator=sign, operand=operand):
            work = negate if sign == "-" else (lambda value: not truth("not", value))
            return combined([compile_tree(operand, library)], lambda values: work(values[0]))
        case parser.Binary(operator="and" | "or" as sign, left=left, right=right):
            return _logical(sign, compile_tree(left, library), compile_tree(right, library))
        case parser.Binary(operator=sign, left=left, right=right):
            return _binary(sign, compile_tree(left, library), compile_tree(right, library))
        case parser.ListLiteral(items=items):
            return combined([compile_tree(item, library) for item in items], list)
        case parser.MapLiteral(items=pairs):
            names = [name for name, _ in pairs]
            return combined(
                [compile_tree(item, library) for _, item in pairs], lambda values: dict(zip(names, values, strict=True))
            )
        case parser.Call():
            return _call(tree, library)


def _member(tree: parser.Member, library: Library) -> Code:
    dotted = parser.dotted(tree)
    if dotted in library.values or dotted in library.functions:
        return constant(library.values.get(dotted, dotted))
    of, key = compile_tree(tree.of, library), compile_tree(tree.key, library)
    if isinstance(tree.key, parser.Literal) and not of.asks:
        run, name = of.run, tree.key.value
        return Code(lambda scope: member(run(scope), name))
    return combined([of, key], lambda values: member(values[0], values[1]))


def _binary(sign: str, left: Code, right: Code) -> Code:
    work = BINARY[sign]
    if left.asks or right.asks:
        return combined([left, right], lambda values: work(values[0], values[1]))
    first, second = left.run, right.run
    return Code(lambda scope: work(first(scope), second(scope)))


def _logical(sign: str, left: Code, right: Code) -> Code:
    """The right side is not evaluated where the left one decides."""
    decides = sign == "or"
    if not left.asks and not right.asks:
        first, second = left.run, right.run
        return Code(lambda scope: decides if truth(sign, first(scope)) is decides else truth(sign, second(scope)))

    def ask(scope: Scope) -> Asking:
        if truth(sign, (yield from left.ask(scope))) is decides:
            return decides
        return truth(sign, (yield from right.ask(scope)))

    return Code(ask, asks=True)


def _call(tree: parser.Call, library: Library) -> Code:
    arguments = [compile_tree(one, library) for one in tree.arguments]
    name = tree.function
    if name == "sys.get_env":
        return _get_env(tree, arguments)
    if name in library.functions:
        return _library_call(library.functions[name], arguments)
    if name in library.routines:
        return _routine_call(name, arguments)
    raise ExpressionError(f"unknown function '{name}'{_suggest(name, library)}", tree.offset, len(name))


def _suggest(name: str, library: Library) -> str:

    known = [*library.functions, *library.routines, "sys.get_env"]
    near = difflib.get_close_matches(name.lower(), known, n=1)
    return f"; did you mean '{near[0]}'?" if near else ""


def _get_env(tree: parser.Call, arguments: Sequence[Code]) -> Code:
    if len(arguments) not in (1, 2):
        raise ExpressionError("sys.get_env takes a name and perhaps a default", tree.offset, len(tree.function))
    name, fallback = arguments[0], arguments[1] if len(arguments) == 2 else None
    if name.asks or (fallback is not None and fallback.asks):
        raise ExpressionError("sys.get_env takes plain values", tree.offset, len(tree.function))

    def run(scope: Scope) -> Value:
        return scope.environment(str(name.run(scope)), MISSING if fallback is None else fallback.run(scope))

    return Code(run)


def _library_call(function: Function, arguments: Sequence[Code]) -> Code:
    body = function.body
    if not function.asks:
        return combined(arguments, lambda values: body(*function.bind_list(values)))
    gathered = combined(arguments, list)

    def ask(scope: Scope) -> Asking:
        values = yield from gathered.ask(scope)
        value: Value = yield from body(*function.bind_list(values))  # type: ignore[arg-type]  # a list, as built above
        return value

    return Code(ask, asks=True)


def _routine_call(name: str, arguments: Sequence[Code]) -> Code:
    gathered = combined(arguments, list)

    def ask(scope: Scope) -> Asking:
        values = yield from gathered.ask(scope)
        return (yield from scope.call(name, values))  # type: ignore[arg-type]  # a list, as built above

    return Code(ask, asks=True)
