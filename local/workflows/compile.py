"""The text of a workflow → a Workflow that can be run any number of times."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import yaml

from local.workflows.effects import Run, Value
from local.workflows.errors import WorkflowSyntaxError
from local.workflows.interpret import Block, Execution, Routine, Scope
from local.workflows.steps import Compiler
from local.workflows.yaml_nodes import Text, scalar
from local.yaml_source import YamlMistake, compose

Observer = Callable[[Any], None]


@dataclass(frozen=True, slots=True)
class Workflow:
    """A compiled workflow."""

    routines: Mapping[str, Routine]

    def run(self, argument: Value, env: Mapping[str, str], observe: Observer | None = None) -> Run:
        """A run of it: a generator of effects that returns the result or raises WorkflowError.

        env are its environment variables; argument is None where there is none.
        """
        del observe
        scope = Scope(Execution(self.routines, env), "main")
        main = self.routines["main"]
        return (yield from scope.call_named("main", dict.fromkeys(main.parameters, argument)))


def compile_workflow(source: str, file: str = "main.yaml") -> Workflow:
    """Raises WorkflowSyntaxError with every problem that was found."""
    text = Text(source, file)
    try:
        root = compose(source)
    except YamlMistake as mistake:
        text.problem_at(mistake.line, mistake.column, str(mistake))
        raise WorkflowSyntaxError(text.problems) from None
    if root is None:
        text.problem_at(1, 1, "the file is empty, expected `main`")
        raise WorkflowSyntaxError(text.problems)
    routines = _routines(text, root)
    if text.problems:
        raise WorkflowSyntaxError(text.problems)
    return Workflow(routines)


def _routines(text: Text, root: yaml.Node) -> dict[str, Routine]:
    if isinstance(root, yaml.SequenceNode):  # a list of steps is a main without parameters
        return {"main": Routine("main", {}, Compiler(text, {"main": 0}).block(root))}
    nodes = text.entries(root, "`main` and subworkflows")
    if "main" not in nodes:
        text.problem(root, "there is no `main`")
    parameters = {name: _parameters(text, node) for name, node in nodes.items()}
    compiler = Compiler(text, {name: len(found) for name, found in parameters.items()})
    if len(parameters.get("main", {})) > 1:
        text.problem(nodes["main"], "main takes one parameter, the argument of the execution")
    return {name: Routine(name, parameters[name], _block(text, compiler, node)) for name, node in nodes.items()}


def _block(text: Text, compiler: Compiler, node: yaml.Node) -> Block:
    if isinstance(node, yaml.SequenceNode):
        return compiler.block(node)
    entries = text.entries(node, "params and steps")
    text.only(entries, {"params", "steps"}, node, "a workflow")
    if "steps" not in entries:
        text.problem(node, "a workflow needs `steps`")
        return Block((), {})
    return compiler.block(entries["steps"])


def _parameters(text: Text, node: yaml.Node) -> dict[str, Callable[[Scope], Value] | None]:
    entries = text.entries(node, "params and steps") if isinstance(node, yaml.MappingNode) else {}
    found: dict[str, Callable[[Scope], Value] | None] = {}
    if "params" not in entries:
        return found
    for item in text.items(entries["params"], "a list of parameters"):
        if isinstance(item, yaml.ScalarNode):
            found[str(item.value)] = None
        else:
            for name, default in text.entries(item, "a parameter").items():
                value = scalar(default) if isinstance(default, yaml.ScalarNode) else None
                found[name] = lambda _, value=value: value  # type: ignore[misc]  # one default a closure
    return found
