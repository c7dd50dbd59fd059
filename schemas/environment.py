"""Environment variables → checked values, or one message that lists everything that is wrong.

Called once a process by ingress/config.py and steps/config.py.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


class ConfigError(Exception):
    """Raised when the process cannot start with this environment; says all that is wrong, never a value of a secret."""


class Secret:
    """A text that no log, error or repr shows."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        return self._text

    def __repr__(self) -> str:
        return "Secret(…)"


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: what it is for, an example, how its text becomes a value (ValueError if it does not).

    default is a text, read as if it had been set; None means that the variable must be set.
    """

    purpose: str
    example: str
    parse: Callable[[str], Any] = str
    default: str | None = None


def read_environment(program: str, settings: Mapping[str, Setting], environ: Mapping[str, str]) -> dict[str, Any]:
    """The value of each setting by its name.  Raises ConfigError, naming every setting that is missing or wrong."""
    values: dict[str, Any] = {}
    problems: dict[str, str] = {}
    for name, setting in settings.items():
        text = environ.get(name) or setting.default
        if text is None:
            problems[name] = f"missing; {setting.purpose}, e.g. {setting.example}"
            continue
        try:
            values[name] = setting.parse(text)
        except ValueError as error:
            problems[name] = f"{error}; {setting.purpose}, e.g. {setting.example}"
    if problems:
        count = f"{len(problems)} setting is wrong" if len(problems) == 1 else f"{len(problems)} settings are wrong"
        width = max(map(len, problems))
        lines = [f"  {name:<{width}}  {problem}" for name, problem in problems.items()]
        raise ConfigError("\n".join([f"{program}: {count}", *lines]))
    return values


def matching(pattern: str, what: str) -> Callable[[str], str]:
    """A parser that takes only a text of that regular expression, called `what` in its error."""
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"not {what}")
        return text

    return parse
