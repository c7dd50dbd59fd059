"""The text of an expression, between ${ and } → tokens, each with its offset."""

import re
from dataclasses import dataclass
from typing import Literal

TokenKind = Literal["number", "string", "name", "operator", "end"]

_TOKEN = re.compile(
    r"""
    (?P<space>\s+)
  | (?P<number>([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]+)?)
  | (?P<string>"(\\.|[^"\\])*"|'(\\.|[^'\\])*')
  | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
  | (?P<operator>==|!=|<=|>=|//|[-+*/%<>()\[\]{}.,:])
    """,
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "b": "\b", "f": "\f", "a": "\a", "v": "\v", "0": "\0"}


class ExpressionError(Exception):
    """Raised when a text is not an expression; offset and length say where."""

    def __init__(self, message: str, offset: int, length: int = 1) -> None:
        super().__init__(message)
        self.offset = offset
        self.length = length


@dataclass(frozen=True, slots=True)
class Token:
    kind: TokenKind
    text: str
    offset: int


def tokens(text: str) -> list[Token]:
    """The tokens of an expression, with an end token last.  Raises ExpressionError."""
    found: list[Token] = []
    offset = 0
    while offset < len(text):
        match = _TOKEN.match(text, offset)
        if match is None:
            if text[offset] in "\"'":
                raise ExpressionError("this string has no end", offset, len(text) - offset)
            raise ExpressionError(f"unexpected character {text[offset]!r}", offset)
        kind = match.lastgroup
        if kind == "number":
            found.append(Token("number", match[0], offset))
        elif kind == "string":
            found.append(Token("string", match[0], offset))
        elif kind == "name":
            found.append(Token("name", match[0], offset))
        elif kind == "operator":
            found.append(Token("operator", match[0], offset))
        offset = match.end()
    found.append(Token("end", "", len(text)))
    return found


def unquote(literal: str) -> str:
    """The text of a string literal."""

    def replace(match: re.Match[str]) -> str:
        escaped = match[1]
        if len(escaped) > 1:
            return chr(min(int(escaped[1:], 16), 0x10FFFF))
        return _ESCAPES.get(escaped, escaped)

    return join_surrogates(_ESCAPE.sub(replace, literal[1:-1]))


def join_surrogates(text: str) -> str:
    """The text with each surrogate pair as one character, and a lone surrogate as U+FFFD."""
    if text.isascii() or not any("\ud800" <= one <= "\udfff" for one in text):
        return text
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
