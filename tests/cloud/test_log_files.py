"""A program's log does not grow for ever, and what it wrote last is still there."""

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from local.data.log_files import keep_small, shorten
from tests.running import until

PROGRAM = """
import sys
for line in sys.stdin:
    sys.stdout.write(line)
    sys.stdout.flush()
    sys.stderr.write(".")
    sys.stderr.flush()
"""


def test_a_program_that_goes_on_writes_into_the_emptied_file(tmp_path: Path) -> None:
    path = tmp_path / "steps.log"
    with path.open("ab") as log:
        command = [sys.executable, "-c", PROGRAM]
        program = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=log, stderr=subprocess.PIPE, bufsize=0)
    assert program.stdin is not None
    assert program.stderr is not None
    for number in range(6):
        program.stdin.write(b"%d" % number * 99 + b"\n")
        assert program.stderr.read(1) == b"."
        shorten(tmp_path, most_bytes=150)
    program.stdin.close()
    assert program.wait(timeout=60) == 0
    program.stderr.close()
    assert path.read_bytes() == b""
    assert (tmp_path / "steps.log.1").read_bytes() == b"4" * 99 + b"\n" + b"5" * 99 + b"\n"
    assert sorted(one.name for one in tmp_path.iterdir()) == ["steps.log", "steps.log.1"]


def test_what_is_small_or_no_log_stays_as_it_is(tmp_path: Path) -> None:
    for name in ("ingress.log", "ingress.log.1", "seal.key"):
        (tmp_path / name).write_bytes(b"x" * 150)
    shorten(tmp_path, most_bytes=150)
    assert {one.stat().st_size for one in tmp_path.iterdir()} == {150}
    shorten(tmp_path, most_bytes=149)
    sizes = {one.name: one.stat().st_size for one in tmp_path.iterdir()}
    assert sizes == {"ingress.log": 0, "ingress.log.1": 150, "seal.key": 150}


async def test_logs_are_looked_at_from_time_to_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("local.data.log_files._LOOK_EVERY_S", 0.01)
    path = tmp_path / "ingress.log"
    looking = asyncio.create_task(keep_small(tmp_path))
    for _ in range(2):
        with path.open("wb") as log:
            log.truncate(16 * 1024**2 + 1)
        await until(lambda: path.stat().st_size == 0)
    looking.cancel()
