"""The tree of an expression → a function of the scope.

Most expressions need no effect and become plain functions.  One that calls a subworkflow, or a function such as
sys.now(), becomes a generator of effects.
"""

import difflib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from local.workflows.effects import Effects, Value
from local.workflows.errors import Position, WorkflowError
from local.workflows.language import parser
from local.workflows.language.lexer import ExpressionError
from local.workflows.limits import MAX_EXPRESSION_CHARACTERS
from local.workflows.run.operators import BINARY, member, negate, truth
from local.workflows.stdlib import Function, ask_driver, connectors


class Scope(Protocol):
    """The variables of a running routine."""

    def lookup(self, name: str) -> Value: ...
    def call(self, routine: str, arguments: Sequence[Value]) -> Effects: ...


class Names(Protocol):
    """The variables that an expression may use at its position."""

    def knows(self, name: str) -> bool: ...
    def names(self) -> set[str]: ...


@dataclass(frozen=True, slots=True)
class Code:
    """A compiled expression.  If yields_effects, run(scope) is a generator of effects; else it returns the value.

    position is that of the whole ${…}.  The caller of run() adds it to an error: cheaper than a `try` in every ${…},
    which would cost one more call each.
    """

    run: Callable[[Any], Any]
    yields_effects: bool = False
    position: Position | None = None

    def evaluate(self, scope: Scope) -> Effects:
        """The value, whether run() yields effects or not."""
        try:
            value: Value = (yield from self.run(scope)) if self.yields_effects else self.run(scope)
        except WorkflowError as error:
            error.locate(self.position)
            raise
        return value


class Library(Protocol):
    """What any expression may name: functions, values, and routines with their parameters (True: required)."""

    functions: Mapping[str, Function]
    values: Mapping[str, Value]
    routines: Mapping[str, Mapping[str, bool]]


def compile_expression(text: str, library: Library, names: Names) -> Code:
    """Raises ExpressionError."""
    if len(text) > MAX_EXPRESSION_CHARACTERS:
        raise ExpressionError(f"an expression has at most {MAX_EXPRESSION_CHARACTERS} characters, not {len(text)}", 0)
    return compile_tree(parser.parse_expression(text), library, names)


def constant(value: Value) -> Code:
    return Code(lambda scope: value)


def combined(parts: Sequence[Code], build: Callable[[list[Value]], Value]) -> Code:
    """Evaluate the parts in order and build one value from them."""
    if not any(part.yields_effects for part in parts):

        def run(scope: Scope) -> Value:
            values: list[Value] = []
            try:
                for part in parts:
                    values.append(part.run(scope))
            except WorkflowError as error:
                error.locate(part.position)
                raise
            return build(values)

        return Code(run)

    def run_effects(scope: Scope) -> Effects:
        values: list[Value] = []
        for part in parts:
            values += [(yield from part.evaluate(scope))]
        return build(values)

    return Code(run_effects, yields_effects=True)


def checked(code: Code, check: Callable[[Value], Value]) -> Code:
    """The code, whose value goes through `check`; an error of the check has the code's position."""
    return replace(combined([code], lambda values: check(*values)), position=code.position)


def compile_tree(tree: parser.Expression, library: Library, names: Names) -> Code:
    """Raises ExpressionError, for instance for an unknown name."""

    def part(one: parser.Expression) -> Code:
        return compile_tree(one, library, names)

    match tree:
        case parser.Literal(value=value):
            return constant(value)
        case parser.Name(name=name):
            if not names.knows(name):
                raise _unknown_variable(tree, library, names)
            return Code(lambda scope: scope.lookup(name))
        case parser.Member():
            return _member(tree, library, names)
        case parser.Unary(operator=sign, operand=operand):
            work = negate if sign == "-" else (lambda value: not truth("not", value))
            return combined([part(operand)], lambda values: work(*values))
        case parser.Binary(operator="and" | "or" as sign, left=left, right=right):
            return _logical(sign, part(left), part(right))
        case parser.Binary(operator=sign, left=left, right=right):
            return _binary(sign, part(left), part(right))
        case parser.ListLiteral(items=items):
            return combined([part(item) for item in items], list)
        case parser.MapLiteral(items=pairs):
            keys = [key for key, _ in pairs]
            return combined([part(item) for _, item in pairs], lambda found: dict(zip(keys, found, strict=True)))
        case parser.Call():
            return _call(tree, library, names)


def _unknown_variable(tree: parser.Name, library: Library, names: Names) -> ExpressionError:
    if tree.name in library.routines or tree.name in library.functions:
        return ExpressionError(f"'{tree.name}' is a function, expected a value: call it", tree.offset, len(tree.name))
    if tree.name in _modules(library):
        message = f"'{tree.name}' is a module of the library: call one of its functions"
        return ExpressionError(message, tree.offset, len(tree.name))
    near = difflib.get_close_matches(tree.name, sorted(names.names()))
    meant = f"; did you mean '{near[0]}'?" if near else ""
    return ExpressionError(f"undefined variable '{tree.name}'{meant}", tree.offset, len(tree.name))


def _member(tree: parser.Member, library: Library, names: Names) -> Code:
    dotted = parser.dotted(tree)
    if dotted is not None and dotted in library.values:
        return constant(library.values[dotted])
    if dotted is not None and not names.knows(dotted.partition(".")[0]):
        _check_library(dotted, tree, library)
    of, key = compile_tree(tree.of, library, names), compile_tree(tree.key, library, names)
    if isinstance(tree.key, parser.Literal) and not of.yields_effects:
        run, name = of.run, tree.key.value
        return Code(lambda scope: member(run(scope), name))
    return combined([of, key], lambda values: member(*values))


def _check_library(dotted: str, tree: parser.Member, library: Library) -> None:
    """Raises ExpressionError for a dotted name that begins with a module but is none of its values."""
    if dotted.partition(".")[0] not in _modules(library):
        return
    if any(dotted.startswith(f"{value}.") for value in library.values):
        return
    near = difflib.get_close_matches(dotted, list(library.values))
    meant = f"; did you mean '{near[0]}'?" if near else ""
    what = "is a function: call it" if dotted in library.functions else "is no value of the library"
    root: parser.Expression = tree
    while isinstance(root, parser.Member):
        root = root.of
    raise ExpressionError(f"'{dotted}' {what}{meant}", root.offset, len(dotted))


def _modules(library: Library) -> set[str]:
    return {known.partition(".")[0] for known in (*library.functions, *library.values) if "." in known}


def _binary(sign: str, left: Code, right: Code) -> Code:
    work = BINARY[sign]
    if left.yields_effects or right.yields_effects:
        return combined([left, right], lambda values: work(*values))
    first, second = left.run, right.run
    return Code(lambda scope: work(first(scope), second(scope)))


def _logical(sign: str, left: Code, right: Code) -> Code:
    """`and` and `or`: the right side is evaluated only if the left one does not decide."""
    decides = sign == "or"
    if not left.yields_effects and not right.yields_effects:
        first, second = left.run, right.run
        return Code(lambda scope: decides if truth(sign, first(scope)) is decides else truth(sign, second(scope)))

    def run_effects(scope: Scope) -> Effects:
        if truth(sign, (yield from left.evaluate(scope))) is decides:
            return decides
        return truth(sign, (yield from right.evaluate(scope)))

    return Code(run_effects, yields_effects=True)


def _call(tree: parser.Call, library: Library, names: Names) -> Code:
    arguments = [compile_tree(one, library, names) for one in tree.arguments]
    name = tree.function
    if name in library.functions:
        function = library.functions[name]
        if function.blocks:
            raise _blocking(tree)
        _check_count(tree, function.required, len(function.parameters))
        return library_call(function, combined(arguments, function.fill))
    if name in library.routines:
        required = sum(library.routines[name].values())
        _check_count(tree, required, len(library.routines[name]))
        return _routine_call(name, arguments)
    if connectors.find(name) is not None:
        raise _blocking(tree)
    raise ExpressionError(f"unknown function '{name}'{suggested(name, library)}", tree.offset, len(name))


def _blocking(tree: parser.Call) -> ExpressionError:
    message = f"{tree.function} waits, so it cannot be called in an expression; call it in a step of its own"
    return ExpressionError(message, tree.offset, len(tree.function))


def _check_count(tree: parser.Call, least: int, most: int) -> None:
    mistake = count_mistake(tree.function, len(tree.arguments), least, most)
    if mistake is not None:
        raise ExpressionError(mistake, tree.offset, len(tree.function))


def count_mistake(function: str, given: int, least: int, most: int) -> str | None:
    """The message for a wrong number of positional arguments; None if it is right."""
    if least <= given <= most:
        return None
    expected = str(most) if least == most else f"{least} to {most}"
    return f"{function} takes {expected} argument{'' if most == 1 else 's'}, not {given}"


def suggested(name: str, library: Library) -> str:
    """The end of a message: the name that may have been meant."""
    near = difflib.get_close_matches(name.lower(), [*library.functions, *library.routines])
    if name.startswith(connectors.PREFIX):
        near = connectors.suggestion(name, library.functions)
    return f"; did you mean '{near[0]}'?" if near else ""


def library_call(function: Function, arguments: Code) -> Code:
    """Code that calls the function; `arguments` gives a list with one value a parameter."""
    body = function.body
    if function.needs_environment and function.yields_effects:

        def run_effects_with_environment(scope: Scope) -> Effects:
            given = _listed((yield from arguments.evaluate(scope)))
            if function.name in _STUBBED.run(scope):
                return (yield from ask_driver(function.name, dict(zip(function.parameters, given, strict=True))))
            value: Value = yield from body(_ENVIRONMENT.run(scope), _BILL.run(scope).count_poll, *given)
            return value

        return Code(run_effects_with_environment, yields_effects=True)
    if function.needs_environment:
        return combined([arguments, _ENVIRONMENT], lambda values: body(values[1], *_listed(values[0])))
    if not function.yields_effects:
        return combined([arguments], lambda values: body(*_listed(*values)))

    def run_effects(scope: Scope) -> Effects:
        given = yield from arguments.evaluate(scope)
        value: Value = yield from body(*_listed(given))
        return value

    return Code(run_effects, yields_effects=True)


_ENVIRONMENT = Code(lambda scope: scope.execution.env)
_STUBBED = Code(lambda scope: scope.execution.stubbed)
_BILL = Code(lambda scope: scope.execution.bill)


def _listed(value: Value) -> list[Value]:
    assert isinstance(value, list)  # noqa: S101 -- as the caller built it
    return value


def _routine_call(name: str, arguments: Sequence[Code]) -> Code:
    gathered = combined(arguments, list)

    def run_effects(scope: Scope) -> Effects:
        values = yield from gathered.evaluate(scope)
        return (yield from scope.call(name, _listed(values)))

    return Code(run_effects, yields_effects=True)
