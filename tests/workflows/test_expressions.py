"""Expressions, by property: what is printed parses to the same tree; any text parses or says where it is wrong."""

from dataclasses import fields, replace
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from local.workflows.compile.workflow import compile_workflow
from local.workflows.errors import WorkflowSyntaxError
from local.workflows.language.lexer import ExpressionError
from local.workflows.language.parser import (
    RANKS,
    Binary,
    Call,
    Expression,
    ListLiteral,
    Literal,
    MapLiteral,
    Member,
    Name,
    Unary,
    parse_expression,
)
from tests.workflows.printer import print_expression

NAMES = st.sampled_from(["a", "b_1", "Zed", "request", "_x"])
NUMBERS = st.integers(0, 2**63 - 1) | st.floats(0, allow_nan=False, allow_infinity=False)
TEXTS = st.text(st.characters(codec="utf-8"), max_size=8)
LITERALS = st.builds(Literal, NUMBERS | TEXTS | st.booleans() | st.none(), st.just(0))


def _bigger(parts: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    some = st.lists(parts, max_size=3).map(tuple)
    dotted = st.sampled_from(["len", "text.split", "a.b.c"])
    return st.one_of(
        st.builds(Binary, st.sampled_from(sorted(RANKS)), parts, parts, st.just(0)),
        st.builds(Unary, st.sampled_from(["-", "not"]), parts, st.just(0)),
        st.builds(Member, parts, st.builds(Literal, NAMES, st.just(0)) | parts, st.just(0)),
        st.builds(Call, dotted, some, st.just(0)),
        st.builds(ListLiteral, some, st.just(0)),
        st.builds(MapLiteral, st.lists(st.tuples(TEXTS, parts), max_size=3).map(tuple), st.just(0)),
    )


TREES = st.recursive(LITERALS | st.builds(Name, NAMES, st.just(0)), _bigger, max_leaves=12)


def _without_offsets(tree: Any) -> Any:
    if isinstance(tree, tuple):
        return tuple(map(_without_offsets, tree))
    if not hasattr(tree, "offset"):
        return tree
    inside = {one.name: _without_offsets(getattr(tree, one.name)) for one in fields(tree)}
    return replace(tree, **{**inside, "offset": 0})


@given(TREES)
def test_a_printed_tree_parses_to_the_same_tree(tree: Expression) -> None:
    assert _without_offsets(parse_expression(print_expression(tree))) == tree


PIECES = st.sampled_from(["a", "1", "1.5", '"x"', *"()[]{},.:+- ", "not", "and", "in", "==", "//", "len"])


@given(st.text(max_size=60) | st.lists(PIECES, max_size=40).map("".join))
def test_any_text_parses_or_says_where_in_it_the_mistake_is(text: str) -> None:
    try:
        parse_expression(text)
    except ExpressionError as error:
        assert 0 <= error.offset <= len(text)


@given(st.text(max_size=40) | st.lists(PIECES, max_size=30).map("".join))
def test_any_expression_in_a_workflow_compiles_or_names_a_place_in_it(text: str) -> None:
    quoted = text.replace("'", "''").replace("\n", " ")
    source = f"main:\n  steps:\n  - a:\n      return: '${{{quoted}}}'\n"
    try:
        compile_workflow(source)
    except WorkflowSyntaxError as error:
        lines = source.splitlines()
        for problem in error.problems:
            assert 1 <= problem.line <= len(lines) + 1
            assert problem.column >= 1


@given(st.text(max_size=200))
def test_any_text_is_a_workflow_or_a_located_mistake(text: str) -> None:
    try:
        compile_workflow(text)
    except WorkflowSyntaxError as error:
        assert all(problem.line >= 1 and problem.column >= 1 for problem in error.problems)


def test_deep_nesting_is_a_mistake_and_no_crash() -> None:
    for text in ("(" * 390, "(" * 190 + "1" + ")" * 190, "[" * 199 + "]" * 199, "-" * 399 + "1", "not " * 99 + "true"):
        try:
            parse_expression(text)
        except ExpressionError as error:
            assert 0 <= error.offset <= len(text)
