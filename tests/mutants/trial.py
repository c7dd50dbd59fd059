"""Puts one mistake after another into a copy of the tree, and lets the room's tests look for it."""

import os
import queue
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory, TemporaryFile

from tests.mutants.mistake import Mistake
from tests.mutants.rooms import LEFT_OUT, Room

ROOT = Path(__file__).parent.parent.parent
MOST_S = 15 * 60.0  # of one room
_ONE_TEST_S = 60.0
_AT_LEAST_S = 60.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """by: the test that noticed first; "" where none did."""

    mistake: Mistake
    is_noticed: bool
    by: str
    took_s: float


class BrokenBefore(Exception):
    """Raised when the room's tests fail although nothing is wrong yet; the message is what pytest said."""


def tried(room: Room, drawn: Sequence[Mistake], jobs: int, within_s: float = MOST_S) -> Iterator[Verdict]:
    """In the order in which they were drawn, as many as begin in that time.  Raises BrokenBefore."""
    ends_s = time.monotonic() + within_s
    with _copies(jobs) as copies, ThreadPoolExecutor(jobs) as pool:
        first = copies.get()
        began_s = time.monotonic()
        ended, said = _tested(first, room, None)
        if ended != 0:
            raise BrokenBefore(said)
        copies.put(first)
        # A machine that others use too is slower at times; a mistake that makes the tests endless costs this much.
        limit_s = _AT_LEAST_S + 2 * (time.monotonic() - began_s)

        def one(mistake: Mistake) -> Verdict | None:
            if time.monotonic() > ends_s:
                return None
            copy = copies.get()
            try:
                return _verdict(copy, room, mistake, limit_s)
            finally:
                copies.put(copy)

        yield from filter(None, pool.map(one, drawn))


@contextmanager
def _copies(count: int) -> Iterator["queue.Queue[Path]"]:
    """Copies of what git knows and of what is new; the working tree is never touched."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    names = [name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]
    copies: queue.Queue[Path] = queue.Queue()
    with TemporaryDirectory(prefix="mutants-") as folder:
        for number in range(count):
            copy = Path(folder) / str(number)
            for name in names:
                (copy / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(ROOT / name, copy / name)
            copies.put(copy)
        yield copies


def _verdict(copy: Path, room: Room, mistake: Mistake, limit_s: float) -> Verdict:
    path = copy / mistake.path
    before = path.read_text()
    path.write_text(mistake.made_in(before))
    began_s = time.monotonic()
    try:
        ended, said = _tested(copy, room, limit_s)
    finally:
        path.write_text(before)
    failed = [line.split()[1] for line in said.splitlines() if line.startswith(("FAILED tests/", "ERROR tests/"))]
    by = (
        failed[0]
        if failed
        else ("" if ended == 0 else f"no end within {limit_s:.0f} s" if ended is None else "no test")
    )
    return Verdict(mistake, ended != 0, by, time.monotonic() - began_s)


def _tested(copy: Path, room: Room, limit_s: float | None) -> tuple[int | None, str]:
    """pytest's exit status, None where it took too long; and what it said.

    PYTHONPATH comes before the place to which the installed `mando` points, so every process that the tests start runs
    the copy too.  Nothing is compiled to a file: of two mistakes of one length in one second one would be missed.
    """
    command = [sys.executable, "-m", "pytest", "-x", "-n", "0", "-p", "no:randomly", f"--timeout={_ONE_TEST_S:.0f}"]
    with TemporaryFile() as said:
        process = subprocess.Popen(
            [*command, "-k", LEFT_OUT, *room.tests],
            cwd=copy,
            env={**os.environ, "PYTHONPATH": str(copy), "PYTHONDONTWRITEBYTECODE": "1"},
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            ended: int | None = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            ended = None
        finally:
            with suppress(ProcessLookupError):  # also the servers that a broken test left
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        said.seek(0)
        return ended, said.read().decode(errors="replace")
