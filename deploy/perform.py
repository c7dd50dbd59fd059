"""Make the calls, one after the other.  Called by `mando deploy`.

After a failure, run it again: calls that are done are left out or change nothing.
"""

import os
import subprocess
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from string import Template
from subprocess import DEVNULL, PIPE

from deploy.calls import Call, File, Query
from deploy.script import command_line


class CallFailed(Exception):
    """Raised when a call fails; the message names the call, and its output if that was not shown already."""


def perform(
    settings: Mapping[str, str],
    calls: Iterable[Call | Query | File],
    programs: Mapping[str, tuple[str, ...]],
    folder: Path,
    report: Callable[[str], None],
) -> dict[str, str]:
    """Make the calls in the folder; return the queries' results by name.  Raises CallFailed.

    programs maps the first word of a command to the program that is run.
    """
    known = dict(settings)
    environment = {**os.environ, "CLOUDSDK_CORE_PROJECT": known["PROJECT"], "CLOUDSDK_CORE_DISABLE_PROMPTS": "1"}

    def run(command: Iterable[str], stdout: int | None, stderr: int | None) -> subprocess.CompletedProcess[bytes]:
        program, *arguments = (Template(word).substitute(known) for word in command)
        return subprocess.run(  # noqa: S603  (the words come from calls.py and from settings that were checked)
            [*programs[program], *arguments],
            cwd=folder,
            env=environment,
            stdin=DEVNULL,
            stdout=stdout,
            stderr=stderr,
            check=False,
        )

    for call in calls:
        if isinstance(call, File):
            added = Template(call.line).substitute(known)
            (folder / call.path).write_text(f"{(folder / call.source).read_text()}{added}\n")
            report(f"{call.purpose}: {call.path}")
            continue
        shown = Template(command_line(call.command)).substitute(known)
        if isinstance(call, Query):
            answer = run(call.command, PIPE, PIPE)
            text = answer.stdout.decode().strip()
            if answer.returncode or not text:
                raise CallFailed(f"{call.purpose}: {shown}\n{answer.stderr.decode().strip() or 'it answered nothing'}")
            known[call.name] = text
            report(f"{call.purpose}: {text}")
            continue
        if call.unless is not None and _is_done(call, run(call.unless, PIPE, PIPE), known):
            report(f"{call.purpose}: is there already")
            continue
        report(f"{call.purpose}: {shown}")
        # gcloud reports progress and errors on stderr; on stdout it only prints whole policies and versions.
        if status := run(call.command, DEVNULL if call.command[0] == "gcloud" else None, None).returncode:
            raise CallFailed(f"{call.purpose}: exit status {status} of {shown}")
    return {name: known[name] for name in known if name not in settings}


def _is_done(call: Call, found: subprocess.CompletedProcess[bytes], known: Mapping[str, str]) -> bool:
    if found.returncode:
        return False
    if call.same_as_file is None:
        return True
    return found.stdout == Path(Template(call.same_as_file).substitute(known)).read_bytes()
