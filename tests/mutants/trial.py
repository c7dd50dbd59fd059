"""Puts one mistake after another into a copy of the tree, and lets the room's tests look for it."""

import itertools
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

import pytest

from tests.mutants import watcher
from tests.mutants.mistake import Mistake
from tests.mutants.rooms import LEFT_OUT, Room
from tests.mutants.watcher import Report, read, write

ROOT = Path(__file__).parent.parent.parent
MOST_S = 15 * 60.0  # of one room
_ONE_TEST_S = 60.0
_NO_SUCH_TEST = (pytest.ExitCode.USAGE_ERROR, pytest.ExitCode.NO_TESTS_COLLECTED)
_instants_s = itertools.count(1_000_000_000)
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
        ended, said, before = _tested(first, room.tests, Report(), None)
        if ended != 0:
            raise BrokenBefore(said)
        # A machine that others use too is slower at times; a mistake that makes the tests endless costs this much.
        limit_s = _AT_LEAST_S + 2 * (time.monotonic() - began_s)
        watched = _tested(first, room.tests, before, None, is_watched=True)[2]
        before.reached, before.use_processes = watched.reached, watched.use_processes
        copies.put(first)

        def one(mistake: Mistake) -> Verdict | None:
            if time.monotonic() > ends_s:
                return None
            copy = copies.get()
            try:
                return _verdict(copy, room, mistake, before, limit_s)
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


def _verdict(copy: Path, room: Room, mistake: Mistake, before: Report, limit_s: float) -> Verdict:
    """A slow test may fail because the machine is busy: its failure counts only if it fails again alone."""
    path = copy / mistake.path
    text = path.read_text()
    _put(path, mistake.made_in(text))
    began_s = time.monotonic()
    try:
        near = before.that_reach(mistake.function)
        ended, _, found = _tested(copy, near, before, limit_s) if near else (0, "", Report())
        # All tests if these see nothing: a cache can hide a caller.  And all if a test has another name in each
        # process.
        if ended == 0 or ended in _NO_SUCH_TEST:
            ended, _, found = _tested(copy, room.tests, before, limit_s)
        by = found.failed[0] if found.failed else ""
        if by and before.is_slow(by):
            ended, _, _ = _tested(copy, (by,), before, limit_s)
    finally:
        _put(path, text)
    by = by or ("" if ended == 0 else f"no end within {limit_s:.0f} s" if ended is None else "no test")
    return Verdict(mistake, ended != 0, by, time.monotonic() - began_s)


def _put(path: Path, text: str) -> None:
    """With a new modification time: by time and length Python decides whether its compiled file is current."""
    path.write_text(text)
    instant_s = next(_instants_s)
    os.utime(path, (instant_s, instant_s))


def _tested(
    copy: Path, tests: Sequence[str], before: Report, limit_s: float | None, is_watched: bool = False
) -> tuple[int | None, str, Report]:
    """pytest's exit status, None where it took too long; what it said; and its report.

    PYTHONPATH comes before the place to which the installed `mando` points, so every process that the tests start runs
    the copy too.  Its temporary folders are apart: at its end pytest takes away those that earlier runs have left,
    which lasts a minute if these ran all tests.
    """
    command = [sys.executable, "-m", "pytest", "-n", "0", "-p", "no:randomly", f"--timeout={_ONE_TEST_S:.0f}"]
    watching = {watcher.REACHED: "1"} if is_watched else {}
    with TemporaryDirectory(prefix="mutants-report-") as folder, TemporaryFile() as said:
        report, known = Path(folder) / "report.json", Path(folder) / "before.json"
        command.append(f"--basetemp={folder}/temporary")
        write(known, before)
        process = subprocess.Popen(
            [*command, *([] if is_watched else ["-x"]), "-p", watcher.__name__, "-k", LEFT_OUT, *tests],
            cwd=copy,
            env={
                **os.environ,
                "PYTHONPATH": str(copy),
                watcher.REPORT: str(report),
                watcher.BEFORE: str(known),
                **watching,
            },
            stdout=said,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            ended: int | None = process.wait(limit_s)
        except subprocess.TimeoutExpired:
            ended = None
        finally:
            with suppress(ProcessLookupError):  # also servers that a failed test did not stop
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        said.seek(0)
        return ended, said.read().decode(errors="replace"), read(report)
