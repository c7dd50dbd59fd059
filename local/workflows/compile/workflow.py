"""The text of a workflow → a Workflow that can be run any number of times."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import yaml

from local.workflows.compile import assignment, attempts, loops, steps
from local.workflows.compile.compiler import EMPTY, Compiler, StepKind
from local.workflows.compile.context import routine_context
from local.workflows.effects import Run, Value
from local.workflows.errors import WorkflowSyntaxError
from local.workflows.language.yaml_core import CoreLoader, merge, scalar
from local.workflows.language.yaml_nodes import Text, check_aliases
from local.workflows.limits import MAX_SOURCE_BYTES
from local.workflows.run.interpret import Block, Execution, Routine, Scope
from local.workflows.run.observer import Bill, Observer
from local.workflows.stdlib import library
from local.yaml_source import YamlMistake, compose

STEP_KINDS: Mapping[str, StepKind] = {
    "assign": StepKind(frozenset({"assign", "next"}), assignment.compile_assign),
    "call": StepKind(frozenset({"call", "args", "result", "next"}), steps.compile_call),
    "switch": StepKind(frozenset({"switch", "next"}), steps.compile_switch),
    "for": StepKind(frozenset({"for", "next"}), loops.compile_for),
    "parallel": StepKind(frozenset({"parallel", "next"}), loops.compile_parallel),
    "try": StepKind(frozenset({"try", "retry", "except", "next"}), attempts.compile_try),
    # `next` beside raise and return is never reached, but public files have it, and deploy.
    "raise": StepKind(frozenset({"raise", "next"}), steps.compile_raise),
    "return": StepKind(frozenset({"return", "next"}), steps.compile_return),
    "steps": StepKind(frozenset({"steps", "next"}), steps.compile_steps),
}
Parameters = dict[str, Callable[[Scope], Value] | None]


@dataclass(frozen=True, slots=True, eq=False)  # its routines hold code, which only equals itself
class Workflow:
    """A compiled workflow."""

    routines: Mapping[str, Routine]

    def run(
        self,
        argument: Value,
        env: Mapping[str, str],
        observe: Observer | None = None,
        bill: Bill | None = None,
        stubbed: frozenset[str] = frozenset(),
    ) -> Run:
        """A new run: a generator of effects that returns the result or raises WorkflowError.

        env: environment variables.  argument: None if there is none.  bill: counts the steps as they run.
        stubbed: the connectors that the driver answers.
        """
        scope = Scope(Execution(self.routines, env, observe, bill or Bill(), stubbed), "main")
        scope.depth = 0
        main = self.routines["main"]
        return scope.call_named("main", dict.fromkeys(main.parameters, argument))


def compile_workflow(source: str, file: str = "main.yaml") -> Workflow:
    """Compile a source.  Raises WorkflowSyntaxError with every problem, in the order of the text."""
    text, root = read(source, file)
    try:
        routines = _routines(text, root)
    except RecursionError:
        _too_deep(text)
    if text.problems:
        raise WorkflowSyntaxError(sorted(text.problems, key=lambda problem: (problem.line, problem.column)))
    return Workflow(routines)


def read(source: str, file: str = "main.yaml") -> tuple[Text, yaml.Node]:
    """The YAML or JSON of a workflow, aliases and << resolved.  Raises WorkflowSyntaxError."""
    if source.lstrip()[:1] in ("{", "["):  # JSON may be indented with tabs, YAML may not
        source = re.sub(r"^\t+", lambda tabs: " " * len(tabs[0]), source, flags=re.MULTILINE)
    text = Text(source, file)
    if len(source.encode(errors="surrogatepass")) > MAX_SOURCE_BYTES:
        text.problem_at(1, 1, f"the source is larger than {MAX_SOURCE_BYTES} bytes")
        raise WorkflowSyntaxError(text.problems)
    try:
        root = compose(source, CoreLoader)
    except YamlMistake as mistake:
        text.problem_at(mistake.line, mistake.column, str(mistake) + _hint(text.line(mistake.line)))
        raise WorkflowSyntaxError(text.problems) from None
    if root is None:
        text.problem_at(1, 1, "the file is empty, expected `main`")
        raise WorkflowSyntaxError(text.problems)
    try:
        check_aliases(root, text)
        if not text.problems:
            merge(root)
    except RecursionError:
        _too_deep(text)
    if text.problems:
        raise WorkflowSyntaxError(text.problems)
    return text, root


def _too_deep(text: Text) -> None:
    text.problem_at(1, 1, "the text is nested too deeply")


def _hint(line: str) -> str:
    if "${" in line and ": " in line[line.index("${") :]:
        return "; YAML takes ': ' in an expression for a map: put quotes around the whole ${…}"
    if 0 <= line.find("{") < line.rfind("${"):
        return "; put quotes around the whole ${…}, or YAML reads its braces as a map"
    if "\t" in line[: len(line) - len(line.lstrip())]:
        return "; YAML is indented with spaces, not tabs"
    return ""


def _routines(text: Text, root: yaml.Node) -> dict[str, Routine]:
    if isinstance(root, yaml.SequenceNode):  # a list of steps is a main without parameters
        compiler = Compiler(text, STEP_KINDS, library.FUNCTIONS, library.VALUES, {"main": {}})
        return {"main": Routine("main", {}, compiler.block(root, routine_context(set(), root)))}
    nodes = text.entries(root, "`main` and subworkflows")
    if "main" not in nodes:
        text.problem(root, "there is no `main`")
    parameters = {name: _parameters(text, node) for name, node in nodes.items()}
    for key, _ in text.pairs(root):
        if key.value in library.FUNCTIONS:
            text.problem(key, f"'{key.value}' is a function of the standard library", 0, len(key.value))
    if len(parameters.get("main", {})) > 1:
        text.problem(nodes["main"], "main takes one parameter, the argument of the execution")
    known = {name: {one: default is None for one, default in found.items()} for name, found in parameters.items()}
    compiler = Compiler(text, STEP_KINDS, library.FUNCTIONS, library.VALUES, known)
    return {name: Routine(name, parameters[name], _block(compiler, node, name)) for name, node in nodes.items()}


def _block(compiler: Compiler, node: yaml.Node, name: str) -> Block:
    if isinstance(node, yaml.SequenceNode):
        return compiler.block(node, routine_context(set(), node))
    entries = compiler.text.entries(node, "params and steps")
    compiler.text.check_keys({"params", "steps"}, node, "a workflow")
    if "steps" not in entries:
        compiler.text.problem(node, "a workflow needs `steps`")
        return EMPTY
    return compiler.block(entries["steps"], routine_context(set(compiler.routines[name]), entries["steps"]))


def _parameters(text: Text, node: yaml.Node) -> Parameters:
    nodes = [value for key, value in text.pairs(node) if key.value == "params" and not _is_empty(value)]
    found: Parameters = {}
    for item in text.items(nodes[0], "a list of parameters") if nodes else ():
        if not isinstance(item, yaml.MappingNode):
            name = text.name(item, "a parameter")
            if name is not None and any(found.values()):
                text.problem(item, f"'{name}' must be given, so it stands before those with a default", 0, len(name))
            if name is not None:
                _add(text, item, found, name, None)
            continue
        for key, default in text.pairs(item):
            name = text.name(key, "a parameter")
            value = _default(text, default)
            if name is not None:
                _add(text, key, found, name, lambda _, value=value: value)  # type: ignore[misc]  # one a closure
    return found


def _is_empty(node: yaml.Node) -> bool:
    """Whether the value is empty, as in a line `params:`."""
    return isinstance(node, yaml.ScalarNode) and node.value == "" and node.style is None


def _default(text: Text, node: yaml.Node) -> Value:
    """The value of a literal.  Source: Workflows, "Expressions", which does not allow them in a default."""
    if isinstance(node, yaml.SequenceNode):
        return [_default(text, one) for one in node.value]
    if isinstance(node, yaml.MappingNode):
        return {name: _default(text, one) for name, one in text.entries(node, "a map").items()}
    written = str(node.value)
    if written.startswith("${"):
        text.problem(node, "a parameter's default is written out, and no expression", 0, len(written))
        return None
    try:
        return scalar(node)  # type: ignore[arg-type]  # YAML has no fourth kind
    except ValueError as error:
        text.problem(node, str(error), 0, len(written))
        return None


def _add(text: Text, node: yaml.Node, found: Parameters, name: str, default: Callable[[Scope], Value] | None) -> None:
    if name in found:
        text.problem(node, f"the parameter '{name}' is defined twice", 0, len(name))
    found[name] = default
