"""time.*: RFC 3339 texts and seconds since the epoch."""

import re
from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local.workflows.effects import Value
from local.workflows.errors import WorkflowError
from local.workflows.stdlib import functions, text_of, wrong_type

# Source: RFC 3339, section 5.6, as time.parse demands it.
_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[-+]\d\d:\d\d)", re.ASCII)


def format_(seconds: Value, timezone: Value = "UTC") -> Value:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise wrong_type("time.format", seconds, "number of seconds")
    try:
        zone = UTC if timezone in ("UTC", "") else ZoneInfo(text_of("time.format", timezone))
    except (ZoneInfoNotFoundError, ValueError):
        raise WorkflowError.tagged("ValueError", f"unknown time zone {timezone!r}") from None
    try:
        moment = datetime.fromtimestamp(seconds, zone)
    except (ValueError, OverflowError, OSError):
        raise WorkflowError.tagged("ValueError", f"time.format: {seconds} is no time of a year 1 to 9999") from None
    return moment.isoformat(timespec="microseconds").removesuffix("+00:00") + "Z" * (not moment.utcoffset())


def parse(value: Value) -> Value:
    text = text_of("time.parse", value)
    try:
        if _RFC_3339.fullmatch(text):
            return datetime.fromisoformat(text).timestamp()
    except (ValueError, OverflowError):
        pass
    raise WorkflowError.tagged("ValueError", f"time.parse: {text[:80]!r} is no RFC 3339 time with a zone")


FUNCTIONS = functions("time", format_, parse)
