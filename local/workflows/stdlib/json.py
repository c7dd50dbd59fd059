"""json.*: values and their JSON.  http.* encodes and decodes bodies with it too."""

import json
import math
from typing import Any

from local.workflows.effects import Value
from local.workflows.errors import WorkflowError
from local.workflows.language.lexer import join_surrogates
from local.workflows.limits import MAX_INTEGER, MIN_INTEGER
from local.workflows.stdlib import functions, text_of, wrong_type


def decode(data: Value) -> Value:
    if not isinstance(data, str | bytes):
        raise wrong_type("json.decode", data, "bytes or string")
    try:
        return loads(data)
    except (ValueError, RecursionError) as error:
        raise WorkflowError.tagged("ValueError", f"json.decode: {error}") from None


def encode(data: Value, indent: Value = None) -> Value:
    return str(encode_to_string(data, indent)).encode(errors="replace")


def encode_to_string(data: Value, indent: Value = None) -> Value:
    """indent: a boolean, or a map of prefix and indent, which begin each line.  Source: Workflows, json.encode."""
    style = {} if indent is True else indent
    if style is None or style is False:
        return _dumps(data, _COMPACT)
    if not isinstance(style, dict):
        raise wrong_type("json.encode indent", indent, "boolean or map of prefix and indent")
    prefix = text_of("json.encode prefix", style.get("prefix", ""))
    inside = text_of("json.encode indent", style.get("indent", " " * 4))
    return _dumps(data, _encoder(indent=inside, separators=(",", ": "))).replace("\n", f"\n{prefix}")


def _encoder(**style: Any) -> json.JSONEncoder:
    """The keys are sorted, as in all JSON recorded from the real service."""
    return json.JSONEncoder(ensure_ascii=False, allow_nan=False, sort_keys=True, **style)


_COMPACT = _encoder(separators=(",", ":"))


def _dumps(data: Value, encoder: json.JSONEncoder) -> str:
    """Raises WorkflowError (ValueError)."""
    try:
        return encoder.encode(data)
    except (TypeError, ValueError, RecursionError) as error:
        raise WorkflowError.tagged("ValueError", f"json.encode: {error}") from None


def loads(text: str | bytes) -> Value:
    """Raises ValueError, RecursionError.  An integer beyond 64 bits is a double, as for other readers of JSON."""
    if isinstance(text, bytes):
        text = text.decode(json.detect_encoding(text), "surrogatepass")
    elif text.startswith("\ufeff"):
        raise ValueError("Unexpected UTF-8 BOM (decode using utf-8-sig): line 1 column 1 (char 0)")
    value: Value = _DECODER.decode(text)  # json.loads() does and says the same, but makes a decoder each time
    return _join_surrogates_in(value) if "\\ud" in text.lower() else value


def _join_surrogates_in(value: Value) -> Value:
    if isinstance(value, str):
        return join_surrogates(value)
    if isinstance(value, list):
        return [_join_surrogates_in(one) for one in value]
    if isinstance(value, dict):
        return {join_surrogates(key): _join_surrogates_in(one) for key, one in value.items()}
    return value


def _constant(name: str) -> Value:
    raise ValueError(f"{name} is no JSON")


def _integer(digits: str) -> Value:
    value = int(digits) if len(digits) <= 20 else None
    return value if value is not None and MIN_INTEGER <= value <= MAX_INTEGER else _double(digits)


def _double(digits: str) -> Value:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError(f"{digits[:40]} is too large for a double")
    return value


_DECODER = json.JSONDecoder(parse_constant=_constant, parse_int=_integer, parse_float=_double)
FUNCTIONS = functions("json", decode, encode, encode_to_string)
