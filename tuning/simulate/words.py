"""Numbers as people read them, with their units.  Called by verdict.py, table.py and text.py.

In: seconds, counts, dollars.  Out: text.  tuning/page/numbers.js says the same to the page.
"""

NOTHING = "–"

_MINUTE_S = 60
_HOUR_S = 3600


def duration(seconds: float | None) -> str:
    """Two units at most: 85 ms, 0.62 s, 8.4 s, 45 s, 6 min 40 s, 2 h 5 min."""
    if seconds is None:
        return NOTHING
    if 0 < seconds < 0.0995:
        return f"{max(1, round(seconds * 1000))} ms"
    if seconds < 9.95:
        return f"{_trimmed(f'{seconds:.2f}' if seconds < 0.995 else f'{seconds:.1f}')} s"
    whole = round(seconds)
    if whole < _MINUTE_S:
        return f"{whole} s"
    if whole < _HOUR_S:
        return _two(whole // _MINUTE_S, "min", whole % _MINUTE_S, "s")
    minutes = round(seconds / _MINUTE_S)
    return _two(minutes // 60, "h", minutes % 60, "min")


def short_duration(seconds: float | None) -> str:
    """One number and one unit, as a cell of a map has room for; None is never."""
    if seconds is None:
        return "never"
    if seconds < 1:
        return "at once"
    if seconds < _MINUTE_S:
        return f"{seconds:.0f} s"
    number, unit = (seconds / 60, "min") if seconds < _HOUR_S else (seconds / _HOUR_S, "h")
    return f"{count(round(number, 1) if number < 10 else round(number))} {unit}"


def count(number: float) -> str:
    """36,000, and one decimal of what is small and not whole: 7.4."""
    return f"{number:,.0f}" if number == int(number) or abs(number) >= 100 else _trimmed(f"{number:,.1f}")


def dollars(usd: float) -> str:
    """Cents where they count: $0.0004, $0.21, $187.20, $5,200."""
    if 0 < abs(usd) < 0.01:
        return f"${usd:.2g}" if abs(usd) >= 1e-4 else "less than $0.0001"
    return f"${usd:,.2f}" if abs(usd) < 1000 else f"${usd:,.0f}"


def _two(first: int, first_unit: str, second: int, second_unit: str) -> str:
    return f"{first} {first_unit} {second} {second_unit}" if second else f"{first} {first_unit}"


def _trimmed(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text
