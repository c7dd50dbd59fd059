"""A program beside `mando up`: when it is ready, what is said when it fails, and that nothing of it is left."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from local import children
from local.children import Child, ChildFailed, Program
from tests.running import until
from tests.servers import free_port

SERVES = """
import os, signal, sys
from http.server import BaseHTTPRequestHandler, HTTPServer
class Handler(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(404)
        self.end_headers()
        if self.path == "/end":
            os._exit(7)
"""
SERVE = "HTTPServer(('127.0.0.1', int(sys.argv[1])), Handler).serve_forever()"
IGNORES_SIGTERM = "signal.signal(signal.SIGTERM, signal.SIG_IGN)"
WITH_CHILD = "print(__import__('subprocess').Popen(['sleep', '60']).pid, flush=True)"
SLEEPS = "import time; time.sleep(60)"


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(children, "_STOP_S", 0.5)


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    return tmp_path / "steps.log"


def a_program(log_path: Path, *lines: str) -> Program:
    port = free_port()
    command = [sys.executable, "-c", "\n".join(lines), str(port)]
    return Program("steps", command, {"NAME": "value"}, log_path.parent, f"http://127.0.0.1:{port}/", log_path)


def lines_of(log_path: Path) -> list[str]:
    return log_path.read_text().splitlines() if log_path.exists() else []


def is_running(pid: int) -> bool:
    """A zombie does not run any more."""
    with suppress(FileNotFoundError):
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


async def test_a_program_is_ready_when_it_answers_with_any_status_and_its_children_end_with_it(log_path: Path) -> None:
    child = await Child.start(a_program(log_path, SERVES, WITH_CHILD, SERVE))
    grandchild = int(lines_of(log_path)[0])
    assert is_running(grandchild)
    await child.stop()
    await until(lambda: not is_running(grandchild))


async def test_a_program_has_its_environment_beside_ours_and_its_own_process_group(log_path: Path) -> None:
    shows = "print(os.environ['NAME'], os.environ['PATH'], os.getpgrp() == os.getpid(), os.getcwd(), flush=True)"
    child = await Child.start(a_program(log_path, SERVES, shows, SERVE))
    await child.stop()
    assert lines_of(log_path)[0] == f"value {os.environ['PATH']} True {log_path.parent}"


async def test_a_program_that_ignores_sigterm_is_killed(log_path: Path) -> None:
    child = await Child.start(a_program(log_path, SERVES, IGNORES_SIGTERM, "print(os.getpid(), flush=True)", SERVE))
    pid = int(lines_of(log_path)[0])
    await child.stop()
    assert not is_running(pid)
    with pytest.raises(ChildFailed, match=f"^steps ended with exit code -{signal.SIGKILL.value};"):
        await child.watch()


async def test_a_program_that_ends_before_it_answers_is_said_with_the_last_lines_of_its_log(log_path: Path) -> None:
    program = a_program(log_path, "for number in range(9): print('line', number)", "raise SystemExit(3)")
    with pytest.raises(ChildFailed) as caught:
        await Child.start(program)
    last = [f"  line {number}" for number in range(4, 9)]
    assert str(caught.value).splitlines() == [f"steps ended with exit code 3; its log is {log_path}:", *last]


async def test_a_program_that_ends_later_is_said_too(log_path: Path) -> None:
    program = a_program(log_path, SERVES, SERVE)
    child = await Child.start(program)
    watching = asyncio.create_task(child.watch())
    await asyncio.sleep(0)
    assert not watching.done()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-c",
        f"import urllib.request as r; r.urlopen('{program.health_url}end')",
        stderr=asyncio.subprocess.DEVNULL,
    )
    await process.wait()
    with pytest.raises(ChildFailed, match=r"^steps ended with exit code 7;"):
        await asyncio.wait_for(watching, 60)


async def test_a_program_that_does_not_answer_in_time_is_ended_and_said(
    log_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(children, "_START_S", 1.0)
    program = a_program(log_path, "import os; print(os.getpid(), flush=True)", SLEEPS)
    with pytest.raises(ChildFailed, match=f"^steps did not answer within 1 s; its log is {log_path}:"):
        await Child.start(program)
    assert not any(is_running(int(pid)) for pid in lines_of(log_path))


async def test_a_start_that_is_cancelled_leaves_no_process(log_path: Path) -> None:
    program = a_program(log_path, "import os; print(os.getpid(), flush=True)", SLEEPS)
    starting = asyncio.create_task(Child.start(program))
    await until(lambda: lines_of(log_path))
    starting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await starting
    assert not is_running(int(lines_of(log_path)[0]))
