"""Reads YAML nodes, knows their positions, and collects the problems that compilation finds."""

import difflib
import re
from collections.abc import Iterable

import yaml

from local.workflows.errors import Position, Problem
from local.workflows.language.lexer import join_surrogates
from local.workflows.language.scalars import index_of, line_and_column
from local.workflows.language.yaml_core import MERGE

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_MAX_EXPANDED = 50_000


class Text:
    """The text of a workflow file and its problems."""

    def __init__(self, source: str, file: str) -> None:
        self._source = source
        self._lines = source.splitlines()
        self._file = file
        self.problems: list[Problem] = []

    def problem(self, node: yaml.Node, message: str, offset: int = 0, length: int = 1) -> None:
        """Add a problem at the node, offset characters into its text."""
        line, column = line_and_column(self._source, node, index_of(self._source, node, _value(node), offset))
        self.problem_at(line, column, message, length)

    def position(self, node: yaml.Node) -> Position:
        """The position of a scalar's text, without quotes and trailing spaces; of a list or map, its beginning."""
        if isinstance(node, yaml.MappingNode) and node.value:
            return self.position(node.value[0][0])
        value = _value(node)
        begin = index_of(self._source, node, value)
        end = index_of(self._source, node, value, len(value.rstrip()) or 1)
        return Position(
            *line_and_column(self._source, node, begin), len(self._source[begin:end].encode(errors="surrogatepass"))
        )

    def line(self, number: int) -> str:
        """The text of that line, which counts from 1."""
        return self._lines[number - 1] if number <= len(self._lines) else ""

    def problem_at(self, line: int, column: int, message: str, length: int = 1) -> None:
        self.problems.append(Problem(self._file, line, column, message, self.line(line), length))

    def entries(self, node: yaml.Node, what: str) -> dict[str, yaml.Node]:
        """A map's entries by key; anything else is a problem and no entries."""
        if not isinstance(node, yaml.MappingNode):
            self.problem(node, f"expected {what}{_hint(node)}")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            if not isinstance(key, yaml.ScalarNode):
                self.problem(key, "a key is a text, not a list or a map" + _hint(key))
                continue
            name = join_surrogates(str(key.value))
            if name in found:
                self.problem(key, f"'{name}' is defined twice")
            if key.tag == MERGE:
                self.problem(key, "<< takes a map, or a list of maps")
            found[name] = value
        return found

    @staticmethod
    def pairs(node: yaml.Node) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
        """The keys and values of a map, in order, without keys that are not texts.  Empty for any other node."""
        if not isinstance(node, yaml.MappingNode):
            return []
        return [(key, value) for key, value in node.value if isinstance(key, yaml.ScalarNode)]

    def items(self, node: yaml.Node, what: str) -> list[yaml.Node]:
        if not isinstance(node, yaml.SequenceNode):
            self.problem(node, f"expected {what}{_hint(node)}")
            return []
        return list(node.value)

    def non_empty_items(self, node: yaml.Node, one: str) -> list[yaml.Node]:
        """The items of a list; an empty list is a problem too."""
        if isinstance(node, yaml.SequenceNode) and not node.value:
            self.problem(node, f"expected at least one {one}")
        return self.items(node, f"a list of {one}{'es' if one.endswith('ch') else 's'}")

    def name(self, node: yaml.Node, what: str) -> str | None:
        """The text of a scalar that has to be a variable's name; anything else is a problem."""
        text = self.scalar_text(node, what)
        if text is not None and not _NAME.fullmatch(text):
            self.problem(node, f"{what} is a letter or _, then letters, digits or _, not '{text}'", 0, len(text))
            return None
        return text

    def scalar_text(self, node: yaml.Node, what: str) -> str | None:
        """The text of a scalar; a list or a map is a problem."""
        if not isinstance(node, yaml.ScalarNode):
            kind = "list" if isinstance(node, yaml.SequenceNode) else "map"
            self.problem(node, f"{what} is a text, not a {kind}{_hint(node)}")
            return None
        return str(node.value)

    def check_keys(self, allowed: Iterable[str], node: yaml.Node, what: str) -> None:
        for key, _ in self.pairs(node):
            if key.value not in allowed:
                near = difflib.get_close_matches(str(key.value), list(allowed))
                meant = f"; did you mean '{near[0]}'?" if near else f", expected {', '.join(sorted(allowed))}"
                self.problem(key, f"unexpected '{key.value}' in {what}{meant}", 0, len(key.value))

    def check_spelling(self, key: yaml.ScalarNode, known: Iterable[str], what: str) -> None:
        """Add a problem for a key that is unknown but resembles a known one."""
        name, names = str(key.value), list(known)
        near = difflib.get_close_matches(name, names, cutoff=0.75) if name not in names else []
        if near:
            self.problem(key, f"unexpected '{name}' in {what}; did you mean '{near[0]}'?", 0, len(name))


def check_aliases(root: yaml.Node, text: Text) -> None:
    """Add a problem for an alias that contains itself, and for aliases that expand to too many values.

    Raises RecursionError for a text that is nested too deeply.
    """
    sizes: dict[int, int] = {}
    around: set[int] = set()

    def size(node: yaml.Node) -> int:
        if id(node) in sizes:
            return sizes[id(node)]
        if id(node) in around:
            text.problem(node, "an alias contains itself")
            return 1
        around.add(id(node))
        parts = [one for pair in node.value for one in pair] if isinstance(node, yaml.MappingNode) else node.value
        total = 1 if isinstance(node, yaml.ScalarNode) else 1 + sum(map(size, parts))
        sizes[id(node)] = total
        return total

    if size(root) > _MAX_EXPANDED and not text.problems:
        text.problem(root, f"the aliases of this text stand for more than {_MAX_EXPANDED} values")


def _value(node: yaml.Node) -> str:
    return join_surrogates(str(node.value)) if isinstance(node, yaml.ScalarNode) else ""


def _hint(node: yaml.Node) -> str:
    """A hint, if YAML took an expression for a map."""
    if isinstance(node, yaml.MappingNode) and any(
        isinstance(key, yaml.ScalarNode) and str(key.value).startswith("${") for key, _ in node.value
    ):
        return "; YAML takes ': ' in an expression for a map: put quotes around the whole ${…}"
    return ""
