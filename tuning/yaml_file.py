"""A YAML file that a schema describes → its value, or one mistake: file:line:column, what is wrong, what was wanted.

In: a text and a JSON schema (draft 7).  The `description` of a schema is what a message says was expected.  YAML is
read as version 1.2 says: `on` and `no` are words, `1e-5` is a number.  Called by model, prices and simulate.scenario.
"""

import functools
import json
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from math import isfinite
from pathlib import Path
from typing import Any

import fastjsonschema
import yaml

from local.yaml_source import YamlMistake, compose
from tuning.places import node_at

_MOST_SHOWN = 40  # characters of a wrong value


class FileMistake(ValueError):
    """Raised when a file is not what it should be.  Line and column count from 1; column 0: only the line is known."""

    def __init__(self, file: str, line: int, column: int, message: str) -> None:
        place = f"{file}:{line}:{column}" if column else f"{file}:{line}"
        super().__init__(f"{place}: {message}")
        self.file, self.line, self.column, self.message = file, line, column, message


class _Loader(yaml.SafeLoader):
    """Source: YAML 1.2, section 10.3.2, core schema."""

    yaml_implicit_resolvers: dict[str, list[tuple[str, re.Pattern[str]]]] = {}  # noqa: RUF012 (PyYAML reads it so)


_SIGNED = list("-+0123456789.")
_Loader.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"^(?:~|null|Null|NULL|)$"), ["~", "n", "N", ""])
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:bool", re.compile(r"^(?:true|True|TRUE|false|False|FALSE)$"), list("tTfF")
)
_Loader.add_implicit_resolver(
    "tag:yaml.org,2002:float",  # whole numbers too: a schema says where one must be whole
    re.compile(r"^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?$"),
    _SIGNED,
)


@dataclass(frozen=True, slots=True)
class YamlFile:
    """The value of a file that fits its schema, and where each part of it stands."""

    file: str
    value: Any
    root: yaml.Node

    def mistake(self, path: Sequence[str | int], message: str) -> FileMistake:
        """The mistake at the value that the path leads to."""
        return _mistake(self.file, node_at(self.root, path), message)


def read_yaml(file: str, text: str, schema: Path) -> YamlFile:
    """Raises FileMistake."""
    try:
        root = compose(text, _Loader)
    except YamlMistake as mistake:
        raise FileMistake(file, mistake.line, mistake.column, str(mistake)) from None
    if root is None:
        raise FileMistake(file, 1, 1, "the file is empty")
    for node in _nodes(file, root, set()):  # nests no deeper than compose, which refuses what is too deep
        _check_keys(file, node)
    value = _value_of(file, root)
    try:
        _validator(schema)(value)
    except fastjsonschema.JsonSchemaValueException as error:
        raise _explained(file, root, error) from None
    return YamlFile(file, value, root)


def _nodes(file: str, node: yaml.Node, seen: set[int]) -> Iterator[yaml.Node]:
    if id(node) in seen:
        raise _mistake(file, node, "an alias repeats this value; write it out where it is needed")
    seen.add(id(node))
    yield node
    if isinstance(node, yaml.MappingNode):
        for pair in node.value:
            for part in pair:
                yield from _nodes(file, part, seen)
    elif isinstance(node, yaml.SequenceNode):
        for part in node.value:
            yield from _nodes(file, part, seen)


def _check_keys(file: str, node: yaml.Node) -> None:
    if isinstance(node, yaml.MappingNode):
        names: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise _mistake(file, key, "expected a name before the colon")
            if key.value in names:
                raise _mistake(file, key, f"'{key.value}' stands there twice")
            names.add(key.value)


def _value_of(file: str, node: yaml.Node) -> Any:
    """Every key is text, so that an error's path names it."""
    if isinstance(node, yaml.MappingNode):
        return {key.value: _value_of(file, value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_value_of(file, one) for one in node.value]
    text = str(node.value)
    match node.tag.rpartition(":")[2]:
        case "float":
            number = float(text)
            if not isfinite(number):
                raise _mistake(file, node, f"the number {_short(text)} is too large")
            return int(number) if number.is_integer() else number
        case "bool":
            return text.lower() == "true"
        case "null":
            return None
    return text


@functools.cache
def _validator(schema: Path) -> Callable[[object], object]:
    compiled: Callable[[object], object] = fastjsonschema.compile(
        json.loads(schema.read_text(encoding="utf-8")), use_default=False
    )
    return compiled


def _explained(file: str, root: yaml.Node, error: fastjsonschema.JsonSchemaValueException) -> FileMistake:
    path = [int(part) if part.isdecimal() else part for part in error.path[1:]]
    node = node_at(root, path)
    known = list(error.definition.get("properties", {}))
    match error.rule:
        case "additionalProperties" if isinstance(node, yaml.MappingNode):
            key = next(key for key, _ in node.value if key.value not in known)
            return _mistake(file, key, f"unknown '{_short(key.value)}'{_or(key.value, known)}")
        case "required":
            missing = next(name for name in error.rule_definition if name not in error.value)
            return _mistake(file, node, f"'{missing}' is missing{_of_what(error.definition)}")
        case "enum":
            allowed = [str(one) for one in error.rule_definition]
            return _mistake(file, node, f"unknown '{_short(error.value)}'{_or(str(error.value), allowed)}")
    found = node.value if isinstance(node, yaml.ScalarNode) else error.value
    return _mistake(file, node, f"expected {_expected(error)}, not '{_short(found)}'")


def did_you_mean(wrong: str, known: Iterable[str]) -> str:
    """The end of a message about an unknown name; empty where no known one is near."""
    close = get_close_matches(wrong, list(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else ""


def _or(wrong: str, known: Sequence[str]) -> str:
    return did_you_mean(wrong, known) or f", expected one of {', '.join(known)}"


def _of_what(definition: dict[str, Any]) -> str:
    return f": expected {definition['description']}" if "description" in definition else ""


def _expected(error: fastjsonschema.JsonSchemaValueException) -> str:
    definition = error.definition
    if "description" in definition:
        return str(definition["description"])
    return error.message.partition(" must be ")[2] or f"a value of the form {error.rule_definition}"


def _mistake(file: str, node: yaml.Node, message: str) -> FileMistake:
    return FileMistake(file, node.start_mark.line + 1, node.start_mark.column + 1, message)


def _short(value: object) -> str:
    text = str(value)
    return text if len(text) <= _MOST_SHOWN else f"{text[: _MOST_SHOWN - 1]}…"
