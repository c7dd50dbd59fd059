"""The deployment as a shell script: what `mando deploy --dry-run` prints and docs/deploying.md shows."""

import re
import shlex
from collections.abc import Iterable, Mapping

from deploy.calls import Answer, Call

# Before the first call: gcloud takes the project from here, and asks no questions.
EXPORTS = ("export CLOUDSDK_CORE_PROJECT=$PROJECT CLOUDSDK_CORE_DISABLE_PROMPTS=1",)
_BARE = re.compile(r"[A-Za-z0-9_@%+=:,./$-]+")
# A path may hold a space; all other settings are words.
_PATHS = ("$SEAL_KEY_FILE",)


def script(settings: Mapping[str, str], calls: Iterable[Call | Answer]) -> list[str]:
    """The lines of a script that does what perform.py would; each call after a comment that says why."""
    lines = ["#!/usr/bin/env bash", "set -euo pipefail", ""]
    lines += [f"{name}={shlex.quote(value)}" for name, value in settings.items()]
    lines += EXPORTS
    for call in calls:
        lines += ["", f"# {call.why}", line(call)]
    return lines


def line(call: Call | Answer) -> str:
    """One line of shell."""
    if isinstance(call, Answer):
        return f"{call.name}=$({command_line(call.command)})"
    if call.unless is None:
        return command_line(call.command)
    if call.same_as_file is None:
        return f"{command_line(call.unless)} >/dev/null 2>&1 || {command_line(call.command)}"
    same = f"cmp --quiet - {_word(call.same_as_file)}"
    return f"{command_line(call.unless)} 2>/dev/null | {same} || {command_line(call.command)}"


def command_line(command: Iterable[str]) -> str:
    """The words as a shell reads them; $NAMES stay what they are."""
    return " ".join(map(_word, command))


def _word(word: str) -> str:
    if any(path in word for path in _PATHS):
        return f'"{word}"'
    return word if _BARE.fullmatch(word) else shlex.quote(word)
