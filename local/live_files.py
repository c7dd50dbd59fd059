"""Puts a saved file into force while everything runs; a broken one leaves the last good one in force.

Used by cli/up.py for the workflow and queue.yaml.
"""

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

_POLL_S = 0.25


class BrokenFile(Exception):
    """Raised when a file cannot be put into force; the message says where it is wrong."""


@dataclass(slots=True)
class LiveFile:
    """apply(text) puts the text into force and says in words what that is; it raises BrokenFile.

    in_force and problem are for people; problem is None while the file on disk is the one in force.
    """

    path: Path
    apply: Callable[[str], str]
    in_force: str = ""
    problem: str | None = None
    _applied: tuple[int, int] | None = field(default=None, repr=False)
    _seen: tuple[int, int] | None = field(default=None, repr=False)

    def load(self) -> None:
        """Raises BrokenFile."""
        self._applied = self._seen = self._stamp()
        try:
            self.in_force = self.apply(self.path.read_text(encoding="utf-8"))
        except OSError as error:
            raise BrokenFile(f"cannot read {self.path}: {error.strerror}") from None
        except UnicodeDecodeError:
            raise BrokenFile(f"{self.path} is not UTF-8") from None

    def reload(self) -> bool:
        """Put it into force if it was saved; True if it was.  A save is seen when the file has come to rest."""
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
    """Until cancelled: put into force what is saved, and say so."""
    while True:
        await asyncio.sleep(_POLL_S)
        for file in files:
            if file.reload():
                say(f"{file.problem}\n{file.in_force} stays in force" if file.problem else f"{file.in_force} is live")
