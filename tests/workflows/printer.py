"""The tree of an expression → a text that parses to the same tree.  Used in tests."""

import json

from local.workflows.effects import Value
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
)

_TIGHT = max(RANKS.values()) + 1


def print_expression(tree: Expression) -> str:
    return _print(tree, 0)


def _print(tree: Expression, lowest: int) -> str:
    """In parentheses if the tree binds looser than its position allows."""
    match tree:
        case Literal(value=value):
            return _literal(value)
        case Name(name=name):
            return name
        case Member(of=of, key=Literal(value=str() as key)) if key.isidentifier() and key.isascii():
            return f"{_held(of)}.{key}"
        case Member(of=of, key=key):
            return f"{_held(of)}[{_print(key, 0)}]"
        case Unary(operator=sign, operand=operand):
            return f"{sign}{' ' if sign == 'not' else ''}{_print(operand, _TIGHT)}"
        case Binary(operator=sign, left=left, right=right):
            rank = RANKS[sign]
            text = f"{_print(left, rank)} {sign} {_print(right, rank + 1)}"
            return f"({text})" if rank < lowest else text
        case Call(function=function, arguments=arguments):
            return f"{function}({', '.join(_print(one, 0) for one in arguments)})"
        case ListLiteral(items=items):
            return f"[{', '.join(_print(one, 0) for one in items)}]"
        case MapLiteral(items=pairs):
            return "{" + ", ".join(f"{_literal(key)}: {_print(one, 0)}" for key, one in pairs) + "}"


def _held(tree: Expression) -> str:
    """The part before '.' or '['.  A unary operator needs parentheses, and so does a number, as it may end in a dot."""
    text = _print(tree, _TIGHT)
    is_number = isinstance(tree, Literal) and isinstance(tree.value, int | float)
    return f"({text})" if is_number or isinstance(tree, Unary) else text


def _literal(value: Value) -> str:
    if isinstance(value, str):
        return json.dumps(value)
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(value)
