"""The text of a YAML file → its values, and the place of each.  Called by project.py, knobs.py and the rules."""

import functools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from local.workflows.language.yaml_core import CoreLoader
from local.yaml_source import YamlMistake, compose
from tuning.sources import Sources

_MOST_VALUES = 50_000  # of a file with its aliases; ours have some hundreds


@dataclass(frozen=True, slots=True, order=True)
class Place:
    """Where something stands; line and column count from 1."""

    file: str
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Mistake:
    """Why a file cannot be read, and where."""

    place: Place
    what: str


class Unreadable(Exception):
    """Raised when a text cannot be read; holds every mistake that was found."""

    def __init__(self, *mistakes: Mistake) -> None:
        super().__init__("\n".join(f"{mistake.place}: {mistake.what}" for mistake in mistakes))
        self.mistakes = mistakes


def root_of(sources: Sources, file: str) -> yaml.Node:
    """The root node of the file.  Raises Unreadable: no such file, no YAML, nothing in it, a key twice."""
    if file not in sources:
        raise Unreadable(Mistake(Place(file), "there is no such file"))
    return _root_of(sources[file], file)


@functools.lru_cache(maxsize=64)  # many places are asked for in the same text
def _root_of(text: str, file: str) -> yaml.Node:
    try:
        root = compose(text, CoreLoader if file.startswith("workflows/") else yaml.SafeLoader)
    except YamlMistake as mistake:
        raise Unreadable(Mistake(Place(file, mistake.line, mistake.column), str(mistake))) from None
    if root is None:
        raise Unreadable(Mistake(Place(file), "the file is empty"))
    mistakes = list(_wrong_keys(root, file))
    if mistakes:
        raise Unreadable(*mistakes)
    return root


def values_of(sources: Sources, file: str) -> Any:
    """The values of the file, as yaml.safe_load gives them.  Raises Unreadable."""
    root = root_of(sources, file)
    try:
        return yaml.SafeLoader("").construct_document(root)
    except (yaml.MarkedYAMLError, ValueError, TypeError, OverflowError) as error:
        mark = getattr(error, "problem_mark", None) or root.start_mark
        what = getattr(error, "problem", None) or error
        raise Unreadable(Mistake(Place(file, mark.line + 1, mark.column + 1), str(what))) from None


def place(sources: Sources, file: str, *path: str | int) -> Place:
    """The place of that value; where the file has no such value, that of the deepest map or list on the way to it."""
    try:
        node = root_of(sources, file)
    except Unreadable:
        return Place(file)
    return place_of(file, node_at(node, path))


def key_place(sources: Sources, file: str, *path: str | int) -> Place:
    """The place of the last key of the path; where the file has no such key, as place()."""
    try:
        node: yaml.Node | None = root_of(sources, file)
    except Unreadable:
        return Place(file)
    for step in path[:-1]:
        node = child(node, step) if node is not None else None
    if isinstance(node, yaml.MappingNode):
        for key, _ in node.value:
            if path and key.value == path[-1]:
                return place_of(file, key)
    return place(sources, file, *path)


def place_of(file: str, node: yaml.Node) -> Place:
    return Place(file, node.start_mark.line + 1, node.start_mark.column + 1)


def node_at(node: yaml.Node, path: Iterable[str | int]) -> yaml.Node:
    """As far as the path leads."""
    for step in path:
        found = child(node, step)
        if found is None:
            break
        node = found
    return node


def child(node: yaml.Node, step: str | int) -> yaml.Node | None:
    """The value of a key of a map, or the item of a list; None where there is none."""
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        child: yaml.Node = node.value[step]
        return child
    return None


def _wrong_keys(root: yaml.Node, file: str) -> Iterator[Mistake]:
    """Keys that stand twice in one map, which YAML forbids and PyYAML accepts; and keys that are no texts."""
    waiting, read = [root], 0
    while waiting:
        node = waiting.pop()
        read += 1
        if read > _MOST_VALUES:
            yield Mistake(Place(file), "the aliases of this text stand for too many values")
            return
        if isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if not isinstance(key, yaml.ScalarNode):
                    yield Mistake(place_of(file, key), "a key is a text, not a list or a map")
                    continue
                if key.value in seen:
                    yield Mistake(place_of(file, key), f"'{key.value}' stands there twice")
                seen.add(key.value)
                waiting.append(value)
        elif isinstance(node, yaml.SequenceNode):
            waiting.extend(node.value)
