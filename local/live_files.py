"""Applies a file again when it is saved, without a restart.  If it is broken, the last good version stays deployed.

Used by cli/up.py for the workflow and queue.yaml.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_POLL_S = 0.25


class BrokenFile(Exception):
    """Raised when a file cannot be applied; the message says where it is wrong."""


@dataclass(slots=True)
class LiveFile:
    """A file and the function that applies its text.  apply(text) returns what is in force now, or raises BrokenFile.

    in_force and problem are texts for people; problem is None while the file on disk is in force.  text: what was
    applied last.
    """

    path: Path
    apply: Callable[[str], str]
    in_force: str = ""
    text: str = field(default="", repr=False)
    problem: str | None = None
    _applied: tuple[int, int] | None = field(default=None, repr=False)
    _seen: tuple[int, int] | None = field(default=None, repr=False)

    def load(self) -> None:
        """Apply the file now.  Raises BrokenFile."""
        self._applied = self._seen = self._stamp()
        try:
            text = self.path.read_text(encoding="utf-8")
            self.in_force = self.apply(text)
            self.text = text
        except OSError as error:
            raise BrokenFile(f"cannot read {self.path}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise BrokenFile(f"{self.path} is not UTF-8") from None

    def reload(self) -> bool:
        """Apply the file if it was saved and has not changed since the last call.  True if it was applied or failed."""
        stamp, before = self._stamp(), self._seen
        self._seen = stamp
        if stamp is None or stamp != before or stamp == self._applied:
            return False
        try:
            self.load()
            self.problem = None
        except BrokenFile as error:
            self.problem = str(error)
        return True

    def _stamp(self) -> tuple[int, int] | None:
        with contextlib.suppress(OSError):
            status = self.path.stat()
            return status.st_mtime_ns, status.st_size
        return None


async def watch(files: Sequence[LiveFile], say: Callable[[str], None]) -> None:
    """Apply files that are saved and report each, until cancelled."""
    while True:
        await asyncio.sleep(_POLL_S)
        for file in files:
            if file.reload():
                say(f"{file.problem}\n{file.in_force} stays deployed" if file.problem else f"{file.in_force} is live")
