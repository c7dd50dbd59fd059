"""Runs the commands of a deployment in one project.  Used by perform, which makes the calls, and by what only looks."""

import os
import subprocess
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from string import Template
from subprocess import DEVNULL, PIPE

from deploy.script import command_line

_MOST_BYTES_KEPT = 100_000  # of what one command says: an error stands at its end


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command has said on both streams; status 0 if it succeeded."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout.decode(errors="replace").strip()


class Runner:
    """known: the settings and the results of queries, by name.  programs: what runs for a command's first word."""

    def __init__(self, known: dict[str, str], programs: Mapping[str, tuple[str, ...]], folder: Path) -> None:
        self.known = known
        self._programs = programs
        self._folder = folder
        self._environment = {
            **os.environ,
            "CLOUDSDK_CORE_PROJECT": known["PROJECT"],
            "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        }

    def filled(self, text: str) -> str:
        """The text with the values of its $NAMES."""
        return Template(text).substitute(self.known)

    def shown(self, command: Iterable[str]) -> str:
        """The command as one would type it."""
        return self.filled(command_line(command))

    def ask(self, command: Iterable[str]) -> Answer:
        """Run a command that only reads, and show nothing of it."""
        process = self._start(command, PIPE)
        stdout, stderr = process.communicate()
        return Answer(process.returncode, stdout, stderr.decode(errors="replace").strip())

    def make(self, command: tuple[str, ...], into: str | None = None) -> Answer:
        """Run a command that changes something; what it says on stderr is shown as it comes.

        gcloud reports progress and errors there; on stdout it only prints whole policies and versions.  into: a file
        for what is said on stdout.
        """
        if into is not None:
            answer = self.ask(command)
            if not answer.status:
                (self._folder / into).write_bytes(answer.stdout)
            return answer
        process = self._start(command, DEVNULL if command[0] == "gcloud" else None)
        said = b""
        assert process.stderr is not None  # noqa: S101 -- it is a pipe
        while part := os.read(process.stderr.fileno(), 65_536):
            sys.stderr.write(part.decode(errors="replace"))
            sys.stderr.flush()
            said = (said + part)[-_MOST_BYTES_KEPT:]
        process.stderr.close()
        return Answer(process.wait(), b"", said.decode(errors="replace"))

    def _start(self, command: Iterable[str], stdout: int | None) -> subprocess.Popen[bytes]:
        program, *arguments = (self.filled(word) for word in command)
        return subprocess.Popen(  # noqa: S603  (the words come from calls.py and from settings that were checked)
            [*self._programs.get(program, (program,)), *arguments],
            cwd=self._folder,
            env=self._environment,
            stdin=DEVNULL,
            stdout=stdout,
            stderr=PIPE,
        )
