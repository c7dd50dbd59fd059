"""Runs programs as child processes of `mando up`: starts them, watches them, and always ends them."""

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
    """Raised when a program does not start, or ends by itself; the message has the last lines of its log."""


@dataclass(frozen=True, slots=True)
class Program:
    """A program to start.  It is ready when health_url answers with any status; its output goes to log_path."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str]
    folder: Path
    health_url: str
    log_path: Path


class Child:
    """A running program.  It has its own process group, so Ctrl-C does not reach it; stop() ends it."""

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
                await child._wait_until_healthy()
        except TimeoutError:
            await child.stop()
            raise ChildFailed(child._report(f"did not answer within {_START_S:.0f} s")) from None
        except BaseException:
            await child.stop()
            raise
        return child

    async def watch(self) -> None:
        """Wait while the program runs.  Raises ChildFailed when it ends by itself."""
        code = await self._process.wait()
        raise ChildFailed(self._report(f"ended with exit code {code}"))

    async def stop(self) -> None:
        """End the program and its child processes: SIGTERM first, then SIGKILL."""
        for sign in (signal.SIGTERM, signal.SIGKILL):
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, sign)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._process.wait(), _STOP_S)

    async def _wait_until_healthy(self) -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                if self._process.returncode is not None:
                    await self.watch()
                with contextlib.suppress(aiohttp.ClientError):
                    async with session.get(self._program.health_url):
                        return
                await asyncio.sleep(0.05)

    def _report(self, what: str) -> str:
        lines = self._program.log_path.read_text(errors="replace").splitlines()[-5:]
        return "\n  ".join([f"{self._program.name} {what}; its log is {self._program.log_path}:", *lines])


def _end_with_parent() -> None:
    """Runs in the child: asks the kernel to end it when our process ends, even by kill -9."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
