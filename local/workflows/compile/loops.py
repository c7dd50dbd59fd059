"""Compile `for` and `parallel`."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from math import floor
from typing import TypeAlias

import yaml

from local.workflows.compile.code import Code, checked, constant
from local.workflows.compile.compiler import EMPTY, NOTHING, Compiler, Entries
from local.workflows.compile.context import Context
from local.workflows.effects import BranchOutcome, Fork, Run, Runs, Value
from local.workflows.errors import WorkflowError
from local.workflows.limits import MAX_BRANCH_ERRORS, MAX_BRANCHES, MAX_PARALLEL_DEPTH, MAX_STEPS
from local.workflows.run.interpret import (
    Action,
    Block,
    BreakOrContinue,
    Scope,
    Signal,
    StepEffects,
    run_as_entry,
    run_block,
)
from local.workflows.run.observer import StepType
from local.workflows.stdlib import MISSING, type_name


@dataclass(frozen=True, slots=True)
class _Loop:
    """A loop: its items, its steps, and the names of its variables."""

    value: str
    index: str | None
    items: Code
    is_range: bool
    block: Block

    def variables(self, number: int, item: Value) -> Mapping[str, Value]:
        return {self.value: item} if self.index is None else {self.value: item, self.index: number}

    def over(self, found: Value) -> "list[Value] | range | _Doubles":
        """The items of the loop, from the value of `in` or `range`.  Raises WorkflowError."""
        try:
            return _items(found, self.is_range)
        except WorkflowError as error:
            error.locate(self.items.position)
            raise


def compile_for(compiler: Compiler, entries: Entries, context: Context) -> Action:
    loop = _loop(compiler, entries["for"], context, lambda inside: inside.for_loop())
    if loop is None:
        return NOTHING

    def run_effects(scope: Scope) -> StepEffects:
        found = (yield from loop.items.evaluate(scope)) if loop.items.yields_effects else loop.items.compute(scope)
        items = loop.over(found)
        for number, item in enumerate(items):
            inner = scope.inner(loop.variables(number, item))
            try:
                signal: Signal
                if scope.execution.observe is None:
                    signal = yield from run_block(loop.block, inner)
                else:
                    iteration = _iteration(loop.block, "STEP_FOR_ITERATION")
                    signal = yield from run_as_entry(inner, str(number), iteration, number + 1, _count(items))
            finally:
                inner.close()
            if isinstance(signal, BreakOrContinue):
                if signal.is_break:
                    break
            elif signal is not None:
                return signal
        return None

    return Action(run_effects, True, "STEP_FOR")


def _loop(compiler: Compiler, node: yaml.Node, context: Context, enter: Callable[[Context], Context]) -> _Loop | None:
    parts = compiler.text.entries(node, "value, in or range, and steps")
    compiler.text.check_keys({"value", "index", "in", "range", "steps"}, node, "a for loop")
    if "value" not in parts or "steps" not in parts or ("in" in parts) is ("range" in parts):
        compiler.text.problem(node, "a for loop needs value, steps, and either in or range")
        return None
    value = compiler.text.name(parts["value"], "value")
    index = compiler.text.name(parts["index"], "index") if "index" in parts else None
    _check_written(compiler, parts)
    items = compiler.value(parts["in"] if "in" in parts else parts["range"], context)
    names = [one for one in (value, index) if one is not None]
    block = compiler.block(parts["steps"], enter(context.inner_scope(*names, body=parts["steps"])))
    return _Loop(value, index, items, "range" in parts, block) if value is not None else None


def _check_written(compiler: Compiler, parts: Entries) -> None:
    """Add a problem for a literal that cannot be iterated."""
    written = compiler.literal(parts.get("in"))
    if written is not MISSING:
        compiler.text.problem(parts["in"], f"for goes over a list or a map, not {type_name(written)}")
    ends = parts.get("range")
    if isinstance(ends, yaml.SequenceNode) and len(ends.value) != 2:
        compiler.text.problem(ends, f"a range has two ends, not {len(ends.value)}")


def compile_parallel(compiler: Compiler, entries: Entries, context: Context) -> Action:
    node = entries["parallel"]
    text = compiler.text
    parts = text.entries(node, "branches or for")
    text.check_keys({"shared", "concurrency_limit", "exception_policy", "branches", "for"}, node, "parallel")
    if ("branches" in parts) is ("for" in parts):
        text.problem(node, "parallel needs either branches or for")
        return NOTHING
    policy = parts.get("exception_policy")
    if policy is not None and text.scalar_text(policy, "exception_policy") not in (None, "continueAll"):
        text.problem(policy, f"exception_policy is continueAll, not '{policy.value}'", 0, len(policy.value))
    shared = _shared(compiler, parts.get("shared"), context)
    written = compiler.literal(parts.get("concurrency_limit"))
    if written is not MISSING and (type(written) is not int or written < 1):
        text.problem(parts["concurrency_limit"], "concurrency_limit is an integer of at least 1")
    limit = constant(None)
    if "concurrency_limit" in parts:
        limit = checked(compiler.value(parts["concurrency_limit"], context), _limit)
    loop: _Loop | None = None
    branches: list[tuple[str, Block]] = []
    if "for" in parts:
        loop = _loop(compiler, parts["for"], context, lambda inside: inside.branch(shared, is_loop=True))
    else:
        branches = _branches(compiler, parts["branches"], context, shared)

    def fork(scope: Scope, found: Value) -> Runs:
        if loop is not None:
            return _Iterations(loop, loop.over(found), scope, shared)
        return [
            _branch(name, block, scope, {}, shared, number, len(branches))
            for number, (name, block) in enumerate(branches, 1)
        ]

    def run_effects(scope: Scope) -> StepEffects:
        if scope.parallel >= MAX_PARALLEL_DEPTH:
            message = f"parallel steps are nested at most {MAX_PARALLEL_DEPTH} deep"
            raise WorkflowError.tagged("ParallelNestingError", message)
        found = (yield from loop.items.evaluate(scope)) if loop else None
        if loop is not None and _count(loop.over(found)) > MAX_STEPS:
            message = f"an execution runs at most {MAX_STEPS} steps, which are less than the iterations of this loop"
            raise WorkflowError.tagged("ResourceLimitError", message)
        most = yield from limit.evaluate(scope)
        assert most is None or isinstance(most, int)  # noqa: S101 -- as _limit has checked
        outcomes = yield Fork(fork(scope, found), most)
        assert isinstance(outcomes, tuple)  # noqa: S101 -- the driver's contract
        names = [name for name, _ in branches] if loop is None else list(map(str, range(len(outcomes))))
        _raise_failures(names, outcomes)
        return None

    return Action(run_effects, True, "STEP_PARALLEL_FOR" if "for" in parts else "STEP_PARALLEL_BRANCH")


def _shared(compiler: Compiler, node: yaml.Node | None, context: Context) -> frozenset[str]:
    names = set()
    for item in compiler.text.items(node, "a list of variables") if node is not None else ():
        name = compiler.text.name(item, "a shared variable")
        if name is not None and not context.variables.knows(name):
            compiler.text.problem(item, f"undefined variable '{name}'; assign it before it is shared", 0, len(name))
        if name is not None:
            names.add(name)
    return frozenset(names)


def _branches(compiler: Compiler, node: yaml.Node, context: Context, shared: frozenset[str]) -> list[tuple[str, Block]]:
    branches: dict[str, Block] = {}
    items = compiler.text.non_empty_items(node, "branch")
    if len(items) > MAX_BRANCHES:
        compiler.text.problem(node, f"a parallel step has at most {MAX_BRANCHES} branches, not {len(items)}")
    for item in items:
        for name, body in compiler.text.entries(item, "a branch's name and its steps").items():
            if name in branches:
                compiler.text.problem(item, f"the branch '{name}' is defined twice", 0, len(name))
            parts = compiler.text.entries(body, "steps")
            compiler.text.check_keys({"steps"}, body, "a branch")
            if "steps" not in parts:
                compiler.text.problem(body, "a branch needs `steps`")
                branches[name] = EMPTY
                continue
            inside = context.inner_scope(body=parts["steps"]).branch(shared, is_loop=False)
            branches[name] = compiler.block(parts["steps"], inside)
    return list(branches.items())


@dataclass(frozen=True, slots=True)
class _Iterations:
    """The branches of a parallel loop.  Each is created when it begins: there may be 100,000, but few run at a time."""

    loop: _Loop
    items: "_Items"
    scope: Scope
    shared: frozenset[str]

    def __len__(self) -> int:
        return _count(self.items)

    def __getitem__(self, at: int, /) -> Run:
        variables = self.loop.variables(at, self.items[at])
        return _branch(str(at), self.loop.block, self.scope, variables, self.shared, at + 1, len(self))


def _branch(
    name: str,
    block: Block,
    outer: Scope,
    variables: Mapping[str, Value],
    shared: frozenset[str],
    number: int,
    expected: int,
) -> Run:
    scope = outer.inner(variables)
    scope.shared = shared
    scope.parallel += 1
    try:
        if scope.execution.observe is None:
            yield from run_block(block, scope)
        else:
            yield from run_as_entry(scope, name, _iteration(block, "STEP_PARALLEL_BRANCH_ENTRY"), number, expected)
    finally:
        scope.close()
    return None


def _iteration(block: Block, type_: StepType) -> Action:
    return Action(lambda inner: run_block(block, inner), True, type_)


@dataclass(frozen=True, slots=True)
class _Doubles:
    """first, first + 1, …: `count` doubles."""

    first: float
    count: int

    def __getitem__(self, number: int) -> float:
        return self.first + number

    def __iter__(self) -> Iterator[float]:
        return (self.first + number for number in range(self.count))


_NUMBER = (int, float)
_Items: TypeAlias = "list[Value] | range | _Doubles"


def _items(found: Value, is_range: bool) -> _Items:
    if is_range:
        first, last = found if isinstance(found, list) and len(found) == 2 else (None, None)
        if not (isinstance(first, _NUMBER) and isinstance(last, _NUMBER)) or bool in (type(first), type(last)):
            raise WorkflowError.tagged("TypeError", "range is a list of two numbers")
        if isinstance(first, int):
            return range(first, floor(last) + 1)
        return _Doubles(first, max(0, floor(last - first) + 1))
    if isinstance(found, dict):
        return list(found)
    if not isinstance(found, list):
        raise WorkflowError.tagged("TypeError", f"for goes over a list or a map, not {type_name(found)}")
    return found


def _count(items: _Items) -> int:
    """len() cannot count a range of more than 2^63."""
    if isinstance(items, _Doubles):
        return items.count
    return max(0, items.stop - items.start) if isinstance(items, range) else len(items)


def _limit(given: Value) -> int | None:
    if given is None:
        return None
    if isinstance(given, bool) or not isinstance(given, int):
        raise WorkflowError.tagged("TypeError", f"concurrency_limit is an integer, not {type_name(given)}")
    if given < 1:
        raise WorkflowError.tagged("ValueError", f"concurrency_limit is at least 1, not {given}")
    return given


def _raise_failures(names: list[str], outcomes: tuple[BranchOutcome, ...]) -> None:
    """Raise one error for all failed branches, with the name and the error of each."""
    failures: list[Value] = [
        {"id": name, "error": one.error.as_branch_error()}
        for name, one in zip(names, outcomes, strict=True)
        if isinstance(one.error, WorkflowError)
    ]
    if failures:
        message = "One or more branches or iterations encountered an unhandled runtime error"
        raise WorkflowError(
            {
                "message": f"UnhandledBranchError: {message}",
                "tags": ["UnhandledBranchError", "RuntimeError"],
                "branches": failures[:MAX_BRANCH_ERRORS],
                "truncated": len(failures) > MAX_BRANCH_ERRORS,
            }
        )
