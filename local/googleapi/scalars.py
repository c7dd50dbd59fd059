"""Reads one value of a request by the type of its field.  Called by fields.py.

Numbers may be numbers or texts, enums names or numbers, bytes either kind of base64.  Times and durations become
seconds, a field mask the list of its paths.  Source: protobuf's JSON mapping; the error texts as recorded from Google.
"""

import base64
import binascii
import math
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from google.protobuf.descriptor import EnumDescriptor, FieldDescriptor

_DURATION = re.compile(r"-?[0-9]+(\.[0-9]{1,9})?s")
_LONGEST_S = 315_576_000_000  # ten thousand years.  Source: google.protobuf.Duration
# Of what is given as {"seconds": …}.  Source: google.protobuf.Timestamp (the years 1 to 9999), google.protobuf.Duration
_RANGES_S = {
    "google.protobuf.Timestamp": (-62_135_596_800, 253_402_300_799),
    "google.protobuf.Duration": (-_LONGEST_S, _LONGEST_S),
}
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?P<fraction>\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")
_WHOLE = {
    FieldDescriptor.TYPE_INT32: ("TYPE_INT32", -(2**31), 2**31),
    FieldDescriptor.TYPE_INT64: ("TYPE_INT64", -(2**63), 2**63),
    FieldDescriptor.TYPE_UINT32: ("TYPE_UINT32", 0, 2**32),
    FieldDescriptor.TYPE_UINT64: ("TYPE_UINT64", 0, 2**64),
}
_TYPES = "type.googleapis.com/"


class WrongValue(Exception):
    """Raised when a value does not fit its field: kind is Google's name of the type, said its error text."""

    def __init__(self, kind: str, said: str) -> None:
        super().__init__(said)
        self.kind, self.said = kind, said


def shown(value: object) -> str:
    """A value as in the error texts: texts in quotes, true and false in lower case."""
    if isinstance(value, str):
        return f'"{value}"'
    return str(value).lower() if isinstance(value, bool) else str(value)


def read_scalar(field: FieldDescriptor, value: object) -> Any:
    """The value of a field that is not a message.  Raises WrongValue."""
    if field.type in _WHOLE:
        return _whole(*_WHOLE[field.type], value)
    if field.enum_type is not None:
        return _enum(field.enum_type, value)
    return _READERS[field.type](value)


def _whole(kind: str, least: int, end: int, value: object) -> int:
    number: float | int = math.nan
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = value
    elif isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,20}", value, re.ASCII):
        number = int(value)
    if not least <= number < end or number != int(number):
        raise WrongValue(kind, shown(value))
    return int(number)


def _enum(kind: EnumDescriptor, value: object) -> str:
    if isinstance(value, str) and value in kind.values_by_name:
        return value
    is_number = isinstance(value, int) and not isinstance(value, bool)
    if is_number or (isinstance(value, str) and re.fullmatch(r"-?[0-9]{1,9}", value, re.ASCII)):
        found = kind.values_by_number.get(int(str(value)))
        if found is not None:
            return str(found.name)
    raise WrongValue(_TYPES + kind.full_name, shown(value))


def _number(value: object) -> float:
    try:
        if isinstance(value, int | float | str) and not isinstance(value, bool):
            return float(value)
    except (ValueError, OverflowError):
        pass
    raise WrongValue("TYPE_DOUBLE", shown(value))


def _boolean(value: object) -> bool:
    if isinstance(value, bool) or value in ("true", "false"):
        return value in (True, "true")
    raise WrongValue("TYPE_BOOL", shown(value))


def _text(value: object) -> str:
    if not isinstance(value, str):
        raise WrongValue("TYPE_STRING", shown(value))
    return value


def _bytes(value: object) -> bytes:
    if not isinstance(value, str):
        raise WrongValue("TYPE_BYTES", shown(value))
    text = value.translate(str.maketrans("-_", "+/")).rstrip("=")
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except (binascii.Error, ValueError):
        raise WrongValue("TYPE_BYTES", f"Base64 decoding failed for {shown(value)}") from None


_READERS: Mapping[int, Callable[[object], Any]] = {
    FieldDescriptor.TYPE_DOUBLE: _number,
    FieldDescriptor.TYPE_FLOAT: _number,
    FieldDescriptor.TYPE_BOOL: _boolean,
    FieldDescriptor.TYPE_STRING: _text,
    FieldDescriptor.TYPE_BYTES: _bytes,
}


def _instant(value: str) -> float:
    """Seconds since the epoch of an RFC 3339 text."""
    found = _INSTANT.fullmatch(value)
    if found is not None:
        fraction = found["fraction"] or ""
        try:
            # datetime holds microseconds, and in Python 3.11 no more digits than that.
            return datetime.fromisoformat(value.upper().replace(fraction, fraction[:7], 1)).timestamp()
        except (ValueError, OverflowError):  # the 31st of February; the year 1 east of Greenwich
            pass
    raise ValueError(f"Invalid time format: {value}")


def _duration(value: str) -> float:
    """Seconds of "1.5s"."""
    if not value.endswith("s"):
        raise ValueError("Illegal duration format; duration must end with 's'")
    if not _DURATION.fullmatch(value):
        raise ValueError("Invalid duration format, failed to parse seconds")
    if abs(float(value[:-1])) > _LONGEST_S:
        raise ValueError("Duration value exceeds limits")
    return float(value[:-1])


def _mask(value: str) -> list[str]:
    """The paths of a field mask, as they were written."""
    return [path.strip() for path in value.split(",") if path.strip()]


# Messages that are one text in JSON → their reader, and their name in Google's error texts.
TEXT_MESSAGES: Mapping[str, tuple[Callable[[str], Any], str]] = {
    "google.protobuf.Timestamp": (_instant, "timestamp"),
    "google.protobuf.Duration": (_duration, "duration"),
    "google.protobuf.FieldMask": (_mask, "field mask"),
}


def from_fields(message: str, fields: Mapping[str, Any]) -> Any:
    """A value of TEXT_MESSAGES that is given as a map of its fields, which protobuf's reader accepts as well.

    Raises WrongValue.
    """
    if "paths" in fields:
        return fields["paths"]
    seconds = (fields.get("seconds") or 0) + (fields.get("nanos") or 0) / 1e9
    least, end = _RANGES_S.get(message, (-math.inf, math.inf))
    if not least <= seconds <= end:
        raise WrongValue(_TYPES + message, f"{TEXT_MESSAGES[message][1]} value exceeds limits")
    return seconds


def read_text_message(message: str, name: str, value: object) -> Any:
    """A value of TEXT_MESSAGES for the field that the client calls `name`.  Raises WrongValue.

    Source: recorded from Pub/Sub, "Field 'messageRetentionDuration', Illegal duration format; …".
    """
    read, noun = TEXT_MESSAGES[message]
    try:
        if isinstance(value, str):
            return read(value)
        said = f"Invalid data type for {noun}, value is {shown(value)}"
    except ValueError as error:
        said = str(error)
    raise WrongValue(_TYPES + message, f"Field '{name}', {said}")
