"""Compile `call`, `switch`, `return`, `raise` and `steps`."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import NoReturn
from urllib.parse import urlsplit

import yaml

from local.workflows.compile.assignment import check_write
from local.workflows.compile.code import Code, filled, map_of, then
from local.workflows.compile.compiler import EMPTY, NOTHING, Compiler, Entries
from local.workflows.compile.connector_calls import connector_call
from local.workflows.compile.context import Context
from local.workflows.compile.expressions import count_mistake, library_call, suggested
from local.workflows.effects import Effects, Value
from local.workflows.errors import WorkflowError
from local.workflows.limits import MAX_CONDITIONS
from local.workflows.run.interpret import Action, HistoryEntry, Return, Scope, Signal, StepEffects, run_group
from local.workflows.run.observer import StepType
from local.workflows.stdlib import MISSING, Function, connectors, type_name

# Source: Workflows pricing: calls of Google's own hosts are internal steps.
_INTERNAL_HOSTS = (".googleapis.com", ".run.app", ".cloudfunctions.net", ".cloud.goog", ".appspot.com")


def compile_call(compiler: Compiler, entries: Entries, context: Context) -> Action:
    name = compiler.text.scalar_text(entries["call"], "the called function")
    given = entries.get("args")
    if isinstance(given, yaml.ScalarNode) and compiler.literal(given) is None:
        del entries["args"]  # `args:` and nothing after it
    named, arguments = _arguments(compiler, entries.get("args"), context)
    result = compiler.text.name(entries["result"], "result") if "result" in entries else None
    if result is not None:
        check_write(compiler, entries["result"], result, context)
    if name is None:
        return NOTHING
    function = compiler.functions.get(name)
    if function is not None:
        parameters = {one: number < function.required for number, one in enumerate(function.parameters)}
        called, type_ = _library(function, _by_position(function, named, arguments))
    elif (connector := connectors.find(name)) is not None:
        called, type_ = connector_call(compiler, connector, entries.get("args"), arguments), "STEP_CONNECTOR_CALL"
    elif name in compiler.routines:
        parameters = dict(compiler.routines[name])
        called, type_ = _routine(name, arguments), "STEP_SUBWORKFLOW_CALL"
    else:
        message = f"unknown function or subworkflow '{name}'{suggested(name, compiler)}"
        compiler.text.problem(entries["call"], message, 0, len(name))
        return NOTHING
    if function is not None or name in compiler.routines:
        _check_names(compiler, name, parameters, entries)
    call = called.run
    if not called.yields_effects:

        def run(scope: Scope) -> None:
            value = call(scope)
            if result is not None:
                scope.assign(result, value)

        return Action(run, False, type_, 1)

    def run_effects(scope: Scope) -> StepEffects:
        value = yield from call(scope)
        if result is not None:
            scope.assign(result, value)
        return None

    return Action(run_effects, True, type_, 0 if name.startswith("http.") or name == "events.await_callback" else 1)


def _arguments(compiler: Compiler, node: yaml.Node | None, context: Context) -> tuple[Mapping[str, Code] | None, Code]:
    """The arguments by their names, None if these are not known now; and all of them as one value."""
    named = {} if node is None else compiler.named(node, context) if isinstance(node, yaml.MappingNode) else None
    if node is None or named is not None:
        return named, map_of(named or {})
    return None, compiler.value(node, context)


def _check_names(compiler: Compiler, name: str, parameters: dict[str, bool], entries: Entries) -> None:
    """Check the arguments that are literal now; others are checked when the step runs."""
    node = entries.get("args")
    if isinstance(node, yaml.SequenceNode):
        mistake = count_mistake(name, len(node.value), sum(parameters.values()), len(parameters))
        if mistake is not None:
            compiler.text.problem(node, mistake)
        return
    if node is None or isinstance(node, yaml.MappingNode):
        given = compiler.text.entries(node, "a map") if node is not None else {}
        if node is not None:
            compiler.text.check_keys(parameters, node, f"args of {name}")
        missing = [one for one, must in parameters.items() if must and one not in given]
        if missing:
            compiler.text.problem(node or entries["call"], f"args of {name} lack {', '.join(missing)}", 0, 1)
    elif not (isinstance(node, yaml.ScalarNode) and str(node.value).startswith("${")):
        compiler.text.problem(node, f"args of {name} are a map of names to values")


def _named(name: str, value: Value) -> dict[str, Value]:
    if not isinstance(value, dict):
        raise WorkflowError.tagged("TypeError", f"args of {name}: {type_name(value)} given, expected map")
    return value


def _by_position(function: Function, named: Mapping[str, Code] | None, arguments: Code) -> Code:
    """The arguments in the order of the parameters, given by name or by position."""
    order = list(function.parameters)
    if named is not None and set(order[: function.required]) <= named.keys() <= function.parameters.keys():
        return filled(function.defaults(0), [(order.index(name), code) for name, code in named.items()])

    def bind(_: Scope, given: Value) -> list[Value]:
        if isinstance(given, list):
            return [*given, *function.defaults(len(given))]
        return function.bind_map(_named(function.name, given))

    return then(arguments, bind)


def _library(function: Function, arguments: Code) -> tuple[Code, StepType]:
    """A call of the library; `arguments` gives a list with one value a parameter."""
    if function.name.startswith(("googleapis.", "gke.")):
        return library_call(function, arguments), "STEP_CONNECTOR_CALL"
    if not function.name.startswith("http.") and function.name != "events.await_callback":
        return library_call(function, arguments), "STEP_STD_LIB_CALL"
    url_at = list(function.parameters).index("url") if "url" in function.parameters else None

    def begin(scope: Scope, given: Sequence[Value]) -> Effects:
        bill = scope.execution.bill
        url = given[url_at] if url_at is not None else None
        if isinstance(url, str) and _is_internal(url):
            bill.internal += 1
        else:
            bill.external += 1
        effects: Effects = function.body(*given)
        return effects

    return then(arguments, begin, yields_effects=True), "STEP_STD_LIB_CALL"


@lru_cache(maxsize=128)  # most calls of a workflow go to a few addresses
def _is_internal(url: str) -> bool:
    try:
        host = urlsplit(url).hostname
    except ValueError:
        return False
    return f".{host}".endswith(_INTERNAL_HOSTS)


def _routine(name: str, arguments: Code) -> Code:
    def begin(scope: Scope, given: Value) -> Effects:
        if isinstance(given, list):
            return scope.call(name, given)
        return scope.call_named(name, _named(name, given))

    return then(arguments, begin, yields_effects=True)


def compile_switch(compiler: Compiler, entries: Entries, context: Context) -> Action:
    cases: list[tuple[Code, Action]] = []
    for item in compiler.text.items(entries["switch"], "a list of conditions"):
        case = compiler.text.entries(item, "a condition and what follows")
        if "condition" not in case:
            compiler.text.problem(item, "a case of a switch needs `condition`")
            continue
        written = compiler.literal(case["condition"])
        if written is not MISSING and not isinstance(written, bool):
            compiler.text.problem(case["condition"], "a condition is a boolean; is ${…} missing around it?")
        condition = compiler.value(case["condition"], context)
        rest = {name: node for name, node in case.items() if name != "condition"}
        cases.append((condition, _case(compiler, rest, item, context)))
    if len(cases) > MAX_CONDITIONS:
        compiler.text.problem(entries["switch"], f"a switch has at most {MAX_CONDITIONS} conditions, not {len(cases)}")
    if not any(condition.yields_effects or action.yields_effects for condition, action in cases):
        plain = [(condition.run, condition.position, action) for condition, action in cases]

        def run(scope: Scope) -> Signal:
            bill = scope.execution.bill
            try:
                for number, (holds, position, action) in enumerate(plain, 1):
                    bill.internal += 1
                    if scope.execution.observe is None:
                        chosen = _boolean(holds(scope))
                    else:
                        with HistoryEntry(scope, "condition", "STEP_CONDITION", number, len(plain)):
                            chosen = _boolean(holds(scope))
                    if chosen:
                        position = action.position
                        bill.internal += action.billed
                        signal: Signal = action.run(scope)
                        return signal
            except WorkflowError as error:
                error.locate(position)
                raise
            return None

        return Action(run, False, "STEP_SWITCH")

    def run_effects(scope: Scope) -> StepEffects:
        try:
            for number, (condition, action) in enumerate(cases, 1):
                position = condition.position
                scope.execution.bill.internal += 1
                if scope.execution.observe is None:
                    chosen = _boolean((yield from condition.evaluate(scope)))
                else:
                    with HistoryEntry(scope, "condition", "STEP_CONDITION", number, len(cases)):
                        chosen = _boolean((yield from condition.evaluate(scope)))
                if chosen:
                    position = action.position
                    scope.execution.bill.internal += action.billed
                    signal: Signal = (yield from action.run(scope)) if action.yields_effects else action.run(scope)
                    return signal
        except WorkflowError as error:
            error.locate(position)
            raise
        return None

    return Action(run_effects, True, "STEP_SWITCH")


def _case(compiler: Compiler, rest: Entries, item: yaml.Node, context: Context) -> Action:
    if not rest:
        compiler.text.problem(item, "a case of a switch needs next, steps or another kind of step beside `condition`")
        return NOTHING
    return compiler.action(rest, compiler.without({"condition"}, item), context)


def _boolean(value: Value) -> bool:
    if not isinstance(value, bool):
        raise WorkflowError.tagged("TypeError", f"a condition is a boolean, not {type_name(value)}")
    return value


def compile_steps(compiler: Compiler, entries: Entries, context: Context) -> Action:
    block = compiler.block(entries["steps"], context) if "steps" in entries else EMPTY
    return Action(lambda scope: run_group(block, scope), True, "STEP_TYPE_UNSPECIFIED")


def compile_return(compiler: Compiler, entries: Entries, context: Context) -> Action:
    if context.in_branch:
        compiler.text.problem(entries["return"], "`return` cannot leave a parallel step")
    value = compiler.value(entries["return"], context)
    if not value.yields_effects:
        evaluate, position = value.run, value.position

        def run(scope: Scope) -> Return:
            try:
                found = evaluate(scope)
            except WorkflowError as error:
                error.locate(position)
                raise
            return _returned(scope, found)

        return Action(run, False, "STEP_RETURN", 1)

    def run_effects(scope: Scope) -> StepEffects:
        try:
            found = yield from value.run(scope)
        except WorkflowError as error:
            error.locate(value.position)
            raise
        return _returned(scope, found)

    return Action(run_effects, True, "STEP_RETURN", 1)


def _returned(scope: Scope, value: Value) -> Return:
    """The signal Return.  Raises WorkflowError (TypeError) if the execution itself would return bytes."""
    if scope.depth == 1 and _holds_bytes(value):
        raise WorkflowError.tagged("TypeError", "an execution cannot return bytes")
    return Return(value)


def _holds_bytes(value: Value) -> bool:
    if isinstance(value, list):
        return any(map(_holds_bytes, value))
    if isinstance(value, dict):
        return any(map(_holds_bytes, value.values()))
    return isinstance(value, bytes)


def compile_raise(compiler: Compiler, entries: Entries, context: Context) -> Action:
    """Any value that JSON holds may be raised, though the docs name strings and maps.

    Source: Google's own demo of Bigtable and vector search, which raises a boolean and retries on it.
    """
    value = compiler.value(entries["raise"], context)
    if not value.yields_effects:
        return Action(lambda scope: _raise(value.compute(scope)), False, "STEP_RAISE", 1)

    def run_effects(scope: Scope) -> StepEffects:
        _raise((yield from value.evaluate(scope)))

    return Action(run_effects, True, "STEP_RAISE", 1)


def _raise(value: Value) -> NoReturn:
    if _holds_bytes(value):
        raise WorkflowError.tagged("TypeError", "an error cannot hold bytes")
    raise WorkflowError(value, raised=True)
