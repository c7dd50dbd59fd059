"""The tree of an expression → a function of the scope.

Most expressions need no effect and become plain functions.  One that calls a subworkflow, or a function such as
sys.now(), becomes a generator of effects.
"""

import difflib
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from local.workflows.compile.code import Code, Scope, combined, constant, filled, list_of, map_of, then
from local.workflows.effects import Effects, Value
from local.workflows.language import parser
from local.workflows.language.lexer import ExpressionError
from local.workflows.limits import MAX_EXPRESSION_CHARACTERS
from local.workflows.run.operators import BINARY, member, negate, truth
from local.workflows.stdlib import Function, ask_driver, connectors


class Names(Protocol):
    """The variables that an expression may use at its position."""

    def knows(self, name: str) -> bool: ...
    def names(self) -> set[str]: ...


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
            return _variable(name)
        case parser.Member():
            return _member(tree, library, names)
        case parser.Unary(operator=sign, operand=operand):
            work = negate if sign == "-" else (lambda value: not truth("not", value))
            return then(part(operand), lambda _, value: work(value))
        case parser.Binary(operator="and" | "or" as sign, left=left, right=right):
            return _logical(sign, part(left), part(right))
        case parser.Binary(operator=sign, left=left, right=right):
            return _binary(sign, part(left), part(right))
        case parser.ListLiteral(items=items):
            return list_of([part(item) for item in items])
        case parser.MapLiteral(items=pairs):
            return filled({key: None for key, _ in pairs}, [(key, part(item)) for key, item in pairs])
        case parser.Call():
            return _call(tree, library, names)


def _variable(name: str) -> Code:
    """The value of a variable; null if the step that sets it has not done so.

    Source: Google's tutorials on callbacks test `callback_request == null` after the time-out of the call that sets it
    was caught.  A name that no step sets is refused before the run.
    """

    def run(scope: Scope | None) -> Value:
        while scope is not None:
            if name in scope.variables:
                return scope.variables[name]
            scope = scope.outer
        return None

    return Code(run)


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
    return combined([of, key], member)


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
    work, first, second = BINARY[sign], left.run, right.run
    if not left.yields_effects and not right.yields_effects:
        return Code(lambda scope: work(first(scope), second(scope)))

    def run_effects(scope: Scope) -> Effects:
        one = (yield from first(scope)) if left.yields_effects else first(scope)
        return work(one, (yield from second(scope)) if right.yields_effects else second(scope))

    return Code(run_effects, yields_effects=True)


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
        return library_call(function, list_of(arguments, function.defaults(len(arguments))))
    if name in library.routines:
        required = sum(library.routines[name].values())
        _check_count(tree, required, len(library.routines[name]))
        return _routine_call(name, dict(zip(library.routines[name], arguments, strict=False)))
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
    if not function.needs_environment:
        return then(arguments, lambda _, given: body(*given), yields_effects=function.yields_effects)
    if not function.yields_effects:
        return then(arguments, lambda scope, given: body(scope.execution.env, *given))

    def begin(scope: Any, given: Sequence[Value]) -> Effects:
        execution = scope.execution
        if function.name in execution.stubbed:
            return ask_driver(function.name, dict(zip(function.parameters, given, strict=True)))
        effects: Effects = body(execution.env, execution.bill.count_poll, *given)
        return effects

    return then(arguments, begin, yields_effects=True)


def _routine_call(name: str, arguments: Mapping[str, Code]) -> Code:
    return then(map_of(arguments), lambda scope, given: scope.call_named(name, given), yields_effects=True)
