"""Each kind of step: its YAML → what runs it."""

from collections.abc import Callable, Generator, Mapping
from typing import Any

import yaml

from local.workflows import parser
from local.workflows.effects import BranchOutcome, Effect, Fork, Outcome, Run, Sleep, Value
from local.workflows.errors import WorkflowError
from local.workflows.evaluate import Code, combined, compile_expression, compile_tree, constant
from local.workflows.interpret import Block, Goto, Leave, Return, Scope, Signal, Step, Stepping, run_block
from local.workflows.lexer import ExpressionError
from local.workflows.operators import member
from local.workflows.stdlib import Function, http, sys, time, type_name, values
from local.workflows.yaml_nodes import Text, scalar

FUNCTIONS: dict[str, Function] = {**values.FUNCTIONS, **time.FUNCTIONS, **sys.FUNCTIONS, **http.FUNCTIONS}

Runner = tuple[Callable[[Scope], Any], bool]  # what runs the step, and whether it is a generator
_KINDS = ("assign", "call", "switch", "for", "parallel", "try", "raise", "return", "steps")
_FIELDS: Mapping[str, set[str]] = {
    "assign": {"assign", "next"},
    "call": {"call", "args", "result", "next"},
    "switch": {"switch", "next"},
    "for": {"for", "next"},
    "parallel": {"parallel", "next"},
    "try": {"try", "retry", "except", "next"},
    "raise": {"raise"},
    "return": {"return"},
    "steps": {"steps", "next"},
}


class Compiler:
    """routines: the names of the workflow's routines, which expressions and calls may use."""

    def __init__(self, text: Text, routines: dict[str, int]) -> None:
        self._text = text
        self.routines = routines
        self.functions = FUNCTIONS
        self.values = http.VALUES

    def block(self, node: yaml.Node) -> Block:
        steps: list[Step] = []
        index: dict[str, int] = {}
        for item in self._text.items(node, "a list of steps"):
            for name, body in self._text.entries(item, "a step's name and what it does").items():
                if name in index:
                    self._text.problem(item, f"the step '{name}' stands there twice")
                index[name] = len(steps)
                run, asks = self._step(body)
                mark = item.start_mark
                steps.append(Step(name, run, asks, mark.line + 1, mark.column + 1))
        return Block(tuple(steps), index)

    def _step(self, node: yaml.Node) -> Runner:
        entries = self._text.entries(node, f"a map with one of {', '.join(_KINDS)} or next")
        kind = next((one for one in _KINDS if one in entries), None)
        if kind is None:
            self._text.only(entries, {"next", *_KINDS}, node, "a step")
            if not entries:
                self._text.problem(node, f"a step needs one of {', '.join(_KINDS)} or next")
            return self._then(entries.get("next"), (lambda scope: None, False))
        self._text.only(entries, _FIELDS[kind], node, f"a step of kind `{kind}`")
        compiled: Runner = getattr(self, f"_{kind}")(entries)
        return self._then(entries.get("next"), compiled)

    def _then(self, node: yaml.Node | None, runner: Runner) -> Runner:
        """The step, and after it the jump that its `next` names, unless the step itself leaves."""
        if node is None:
            return runner
        jump, (run, asks) = _jump(str(node.value)), runner
        if not asks:
            return (lambda scope: run(scope) or jump), False

        def ask(scope: Scope) -> Stepping:
            return (yield from run(scope)) or jump

        return ask, True

    def value(self, node: yaml.Node) -> Code:
        """What a YAML value computes: itself, with every ${…} in it evaluated."""
        if isinstance(node, yaml.MappingNode):
            entries = self._text.entries(node, "a map")
            names = list(entries)
            parts = [self.value(entry) for entry in entries.values()]
            return combined(parts, lambda found: dict(zip(names, found, strict=True)))
        if isinstance(node, yaml.SequenceNode):
            return combined([self.value(item) for item in node.value], list)
        assert isinstance(node, yaml.ScalarNode)  # noqa: S101 -- YAML has no fourth kind
        text = str(node.value)
        if not (text.startswith("${") and text.endswith("}")):
            return constant(scalar(node))
        try:
            return compile_expression(text[2:-1], self)
        except ExpressionError as error:
            self._text.problem(node, str(error), 2 + error.offset + (node.style in ("'", '"')), error.length)
            return constant(None)

    def _assign(self, entries: dict[str, yaml.Node]) -> Runner:
        parts: list[tuple[Callable[[Scope, Value], None], Code]] = []
        for item in self._text.items(entries["assign"], "a list of assignments"):
            for target, value in self._text.entries(item, "a variable and its value").items():
                parts.append((self._target(item, target), self.value(value)))
        if not any(code.asks for _, code in parts):
            pairs = [(put, code.run) for put, code in parts]

            def run(scope: Scope) -> None:
                for put, evaluate in pairs:
                    put(scope, evaluate(scope))

            return run, False

        def ask(scope: Scope) -> Stepping:
            for put, code in parts:
                put(scope, (yield from code.ask(scope)))
            return None

        return ask, True

    def _target(self, node: yaml.Node, target: str) -> Callable[[Scope, Value], None]:
        """What assigns to v, v.k, v["k"] or v[i]; maps that are missing on the way are made."""
        if target.isidentifier():
            return lambda scope, value: scope.assign(target, value)
        try:
            path = compile_path(target, self)
        except ExpressionError as error:
            self._text.problem(node, f"cannot assign to '{target}': {error}")
            return lambda scope, value: None
        name, keys = path

        def put(scope: Scope, value: Value) -> None:
            found = [key.run(scope) for key in keys]
            try:
                whole = scope.lookup(name)
            except WorkflowError:
                whole = {}
            scope.assign(name, _with(whole, found, value))

        return put

    def _call(self, entries: dict[str, yaml.Node]) -> Runner:
        name = str(entries["call"].value)
        arguments = self.value(entries["args"]) if "args" in entries else constant({})
        result = str(entries["result"].value) if "result" in entries else None
        function = self.functions.get(name)
        if function is None and name not in self.routines:
            self._text.problem(entries["call"], f"unknown function or subworkflow '{name}'", length=len(name))

        def ask(scope: Scope) -> Stepping:
            given = yield from arguments.ask(scope)
            if not isinstance(given, dict):
                raise WorkflowError.tagged("TypeError", f"args of {name}: {type_name(given)} given, expected map")
            value: Value
            if function is None:
                value = yield from scope.call_named(name, given)
            else:
                bound = function.bind_map(given)
                value = (yield from function.body(*bound)) if function.asks else function.body(*bound)
            if result is not None:
                scope.assign(result, value)
            return None

        return ask, True

    def _switch(self, entries: dict[str, yaml.Node]) -> Runner:
        cases = []
        for item in self._text.items(entries["switch"], "a list of conditions"):
            case = self._text.entries(item, "a condition and what follows")
            if "condition" not in case:
                self._text.problem(item, "a case of a switch needs `condition`")
                continue
            condition = self.value(case["condition"])
            rest = {name: node for name, node in case.items() if name != "condition"}
            kind = next((one for one in _KINDS if one in rest), None)
            body: Runner = getattr(self, f"_{kind}")(rest) if kind else (lambda scope: None, False)
            cases.append((condition, self._then(rest.get("next"), body)))

        def ask(scope: Scope) -> Stepping:
            for condition, (run, asks) in cases:
                holds = yield from condition.ask(scope)
                if not isinstance(holds, bool):
                    raise WorkflowError.tagged("TypeError", f"a condition is a boolean, not {type_name(holds)}")
                if holds:
                    signal: Signal = (yield from run(scope)) if asks else run(scope)
                    return signal
            return None

        return ask, True

    def _steps(self, entries: dict[str, yaml.Node]) -> Runner:
        block = self.block(entries["steps"])
        return (lambda scope: run_block(block, scope)), True

    def _return(self, entries: dict[str, yaml.Node]) -> Runner:
        value = self.value(entries["return"])
        if not value.asks:
            return (lambda scope: Return(value.run(scope))), False

        def ask(scope: Scope) -> Stepping:
            return Return((yield from value.ask(scope)))

        return ask, True

    def _raise(self, entries: dict[str, yaml.Node]) -> Runner:
        value = self.value(entries["raise"])

        def ask(scope: Scope) -> Stepping:
            raise WorkflowError((yield from value.ask(scope)), raised=True)

        return ask, True

    def _for(self, entries: dict[str, yaml.Node]) -> Runner:
        loop = self._text.entries(entries["for"], "value, in or range, and steps")
        self._text.only(loop, {"value", "index", "in", "range", "steps"}, entries["for"], "a for loop")
        if "value" not in loop or "steps" not in loop or ("in" in loop) is ("range" in loop):
            self._text.problem(entries["for"], "a for loop needs value, steps, and either in or range")
            return (lambda scope: None), False
        name, index = str(loop["value"].value), str(loop["index"].value) if "index" in loop else None
        items, is_range = self.value(loop.get("in") or loop["range"]), "range" in loop
        block = self.block(loop["steps"])

        def ask(scope: Scope) -> Stepping:
            found = _iterated((yield from items.ask(scope)), is_range)
            for number, one in enumerate(found):
                inner = scope.inner(**{name: one}, **({index: number} if index else {}))
                signal = yield from run_block(block, inner)
                if isinstance(signal, Leave):
                    if signal.is_break:
                        break
                elif signal is not None:
                    return signal
            return None

        return ask, True

    def _parallel(self, entries: dict[str, yaml.Node]) -> Runner:
        node = entries["parallel"]
        parts = self._text.entries(node, "branches or for")
        self._text.only(parts, {"shared", "concurrency_limit", "exception_policy", "branches", "for"}, node, "parallel")
        limit = self.value(parts["concurrency_limit"]) if "concurrency_limit" in parts else constant(None)
        if "branches" in parts:
            branches = [
                self._block_of(body)
                for item in self._text.items(parts["branches"], "a list of branches")
                for body in self._text.entries(item, "a branch's name and its steps").values()
            ]
            fan_out: Callable[[Scope, Value], list[Run]] = lambda scope, _: [  # noqa: E731
                _branch(block, scope.inner()) for block in branches
            ]
            items = constant(None)
        else:
            loop = self._text.entries(parts.get("for", node), "value, in or range, and steps")
            name, is_range = str(loop["value"].value), "range" in loop
            items, block = self.value(loop.get("in") or loop["range"]), self.block(loop["steps"])
            fan_out = lambda scope, found: [  # noqa: E731
                _branch(block, scope.inner(**{name: one})) for one in _iterated(found, is_range)
            ]

        def ask(scope: Scope) -> Stepping:
            found = yield from items.ask(scope)
            most = yield from limit.ask(scope)
            outcomes = yield Fork(tuple(fan_out(scope, found)), most if isinstance(most, int) else None)
            assert isinstance(outcomes, tuple)  # noqa: S101 -- the driver's contract
            _raise_failures(outcomes)
            return None

        return ask, True

    def _block_of(self, node: yaml.Node) -> Block:
        entries = self._text.entries(node, "steps")
        return self.block(entries["steps"]) if "steps" in entries else Block((), {})

    def _try(self, entries: dict[str, yaml.Node]) -> Runner:
        inside = self._text.entries(entries["try"], "a call or steps")
        kind = "steps" if "steps" in inside else "call"
        body: Runner = getattr(self, f"_{kind}")(inside) if kind in inside else (lambda scope: None, False)
        run, asks = body
        retry = self._retry(entries["retry"]) if "retry" in entries else None
        handler: Block | None = None
        name = "e"
        if "except" in entries:
            parts = self._text.entries(entries["except"], "as and steps")
            self._text.only(parts, {"as", "steps"}, entries["except"], "except")
            name = str(parts["as"].value) if "as" in parts else name
            handler = self.block(parts["steps"]) if "steps" in parts else Block((), {})

        def attempt(scope: Scope) -> Stepping:
            failures = 0
            while True:
                try:
                    signal: Signal = (yield from run(scope)) if asks else run(scope)
                except WorkflowError as error:
                    failures += 1
                    if retry is None or not (yield from retry(scope, error, failures)):
                        raise
                else:
                    return signal

        def ask(scope: Scope) -> Stepping:
            try:
                return (yield from attempt(scope))
            except WorkflowError as error:
                if handler is None:
                    raise
                caught = error.payload
            return (yield from run_block(handler, scope.inner(**{name: caught})))

        return ask, True

    def _retry(self, node: yaml.Node) -> Callable[[Scope, WorkflowError, int], Generator[Effect, Outcome, bool]]:
        """A generator function: whether to try again after so many failures, when the backoff has passed."""
        if isinstance(node, yaml.MappingNode):
            parts = self._text.entries(node, "predicate, max_retries and backoff")
            allowed = {"predicate", "max_retries", "backoff"}
            self._text.only(parts, allowed, node, "retry")
            if missing := sorted(allowed - parts.keys()):
                self._text.problem(node, f"retry needs {', '.join(missing)}")
        policy = self._policy(node)

        def ask(scope: Scope, error: WorkflowError, failures: int) -> Generator[Effect, Outcome, bool]:
            given = yield from policy.ask(scope)
            if not isinstance(given, dict) or failures > _number(given.get("max_retries")):
                return False
            predicate = str(given.get("predicate"))
            function = self.functions.get(predicate)
            holds = function.body(error.payload) if function else (yield from scope.call(predicate, [error.payload]))
            if holds is not True:
                return False
            backoff = given.get("backoff")
            yield Sleep(_delay_s(backoff if isinstance(backoff, dict) else {}, failures))
            return True

        return ask

    def _policy(self, node: yaml.Node) -> Code:
        """The policy with its predicate as the name of a function or routine."""
        if not isinstance(node, yaml.MappingNode):
            return self.value(node)
        parts = {}
        for name, part in self._text.entries(node, "retry").items():
            bare = str(part.value)[2:-1].strip() if isinstance(part, yaml.ScalarNode) else ""
            parts[name] = constant(bare) if name == "predicate" and bare in self.routines else self.value(part)
        names = list(parts)
        return combined(list(parts.values()), lambda found: dict(zip(names, found, strict=True)))


def compile_path(target: str, library: Any) -> tuple[str, list[Code]]:
    """The variable and the keys of an assignment's left side.  Raises ExpressionError."""
    tree, keys = parser.parse_expression(target), []
    while isinstance(tree, parser.Member):
        keys.append(compile_tree(tree.key, library))
        tree = tree.of
    if not isinstance(tree, parser.Name):
        raise ExpressionError("expected a variable", 0)
    return tree.name, keys[::-1]


def _with(whole: Value, keys: list[Value], value: Value) -> Value:
    """whole, changed in place where keys lead; a map is made where one is missing."""
    if not keys:
        return value
    if isinstance(whole, dict) and isinstance(keys[0], str):
        whole[keys[0]] = _with(whole.get(keys[0], {}), keys[1:], value)
        return whole
    if isinstance(whole, list) and isinstance(keys[0], int):
        whole[keys[0]] = _with(member(whole, keys[0]), keys[1:], value)
        return whole
    raise WorkflowError.tagged("TypeError", f"cannot assign a member of {type_name(whole)}")


def _jump(target: str) -> Signal:
    if target == "end":
        return Return(None)
    if target in ("break", "continue"):
        return Leave(target == "break")
    return Goto(target)


def _iterated(found: Value, is_range: bool) -> list[Value]:
    if is_range:
        if not (isinstance(found, list) and len(found) == 2 and all(isinstance(one, int) for one in found)):
            raise WorkflowError.tagged("TypeError", "range is a list of two integers")
        return list(range(found[0], found[1] + 1))  # type: ignore[arg-type,operator]  # integers, as just checked
    if isinstance(found, dict):
        return list(found)
    if not isinstance(found, list):
        raise WorkflowError.tagged("TypeError", f"for goes over a list or a map, not {type_name(found)}")
    return list(found)


def _branch(block: Block, scope: Scope) -> Run:
    yield from run_block(block, scope)
    return None


def _raise_failures(outcomes: tuple[BranchOutcome, ...]) -> None:
    failures: list[Value] = [one.error.payload for one in outcomes if isinstance(one.error, WorkflowError)]
    if failures:
        raise WorkflowError(
            {"message": "UnhandledBranchError", "tags": ["UnhandledBranchError", "RuntimeError"], "branches": failures}
        )


def _delay_s(backoff: Mapping[str, Value], failures: int) -> float:
    first, most, factor = (_number(backoff.get(name)) for name in ("initial_delay", "max_delay", "multiplier"))
    return float(min(first * factor ** min(failures - 1, 1000), most))


def _number(value: Value) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise WorkflowError.tagged("TypeError", f"retry takes numbers, not {type_name(value)}")
    return value
