"""Stubs (`--stub FILE`): answers of connectors, instead of a service.  Parsed for `mando run`, used by LivePerformer.

The file is a map in YAML or JSON.  A key is the full name of a connector, of a helper or of a gke function.

    googleapis.pubsub.v1.projects.topics.publish: {messageIds: ["1"]}   # this value, to every call
    gke.request: {raise: {code: 404, body: gone}}                       # an HttpError, to every call
    googleapis.firestore.v1.projects.databases.documents.get:           # an answer a call; the last stays
    - raise: {tags: [TimeoutError], message: too slow}
    - return: {fields: {}}

A list is such a list of answers where its items are `return` or `raise`; any other list is a value.
"""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, field

import yaml

from local.workflows.effects import ConnectorResult, Value
from local.workflows.errors import WorkflowError, WorkflowSyntaxError
from local.workflows.language.yaml_core import CoreLoader, scalar
from local.workflows.language.yaml_nodes import Text, check_aliases
from local.workflows.stdlib import connectors, library
from local.yaml_source import YamlMistake, compose

_KEYS = ("return", "raise")
_STUBBABLE = ("gke.", "experimental.executions.", connectors.PREFIX)  # functions of the library


@dataclass(frozen=True, slots=True)
class _Reply:
    value: Value
    is_error: bool = False


@dataclass(slots=True)
class Stubs:
    """replies: by name, one for each call; the last one also for all later calls."""

    replies: Mapping[str, tuple[_Reply, ...]] = field(default_factory=dict)
    _calls: dict[str, int] = field(default_factory=dict)

    @classmethod
    def parse(cls, source: str, file: str) -> "Stubs":
        """Parse a file.  Raises WorkflowSyntaxError with all problems."""
        return cls(_parse(source, file))

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self.replies)

    def answer(self, name: str) -> ConnectorResult:
        """The answer to the next call of that name.  Raises WorkflowError: that of the stub, or that there is none."""
        if name not in self.replies:
            message = f"{name} is not served here and has no stub: `mando run --stub FILE` takes its answer from a file"
            raise WorkflowError.tagged("SystemError", message)
        replies = self.replies[name]
        number = self._calls.get(name, 0)
        self._calls[name] = number + 1
        reply = replies[min(number, len(replies) - 1)]
        if reply.is_error:
            raise WorkflowError(reply.value)
        return ConnectorResult(reply.value)


def _parse(source: str, file: str) -> dict[str, tuple[_Reply, ...]]:
    text = Text(source, file)
    try:
        root = compose(source, CoreLoader) or yaml.MappingNode("tag:yaml.org,2002:map", [])
        check_aliases(root, text)
    except YamlMistake as mistake:
        text.problem_at(mistake.line, mistake.column, str(mistake))
        raise WorkflowSyntaxError(text.problems) from None
    except RecursionError:
        text.problem_at(1, 1, "the text is nested too deeply")
    if text.problems:
        raise WorkflowSyntaxError(text.problems)
    entries = text.entries(root, "a map of names, such as googleapis.…, to answers")
    for key, _ in text.pairs(root):
        _check_name(key, text)
    found = {name: _replies(node, text) for name, node in entries.items()}
    if text.problems:
        raise WorkflowSyntaxError(text.problems)
    return found


def _check_name(key: yaml.ScalarNode, text: Text) -> None:
    name = str(key.value)
    others = [one for one in library.FUNCTIONS if one.startswith(_STUBBABLE)]
    if name in others or connectors.find(name) is not None:
        return
    near = connectors.suggestion(name, others)
    meant = f"; did you mean '{near[0]}'?" if near else ""
    text.problem(key, f"there is no connector '{name}'{meant}", 0, len(name))


def _replies(node: yaml.Node, text: Text) -> tuple[_Reply, ...]:
    if isinstance(node, yaml.SequenceNode) and any(_is_reply(one) for one in node.value):
        for one in node.value:
            if not _is_reply(one):
                text.problem(one, "expected `return: …` or `raise: …`, as the other items of this list are")
        return tuple(_reply(one, text) for one in node.value)
    return (_reply(node, text),)


def _is_reply(node: yaml.Node) -> bool:
    keys = [key.value for key, _ in Text.pairs(node)]
    return len(keys) == 1 and keys[0] in _KEYS


def _reply(node: yaml.Node, text: Text) -> _Reply:
    if not _is_reply(node):
        return _Reply(_plain(node, text))
    ((key, inner),) = Text.pairs(node)
    value = _plain(inner, text)
    return _Reply(_error(value), is_error=True) if key.value == "raise" else _Reply(value)


def _error(value: Value) -> Value:
    """The payload of an error; with a status but no tags, an HttpError.  Source: recorded from the real service."""
    code = value.get("code") if isinstance(value, dict) and "tags" not in value else None
    if not isinstance(value, dict) or not isinstance(code, int):
        return value
    message = f"HTTP server responded with error code {code}"
    return {"message": message, "headers": {}, "body": None, **value, "tags": ["HttpError"]}


def _plain(node: yaml.Node, text: Text) -> Value:
    """The value of a node, read as in a workflow's YAML."""
    if isinstance(node, yaml.MappingNode):
        return {name: _plain(one, text) for name, one in text.entries(node, "a map").items()}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(one, text) for one in node.value]
    assert isinstance(node, yaml.ScalarNode)  # noqa: S101 -- YAML has no fourth kind
    try:
        return base64.b64decode(node.value, validate=True) if node.tag.endswith(":binary") else scalar(node)
    except ValueError as error:
        text.problem(node, str(error), 0, len(str(node.value)))
        return None
