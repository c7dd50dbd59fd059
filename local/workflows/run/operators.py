"""The operators of expressions, and the types that they refuse.  Source: Workflows, "Expressions" and "Data types"."""

import operator
from collections.abc import Callable
from math import isfinite

from local.workflows.effects import Value
from local.workflows.errors import WorkflowError
from local.workflows.limits import MAX_STRING_BYTES, integer
from local.workflows.stdlib import type_name

Binary = Callable[[Value, Value], Value]


def _refuse(sign: str, left: Value, right: Value) -> WorkflowError:
    return WorkflowError.tagged(
        "TypeError", f"unsupported operand types for {sign}: {type_name(left)} and {type_name(right)}"
    )


_MANY = (dict, list)
_NUMBERS = (int, float)  # and not bool, which is a subclass of int


def _arithmetic(sign: str, work: Callable[[float, float], float]) -> Binary:
    def apply(left: Value, right: Value) -> Value:
        if type(left) not in _NUMBERS or type(right) not in _NUMBERS:
            raise _refuse(sign, left, right)
        try:
            result = work(left, right)  # type: ignore[arg-type]  # numbers, as just checked
        except ZeroDivisionError:
            raise WorkflowError.tagged("ZeroDivisionError", "division by zero") from None
        if type(result) is int:
            return integer(result)
        if not isfinite(result):
            raise WorkflowError.tagged("ValueError", f"the result of {sign} is too large")
        return result

    return apply


def _add(left: Value, right: Value) -> Value:
    """Numbers add; a string joins a string or a number, either way round.

    Source: recorded from the real service, Google's tutorial on workflows that execute other workflows.
    """
    if type(left) is int and type(right) is int:
        return integer(left + right)
    if type(left) is str and type(right) is str:
        joined = left + right
    elif type(left) is str and type(right) in _NUMBERS:
        joined = left + str(right)
    elif type(right) is str and type(left) in _NUMBERS:
        joined = str(left) + right
    else:
        return _plus(left, right)
    if len(joined) > MAX_STRING_BYTES:
        raise WorkflowError.tagged("ResourceLimitError", f"a string holds at most {MAX_STRING_BYTES} bytes")
    return joined


def _compare(sign: str, work: Callable[[Value, Value], bool]) -> Binary:
    def apply(left: Value, right: Value) -> Value:
        if (type(left) in _NUMBERS and type(right) in _NUMBERS) or (type(left) is str and type(right) is str):
            return work(left, right)
        raise _refuse(sign, left, right)

    return apply


def _equal(left: Value, right: Value) -> Value:
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(one, right[key]) for key, one in left.items())
    return left == right


def _contains(left: Value, right: Value) -> Value:
    if isinstance(left, str) and isinstance(right, _MANY):
        return left in right
    if isinstance(right, list):
        return any(_equal(left, one) for one in right)
    if isinstance(right, dict):
        raise _refuse("in", left, right)
    # Source: recorded from the real service, https://github.com/GoogleCloudPlatform/workflows-samples/issues/94.
    raise WorkflowError.tagged("TypeError", f"The argument of 'in' must be a dict or an array; got: {type_name(right)}")


_plus = _arithmetic("+", operator.add)
BINARY: dict[str, Binary] = {
    "+": _add,
    "-": _arithmetic("-", operator.sub),
    "*": _arithmetic("*", operator.mul),
    "/": _arithmetic("/", operator.truediv),
    "//": _arithmetic("//", operator.floordiv),
    "%": _arithmetic("%", operator.mod),
    "<": _compare("<", operator.lt),  # type: ignore[arg-type]  # only comparable types reach it
    "<=": _compare("<=", operator.le),  # type: ignore[arg-type]
    ">": _compare(">", operator.gt),  # type: ignore[arg-type]
    ">=": _compare(">=", operator.ge),  # type: ignore[arg-type]
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "in": _contains,
}


def negate(value: Value) -> Value:
    if type(value) not in (int, float):
        raise WorkflowError.tagged("TypeError", f"unsupported operand type for -: {type_name(value)}")
    return integer(-value) if isinstance(value, int) else -value  # type: ignore[operator]  # a number, as just checked


def truth(sign: str, value: Value) -> bool:
    if not isinstance(value, bool):
        raise WorkflowError.tagged("TypeError", f"unsupported operand type for {sign}: {type_name(value)}")
    return value


def member(of: Value, key: Value) -> Value:
    """of[key].  Raises WorkflowError: KeyError, IndexError or TypeError."""
    if isinstance(of, dict):
        if not isinstance(key, str):
            raise WorkflowError.tagged("TypeError", f"a map's key is a string, not {type_name(key)}")
        if key not in of:
            raise WorkflowError.tagged("KeyError", f"key not found: {key}", "LookupError")
        return of[key]
    if isinstance(of, list):
        if isinstance(key, bool) or not isinstance(key, int):
            raise WorkflowError.tagged("TypeError", f"a list's index is an integer, not {type_name(key)}")
        if not 0 <= key < len(of):
            raise WorkflowError.tagged("IndexError", f"index out of range: {key}", "LookupError")
        return of[key]
    raise WorkflowError.tagged("TypeError", f"{type_name(of)} has no members")
