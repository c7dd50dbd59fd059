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


# Below those that the system gives out by itself, and none twice in this process.  Processes of one test run have parts
# of their own (pytest-xdist says which process this is); those of other runs begin elsewhere by chance.
_PORTS_OF_ONE = 4_000
_FIRST_PORT = 12_000 + _PORTS_OF_ONE * (int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) % 5)
_BEGIN = secrets.randbelow(_PORTS_OF_ONE)  # not of `random`, whose seed a test run may set
_PORTS = itertools.cycle(_FIRST_PORT + (_BEGIN + number) % _PORTS_OF_ONE for number in range(_PORTS_OF_ONE))


def free_port(count: int = 1) -> int:
    """A port that nobody uses, the first of `count` in a row.  It stays free until somebody takes that very number."""
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
    """For what several processes of one test run would install in the same place: the folder for it."""
    peers = ROOT / ".mando" / "peers"
    peers.mkdir(parents=True, exist_ok=True)
    with (peers / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield peers


def wait_until(condition: Callable[[], Result], what: str, deadline_s: float = 20) -> Result:
    """The condition's first true result; AssertionError with `what` after deadline_s."""
    ends_s = time.monotonic() + deadline_s
    while True:
        if result := condition():
            return result
        assert time.monotonic() < ends_s, f"not within {deadline_s} s: {what}"
        time.sleep(0.02)


def answers(url: str) -> bool:
    try:
        requests.get(url, timeout=2)
    except requests.RequestException:
        return False
    return True


@contextlib.contextmanager
def running(command: list[str], environment: Mapping[str, str], url: str) -> Iterator[subprocess.Popen[str]]:
    """A process of ours in the repository's root, from its first answer at url until the block ends."""
    with tempfile.TemporaryFile("a+") as said:  # a pipe that nobody reads would be full one day
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
                process.wait(timeout=10)
            finally:
                process.kill()  # one that does not end fails this test, and is not left to the next
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
