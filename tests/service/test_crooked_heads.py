"""What the doors refuse before any of our code sees it: heads that two readers would read differently, and floods."""

import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from service.slow_clients import MAX_PIPELINED
from tests.service.test_stop import a_door

_GET = b"GET /health HTTP/1.1\r\nHost: a\r\n\r\n"


@pytest.fixture(scope="module", params=["ingress", "steps"])
def door(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """Its port, and the id of its first process."""
    with a_door(request.param, tmp_path_factory.mktemp("door") / "log") as (process, port):
        yield port, process.pid


@pytest.mark.parametrize(
    "head",
    [
        b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",  # Source of this and the next: RFC 9112, 3.2
        b"GET / HTTP/1.1\r\nAccept: */*\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: h2c\r\nContent-Length: 2\r\n\r\n{}",
        b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
)
def test_a_crooked_head_is_400_and_the_connection_is_closed(door: tuple[int, int], head: bytes) -> None:
    with socket.create_connection(("127.0.0.1", door[0]), timeout=10) as client:
        client.sendall(head)
        said = b"".join(iter(lambda: client.recv(65536), b""))
    assert said.startswith(b"HTTP/1.1 400 ")
    assert said.count(b"HTTP/1.1 ") == 1


def test_some_requests_in_a_row_are_answered_in_a_row_and_the_steps_hang_up_after_the_first(
    door: tuple[int, int], request: pytest.FixtureRequest
) -> None:
    """A kept connection would bring its next request to the same worker of the steps, however busy."""
    keeps = request.node.callspec.params["door"] == "ingress"
    with socket.create_connection(("127.0.0.1", door[0]), timeout=10) as client:
        client.sendall(_GET * MAX_PIPELINED)
        said = b""
        while said.count(b"HTTP/1.1 ") < MAX_PIPELINED and (part := client.recv(65536)):
            said += part
    assert said.count(b"HTTP/1.1 ") == (MAX_PIPELINED if keeps else 1)
    assert (b"connection: close" in said.lower()) is not keeps


def test_who_sends_requests_and_never_reads_fills_no_memory(door: tuple[int, int]) -> None:
    port, pid = door
    before = _settled_memory_kib(pid)
    sent = 0
    with socket.create_connection(("127.0.0.1", port), timeout=10) as client:
        try:
            while sent < 20_000_000:
                sent += client.send(_GET * 1000)
        except OSError:
            pass
    assert sent < 20_000_000, "it read everything"
    assert _memory_kib(pid) - before < 32 * 1024
    assert requests.get(f"http://127.0.0.1:{port}/health", timeout=30).status_code in (200, 405)


def _settled_memory_kib(pid: int) -> int:
    """When all of its workers are there: gunicorn answers as soon as the first one does."""
    for _ in range(30):
        before = _memory_kib(pid)
        time.sleep(0.5)
        if abs(_memory_kib(pid) - before) < 1024:
            return before
    raise AssertionError("its memory does not settle")


def _memory_kib(pid: int) -> int:
    """Of that process and all that it started."""
    kib = 0
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            text = status.read_text()
        except OSError:
            continue  # it has ended
        family = re.search(rf"^(Pid|PPid|NSpgid):\s.*\b{pid}$", text, re.MULTILINE)
        resident = re.search(r"^VmRSS:\s+(\d+)", text, re.MULTILINE)
        if family and resident:
            kib += int(resident[1])
    return kib
