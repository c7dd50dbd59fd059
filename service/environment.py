"""Environment variables → checked values, or one message that lists everything that is wrong.

Called once a process by ingress/config.py and steps/config.py, each with a table of all its settings.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any


class ConfigError(Exception):
    """Raised when the process cannot start with this environment; lists all that is wrong, never a secret's value."""


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


class _DependsOnWrong(Exception):
    """Raised when a setting's default needs another setting that is wrong; only that one is reported."""


@dataclass(frozen=True, slots=True)
class Setting:
    """One variable: its purpose, an example, and the parser of its text, which raises ValueError.

    default is used when the variable is not set; {NAME} in it is the text of a setting above it in the table.  None
    means that the variable must be set.  stored_at is the name of a setting above it whose text is a version in Secret
    Manager; the secret is read from there unless the variable is set.
    """

    purpose: str
    example: str
    parse: Callable[[str], Any] = str
    default: str | None = None
    stored_at: str | None = None


def read_environment(
    program: str,
    settings: Mapping[str, Setting],
    environ: Mapping[str, str],
    read_secret: Callable[[str], Secret] | None = None,
    other_problems: Sequence[str] = (),
) -> dict[str, Any]:
    """The value of each setting by its name.  Raises ConfigError, naming every setting that is missing or wrong.

    read_secret gets the text of the setting stored_at; it raises SecretUnavailable.  other_problems: further lines for
    the message of ConfigError.
    """
    values: dict[str, Any] = {}
    texts: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name, setting in settings.items():
        try:
            text = environ.get(name) or _unset_text(setting, texts, read_secret)
            if text is None:
                raise ValueError("missing")  # noqa: TRY301 -- reported like a wrong value
            values[name], texts[name] = setting.parse(text), text
        except _DependsOnWrong:
            continue
        except SecretUnavailable as error:
            problems[name] = str(error)
        except ValueError as error:
            problems[name] = f"{error}; {setting.purpose}, e.g. {setting.example}"
    if problems or other_problems:
        width = max(map(len, problems), default=0)
        lines = [*(f"{name:<{width}}  {problem}" for name, problem in problems.items()), *other_problems]
        count = "1 setting is wrong" if len(lines) == 1 else f"{len(lines)} settings are wrong"
        raise ConfigError("\n  ".join([f"{program}: {count}", *lines]))
    return values


def _unset_text(setting: Setting, texts: Mapping[str, str], read_secret: Callable[[str], Secret] | None) -> str | None:
    """The text of a setting whose variable is not set; None where there is none.

    texts are those of the settings above it that are right.  Raises _DependsOnWrong and SecretUnavailable.
    """
    try:
        version = texts[setting.stored_at] if setting.stored_at else ""
        default = setting.default.format_map(texts) if setting.default is not None else None
    except KeyError:
        raise _DependsOnWrong from None
    return read_secret(version).reveal() if version and read_secret is not None else default


def matching(pattern: str, what: str) -> Callable[[str], str]:
    """A parser of texts that match the whole regular expression; its error says "not {what}"."""
    compiled = re.compile(pattern)

    def parse(text: str) -> str:
        if not compiled.fullmatch(text):
            raise ValueError(f"not {what}")
        return text

    return parse


email = matching(r"[^@\s]+@[^@\s]+", "an email address")

PLACE = r"projects/[a-z0-9:.-]+/locations/[a-z0-9-]+"  # how full names of Google's resources begin
QUEUE_NAME = PLACE + r"/queues/[A-Za-z0-9-]{1,100}"
