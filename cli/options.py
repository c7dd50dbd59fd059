"""Options that several commands share: how they are declared, and how their texts are parsed.

A parser raises BadParameter with what was expected; errors.py adds the name of the option or variable.
"""

import math
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import click

_HIGHEST_PORT = 65_535
_MOST_DIGITS = 18
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

Function = TypeVar("Function", bound=Callable[..., Any])


def option(*declarations: str, **attributes: Any) -> Callable[[Function], Function]:
    """An option whose help names its environment variable and its default."""
    return click.option(*declarations, **{"show_envvar": True, "show_default": True, **attributes})


def port(command: str, purpose: str, *, ports: int = 1) -> Callable[[Function], Function]:
    """The option --port: the first of `ports` ports.  MANDO_PORT sets it for every command that has one."""
    return option(
        "--port",
        type=whole_number(1, _HIGHEST_PORT + 1 - ports),
        metavar="PORT",
        default=8080,
        envvar=[f"MANDO_{command.upper()}_PORT", "MANDO_PORT"],
        help=purpose,
    )


def whole_number(least: int, most: int | None = None) -> Callable[[str], int]:
    """A parser of whole numbers from least to most."""

    def read(text: str) -> int:
        text = str(text)  # a default is a number already
        value = int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else -1
        if value < least or (most is not None and value > most):
            bounds = f"from {least}" if most is None else f"from {least} to {most}"
            raise click.BadParameter(f"{text!r} is not a whole number {bounds}")
        return value

    return read


def utf8(text: str) -> str:
    """Refuse text that is not UTF-8: an argument of a process may be any bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise click.BadParameter(f"{text!r} is not UTF-8") from None
    return text


def positive_number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value < math.inf:
        raise click.BadParameter(f"{text!r} is not a number above 0")
    return value


def duration(text: str) -> timedelta:
    found = re.fullmatch(r"([0-9]{1,6})([smhd])", text)
    if found is None:
        raise click.BadParameter(f"{text!r} is no duration, expected such as 30m, 1h or 2d")
    return timedelta(seconds=int(found[1]) * _UNITS_S[found[2]])


def name_segment(text: str) -> str:
    """One segment, between two slashes, of the name of a Google Cloud resource."""
    if not re.fullmatch(r"[A-Za-z0-9._:~-]+", text):
        raise click.BadParameter(f"{text!r} is no name, expected letters, digits and hyphens")
    return text
