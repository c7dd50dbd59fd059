"""The functions without a namespace, and those of list, map, math, text, json, base64, hash: pure."""

import base64
import binascii
import hashlib
import hmac
import json as json_module
import math as math_module

from local.workflows.effects import Value
from local.workflows.errors import WorkflowError
from local.workflows.stdlib import Function, functions, text_of, type_name, wrong_type


def default(value: Value, fallback: Value) -> Value:
    return fallback if value is None else value


def double(value: Value) -> Value:
    try:
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            return float(value)
    except ValueError:
        raise WorkflowError.tagged("ValueError", f"double: {value!r} is no number") from None
    raise wrong_type("double", value, "integer, double or string")


def int_(value: Value) -> Value:
    try:
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            return int(value)
    except (ValueError, OverflowError):
        raise WorkflowError.tagged("ValueError", f"int: {value!r} is no integer") from None
    raise wrong_type("int", value, "integer, double or string")


def string(value: Value) -> Value:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float | str):
        return str(value)
    raise wrong_type("string", value, "integer, double, boolean or string")


def keys(map_: Value) -> Value:
    return list(_map("keys", map_))


def len_(value: Value) -> Value:
    if isinstance(value, str | bytes | list | dict):
        return len(value)
    raise wrong_type("len", value, "string, bytes, list or map")


def get_type(value: Value) -> Value:
    return type_name(value)


def if_(condition: Value, then: Value, otherwise: Value) -> Value:
    if not isinstance(condition, bool):
        raise wrong_type("if", condition, "boolean")
    return then if condition else otherwise


def concat(objs: Value, val: Value) -> Value:
    return [*_list("list.concat", objs), val]


def prepend(objs: Value, val: Value) -> Value:
    return [val, *_list("list.prepend", objs)]


def get(map_: Value, keys: Value) -> Value:
    found: Value = _map("map.get", map_)
    for key in keys if isinstance(keys, list) else [keys]:
        if not isinstance(found, dict):
            return None
        found = found.get(text_of("map.get", key))
    return found


def delete(map_: Value, key: Value) -> Value:
    kept = dict(_map("map.delete", map_))
    if key not in kept:
        raise WorkflowError.tagged("KeyError", f"key not found: {key!r}", "LookupError")
    del kept[text_of("map.delete", key)]
    return kept


def merge(first: Value, second: Value) -> Value:
    return {**_map("map.merge", first), **_map("map.merge", second)}


def merge_nested(first: Value, second: Value) -> Value:
    merged = dict(_map("map.merge_nested", first))
    for key, value in _map("map.merge_nested", second).items():
        before = merged.get(key)
        merged[key] = merge_nested(before, value) if isinstance(before, dict) and isinstance(value, dict) else value
    return merged


def abs_(value: Value) -> Value:
    return abs(_number("math.abs", value))


def floor(value: Value) -> Value:
    return math_module.floor(_number("math.floor", value))


def max_(first: Value, second: Value) -> Value:
    return max(_number("math.max", first), _number("math.max", second))


def min_(first: Value, second: Value) -> Value:
    return min(_number("math.min", first), _number("math.min", second))


def decode(data: Value) -> Value:
    try:
        decoded: Value = json_module.loads(data) if isinstance(data, str | bytes) else None
    except ValueError as error:
        raise WorkflowError.tagged("ValueError", f"json.decode: {error}") from None
    if not isinstance(data, str | bytes):
        raise wrong_type("json.decode", data, "bytes or string")
    return decoded


def encode(value: Value) -> Value:
    return str(encode_to_string(value)).encode()


def encode_to_string(value: Value) -> Value:
    try:
        return json_module.dumps(value, ensure_ascii=False)
    except TypeError:
        raise wrong_type("json.encode", value, "a value that JSON can hold") from None


def to_lower(source: Value) -> Value:
    return text_of("text.to_lower", source).lower()


def to_upper(source: Value) -> Value:
    return text_of("text.to_upper", source).upper()


def split(source: Value, separator: Value) -> Value:
    return list(text_of("text.split", source).split(text_of("text.split", separator)))


def replace_all(source: Value, substr: Value, repl: Value) -> Value:
    name = "text.replace_all"
    return text_of(name, source).replace(text_of(name, substr), text_of(name, repl))


def substring(source: Value, start: Value, end: Value) -> Value:
    text = text_of("text.substring", source)
    if not isinstance(start, int) or not isinstance(end, int):
        raise wrong_type("text.substring", start if not isinstance(start, int) else end, "integer")
    if not 0 <= start <= end <= len(text):
        raise WorkflowError.tagged("IndexError", f"text.substring: {start} to {end} is not within 0 and {len(text)}")
    return text[start:end]


def base64_encode(data: Value) -> Value:
    if not isinstance(data, bytes):
        raise wrong_type("base64.encode", data, "bytes")
    return base64.b64encode(data).decode()


def base64_decode(data: Value) -> Value:
    try:
        return base64.b64decode(text_of("base64.decode", data), validate=True)
    except binascii.Error as error:
        raise WorkflowError.tagged("ValueError", f"base64.decode: {error}") from None


def compute_checksum(data: Value, algorithm: Value) -> Value:
    return hashlib.new(_algorithm(algorithm), _bytes("hash.compute_checksum", data)).digest()


def compute_hmac(key: Value, data: Value, algorithm: Value) -> Value:
    name = "hash.compute_hmac"
    return hmac.new(_bytes(name, key), _bytes(name, data), _algorithm(algorithm)).digest()


def _algorithm(name: Value) -> str:
    if name not in ("SHA256", "SHA384", "SHA512", "SHA1", "MD5"):
        raise WorkflowError.tagged("ValueError", f"unknown hash algorithm {name!r}")
    return str(name).lower()


def _bytes(function: str, value: Value) -> bytes:
    if isinstance(value, str):
        return value.encode()
    if isinstance(value, bytes):
        return value
    raise wrong_type(function, value, "bytes or string")


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
    **functions("json", decode, encode, encode_to_string),
    **functions("text", to_lower, to_upper, split, replace_all, substring),
    **functions("hash", compute_checksum, compute_hmac),
    **functions("retry", always, never),
    "base64.encode": functions("", base64_encode)["base64_encode"],
    "base64.decode": functions("", base64_decode)["base64_decode"],
}
