"""time.*: RFC 3339 texts and seconds since the epoch."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from local.workflows.effects import Value
from local.workflows.errors import WorkflowError
from local.workflows.stdlib import functions, text_of, wrong_type


def format_(seconds: Value, timezone: Value = "UTC") -> Value:
    if isinstance(seconds, bool) or not isinstance(seconds, int | float):
        raise wrong_type("time.format", seconds, "number of seconds")
    try:
        zone = UTC if timezone == "UTC" else ZoneInfo(text_of("time.format", timezone))
    except (ZoneInfoNotFoundError, ValueError):
        raise WorkflowError.tagged("ValueError", f"unknown time zone {timezone!r}") from None
    try:
        moment = datetime.fromtimestamp(seconds, zone)
    except (ValueError, OverflowError, OSError):
        raise WorkflowError.tagged("ValueError", f"time.format: {seconds} is no time of a year 1 to 9999") from None
    text = moment.isoformat(timespec="microseconds" if moment.microsecond else "seconds")
    return text.replace("+00:00", "Z") if zone is UTC else text


def parse(value: Value) -> Value:
    try:
        moment = datetime.fromisoformat(text_of("time.parse", value))
    except ValueError:
        raise WorkflowError.tagged("ValueError", f"time.parse: {value!r} is no RFC 3339 time") from None
    if moment.tzinfo is None:
        raise WorkflowError.tagged("ValueError", f"time.parse: {value!r} has no time zone")
    return moment.timestamp()


FUNCTIONS = functions("time", format_, parse)
