"""A character of a YAML scalar's value → its position in the source.  Used by yaml_nodes.Text for error positions.

The value differs from its source by escapes, doubled quotes, folded lines and the indentation of a block.
"""

import re

import yaml

_BREAK = r"(?:\r\n?|[\n\x85\u2028\u2029])"  # as PyYAML counts lines
_BREAKS = re.compile(_BREAK)
_FOLD = rf"[ \t]*(?:{_BREAK}[ \t]*)+"
_PAIR = r"\\u[dD][89abAB]..\\u[dD][c-fC-F].."  # two escapes that are one character
_PLAIN = re.compile(rf"{_FOLD}|.", re.DOTALL)
_SINGLE = re.compile(rf"{_FOLD}|''|.", re.DOTALL)
_DOUBLE = re.compile(rf"\\{_BREAK}[ \t]*|{_PAIR}|\\x..|\\u.{{4}}|\\U.{{8}}|\\.|{_FOLD}|.", re.DOTALL)
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)*")  # an anchor, a tag


def line_and_column(source: str, node: yaml.Node, index: int) -> tuple[int, int]:
    """Line and column (from 1) of an index in the source, which is not before the beginning of the node."""
    mark = node.start_mark
    breaks = list(_BREAKS.finditer(source, mark.index, index))
    if not breaks:
        return mark.line + 1, mark.column + 1 + index - mark.index
    return mark.line + 1 + len(breaks), index - breaks[-1].end() + 1


def index_of(source: str, node: yaml.Node, value: str, offset: int = 0) -> int:
    """The index in the source of the character at `offset` of the node's value."""
    at = node.start_mark.index
    if not isinstance(node, yaml.ScalarNode):
        return int(at + offset)
    properties = _PROPERTIES.match(source, at)
    at = properties.end() if properties else at
    if node.style in ("|", ">"):
        return _index_in_block(source, node, at, value, offset)
    at += 1 if node.style else 0
    if source.startswith(value, at):
        return int(at + offset)
    return _walk(source, at, offset, {"'": _SINGLE, '"': _DOUBLE}.get(node.style or "", _PLAIN))


def _walk(source: str, at: int, offset: int, tokens: re.Pattern[str]) -> int:
    """The index in the source, from `at`, after so many characters of the value."""
    while token := tokens.match(source, at):
        breaks = len(_BREAKS.findall(token[0]))
        escaped = breaks and token[0].startswith("\\")
        # An escaped line break counts 0, one line break 1 (a space), n line breaks n - 1.
        width = 0 if escaped else max(1, breaks - 1)
        if width > offset:
            break
        offset -= width
        at = token.end()
    return at


def _index_in_block(source: str, node: yaml.ScalarNode, at: int, value: str, offset: int) -> int:
    header = _BREAKS.search(source, at)
    if header is None or header.end() >= node.end_mark.index:
        return at  # an empty text
    indent = _spaces(source[header.end() : node.end_mark.index]) - _spaces(value)
    one = rf"{_BREAK} {{0,{indent}}}"
    breaks = re.compile(one if node.style == "|" else f"(?:{one})+")
    at = line = header.end() + indent
    while offset > 0 and at < len(source):
        token = breaks.match(source, at)
        if token is None:
            offset, at = offset - 1, at + 1
            continue
        count = len(_BREAKS.findall(token[0]))
        kept = node.style == "|" or source[line] in " \t" or source[token.end() : token.end() + 1] in (" ", "\t")
        offset -= count if kept else max(1, count - 1)
        at = line = token.end()
    return at


def _spaces(text: str) -> int:
    """The indentation of the first line that is not blank."""
    line = next((line for line in _BREAKS.split(text) if line.strip(" ")), "")
    return len(line) - len(line.lstrip(" "))
