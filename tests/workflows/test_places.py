"""Where an error is, by property: in any step and any style of YAML, its place is what is written of the expression."""

import json
import re

import pytest
import yaml
from hypothesis import assume, given
from hypothesis import strategies as st

from local.workflows.compile.workflow import compile_workflow
from local.workflows.errors import WorkflowError, WorkflowSyntaxError
from local.workflows.language.parser import Literal
from local.workflows.run.observer import Observer
from tests.workflows.printer import print_expression

# HERE is where the expression stands, after so many spaces.
STEPS = [
    "- s: {assign: [a: 1, m: {}]}\n- x:\n    return: HERE\n",
    "- x:\n    return:\n      some: [1]\n      more: HERE\n",
    "- x:\n    return:\n    - 1\n    - HERE\n",
    "- x:\n    raise: HERE\n",
    "- x:\n    assign:\n    - e: é\n    - a: HERE\n",
    "- x:\n    call: sys.log\n    args:\n      text: HERE\n",
    "- x:\n    call: http.post\n    args:\n      url: http://[::1]\n      body:\n        '🎨': 1\n        y: HERE\n",
    "- x:\n    switch:\n    - condition: HERE\n      next: end\n",
    "- x:\n    switch:\n    - condition: true\n      return: HERE\n",
    "- x:\n    for:\n      value: v\n      in: HERE\n      steps: [{y: {return: 1}}]\n",
    "- x:\n    for:\n      value: v\n      in: [1]\n      steps:\n      - y:\n          return: HERE\n",
    "- x:\n    parallel:\n      concurrency_limit: HERE\n      branches: [{a: {steps: [{y: {assign: [b: 1]}}]}}]\n",
    "- x:\n    try:\n      steps:\n      - y:\n          return: HERE\n    retry: ${http.default_retry}\n",
]
SHOWN = st.characters(exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp", "Co", "Cn"))
STYLES = st.sampled_from(["plain", "single", "double", "ascii", "literal", "folded", "tagged"])


def _written(expression: str, style: str, spaces: str) -> str:
    match style:
        case "single":
            return "'" + expression.replace("'", "''").replace("\n", "\n" + spaces) + "'"
        case "double" | "ascii":
            return json.dumps(expression, ensure_ascii=style == "ascii")
        case "literal":
            return "| # ${no}\n" + spaces + expression.replace("\n", "\n" + spaces)
        case "folded":
            return ">-\n" + spaces + expression.replace("\n", "\n" + spaces)
        case "tagged":
            return "&anchor !!str " + json.dumps(expression)
        case _:
            return expression.replace("\n", "\n" + spaces)


def _read(text: str, style: str) -> str:
    """What is written there, without the style, on one line."""
    match style:
        case "single":
            return str(yaml.safe_load(f"'{text}'"))
        case "double" | "ascii" | "tagged":
            return str(json.loads(f'"{text}"')).replace("\n", " ")
        case _:
            return re.sub(r"\r?\n *", " ", text)


@st.composite
def sources(draw: st.DrawFn, end: str) -> tuple[str, str, str]:
    """A workflow with an expression that begins with a text and ends so, that expression, and its style."""
    space = draw(st.sampled_from([" ", "\n", "  "]))
    expression = f"${{{print_expression(Literal(draw(st.text(SHOWN, max_size=12)), 0))}{space}{end}}}"
    step, style = draw(st.sampled_from(STEPS)), draw(STYLES)
    line = next(one for one in step.split("\n") if "HERE" in one)
    written = _written(expression, style, " " * (len(line) - len(line.lstrip(" -")) + 1))
    assume(style != "plain" or _is_one_scalar(written))
    source = step.replace("HERE", written)
    return (source.replace("\n", "\r\n") if draw(st.booleans()) else source), expression, style


@given(sources("- 1"), st.sampled_from([None, lambda event: None]))
def test_the_place_of_an_error_is_its_expression(given: tuple[str, str, str], observe: Observer | None) -> None:
    source, expression, style = given
    run = compile_workflow(source).run({}, {}, observe)
    with pytest.raises(WorkflowError) as raised:
        run.send(None)
    position = raised.value.frames[0].position
    found = _from(source, position.line, position.column).encode()[: position.length].decode()
    assert _read(found, style) == expression.replace("\n", " ")


@given(sources("+ nope"))
def test_the_place_of_a_mistake_is_the_name(given: tuple[str, str, str]) -> None:
    with pytest.raises(WorkflowSyntaxError) as raised:
        compile_workflow(given[0])
    (problem,) = raised.value.problems
    assert _from(given[0], problem.line, problem.column).startswith("nope")


def _from(source: str, line: int, column: int) -> str:
    return source[sum(map(len, re.findall(r"[^\n]*\n", source)[: line - 1])) + column - 1 :]


def _is_one_scalar(written: str) -> bool:
    """Whether YAML reads it as it is: no ' #' or ': ' in it."""
    try:
        return isinstance(yaml.safe_load(written), str) and " #" not in written and ": " not in written
    except yaml.YAMLError:
        return False
