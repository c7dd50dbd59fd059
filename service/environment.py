"""Environment variables → checked values, or one message that lists everything that is wrong.

Called once a process by ingress/config.py and steps/config.py, each with a table of all its settings.
"""

import re
from collections.abc import Callable, Mapping, Sequence
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


class SecretUnavailable(ValueError):
    """Raised when a secret cannot be read where it is kept; the message says why."""


class _FollowsFromWrong(Exception):
    """Raised when a setting follows from one above it that is wrong, which is said there."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: what it is for, an example, how its text becomes a value (ValueError if it does not).

    default is a text, read as if it had been set; {NAME} in it is the text of a setting above it in the table.  None
    means that the variable must be set.  kept_in: a setting above it, which names where Secret Manager keeps the text;
    it is read there unless the variable is set.
    """

    purpose: str
    example: str
    parse: Callable[[str], Any] = str
    default: str | None = None
    kept_in: str | None = None


def read_environment(
    program: str,
    settings: Mapping[str, Setting],
    environ: Mapping[str, str],
    read_secret: Callable[[str], Secret] | None = None,
    also_wrong: Sequence[str] = (),
) -> dict[str, Any]:
    """The value of each setting by its name.  Raises ConfigError, naming every setting that is missing or wrong.

    read_secret gets what kept_in names; it raises SecretUnavailable.  also_wrong: lines for what is no variable.
    """
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name, setting in settings.items():
        try:
            text = environ.get(name) or _unless_set(setting, texts, read_secret)
            if text is None:
                raise ValueError("missing")  # noqa: TRY301 -- said like what is wrong
            values[name], texts[name] = setting.parse(text), text
        except _FollowsFromWrong:
            continue
        except SecretUnavailable as error:
            problems[name] = str(error)
        except ValueError as error:
            problems[name] = f"{error}; {setting.purpose}, e.g. {setting.example}"
    if problems or also_wrong:
        width = max(map(len, problems), default=0)
        lines = [*(f"{name:<{width}}  {problem}" for name, problem in problems.items()), *also_wrong]
        count = "1 setting is wrong" if len(lines) == 1 else f"{len(lines)} settings are wrong"
        raise ConfigError("\n  ".join([f"{program}: {count}", *lines]))
    return values


def _unless_set(setting: Setting, texts: Mapping[str, str], read_secret: Callable[[str], Secret] | None) -> str | None:
    """The text of a setting whose variable is not set; None where there is none.

    texts are those of the settings above it that are right.  Raises _FollowsFromWrong and SecretUnavailable.
    """
    try:
        version = texts[setting.kept_in] if setting.kept_in else ""
        default = setting.default.format_map(texts) if setting.default is not None else None
    except KeyError:
        raise _FollowsFromWrong from None
    return read_secret(version).reveal() if version and read_secret is not None else default


def matching(pattern: str, what: str) -> Callable[[str], str]:
    """A parser that takes only a text of that regular expression, called `what` in its error."""
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"not {what}")
        return text

    return parse
