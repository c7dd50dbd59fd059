"""YAML nodes with their places, and the list of problems that compilation gathers."""

from collections.abc import Iterable

import yaml

from local.workflows.effects import Value
from local.workflows.errors import Problem


class Text:
    """The text of a workflow file and what is wrong with it."""

    def __init__(self, source: str, file: str) -> None:
        self._lines = source.splitlines()
        self._file = file
        self.problems: list[Problem] = []

    def problem(self, node: yaml.Node, message: str, offset: int = 0, length: int = 1) -> None:
        """Note a mistake at the node, offset characters into it."""
        self.problem_at(node.start_mark.line + 1, node.start_mark.column + 1 + offset, message, length)

    def problem_at(self, line: int, column: int, message: str, length: int = 1) -> None:
        source = self._lines[line - 1] if 0 < line <= len(self._lines) else ""
        self.problems.append(Problem(self._file, line, column, message, source, length))

    def entries(self, node: yaml.Node, what: str) -> dict[str, yaml.Node]:
        """A map's entries by key; anything else is a problem and no entries."""
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, f"expected {what}")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if key.value in found:
                self.problem(key, f"'{key.value}' stands there twice")
            found[str(key.value)] = value
        return found

    def items(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            self.problem(node, f"expected {what}")
            return []
        return list(node.value)

    def only(self, entries: Iterable[str], allowed: Iterable[str], node: yaml.Node, what: str) -> None:
        for key, _ in node.value if isinstance(node, yaml.MappingNode) else ():
            if key.value not in allowed:
                self.problem(key, f"unexpected '{key.value}' in {what}, expected {', '.join(sorted(allowed))}")


def scalar(node: yaml.ScalarNode) -> Value:
    """What YAML makes of the scalar: text, number, boolean or null."""
    loader = yaml.SafeLoader("")
    try:
        value: Value = loader.construct_object(node)
    finally:
        loader.dispose()
    return value if isinstance(value, str | int | float | bool | None) else str(node.value)
