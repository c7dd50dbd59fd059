"""Limits of the language that no case can show: what a value counts for, and how much text is read.

Those that a workflow meets as an error stand in tests/conformance/limits.yaml.
"""

from contextlib import nullcontext
from typing import Any

import pytest
import yaml

from local.workflows.compile.workflow import compile_workflow
from local.workflows.errors import Problem, WorkflowError, WorkflowSyntaxError
from local.workflows.language.yaml_core import CoreLoader
from local.workflows.limits import integer, memory_bytes


@pytest.mark.parametrize(
    ("value", "size"),
    [
        (None, 8),
        (True, 8),
        (2**63 - 1, 8),
        (1.5, 8),
        ("", 8),
        ("abc", 11),
        ("ä🎨", 14),
        ("\ud800", 11),
        (b"", 8),
        (b"abc", 11),
        ([], 8),
        ([1, "a"], 25),
        ([[]], 16),
        ({}, 8),
        ({"a": 1}, 25),
        ({"ä": {"b": [b"cd"]}}, 8 + 10 + 8 + 9 + 8 + 10),
    ],
)
def test_a_value_that_counts_for_more_or_less_memory_is_seen(value: Any, size: int) -> None:
    """Source: Workflows, "Variables", memory usage; what a list counts for itself is our guess."""
    assert memory_bytes(value) == size


def _nested(depth: int, kind: str) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = [value] if kind == "list" else {"k": value}
    return value


@pytest.mark.parametrize("kind", ["list", "map"])
def test_a_value_may_be_200_deep(kind: str) -> None:
    assert memory_bytes(_nested(200, kind)) > 0
    with pytest.raises(WorkflowError, match="at most 200 deep"):
        memory_bytes(_nested(201, kind))


@pytest.mark.parametrize("text", ["a" * 2**18, "ä" * 2**17])
def test_a_text_may_hold_256_kb(text: str) -> None:
    assert memory_bytes(text) == 2**18 + 8
    with pytest.raises(WorkflowError, match="at most 262144 bytes"):
        memory_bytes(text + "b")


@pytest.mark.parametrize("value", [-(2**63), -(2**63) + 1, 0, 2**63 - 1])
def test_an_integer_of_64_bits_is_kept(value: int) -> None:
    assert integer(value) == value


@pytest.mark.parametrize("value", [-(2**63) - 1, 2**63])
def test_an_integer_of_more_than_64_bits_is_refused(value: int) -> None:
    with pytest.raises(WorkflowError, match="ValueError"):
        integer(value)


def _problems(source: str) -> list[str]:
    try:
        compile_workflow(source, "w.yaml")
    except WorkflowSyntaxError as error:
        return [one.message for one in error.problems]
    return []


@pytest.mark.parametrize("letter", ["a", "ä"])
def test_a_source_may_have_128_kb(letter: str) -> None:
    begin, end, most = "main: [{r: {return: '", "'}}]", 128 * 1024
    whole = begin + letter * ((most - len(begin) - len(end)) // len(letter.encode()))
    whole += "b" * (most - len(whole.encode()) - len(end))
    assert _problems(whole + end) == []
    assert _problems(whole + "b" + end) == ["the source is larger than 131072 bytes"]


@pytest.mark.parametrize(("more", "is_too_much"), [(0, False), (1, True)])
def test_the_aliases_of_a_text_may_stand_for_50_000_values(more: int, is_too_much: bool) -> None:
    """98 times a list of 500, and another list that fills up what is left."""
    many = ", ".join(["&l [" + ", ".join(["x"] * 499) + "]", *["*l"] * 97])
    source = f"main: [{{r: {{return: [[{many}], [PAD]]}}}}]"
    around = 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1 + 1  # root, its key, steps, a step, its key, its map, return, a list, a list
    rest = 50_000 - around - 98 * 500 - 1 + more
    problems = _problems(source.replace("PAD", ", ".join(["y"] * rest)))
    assert problems == (["the aliases of this text stand for more than 50000 values"] if is_too_much else [])


@pytest.mark.parametrize(("depth", "is_too_deep"), [(1000, False), (1001, True)])
def test_brackets_may_stand_1000_deep_in_each_other(depth: int, is_too_deep: bool) -> None:
    """PyYAML takes minutes for tens of thousands."""
    loader = CoreLoader("[" * depth)
    read = 0
    with pytest.raises(yaml.scanner.ScannerError) if is_too_deep else nullcontext():
        while loader.check_token():
            loader.get_token()  # type: ignore[no-untyped-call]  # PyYAML's own
            read += 1
    assert is_too_deep or read == depth + 2  # those of the stream's begin and end too


def test_a_source_of_too_many_brackets_is_told_of() -> None:
    assert _problems("[" * 1001) == ["the text is nested too deeply"]


@pytest.mark.parametrize(
    ("source", "column", "length", "shown"),
    [
        ("a" * 160, 160, 9, "    7 | " + "a" * 160 + "\n" + " " * 167 + "^"),
        ("a" * 160, 1, 2, "    7 | " + "a" * 160 + "\n" + " " * 8 + "^^"),
        ("a" * 161, 1, 1, "    7 | " + "a" * 160 + "\n" + " " * 8 + "^"),
        ("b" + "a" * 160, 81, 1, "    7 | b" + "a" * 159 + "\n" + " " * 88 + "^"),
        ("b" + "a" * 160, 82, 1, "    7 | " + "a" * 160 + "\n" + " " * 88 + "^"),
        ("a" * 300, 300, 200, "    7 | " + "a" * 81 + "\n" + " " * 88 + "^"),
        ("", 1, 1, "    7 | \n" + " " * 8 + "^"),
        ("abc", 2, 99, "    7 | abc\n" + " " * 9 + "^^"),
    ],
)
def test_a_mistake_is_shown_in_160_characters_of_its_line(source: str, column: int, length: int, shown: str) -> None:
    assert str(Problem("w.yaml", 7, column, "so", source, length)) == f"w.yaml:7:{column}: so\n{shown}"


@pytest.mark.parametrize(
    ("source", "shown"),
    [
        (
            "main:\n- a: {next: b}",
            "w.yaml:2:13: there is no step 'b' to go to\n    2 | - a: {next: b}\n                    ^",
        ),
        ("nain: [{a: {return: 1}}]\n", "w.yaml:1:1: there is no `main`\n    1 | nain: [{a: {return: 1}}]\n        ^"),
        ("main: {\n", "w.yaml:2:1: expected the node content, but found '<stream end>'\n    2 | \n        ^"),
        ("main: {\n\n", "w.yaml:3:1: expected the node content, but found '<stream end>'\n    3 | \n        ^"),
    ],
)
def test_a_mistake_is_shown_with_another_line_than_its_own(source: str, shown: str) -> None:
    with pytest.raises(WorkflowSyntaxError) as caught:
        compile_workflow(source, "w.yaml")
    assert str(caught.value) == shown
