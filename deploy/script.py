"""The deployment as a shell script: what `mando deploy --dry-run` prints and docs/deploying.md shows."""

import re
import shlex
from collections.abc import Iterable, Mapping

from deploy.call import Call, Query

# Set before the first call: gcloud's project, and no questions.
EXPORTS = ("export CLOUDSDK_CORE_PROJECT=$PROJECT CLOUDSDK_CORE_DISABLE_PROMPTS=1",)
_UNQUOTED = re.compile(r"[A-Za-z0-9_@%+=:,./$-]+")
# These are quoted: a path may hold a space, and $$ is for sed; all other settings cannot.
_QUOTED = ("$SEAL_KEY_FILE", "$$")


def script(settings: Mapping[str, str], calls: Iterable[Call | Query]) -> list[str]:
    """The lines of a script that makes the same calls as perform.py; a comment before each says its purpose."""
    lines = ["#!/usr/bin/env bash", "set -euo pipefail", ""]
    lines += [f"{name}={shlex.quote(value)}" for name, value in settings.items()]
    lines += EXPORTS
    for call in calls:
        lines += ["", f"# {call.purpose}", line(call)]
    return lines


def line(call: Call | Query) -> str:
    """The call as one line of shell."""
    if isinstance(call, Query):
        return f"{call.name}=$({command_line(call.command)})"
    if call.where_any is not None:
        return f'[ -z "${call.where_any}" ] || {_call(call)}'
    if call.where_none is not None:
        return f'[ -n "${call.where_none}" ] || {_call(call)}'
    return _call(call) if call.into is None else f"{_call(call)} >{call.into}".replace("$$", r"\$")


def _call(call: Call) -> str:
    if call.unless is None:
        return command_line(call.command)
    if call.same_as_file is None:
        return f"{command_line(call.unless)} >/dev/null 2>&1 || {command_line(call.command)}"
    same = f"cmp --quiet - {_word(call.same_as_file)}"
    return f"{command_line(call.unless)} 2>/dev/null | {same} || {command_line(call.command)}"


def command_line(command: Iterable[str]) -> str:
    """The command, quoted for a shell; $NAMES stay variables."""
    return " ".join(map(_word, command))


def _word(word: str) -> str:
    if any(part in word for part in _QUOTED):
        return f'"{word}"'
    return word if _UNQUOTED.fullmatch(word) else shlex.quote(word)
