"""The cases of tests/conformance/*.yaml: what is given, and the expected outcome.

A file is a list of maps: name · expression or workflow · given (variables, argument, env, http, callbacks, stubs as in
`--stub`) · result, or error (tag or payload, message, line, column, length, context, stack) or problems (line:column
and a part of the message, perhaps its end and [its length]) · and the effects: requests, sent (headers), slept
(seconds), logged.  unsure: the reference does not say.  `<<3 x a>>` in a source is aaa.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)  # each worker of pytest reads all the files: C takes a tenth
_INDENT = " " * 10
_REPEATED = re.compile(r"<<(\d+) x (.*?)>>")


@dataclass(frozen=True, slots=True)
class Case:
    file: str
    name: str
    source: str
    first: tuple[int, int] = (1, 1)  # line and column of the source in the workflow built from it
    argument: Any = None
    env: dict[str, str] = field(default_factory=dict)
    http: list[dict[str, Any]] = field(default_factory=list)
    callbacks: list[dict[str, Any]] = field(default_factory=list)
    stubs: dict[str, Any] = field(default_factory=dict)
    expected: dict[str, Any] = field(default_factory=dict)


def all_cases() -> Iterator[Case]:
    for path in sorted(FOLDER.glob("*.yaml")):
        for given in yaml.load(path.read_text(), Loader=_LOADER):
            yield _case(path.stem, dict(given))


def _case(file: str, given: dict[str, Any]) -> Case:
    name, around = given.pop("name"), given.pop("given", {})
    given.pop("unsure", None)
    source, first = given.pop("workflow", None), (1, 1)
    if source is None:
        variables = around.pop("variables", {})
        source = _workflow_of(str(given.pop("expression")), variables)
        first = (source.count("\n", 0, source.index("return: |-")) + 2, len(_INDENT) + 1)
        around = {**around, "argument": variables} if variables else around
    source = _REPEATED.sub(_repeat, source)
    unknown = given.keys() - {"result", "error", "problems", "requests", "slept", "logged", "sent"}
    assert not unknown, f"{file}: {name}: {unknown}"
    assert len(given.keys() & {"result", "error", "problems"}) == 1, f"{file}: {name}: one outcome, please"
    assert not around.keys() - {"argument", "env", "http", "callbacks", "stubs"}, f"{file}: {name}: {around}"
    return Case(file, name, source, first, expected=given, **around)


def _repeat(found: re.Match[str]) -> str:
    """`<<3 x b#, >>` is `b0, b1, b2, `."""
    return "".join(found[2].replace("#", str(number)) for number in range(int(found[1])))


def _workflow_of(expression: str, variables: dict[str, Any]) -> str:
    """A workflow that returns the expression, with the variables set."""
    lines = ["main:"]
    if variables:
        lines += ["  params: [given]", "  steps:", "  - set:", "      assign:"]
        lines += [f"      - {name}: ${{given.{name}}}" for name in variables]
    else:
        lines += ["  steps:"]
    lines += ["  - it:", "      return: |-", *(_INDENT + line for line in f"${{{expression}}}".splitlines())]
    return "\n".join(lines) + "\n"
