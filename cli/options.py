"""What the options of several commands have in common: how they are declared, and how their texts become values.

A text that is no such value is refused with what was expected; errors.py adds which option or variable it is.
"""

import math
import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any, TypeVar

import click

GRPC_PORT = 3  # after the first port of `mando up`

_HIGHEST_PORT = 65_535
_MOST_DIGITS = 18
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 86_400}

Function = TypeVar("Function", bound=Callable[..., Any])


def option(*declarations: str, **attributes: Any) -> Callable[[Function], Function]:
    """An option whose help names its environment variable and its default."""
    return click.option(*declarations, **{"show_envvar": True, "show_default": True, **attributes})


def port(command: str, purpose: str, *, ports: int = 1) -> Callable[[Function], Function]:
    """--port: the first of that many.  MANDO_PORT is the same for every command that has one."""
    return option(
        "--port",
        type=whole(1, _HIGHEST_PORT + 1 - ports),
        metavar="PORT",
        default=8080,
        envvar=[f"MANDO_{command.upper()}_PORT", "MANDO_PORT"],
        help=purpose,
    )


def whole(least: int, most: int | None = None) -> Callable[[str], int]:
    """A reader of whole numbers within these bounds."""

    def read(text: str) -> int:
        text = str(text)  # a default is a number already
        value = int(text) if text.isascii() and text.isdecimal() and len(text) <= _MOST_DIGITS else -1
        if value < least or (most is not None and value > most):
            bounds = f"from {least}" if most is None else f"from {least} to {most}"
            raise click.BadParameter(f"{text!r} is not a whole number {bounds}")
        return value

    return read


def utf8(text: str) -> str:
    """What the system hands over may be any bytes."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise click.BadParameter(f"{text!r} is not UTF-8") from None
    return text


def positive(text: str) -> float:
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


def part_of_a_name(text: str) -> str:
    """What may stand between two slashes in the name of a resource of Google Cloud."""
    if not re.fullmatch(r"[A-Za-z0-9._:~-]+", text):
        raise click.BadParameter(f"{text!r} is no name, expected letters, digits and hyphens")
    return text
