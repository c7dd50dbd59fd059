"""The knobs: every number of our YAML that an operator may change, and the text with one of them changed.

Called by rules that name a number, by the search for better ones, and by the page.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from tuning import app_yaml
from tuning.places import Place, Unreadable, child, place_of, root_of
from tuning.project import DEPLOYMENT_YAML, LIMITS_YAML, QUEUE_YAML, workflow_name
from tuning.sources import Sources

KeyPath = tuple[str | int, ...]
KNOBS = "knobs"  # the first step of a workflow, and the variable that it sets

# A number and its unit as files write them: 40/s, 14m, 512Mi, 10s, 0.6.
_NUMBER = re.compile(r"([0-9]+(?:\.[0-9]+)?)(/?[A-Za-z]*)")
_SECONDS = re.compile(r"_(s|seconds)\b")  # in the name of a number without a unit of its own
_CHOICES = {"instance_class": app_yaml.INSTANCE_CLASSES}


@dataclass(frozen=True, slots=True)
class Knob:
    """One number, or one word of `choices`.  name: unique in a project.  unit: s, /s, m, Mi, or empty."""

    name: str
    value: float | str
    unit: str
    place: Place
    choices: tuple[str, ...] = ()


class NoSuchKnob(Exception):
    """Raised when a project has no knob of that name."""


def knobs(sources: Sources) -> tuple[Knob, ...]:
    """All of them, in the order of the files.  A file that cannot be read has none."""
    return tuple(knob for knob, _, _ in _found(sources))


def with_value(sources: Sources, name: str, value: float | str) -> Sources:
    """The texts in which only that knob's text is changed.  Raises NoSuchKnob."""
    for knob, node, suffix in _found(sources):
        if knob.name == name:
            text = sources[knob.place.file]
            written = value if isinstance(value, str) else f"{value:.10g}{suffix}"
            changed = text[: node.start_mark.index] + written + text[node.end_mark.index :]
            return {**sources, knob.place.file: changed}
    raise NoSuchKnob(f"there is no knob {name}")


def block_path(sources: Sources, file: str) -> KeyPath | None:
    """The way to the map of knobs in the workflow of that file; None where its first step is none."""
    try:
        root = root_of(sources, file)
    except Unreadable:
        return None
    start: KeyPath = () if isinstance(root, yaml.SequenceNode) else ("main", "steps")
    if isinstance(child(root, "main"), yaml.SequenceNode):
        start = ("main",)
    path = (*start, 0, KNOBS, "assign", 0, KNOBS)
    return path if isinstance(_at(root, path), yaml.MappingNode) else None


def _found(sources: Sources) -> Iterator[tuple[Knob, yaml.ScalarNode, str]]:
    """Each knob, its scalar, and the unit that the text has."""
    for prefix, file, path in _blocks(sources):
        try:
            node = _at(root_of(sources, file), path)
        except Unreadable:
            continue
        for name, scalar in _scalars(prefix, node):
            if (knob := _knob(name, scalar, file)) is not None:
                number = _NUMBER.fullmatch(scalar.value)
                yield knob, scalar, number[2] if number else ""


def _blocks(sources: Sources) -> Iterator[tuple[str, str, KeyPath]]:
    """The maps of which every number is a knob: a prefix of its knobs' names, the file, the way to it."""
    for file in sorted(sources):
        if file.startswith("workflows/") and (path := block_path(sources, file)) is not None:
            yield f"{workflow_name(file)}.", file, path
    yield "", QUEUE_YAML, ("queue",)
    yield "app.", app_yaml.FILE, (app_yaml.SCALING,)
    yield "app.", app_yaml.FILE, ()
    yield "ingress.", DEPLOYMENT_YAML, ("ingress",)
    yield "functions.", DEPLOYMENT_YAML, ("functions",)
    yield "steps.", DEPLOYMENT_YAML, ("steps",)
    yield "limits.", LIMITS_YAML, ("backlog",)
    yield "limits.", LIMITS_YAML, ("member",)


def _at(node: yaml.Node | None, path: KeyPath) -> yaml.Node | None:
    for step in path:
        node = child(node, step) if node is not None else None
    return node


def _scalars(prefix: str, node: yaml.Node | None) -> Iterator[tuple[str, yaml.ScalarNode]]:
    """Every scalar in it, with a name such as mando.longest_wait_s or create-image-queue.rate."""
    if isinstance(node, yaml.ScalarNode):
        yield prefix.rstrip("."), node
    elif isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            if key.value not in (
                "environment",
                app_yaml.SCALING,
                app_yaml.ENVIRONMENT,
            ):  # no numbers, or a block of its own
                inner = "" if key.value == "retry_parameters" else f"{key.value}."
                yield from _scalars(f"{prefix}{inner}", value)
    elif isinstance(node, yaml.SequenceNode):
        for number, item in enumerate(node.value):
            named = child(item, "name")  # of a queue
            inner = f"{prefix}{named.value}." if named is not None else f"{prefix.rstrip('.')}[{number}]."
            yield from _scalars(inner, item)


def _knob(name: str, node: yaml.ScalarNode, file: str) -> Knob | None:
    last = name.rpartition(".")[2].partition("[")[0]
    if last in _CHOICES:
        return Knob(name, node.value, "", place_of(file, node), _CHOICES[last])
    number = _NUMBER.fullmatch(node.value)
    if number is None or last == "name":
        return None
    value = float(number[1])
    unit = number[2] or ("s" if _SECONDS.search(name) else "")
    return Knob(name, int(value) if value.is_integer() else value, unit, place_of(file, node))
