"""Instants and durations as Google's JSON writes them, and back."""

import re
from datetime import UTC, datetime

from local.api_error import ApiError

_DURATION = re.compile(r"-?[0-9]+(\.[0-9]{1,9})?s")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\d[Tt]\d\d:\d\d:\d\d(?P<fraction>\.\d{1,9})?([Zz]|[+-]\d\d:\d\d)")


def parse_duration(given: object, field: str) -> float:
    """Seconds of "1.5s".  Raises ApiError(400)."""
    if not isinstance(given, str) or not _DURATION.fullmatch(given):
        raise ApiError(400, f"Invalid value at '{field}' (type.googleapis.com/google.protobuf.Duration), \"{given}\"")
    return float(given[:-1])


def parse_instant(given: object, field: str) -> float:
    """Seconds since the epoch of an RFC 3339 text.  Raises ApiError(400)."""
    found = _INSTANT.fullmatch(given) if isinstance(given, str) else None
    if found is not None:
        fraction = found["fraction"] or ""
        try:
            # datetime holds microseconds, and in Python 3.11 no more digits than that.
            return datetime.fromisoformat(found[0].upper().replace(fraction, fraction[:7], 1)).timestamp()
        except (ValueError, OverflowError):  # the 31st of February; the year 1 east of Greenwich
            pass
    raise ApiError(400, f"Invalid value at '{field}' (type.googleapis.com/google.protobuf.Timestamp), \"{given}\"")


def duration(seconds: float) -> str:
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"


def instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def whole_instant(seconds: float) -> str:
    """Without the fraction, as Cloud Tasks cuts createTime."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
