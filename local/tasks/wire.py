"""Instants and durations as Google's JSON writes them; googleapi/scalars.py reads them."""

from datetime import UTC, datetime


def duration(seconds: float) -> str:
    return f"{seconds:.9f}".rstrip("0").rstrip(".") + "s"


def instant(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def whole_instant(seconds: float) -> str:
    """Without the fraction, as Cloud Tasks cuts createTime."""
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
