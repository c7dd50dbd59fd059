"""Where in a YAML file something stands: a step, its retry, a knob, a number.  Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

import yaml


@dataclass(frozen=True, slots=True)
class Number:
    """A line of a file, from 1, and the value that stands there."""

    line: int
    value: str


@dataclass(frozen=True, slots=True)
class WorkflowPlaces:
    """steps: ROUTINE.STEP → its line.  waits: the same → the knob that its retry waits by.  knobs: by name."""

    steps: Mapping[str, int] = field(default_factory=dict)
    waits: Mapping[str, str] = field(default_factory=dict)
    knobs: Mapping[str, Number] = field(default_factory=dict)


@lru_cache(maxsize=32)  # revisions; a text never changes
def places_of(source: str) -> WorkflowPlaces:
    """Of a workflow's text; nothing where it is no map of routines."""
    root = _composed(source)
    steps: dict[str, int] = {}
    waits: dict[str, str] = {}
    knobs: dict[str, Number] = {}
    for routine, block in _pairs(root):
        for name, node, line in _steps_in(block):
            key = f"{routine}.{name}"
            steps.setdefault(key, line)
            parts = dict(_pairs(node))
            delay = find(parts.get("retry"), "backoff", "initial_delay")
            if delay is not None and "knobs." in delay.value:
                waits[key] = delay.value.partition("knobs.")[2].rstrip("}").strip()
            if name == "knobs":
                knobs |= dict(_numbers(node))
    return WorkflowPlaces(steps, waits, knobs)


def number_at(text: str, *path: str) -> Number | None:
    """The number at that path of keys.  In a list a key is the `name` of an item."""
    return find(_composed(text), *path)


def find(node: yaml.Node | None, *path: str) -> Number | None:
    for key in path:
        if isinstance(node, yaml.SequenceNode):
            node = next((one for one in node.value if _value(dict(_pairs(one)).get("name")) == key), None)
        else:
            node = dict(_pairs(node)).get(key)
    return Number(node.start_mark.line + 1, str(node.value)) if isinstance(node, yaml.ScalarNode) else None


def _composed(text: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except (yaml.YAMLError, RecursionError):
        return None


def _steps_in(node: yaml.Node | None) -> Iterator[tuple[str, yaml.Node, int]]:
    """(name, fields, line) of each step in the node, however deep it is nested."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            match _pairs(item):
                case [(name, yaml.MappingNode() as fields)]:  # an item of a switch has more than one key
                    yield name, fields, item.start_mark.line + 1
        for item in node.value:
            yield from _steps_in(item)
    for key, inner in _pairs(node):
        if key not in ("assign", "args", "params"):
            yield from _steps_in(inner)


def _numbers(node: yaml.Node) -> Iterator[tuple[str, Number]]:
    for key, inner in _pairs(node):
        if isinstance(inner, yaml.ScalarNode):
            yield key, Number(inner.start_mark.line + 1, str(inner.value))
        else:
            yield from _numbers(inner)
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            yield from _numbers(item)


def _pairs(node: yaml.Node | None) -> list[tuple[str, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        return []
    return [(str(key.value), value) for key, value in node.value]


def _value(node: yaml.Node | None) -> str | None:
    return str(node.value) if isinstance(node, yaml.ScalarNode) else None
