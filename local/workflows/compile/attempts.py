"""Compile `try`, `retry` and `except`."""

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace

import yaml

from local.workflows.compile.code import Code, constant, map_of
from local.workflows.compile.compiler import NOTHING, Compiler, Entries
from local.workflows.compile.context import Context
from local.workflows.effects import Effect, Outcome, Sleep, Value
from local.workflows.errors import Position, WorkflowError
from local.workflows.run.interpret import Action, Scope, StepEffects, run_as_entry
from local.workflows.stdlib import MISSING, type_name

# Defaults of a retry: those of the library's policies.  Source: Workflows, http.default_retry and
# retry.default_backoff.  Public files show that no field is required; the defaults are not documented.
_DEFAULT_MAX_RETRIES = 5
_BACKOFF: Mapping[str, float] = {"initial_delay": 1, "max_delay": 60, "multiplier": 1.25}

TryAgain = Callable[[Scope, WorkflowError, int], Generator[Effect, Outcome, bool]]


def compile_try(compiler: Compiler, entries: Entries, context: Context) -> Action:
    body = _body(compiler, entries["try"], context)
    again = _retry(compiler, entries["retry"], context) if "retry" in entries else None
    handling, variable = NOTHING, None
    retry_position = compiler.text.position(entries["retry"]) if "retry" in entries else None
    if "except" in entries:
        handling, variable = _except(compiler, entries["except"], context)
    if again is None and "except" not in entries:
        compiler.text.problem(entries["try"], "try needs retry, except or both beside it")

    again_body = replace(body, type="STEP_RETRY")

    def run_effects(scope: Scope) -> StepEffects:
        failures = 0
        try:
            while True:
                scope.execution.bill.internal += body.billed  # a retry is billed as what it runs again
                name, action, number = ("retry", again_body, failures) if failures else ("try", body, None)
                try:
                    return (yield from run_as_entry(scope, name, action, number))
                except WorkflowError as error:
                    error.locate(body.position)
                    failures += 1
                    scope.execution.count_step()
                    if again is None or not (yield from _located(again(scope, error, failures), retry_position)):
                        raise
        except WorkflowError as error:
            if "except" not in entries:
                raise
            caught = error.payload
        inner = scope.inner({variable: caught} if variable is not None else {})
        try:
            inner.execution.bill.internal += handling.billed
            return (yield from run_as_entry(inner, "except", handling))
        finally:
            inner.close()

    return Action(run_effects, True, "STEP_TRY_RETRY_EXCEPT")


def _located(asking: Generator[Effect, Outcome, bool], position: Position | None) -> Generator[Effect, Outcome, bool]:
    """The same generator; its errors get that position."""
    try:
        return (yield from asking)
    except WorkflowError as error:
        error.locate(position)
        raise


def _body(compiler: Compiler, node: yaml.Node, context: Context) -> Action:
    """The body of `try`: the fields of one step, or a list of steps.  Source: the service's JSON schema, "try".

    A `for` directly in it is allowed: "Known issues" reports a deployment that failed with one, but the schema and
    "Catch errors" allow any step.
    """
    if isinstance(node, yaml.SequenceNode):
        return replace(compiler.kinds["steps"].compile(compiler, {"steps": node}, context), type="STEP_TRY")
    parts = compiler.text.entries(node, "the fields of a step, or a list of steps")
    return replace(compiler.action(parts, node, context), type="STEP_TRY")


def _except(compiler: Compiler, node: yaml.Node, context: Context) -> tuple[Action, str | None]:
    """The steps that handle an error, and the variable that holds it (`as`, beside the fields of a step).

    Source: Workflows, "Catch errors": `steps` is optional, and any kind of step may stand there.
    """
    parts = compiler.text.entries(node, "as, and steps or the fields of another step")
    name = compiler.text.name(parts["as"], "as") if "as" in parts else None
    handling = compiler.without({"as"}, node)
    if not handling.value:
        return replace(NOTHING, type="STEP_EXCEPT"), name
    inside = context.inner_scope(*([name] if name is not None else []), body=handling)
    action = compiler.action(compiler.text.entries(handling, "a step"), handling, inside)
    return replace(action, type="STEP_EXCEPT"), name


def _retry(compiler: Compiler, node: yaml.Node, context: Context) -> TryAgain:
    """A generator function that waits for the backoff and returns whether to retry."""
    if isinstance(node, yaml.MappingNode):
        parts = compiler.text.entries(node, "predicate, max_retries and backoff")
        compiler.text.check_keys({"predicate", "max_retries", "backoff"}, node, "retry")
        _check_numbers(compiler, {name: part for name, part in parts.items() if name == "max_retries"})
        backoff = parts.get("backoff")
        if isinstance(backoff, yaml.MappingNode):
            inside = compiler.text.entries(backoff, "a backoff")
            compiler.text.check_keys(_BACKOFF, backoff, "backoff")
            _check_numbers(compiler, inside)
    policy = _policy(compiler, node, context)

    def run_effects(scope: Scope, error: WorkflowError, failures: int) -> Generator[Effect, Outcome, bool]:
        given = yield from policy.evaluate(scope)
        if not isinstance(given, dict):
            raise WorkflowError.tagged("TypeError", f"retry takes a map, not {type_name(given)}")
        if failures > _number("max_retries", given, _DEFAULT_MAX_RETRIES):
            return False
        holds = yield from _applies(compiler, scope, given.get("predicate", "retry.always"), error.payload)
        if not isinstance(holds, bool):
            raise WorkflowError.tagged("TypeError", f"a retry predicate returns a boolean, not {type_name(holds)}")
        if holds:
            backoff = given.get("backoff", {})
            if not isinstance(backoff, dict):
                raise WorkflowError.tagged("TypeError", f"backoff is a map, not {type_name(backoff)}")
            yield Sleep(_delay_s(backoff, failures))
        return holds

    return run_effects


def _check_numbers(compiler: Compiler, parts: Entries) -> None:
    """Add a problem for each literal that is not a number."""
    for name, node in parts.items():
        written = compiler.literal(node)
        if written is not MISSING and (isinstance(written, bool) or not isinstance(written, int | float)):
            compiler.text.problem(node, f"{name} is a number, not {type_name(written)}")


def _applies(compiler: Compiler, scope: Scope, predicate: Value, payload: Value) -> Generator[Effect, Outcome, Value]:
    function = compiler.functions.get(predicate) if isinstance(predicate, str) else None
    if function is not None:
        holds: Value = function.body(payload)
        return holds
    if not isinstance(predicate, str) or predicate not in compiler.routines:
        raise WorkflowError.tagged("TypeError", f"a retry predicate is a function or subworkflow, not {predicate!r}")
    return (yield from scope.call(predicate, [payload]))


def _policy(compiler: Compiler, node: yaml.Node, context: Context) -> Code:
    """The retry policy; its predicate is the name of a function or routine."""
    if not isinstance(node, yaml.MappingNode):
        return compiler.value(node, context)
    parts: dict[str, Code] = {}
    for name, part in compiler.text.entries(node, "retry").items():
        parts[name] = _predicate(compiler, part, context) if name == "predicate" else compiler.value(part, context)
    return map_of(parts)


def _predicate(compiler: Compiler, node: yaml.Node, context: Context) -> Code:
    text = compiler.text.scalar_text(node, "predicate")
    if text is None:
        return constant(None)
    bare = text[2:-1].strip() if text.startswith("${") else text
    parameters: int | None = None
    if bare in compiler.functions:
        parameters = len(compiler.functions[bare].parameters)
        if compiler.functions[bare].yields_effects:
            parameters = None
    elif bare in compiler.routines:
        parameters = len(compiler.routines[bare])
    elif context.variables.knows(bare):
        return compiler.value(node, context)
    if parameters is None:
        compiler.text.problem(node, f"unknown predicate '{bare}', expected a function or subworkflow", 0, len(text))
    elif parameters != 1:
        compiler.text.problem(node, f"the predicate '{bare}' takes {parameters} arguments, expected one", 0, len(text))
    return constant(bare)


def _delay_s(backoff: Mapping[str, Value], failures: int) -> float:
    first, most, factor = (_number(name, backoff, default) for name, default in _BACKOFF.items())
    try:
        return float(min(first * factor ** (failures - 1), most))
    except OverflowError:
        return float(most)


def _number(name: str, given: Mapping[str, Value], default: float) -> float:
    value = given.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WorkflowError.tagged("TypeError", f"{name} is a number, not {type_name(value)}")
    if not value >= 0:  # NaN, too
        raise WorkflowError.tagged("ValueError", f"{name} is not negative, unlike {value}")
    return value
