"""The programs that run in the cloud, as child processes of `mando up`: started, watched, and never left behind."""

import asyncio
import contextlib
import ctypes
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import aiohttp

_START_S = 30.0
_STOP_S = 5.0
_PR_SET_PDEATHSIG = 1  # Source: prctl(2)


class ChildFailed(Exception):
    """Raised when a program does not start, or ends while it should run; holds the last lines that it printed."""


@dataclass(frozen=True, slots=True)
class Program:
    """What to start.  It is up when health_url answers, whatever the status; its output goes to log_path."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    health_url: str
    log_path: Path


class Child:
    """A running program, in a process group of its own: Ctrl-C reaches it only through stop()."""

    def __init__(self, program: Program, process: asyncio.subprocess.Process) -> None:
        self._program = program
        self._process = process

    @classmethod
    async def start(cls, program: Program) -> "Child":
        """Start the program and wait until it answers.  Raises ChildFailed."""
        with program.log_path.open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *program.command,
                cwd=program.folder,
                env={**os.environ, **program.environment},
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=_end_with_parent if sys.platform == "linux" else None,
            )
        child = cls(program, process)
        try:
            async with asyncio.timeout(_START_S):
                await child._answering()
        except TimeoutError:
            await child.stop()
            raise ChildFailed(child._report(f"did not answer within {_START_S:.0f} s")) from None
        except BaseException:
            await child.stop()
            raise
        return child

    async def ended(self) -> None:
        """Wait for the program to end by itself, which it should not: raises ChildFailed then."""
        code = await self._process.wait()
        raise ChildFailed(self._report(f"ended with exit code {code}"))

    async def stop(self) -> None:
        """End the program and all that it started, politely first."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, sign)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _STOP_S)

    async def _answering(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                if self._process.returncode is not None:
                    await self.ended()
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(self._program.health_url):
                        return
                await asyncio.sleep(0.05)

    def _report(self, what: str) -> str:
        lines = self._program.log_path.read_text(errors="replace").splitlines()[-5:]
        return "\n  ".join([f"{self._program.name} {what}; its log is {self._program.log_path}:", *lines])


def _end_with_parent() -> None:
    """Runs in the child: ask the kernel to end it when we end, even by kill -9."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
