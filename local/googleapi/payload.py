"""Parses a request's body as JSON, with Google's error texts.  Called by binding.py.

Source: protobuf's JsonStreamParser, which Google's front end uses: the reason, then the place with 20 characters around
it, then a caret below.  The texts are those of its tests and of Cloud Endpoints' transcoding tests.
"""

import json
from typing import Any

from local.http.api_error import ApiError

_AROUND = 20
# Python's error text → Google's.
_WORDS = {
    "Expecting property name enclosed in double quotes": "Expected an object key or }.",
    "Illegal trailing comma before end of object": "Expected an object key or }.",
    "Expecting ':' delimiter": "Expected : between key:value pair.",
    "Unterminated string starting at": "Closing quote expected in string.",
    "Invalid \\escape": "Invalid escape sequence.",
    "Invalid \\uXXXX escape": "Illegal hex string.",
    "Extra data": "Parsing terminated before end of input.",
}
# The text for a missing comma, by the innermost open bracket.
_COMMA = {"{": "Expected , or } after key:value pair.", "[": "Expected , or ] after array value."}


def read_payload(body: bytes) -> dict[str, Any]:
    """The JSON object; an empty body is {}.  Raises ApiError(400)."""
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise _refused("Encountered non UTF-8 code points.") from None
    if not text.strip():
        return {}
    try:
        value = json.loads(text, strict=False, parse_constant=_no_constant)
    except json.JSONDecodeError as mistake:
        raise _refused(f"{_reason(mistake)}\n{_place(text, mistake.pos)}") from None
    except RecursionError:
        raise _refused("Message too deep. Max recursion depth reached.") from None
    except ValueError:  # a number with more digits than Python reads, or NaN
        raise _refused("Unable to parse number.") from None
    if not isinstance(value, dict):
        raise _refused('Unknown name "": Root element must be a message.')
    return value


def _refused(why: str) -> ApiError:
    message = f"Invalid JSON payload received. {why}"
    return ApiError.about_fields([("", message)])


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _reason(mistake: json.JSONDecodeError) -> str:
    at_end = not mistake.doc[mistake.pos :].strip()
    if mistake.msg == "Expecting ',' delimiter":
        reason = _COMMA[_innermost(mistake.doc[: mistake.pos])]
    elif mistake.msg == "Expecting value":
        reason = "Expected a value." if at_end or mistake.doc[mistake.pos] in ",]}" else "Unexpected token."
    else:
        reason = _WORDS.get(mistake.msg, "Unexpected token.")
    return f"Unexpected end of string. {reason}" if at_end else reason


def _innermost(before: str) -> str:
    """The innermost bracket that is open at the end of a text that is valid so far."""
    opened: list[str] = []
    in_string = skipped = False
    for character in before:
        if skipped:
            skipped = False
        elif in_string:
            skipped, in_string = character == "\\", character != '"'
        elif character == '"':
            in_string = True
        elif character in "{[":
            opened.append(character)
        elif character in "}]":
            opened.pop()
    return opened[-1]


def _place(text: str, position: int) -> str:
    begin = max(position - _AROUND, 0)
    return f"{text[begin : position + _AROUND]}\n{' ' * (position - begin)}^"
