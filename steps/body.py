"""A call's body → the input of its step.  Called by app.py after the caller's token is checked; pure."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

Parsed = TypeVar("Parsed")


def parse(raw: bytes, from_json: Callable[[object], Parsed]) -> Parsed:
    """The result of from_json for the JSON in raw, which is UTF-8.

    Raises ValueError, which says what is wrong but never the value.
    """
    try:
        value = json.loads(
            raw.decode(), parse_float=_number, parse_constant=_refuse_constant, object_pairs_hook=_no_name_twice
        )
        json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError:
        raise ValueError("it is not UTF-8") from None
    except UnicodeEncodeError:
        raise ValueError("it holds half a surrogate pair, which is no text") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"it is not JSON: {error}") from None
    except RecursionError:
        raise ValueError("it is nested too deeply") from None
    return from_json(value)


def _number(text: str) -> float:
    """6.0 becomes the integer 6: JSON Schema counts it as one."""
    number = float(text)
    return int(number) if number.is_integer() else number


def _refuse_constant(name: str) -> None:
    raise ValueError(f"it is not JSON: {name} is no JSON number")


def _no_name_twice(members: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse a repeated name: two parsers may use different values."""
    found = dict(members)
    if len(found) != len(members):
        raise ValueError("a name stands twice in one object")
    return found
