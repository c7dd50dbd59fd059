"""Compile `assign`.  The left side of an assignment is v, v.k, v["k"] or v[i]."""

from collections.abc import Callable

import yaml

from local.workflows.compile.code import Code
from local.workflows.compile.compiler import Compiler, Entries
from local.workflows.compile.context import Context
from local.workflows.compile.expressions import compile_tree
from local.workflows.effects import Value
from local.workflows.errors import WorkflowError
from local.workflows.language import parser
from local.workflows.language.lexer import ExpressionError
from local.workflows.limits import MAX_ASSIGNMENTS
from local.workflows.run.interpret import Action, Scope, StepEffects
from local.workflows.run.operators import member
from local.workflows.stdlib import type_name

Put = Callable[[Scope, Value], None]


def compile_assign(compiler: Compiler, entries: Entries, context: Context) -> Action:
    parts = []
    for item in compiler.text.items(entries["assign"], "a list of assignments"):
        if len(compiler.text.entries(item, "a variable and its value")) > 1:
            compiler.text.problem(
                compiler.text.pairs(item)[1][0], "an assignment has one variable; begin it with a '-'"
            )
        for key, node in compiler.text.pairs(item):
            value = compiler.value(node, context)
            position = value.position or compiler.text.position(key)
            parts.append((compile_target(compiler, key, context), value, position))
    if len(parts) > MAX_ASSIGNMENTS:
        compiler.text.problem(entries["assign"], f"a step has at most {MAX_ASSIGNMENTS} assignments, not {len(parts)}")
    if not any(code.yields_effects for _, code, _ in parts):
        pairs = [(put, code.run) for put, code, _ in parts]

        def run(scope: Scope) -> None:
            try:
                for put, evaluate in pairs:
                    put(scope, evaluate(scope))
            except WorkflowError as error:
                error.locate(parts[pairs.index((put, evaluate))][2])  # found only now, so that no error costs nothing
                raise

        return Action(run, False, "STEP_ASSIGN", len(parts))

    def run_effects(scope: Scope) -> StepEffects:
        try:
            for put, code, position in parts:  # noqa: B007 -- read by the except
                put(scope, (yield from code.run(scope)) if code.yields_effects else code.run(scope))
        except WorkflowError as error:
            error.locate(position)
            raise
        return None

    return Action(run_effects, True, "STEP_ASSIGN", len(parts))


def compile_target(compiler: Compiler, key: yaml.Node, context: Context) -> Put:
    """A function that assigns a value to the variable or member; missing maps are created."""
    text = str(key.value)
    try:
        name, keys = _path(text, compiler, context)
    except ExpressionError as error:
        compiler.text.problem(key, f"cannot assign to '{text}': {error}", error.offset, error.length)
        return lambda scope, value: None
    check_write(compiler, key, name, context)
    if not keys:
        return lambda scope, value: scope.assign(name, value)

    position = compiler.text.position(key)

    def put(scope: Scope, value: Value) -> None:
        try:
            found = [key.run(scope) for key in keys]
            holder = scope.holder(name)
            holder.put(name, _with(holder.variables.get(name), found, value))
        except WorkflowError as error:
            error.locate(position)
            raise

    return put


def check_write(compiler: Compiler, node: yaml.Node, name: str, context: Context) -> None:
    """Add a problem if the name is not a variable, or if a parallel branch must not write it."""
    if name in compiler.routines:
        compiler.text.problem(node, f"'{name}' is a subworkflow, expected a variable", 0, len(name))
    if not context.variables.note_assignment(name):
        message = f"'{name}' is a variable outside of this parallel step; name it under `shared` to assign it here"
        compiler.text.problem(node, message, 0, len(name))


def _path(text: str, compiler: Compiler, context: Context) -> tuple[str, list[Code]]:
    tree, keys = parser.parse_expression(text), []
    while isinstance(tree, parser.Member):
        key = compile_tree(tree.key, compiler, context.variables)
        if key.yields_effects:
            raise ExpressionError("an index cannot call what waits", tree.offset)
        keys.append(key)
        tree = tree.of
    if not isinstance(tree, parser.Name):
        raise ExpressionError("expected a variable", 0, len(text))
    return tree.name, keys[::-1]


def _with(whole: Value, keys: list[Value], value: Value) -> Value:
    """A copy of a list or map with the value at the path `keys`.

    Only what lies on the path is copied; nothing is changed in place, so variables stay independent.
    Source: Workflows, "Variables", passing by value.
    """
    if not keys:
        return value
    key = keys[0]
    if whole is None:
        whole = {}
    if isinstance(whole, dict):
        if not isinstance(key, str):
            raise WorkflowError.tagged("TypeError", f"a map's key is a string, not {type_name(key)}")
        return {**whole, key: _with(whole.get(key), keys[1:], value)}
    if isinstance(whole, list):
        before = member(whole, key)
        assert isinstance(key, int)  # noqa: S101 -- as member has checked
        return [*whole[:key], _with(before, keys[1:], value), *whole[key + 1 :]]
    raise WorkflowError.tagged("TypeError", f"cannot assign a member of {type_name(whole)}")
