"""Tokens → the tree of an expression, with Google's precedence.

Tightest first: () · . [] · not · unary - · * / // % · + - · < <= > >= == != in (one level) · and · or.
Source: Workflows, "Data types", operator precedence.
"""

from dataclasses import dataclass
from math import isfinite
from typing import TypeAlias

from local.workflows.effects import Value
from local.workflows.language.lexer import ExpressionError, Token, tokens, unquote
from local.workflows.limits import MAX_INTEGER, MIN_INTEGER


@dataclass(frozen=True, slots=True)
class Literal:
    value: Value
    offset: int


@dataclass(frozen=True, slots=True)
class Name:
    name: str
    offset: int


@dataclass(frozen=True, slots=True)
class Member:
    """of.key or of[key]; key is a Literal for the first."""

    of: "Expression"
    key: "Expression"
    offset: int


@dataclass(frozen=True, slots=True)
class Unary:
    operator: str
    operand: "Expression"
    offset: int


@dataclass(frozen=True, slots=True)
class Binary:
    operator: str
    left: "Expression"
    right: "Expression"
    offset: int


@dataclass(frozen=True, slots=True)
class Call:
    """function is a dotted name; arguments are positional."""

    function: str
    arguments: "tuple[Expression, ...]"
    offset: int


@dataclass(frozen=True, slots=True)
class ListLiteral:
    items: "tuple[Expression, ...]"
    offset: int


@dataclass(frozen=True, slots=True)
class MapLiteral:
    items: "tuple[tuple[str, Expression], ...]"
    offset: int


Expression: TypeAlias = Literal | Name | Member | Unary | Binary | Call | ListLiteral | MapLiteral

_BINARY: tuple[tuple[str, ...], ...] = (
    ("or",),
    ("and",),
    ("<", "<=", ">", ">=", "==", "!=", "in"),
    ("+", "-"),
    ("*", "/", "//", "%"),
)
RANKS = {sign: rank for rank, signs in enumerate(_BINARY) for sign in signs}  # a higher rank binds tighter
_WORDS = {"AND": "and", "OR": "or", "NOT": "not", "and": "and", "or": "or", "not": "not", "in": "in"}
_CONSTANTS: dict[str, Value] = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
    "null": None,
    "Null": None,
    "NULL": None,
}
_SMALLEST = str(-MIN_INTEGER)  # without its sign it does not fit into 64 bits
_MAX_DEPTH = 100


def parse_expression(text: str) -> Expression:
    """The tree of an expression, the text between ${ and }.  Raises ExpressionError."""
    parser = _Parser(tokens(text))
    tree = parser.binary(0)
    parser.expect_end()
    return tree


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens = found
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _operator(self) -> str:
        token = self._next
        if token.kind == "operator":
            return token.text
        return _WORDS.get(token.text, "") if token.kind == "name" else ""

    def _take(self) -> Token:
        token = self._next
        self._at += 1
        return token

    def _expect(self, text: str) -> Token:
        if self._operator() != text:
            raise self._unexpected(f"'{text}'")
        return self._take()

    def _unexpected(self, expected: str) -> ExpressionError:
        token = self._next
        shown = "the end of the expression" if token.kind == "end" else f"'{token.text}'"
        return ExpressionError(f"unexpected {shown}, expected {expected}", token.offset, len(token.text) or 1)

    def expect_end(self) -> None:
        if self._next.kind != "end":
            raise self._unexpected("an operator")

    def binary(self, lowest: int) -> Expression:
        """Parse operators of at least that rank, from left to right."""
        left = self._unary()
        while RANKS.get(operator := self._operator(), -1) >= lowest:
            offset = self._take().offset
            left = Binary(operator, left, self.binary(RANKS[operator] + 1), offset)
        return left

    def _unary(self) -> Expression:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ExpressionError("the expression is nested too deeply", self._next.offset)
        try:
            if self._operator() in ("-", "not"):
                operator = self._operator()
                offset = self._take().offset
                if operator == "-" and self._next.text == _SMALLEST:
                    self._take()
                    return Literal(MIN_INTEGER, offset)
                return Unary(operator, self._unary(), offset)
            return self._postfix()
        finally:
            self._depth -= 1

    def _postfix(self) -> Expression:
        tree = self._primary()
        while True:
            operator = self._operator()
            if operator == ".":
                self._take()
                if self._next.kind != "name":
                    raise self._unexpected("a name after '.'")
                key = self._take()
                tree = Member(tree, Literal(key.text, key.offset), key.offset)
            elif operator == "[":
                offset = self._take().offset
                tree = Member(tree, self.binary(0), offset)
                self._expect("]")
            elif operator == "(":
                function = dotted(tree)
                if function is None:
                    raise self._unexpected("an operator")
                tree = Call(function, self._arguments(), _start(tree))
            else:
                return tree

    def _arguments(self) -> tuple[Expression, ...]:
        self._expect("(")
        return self._list(")")

    def _list(self, end: str) -> tuple[Expression, ...]:
        items: list[Expression] = []
        while self._operator() != end:
            items.append(self.binary(0))
            if self._operator() != end:
                self._expect(",")
        self._take()
        return tuple(items)

    def _primary(self) -> Expression:
        token = self._next
        if token.kind == "number":
            self._take()
            return Literal(_number(token), token.offset)
        if token.kind == "string":
            self._take()
            return Literal(unquote(token.text), token.offset)
        if token.kind == "name" and token.text not in _WORDS:
            self._take()
            if token.text in _CONSTANTS:
                return Literal(_CONSTANTS[token.text], token.offset)
            return Name(token.text, token.offset)
        if token.text == "(":
            self._take()
            tree = self.binary(0)
            self._expect(")")
            return tree
        if token.text == "[":
            self._take()
            return ListLiteral(self._list("]"), token.offset)
        if token.text == "{":
            return self._map(self._take())
        raise self._unexpected("a value")

    def _map(self, start: Token) -> MapLiteral:
        items: list[tuple[str, Expression]] = []
        while self._operator() != "}":
            if self._next.kind != "string":
                raise self._unexpected("a key in quotes")
            key = unquote(self._take().text)
            self._expect(":")
            items.append((key, self.binary(0)))
            if self._operator() != "}":
                self._expect(",")
        self._take()
        return MapLiteral(tuple(items), start.offset)


def _number(token: Token) -> Value:
    if any(sign in token.text for sign in ".eE"):
        number: float | int = float(token.text)
        fits = isfinite(number)
    else:
        fits = len(token.text) <= 20 and int(token.text) <= MAX_INTEGER
        number = int(token.text) if fits else 0
    if not fits:
        raise ExpressionError("this number does not fit into 64 bits", token.offset, len(token.text))
    return number


def dotted(tree: Expression) -> str | None:
    if isinstance(tree, Name):
        return tree.name
    if isinstance(tree, Member) and isinstance(tree.key, Literal) and isinstance(tree.key.value, str):
        before = dotted(tree.of)
        return f"{before}.{tree.key.value}" if before else None
    return None


def _start(tree: Expression) -> int:
    return _start(tree.of) if isinstance(tree, Member) else tree.offset
