"""The functions without a namespace, and those of list, map, math and retry."""

import math
import re
from collections.abc import Callable

from local.workflows.effects import Value
from local.workflows.errors import WorkflowError
from local.workflows.limits import integer
from local.workflows.stdlib import Function, functions, text_of, type_name, wrong_operand, wrong_type

_INTEGER = re.compile(r"[-+]?[0-9]{1,40}")
_DOUBLE = re.compile(r"[-+]?([0-9]+(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")


def default(val: Value, defaultVal: Value) -> Value:  # noqa: N803 -- Google's name of it
    return defaultVal if val is None else val


def double(value: Value) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong_operand("double", value, "number or string")
    if isinstance(value, str) and not _DOUBLE.fullmatch(value):
        raise WorkflowError.tagged("ValueError", f"double: {value!r} is no number")
    number = float(value)
    if not math.isfinite(number):
        raise WorkflowError.tagged("ValueError", f"double: {value!r} is no finite number")
    return number


def int_(value: Value) -> Value:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise wrong_operand("int", value, "number or string")
    if isinstance(value, str) and not _INTEGER.fullmatch(value):
        raise WorkflowError.tagged("ValueError", f"int: {value[:40]!r} is no integer")
    return integer(int(value))


def string(value: Value) -> Value:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | str):
        return str(value)
    raise wrong_operand("string", value, "number, string, or boolean")


def keys(map_: Value) -> Value:
    return list(_map("keys", map_))


def len_(value: Value) -> Value:
    if isinstance(value, str | bytes | list | dict):
        return len(value)
    raise wrong_operand("len", value, "string, list, or map")


def get_type(arg: Value) -> Value:
    return type_name(arg)


def if_(condition: Value, ifTrue: Value, ifFalse: Value) -> Value:  # noqa: N803 -- Google's names of them
    if not isinstance(condition, bool):
        raise wrong_type("if", condition, "boolean")
    return ifTrue if condition else ifFalse


def concat(objs: Value, val: Value) -> Value:
    return [*_list("list.concat", objs), val]


def prepend(objs: Value, val: Value) -> Value:
    return [val, *_list("list.prepend", objs)]


def get(map_: Value, keys: Value) -> Value:
    """Null where map_, or what lies on the way, is no map.  Source: Workflows, map.get."""
    found = map_
    for key in [text_of("map.get", one) for one in (keys if isinstance(keys, list) else [keys])]:
        if not isinstance(found, dict):
            return None
        found = found.get(key)
    return found


def delete(map_: Value, key: Value) -> Value:
    """A copy without the key, which need not be there."""
    name = text_of("map.delete", key)
    return {one: value for one, value in _map("map.delete", map_).items() if one != name}


def merge(first: Value, second: Value) -> Value:
    return {**_map("map.merge", first), **_map("map.merge", second)}


def merge_nested(first: Value, second: Value) -> Value:
    merged = dict(_map("map.merge_nested", first))
    for key, value in _map("map.merge_nested", second).items():
        before = merged.get(key)
        merged[key] = merge_nested(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def abs_(x: Value) -> Value:
    number = abs(_number("math.abs", x))
    return integer(number) if isinstance(number, int) else number


def floor(x: Value) -> Value:
    return integer(math.floor(_number("math.floor", x)))


def max_(x: Value, y: Value) -> Value:
    return _min_or_max(max, _number("math.max", x), _number("math.max", y))


def min_(x: Value, y: Value) -> Value:
    return _min_or_max(min, _number("math.min", x), _number("math.min", y))


def _min_or_max(
    choose: Callable[[int | float, int | float], int | float], x: int | float, y: int | float
) -> int | float:
    """An integer only where both are integers.  Source: Workflows, math.max and math.min."""
    chosen = choose(x, y)
    return chosen if isinstance(x, int) and isinstance(y, int) else float(chosen)


def _map(function: str, value: Value) -> dict[str, Value]:
    if not isinstance(value, dict):
        raise wrong_type(function, value, "map")
    return value


def _list(function: str, value: Value) -> list[Value]:
    if not isinstance(value, list):
        raise wrong_type(function, value, "list")
    return value


def _number(function: str, value: Value) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise wrong_type(function, value, "integer or double")
    return value


def always(error: Value) -> Value:
    return True


def never(error: Value) -> Value:
    return False


FUNCTIONS: dict[str, Function] = {
    **functions("", default, double, int_, string, keys, len_, get_type, if_),
    **functions("list", concat, prepend),
    **functions("map", get, delete, merge, merge_nested),
    **functions("math", abs_, floor, max_, min_),
    **functions("retry", always, never),
}
