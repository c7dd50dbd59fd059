"""The compiler of what all kinds of steps share: lists of steps, one step, one value."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

import yaml

from local.workflows.compile.code import Code, combined, constant, list_of, map_of
from local.workflows.compile.context import Context, grouped_step_names
from local.workflows.compile.expressions import compile_expression
from local.workflows.effects import Value
from local.workflows.errors import Position
from local.workflows.language.lexer import ExpressionError, join_surrogates
from local.workflows.language.yaml_core import scalar
from local.workflows.language.yaml_nodes import Text
from local.workflows.run.interpret import Action, Block, BreakOrContinue, Goto, Return, Scope, Signal, Step, StepEffects
from local.workflows.stdlib import MISSING, Function, text_of

Entries = dict[str, yaml.Node]
NOTHING = Action(lambda scope: None, False)
EMPTY = Block((), {})


@dataclass(frozen=True, slots=True)
class StepKind:
    """A kind of step: its allowed fields, and the function that compiles it."""

    fields: frozenset[str]
    compile: "Callable[[Compiler, Entries, Context], Action]"


class Compiler:
    """routines: the workflow's routines by name, each with its parameters (True: required)."""

    def __init__(
        self,
        text: Text,
        kinds: Mapping[str, StepKind],
        functions: Mapping[str, Function],
        values: Mapping[str, Value],
        routines: Mapping[str, Mapping[str, bool]],
    ) -> None:
        self.text = text
        self.kinds = kinds
        self.functions = functions
        self.values = values
        self.routines = routines

    def block(self, node: yaml.Node, context: Context) -> Block:
        """Compile a list of steps.  They may jump to each other, to steps around them and into groups."""
        items = self.text.non_empty_items(node, "step")
        named = [(name, item, body) for item in items for name, body in self._named(item).items()]
        index: dict[str, int] = {}
        for number, (name, item, _) in enumerate(named):
            if name == "end":
                self.text.problem(item, "no step is called 'end': `next: end` leaves the workflow", 0, len(name))
            if name in context.steps:  # Source: Workflows, "Steps": names are unique at the subworkflow level
                rule = "names are unique in main and in each subworkflow"
                self.text.problem(item, f"the step '{name}' is defined twice; {rule}", 0, len(name))
            context.steps.add(name)
            index[name] = number
        for number, (_, _, body) in enumerate(named):
            for name in grouped_step_names(body):  # the page "Jumps" forbids none
                index.setdefault(name, number)
        inside = context.with_labels(frozenset(index))
        return Block(tuple(self._step(name, item, body, inside) for name, item, body in named), index)

    def _named(self, item: yaml.Node) -> Entries:
        entries = self.text.entries(item, "a step's name and what it does")
        if len(entries) > 1:
            second = self.text.pairs(item)[1][0]
            self.text.problem(second, "a step has one name; does this line want more indentation, or a '-'?")
        return entries

    def _step(self, name: str, item: yaml.Node, node: yaml.Node, context: Context) -> Step:
        entries = self.text.entries(node, f"a map with one of {', '.join(self.kinds)} or next")
        action = self.action(entries, node, context)
        return Step(name, action, action.position or self.text.position(item))

    def position(self, node: yaml.Node, word: str) -> Position | None:
        """The position of that key of the map."""
        return next((self.text.position(key) for key, _ in self.text.pairs(node) if key.value == word), None)

    @staticmethod
    def without(names: Collection[str], node: yaml.Node) -> yaml.MappingNode:
        """The map without these entries, at the same position."""
        pairs = [pair for pair in Text.pairs(node) if pair[0].value not in names]
        return yaml.MappingNode(node.tag, pairs, node.start_mark, node.end_mark)

    def action(self, entries: Entries, node: yaml.Node, context: Context) -> Action:
        """Compile the action of a step or of a case of a switch: one kind, and the jump `next` if given."""
        found = [one for one in self.kinds if one in entries]
        if not found:
            self.text.check_keys({"next", *self.kinds}, node, "a step")
            if "next" not in entries:
                self.text.problem(node, f"a step needs one of {', '.join(self.kinds)} or next")
            nothing = replace(NOTHING, position=self.position(node, "next"))
            return self._then(entries.get("next"), nothing, context)
        kind = self.kinds[found[0]]
        self.text.check_keys(kind.fields, node, f"a step of kind `{found[0]}`")
        action = replace(kind.compile(self, entries, context), position=self.position(node, found[0]))
        return self._then(entries.get("next"), action, context)

    def _then(self, node: yaml.Node | None, action: Action, context: Context) -> Action:
        """The action, followed by the jump `next` unless the action itself jumps."""
        if node is None or (jump := self._jump(node, context)) is None:
            return action
        run = action.run
        if not action.yields_effects:
            return replace(action, run=lambda scope: run(scope) or jump)

        def run_effects(scope: Scope) -> StepEffects:
            return (yield from run(scope)) or jump

        return replace(action, run=run_effects)

    def _jump(self, node: yaml.Node, context: Context) -> Signal:
        target = self.text.scalar_text(node, "next")
        if target is None:
            return None
        if target in ("break", "continue"):
            if context.loop is None:
                self.text.problem(node, f"`{target}` stands in no loop", 0, len(target))
            elif context.loop == "parallel" and target == "break":
                self.text.problem(node, "`break` cannot leave a parallel loop, whose iterations run at once", 0, 5)
            return BreakOrContinue(target == "break")
        if target == "end":
            if context.in_branch:
                self.text.problem(node, "`end` cannot leave a parallel step", 0, len(target))
            return Return(None)
        if target not in context.labels:
            where = " in this branch" if context.in_branch else ""
            self.text.problem(node, f"there is no step '{target}' to go to{where}", 0, len(target))
        return Goto(target)

    def value(self, node: yaml.Node, context: Context) -> Code:
        """Compile a YAML value; every ${…} in it is evaluated."""
        if isinstance(node, yaml.MappingNode):
            return self._map(node, context)
        if isinstance(node, yaml.SequenceNode):
            return list_of([self.value(item, context) for item in node.value])
        assert isinstance(node, yaml.ScalarNode)  # noqa: S101 -- YAML has no fourth kind
        text = join_surrogates(str(node.value))
        if not (text.startswith("${") and text.rstrip().endswith("}")):
            return self._plain(node, text)
        try:
            code = compile_expression(text.rstrip()[2:-1], self, context.variables)
            return replace(code, position=self.text.position(node))
        except ExpressionError as error:
            self.text.problem(node, str(error), 2 + error.offset, error.length)
            return constant(None)

    def _map(self, node: yaml.MappingNode, context: Context) -> Code:
        """A map; a key may be an expression too.  Source: Workflows, "Maps", map definition."""
        parts = self.named(node, context)
        if parts is not None:
            return map_of(parts)
        self.text.entries(node, "a map")
        pairs = [self.value(one, context) for pair in Text.pairs(node) for one in pair]

        def build(*found: Value) -> Value:
            return {text_of("a map's key", key): value for key, value in zip(found[::2], found[1::2], strict=True)}

        return combined(pairs, build)

    def named(self, node: yaml.MappingNode, context: Context) -> dict[str, Code] | None:
        """The values of a map by their keys; None if a key is an expression."""
        if any(key.value.startswith("${") for key, _ in Text.pairs(node)):
            return None
        return {name: self.value(entry, context) for name, entry in self.text.entries(node, "a map").items()}

    def literal(self, node: yaml.Node | None) -> Any:
        """The value of a literal; MISSING for an expression, a list or a map."""
        if not isinstance(node, yaml.ScalarNode) or str(node.value).startswith("${"):
            return MISSING
        try:
            return scalar(node)
        except ValueError:
            return MISSING

    def _plain(self, node: yaml.ScalarNode, text: str) -> Code:
        if text.startswith("${"):
            hint = "; YAML takes ' #' for a comment: put quotes around the whole ${…}" if node.style is None else ""
            self.text.problem(node, f"the expression has no closing '}}' at its end{hint}", 0, len(text))
        try:
            return constant(scalar(node))
        except ValueError as error:
            self.text.problem(node, f"{text[:40]}: {error}", 0, len(text))
            return constant(None)
