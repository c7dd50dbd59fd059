"""The context of a step or expression: the variables, steps and loops that it may name."""

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Literal

import yaml


@dataclass(slots=True)
class Variables:
    """The variables of a routine, a loop, a branch or an except.

    known: all of its variables.  assigned: those whose assignment was compiled so far.
    shared: for a parallel branch, the outer variables that it may write, else None.
    """

    known: set[str]
    outer: "Variables | None" = None
    shared: frozenset[str] | None = None
    assigned: set[str] = field(default_factory=set)

    def knows(self, name: str) -> bool:
        return name in self.known or (self.outer is not None and self.outer.knows(name))

    def names(self) -> set[str]:
        return self.known | (self.outer.names() if self.outer else set())

    def _is_assigned(self, name: str) -> bool:
        return name in self.assigned or (self.outer is not None and self.outer._is_assigned(name))

    def note_assignment(self, name: str) -> bool:
        """Note an assignment; False if a parallel branch must not make it."""
        if name not in self.assigned and self.outer is not None:
            if self.shared is not None and name not in self.shared and self.outer._is_assigned(name):
                return False
            if self.outer._is_assigned(name):
                return self.outer.note_assignment(name)
        self.assigned.add(name)
        return True


@dataclass(frozen=True, slots=True)
class Context:
    """What a step or an expression may name.  labels: the steps to which it may jump.  loop: what `break` leaves."""

    variables: Variables
    labels: frozenset[str] = frozenset()
    loop: Literal["for", "parallel"] | None = None
    in_branch: bool = False
    steps: set[str] = field(default_factory=set)  # names of steps that the routine has used so far

    def with_labels(self, labels: frozenset[str]) -> "Context":
        return replace(self, labels=self.labels | labels)

    def inner_scope(self, *names: str, body: yaml.Node | None = None) -> "Context":
        """The context of an inner scope, with these variables and those that the body assigns."""
        known = set(names) | (declared(body) if body is not None else set())
        return replace(self, variables=Variables(known, self.variables, assigned=set(names)))

    def for_loop(self) -> "Context":
        return replace(self, loop="for")

    def branch(self, shared: frozenset[str], is_loop: bool) -> "Context":
        """The context of a branch or an iteration of a parallel step, which no jump may leave."""
        variables = replace(self.variables, shared=shared)
        loop: Literal["parallel"] | None = "parallel" if is_loop else None
        return replace(self, variables=variables, labels=frozenset(), loop=loop, in_branch=True)


def routine_context(parameters: set[str], body: yaml.Node | None) -> Context:
    known = parameters | (declared(body) if body is not None else set())
    return Context(Variables(known, assigned=set(parameters)))


def declared(node: yaml.Node) -> set[str]:
    """The variables that steps, or the fields of one step, assign in their own scope.

    Variables of loops, branches and excepts inside them do not count.
    """
    found = _declared_by(node)
    for step in _parts(node):
        for _, body in _pairs(step):
            found |= _declared_by(body)
    return found


def _declared_by(body: yaml.Node) -> set[str]:
    found: set[str] = set()
    for name, node in _pairs(body):
        if name == "assign":
            for item in _parts(node):
                found |= {target.partition(".")[0].partition("[")[0].strip() for target, _ in _pairs(item)}
        elif name == "result" and isinstance(node, yaml.ScalarNode):
            found.add(str(node.value))
        elif name == "steps":
            found |= declared(node)
        elif name == "switch":
            for case in _parts(node):
                found |= _declared_by(case)
        elif name == "try":
            found |= declared(node)
    return found


def grouped_step_names(body: yaml.Node) -> Iterator[str]:
    """The names of all steps in a group (a step with `steps`), also in groups inside it."""
    for field_name, node in _pairs(body):
        for step in _parts(node) if field_name == "steps" else ():
            for name, inner in _pairs(step):
                yield name
                yield from grouped_step_names(inner)


def _pairs(node: yaml.Node) -> list[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(str(key.value), value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]


def _parts(node: yaml.Node) -> list[yaml.Node]:
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
