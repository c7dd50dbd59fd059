"""Start real servers for a test, and wait for what they do."""

import contextlib
import fcntl
import itertools
import os
import secrets
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import TypeVar

import requests

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent

Result = TypeVar("Result")


# Below the ports that the system assigns, and none twice in this process.  Each process of a test run has a range of
# its own (pytest-xdist numbers the processes); other runs begin at a random place.
_PORTS_OF_PROCESS = 4_000
_FIRST_PORT = 12_000 + _PORTS_OF_PROCESS * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 5)
_BEGIN = secrets.randbelow(_PORTS_OF_PROCESS)  # not from `random`: a test run may set its seed
_PORTS = itertools.cycle(_FIRST_PORT + (_BEGIN + number) % _PORTS_OF_PROCESS for number in range(_PORTS_OF_PROCESS))


def free_port(count: int = 1) -> int:
    """The first of `count` unused ports in a row.  They are not reserved."""
    while True:
        first, *others = [next(_PORTS) for _ in range(count)]
        if others == list(range(first + 1, first + count)) and all(map(_is_free, (first, *others))):
            return first


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


@contextlib.contextmanager
def one_process_at_a_time() -> Iterator[Path]:
    """The folder for installed tools; the block holds its lock, so only one process of a test run installs."""
    peers = ROOT / ".mando" / "peers"
    peers.mkdir(parents=True, exist_ok=True)
    with (peers / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield peers


def wait_until(condition: Callable[[], Result], what: str, deadline_s: float = 60, every_s: float = 0.02) -> Result:
    """The condition's first true result, looked for every_s; AssertionError with `what` after deadline_s."""
    ends_s = time.monotonic() + deadline_s
    while True:
        if result := condition():
            return result
        assert time.monotonic() < ends_s, f"not within {deadline_s} s: {what}"
        time.sleep(every_s)


def answers(url: str) -> bool:
    try:
        requests.get(url, timeout=2)
    except requests.RequestException:
        return False
    return True


@contextlib.contextmanager
def running(command: list[str], environment: Mapping[str, str], url: str) -> Iterator[subprocess.Popen[str]]:
    """A process of ours in the repository's root, from its first answer at url until the block ends."""
    with tempfile.TemporaryFile("a+") as said:  # a pipe that nobody reads fills up
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env={**os.environ, **environment},
            stdout=said,
            stderr=subprocess.STDOUT,
            text=True,
        )
        try:
            wait_until(lambda: process.poll() is not None or answers(url), f"{command[0]} answers at {url}")
            said.seek(0)
            assert process.poll() is None, f"{command[0]} ended: {said.read()}"
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(timeout=60)
            finally:
                process.kill()  # a process that does not end fails this test only
                process.wait()


@contextlib.contextmanager
def serving(handler: type[BaseHTTPRequestHandler]) -> Iterator[str]:
    """The base URL of an HTTP server of the standard library in a thread of this process."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
