"""Durations as an operator writes them: 90s, 10m, 1h30m, 250ms.  Called by simulate.scenario and the command line."""

import re

_UNITS_S = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_PART = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h|d)")
EXAMPLES = "a duration such as 90s, 10m or 1h30m"


def duration_s(text: str) -> float:
    """Seconds.  Raises ValueError with what was expected."""
    parts = _PART.findall(text)
    if not parts or "".join(map("".join, parts)) != text:
        raise ValueError(f"expected {EXAMPLES}, not '{text[:40]}'")
    return sum(float(count) * _UNITS_S[unit] for count, unit in parts)


def in_words(seconds: float) -> str:
    """The shortest text that duration_s reads as the same, to a thousandth: 5400 → 1h30m."""
    left_ms = round(seconds * 1000)
    words = ""
    for unit in ("d", "h", "m", "s", "ms"):
        count, left_ms = divmod(left_ms, round(_UNITS_S[unit] * 1000))
        words += f"{count}{unit}" if count else ""
    return words or "0s"
