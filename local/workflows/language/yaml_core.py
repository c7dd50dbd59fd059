"""YAML's core schema: the types of scalars in a workflow's text, and the merge key <<.

Source: YAML 1.2.2, section 10.3.  So yes, no, on, off, 1_000, 1:30 and 2020-01-01 are texts, and 010 is ten.
"""

import math
import re

import yaml

from local.workflows.effects import Value
from local.workflows.language.lexer import join_surrogates
from local.workflows.limits import MAX_INTEGER, MIN_INTEGER

_TAG = "tag:yaml.org,2002:"
MERGE = f"{_TAG}merge"
_PLAIN = {  # the types of scalars without quotes and tags; all others are texts
    "null": r"|~|null|Null|NULL",
    "bool": r"true|True|TRUE|false|False|FALSE",
    "int": r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+",
    "float": r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.(inf|Inf|INF)|\.nan|\.NaN|\.NAN",
    "merge": r"<<",  # of YAML 1.1; most readers still know it
}

_MAX_BRACKETS = 1000  # nested; a step in JSON needs four


class CoreLoader(yaml.SafeLoader):
    """Gives each scalar the tag of its type.  In [a, ${b}] the expression is one scalar, although it has braces.

    Source of the second: files that Google publishes and deploys, such as callback-event-sample.yaml.
    """

    yaml_implicit_resolvers: dict[str | None, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 -- as PyYAML has it

    def fetch_flow_collection_start(self, kind: type[yaml.Token]) -> None:
        """Limits the nesting: PyYAML checks all open brackets at each token, and thousands would take minutes."""
        if self.flow_level == _MAX_BRACKETS:
            raise yaml.scanner.ScannerError(None, None, "the text is nested too deeply", self.get_mark())
        super().fetch_flow_collection_start(kind)

    def scan_plain(self) -> yaml.ScalarToken:
        length = self._expression_length() if self.flow_level else 0
        if not length:
            return super().scan_plain()
        start, text = self.get_mark(), self.prefix(length)
        self.forward(length)
        return yaml.ScalarToken(text, True, start, self.get_mark())

    def _expression_length(self) -> int:
        """The length of the ${…} that begins here and ends on the same line; 0 if there is none."""
        if self.prefix(2) != "${":
            return 0
        depth, quote, at = 0, "", 1
        while (character := self.peek(at)) not in "\0\r\n":
            if quote:
                at += character == "\\" and self.peek(at + 1) not in "\0\r\n"
                quote = "" if character == quote else quote
            elif character in "\"'":
                quote = character
            elif character in "{}":
                depth += 1 if character == "{" else -1
                if depth == 0:
                    return at + 1
            at += 1
        return 0


for _name, _pattern in _PLAIN.items():
    CoreLoader.add_implicit_resolver(_TAG + _name, re.compile(rf"(?:{_pattern})\Z"), None)


def scalar(node: yaml.ScalarNode) -> Value:
    """Text, number, boolean or null.  Raises ValueError."""
    text = str(node.value)
    kind = node.tag.removeprefix(_TAG)
    if kind in ("str", "merge"):
        return join_surrogates(text)
    if kind not in _PLAIN:
        raise ValueError(f"the tag {node.tag} is unknown")
    if not re.fullmatch(_PLAIN[kind], text):  # only where a tag is written out
        raise ValueError(f"this is no {kind}")
    if kind == "null":
        return None
    if kind == "bool":
        return text.lower() == "true"
    return _integer(text) if kind == "int" else _double(text)


def _integer(text: str) -> int:
    digits, base = (text[2:], {"0o": 8, "0x": 16}[text[:2]]) if text[:2] in ("0o", "0x") else (text, 10)
    # Source: Workflows, "Data types": integers have 64 bits.
    if len(digits) > 100 or not MIN_INTEGER <= int(digits, base) <= MAX_INTEGER:
        raise ValueError("this number does not fit into 64 bits")
    return int(digits, base)


def _double(text: str) -> float:
    number = float(text) if text[-1] in "0123456789." else math.inf  # .inf and .nan
    if not math.isfinite(number):
        raise ValueError("no value of the language: JSON has no such number; put quotes around a text")
    return number


def merge(root: yaml.Node) -> None:
    """Add the entries of `<<: *other` to each map, after its own, which take precedence.

    A << whose value is not a map stays.  The caller has checked that no alias contains itself.
    """
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))
        if isinstance(node, yaml.MappingNode):
            node.value = _merged(node)
            waiting += [one for pair in node.value for one in pair]
        else:
            waiting += node.value


def _merged(node: yaml.MappingNode) -> list[tuple[yaml.Node, yaml.Node]]:
    own = [(key, value) for key, value in node.value if not (key.tag == MERGE and _maps(value))]
    known = {key.value for key, _ in own if isinstance(key, yaml.ScalarNode)}
    merged = list(own)
    for key, value in node.value:
        for other in _maps(value) if key.tag == MERGE else ():
            for pair in _merged(other):
                if isinstance(pair[0], yaml.ScalarNode) and pair[0].value not in known:
                    known.add(pair[0].value)
                    merged.append(pair)
    return merged


def _maps(node: yaml.Node) -> list[yaml.MappingNode]:
    """The map, or the maps of a list of maps; none for any other value of <<."""
    found = node.value if isinstance(node, yaml.SequenceNode) else [node]
    maps = [one for one in found if isinstance(one, yaml.MappingNode)]
    return maps if len(maps) == len(found) else []
