"""Start real servers for a test, and wait for what they do."""

import contextlib
import os
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


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


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
            process.wait(timeout=10)


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
