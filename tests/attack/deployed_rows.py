"""Attacks on the deployed programs that a flood cannot make: slow sockets, clocks, certificates, malformed tokens."""

import asyncio
import contextlib
import json
import shlex
import socket
import time
from collections.abc import Awaitable, Callable, Iterator
from datetime import timedelta
from typing import Any

import yaml

from tests.attack.attacker import USER, Attacker
from tests.attack.client import Answer, ask, request, say
from tests.attack.flood import interact
from tests.attack.ingress_kinds import MALFORMED_TOKENS
from tests.attack.processes import resident_mb
from tests.attack.slow import WITHIN_S, least_of, slow_sockets_open, slowest_of
from tests.chaos.promise import break_next, mend
from tests.interactions import an_interaction
from tests.servers import BIN, ROOT, free_port, running
from tests.steps.service import TOLD

_PATIENCE_S = 4.0
_ENDLESS_MB = 24
_MOST_HELD_MB = 12.0
_CLOCK_SKEW_S = {1: True, 9: True, 11: False, 3600: False}  # how far ahead a token was made, and whether it is taken


def genuine(attacker: Attacker, face: str) -> tuple[Callable[[], Awaitable[Answer]], int]:
    """A genuine request of that face, and the status of its answer."""

    made: dict[str, tuple[Callable[[], bytes], int]] = {
        "ingress": (lambda: attacker.signed(b'{"type": 1}'), 200),
        "steps": (lambda: attacker.called(attacker.step_body), 422),  # it is read, and cannot be drawn
        "cloud": (lambda: request("GET", "/ops/state", []), 200),
    }
    message, right = made[face]
    return lambda: ask(attacker.ports[face], message()), right


async def slow_sockets(attacker: Attacker, face: str, shapes: list[str]) -> str:
    asked, right = genuine(attacker, face)

    async def waited_s() -> float:
        async with slow_sockets_open(attacker.ports[face], shapes):
            return await slowest_of(asked, right)

    slowest_s = await least_of(waited_s)
    assert slowest_s < WITHIN_S, f"a genuine request waited {slowest_s:.2f} s"
    return f"genuine requests within {slowest_s:.2f} s"


async def queue_is(attacker: Attacker, kind: str, at_once: int) -> str:
    """Every member gets an answer within 3 s; the local Discord waits no longer."""
    up = attacker.up
    await asyncio.to_thread(break_next, up, target="queue", kind=kind)
    try:
        acknowledged = await asyncio.gather(*(interact(attacker) for _ in range(at_once)))
    finally:
        await asyncio.to_thread(mend, up)
    deliveries: list[Any] = [one["deliveries"][0] for one in acknowledged]
    untold = [one["problem"] for one in deliveries if one["problem"] is not None]
    slowest_s = max(one["ms"] for one in deliveries) / 1000
    assert not untold, f"{len(untold)} of {at_once} members saw nothing: {untold[0]}"
    return f"{at_once} told within {slowest_s:.2f} s"


async def clock_skew(attacker: Attacker) -> str:
    seen = []
    for ahead_s, is_taken in _CLOCK_SKEW_S.items():
        status = await _status_of_a_token(attacker, ahead_s)
        right = 422 if is_taken else 401
        assert status == right, f"a token made {ahead_s} s ahead: {status}, right is {right}"
        seen.append(f"{ahead_s} s: {'taken' if is_taken else 'refused'}")
    return ", ".join(seen)


async def _status_of_a_token(attacker: Attacker, ahead_s: int) -> int:
    """The status of an answer that came within the same second: later the token is older."""
    for _ in range(10):
        second = int(time.time())
        token = attacker.steps.token(age=timedelta(seconds=-ahead_s))
        message = attacker.called(attacker.step_body, Authorization=f"Bearer {token}")
        answer = await ask(attacker.ports["steps"], message)
        if int(time.time()) == second:
            return answer.status
    raise AssertionError("no answer within the same second")


async def malformed_tokens(attacker: Attacker) -> str:
    """A token that would change a URL: the member gets a message, and no task is created."""
    ids = []
    for number, token in enumerate(MALFORMED_TOKENS):
        ids.append(str(1990000000000000000 + number))
        made = {**an_interaction(ids[-1], user=f"{USER}{number}"), "token": token}
        answer = await ask(attacker.ports["ingress"], attacker.signed(json.dumps(made).encode()))
        assert (answer.status, json.loads(answer.body).get("type")) == (200, 4), f"{token!r}: {answer.body[:100]!r}"
    started = [one for each in ids for one in await asyncio.to_thread(attacker.up.executions, each)]
    assert not started, f"{len(started)} went on to the queue"
    return f"{len(ids)} members got a message, no task was created"


@contextlib.contextmanager
def hanging() -> Iterator[socket.socket]:
    """A server that accepts connections and never answers.  At the end it closes them."""
    with socket.create_server(("127.0.0.1", 0), backlog=64) as server:
        server.setblocking(False)
        yield server


def connections_of(server: socket.socket) -> int:
    """How many connections came."""
    count = 0
    with contextlib.suppress(BlockingIOError):
        while True:
            server.accept()[0].close()
            count += 1
    return count


@contextlib.contextmanager
def steps_with(attacker: Attacker, certs_url: str) -> Iterator[int]:
    """The port of a second process of the steps, which fetches certificates from certs_url."""
    command, *arguments = shlex.split(yaml.safe_load((ROOT / "app.yaml").read_text())["entrypoint"])
    port = free_port()
    environment = {
        "GOOGLE_CLOUD_PROJECT": "demo",
        **TOLD,
        "GUNICORN_CMD_ARGS": f"--bind=127.0.0.1:{port} --log-level=critical --graceful-timeout=1",
        "OIDC_CERTS_URL": certs_url,
        "SEAL_PRIVATE_KEY": (attacker.up.data / "seal.key").read_text().strip(),
        "STORAGE_EMULATOR_HOST": attacker.up.base,
        "DISCORD_API": f"{attacker.up.base}/api/v10",
    }
    with running([str(BIN / command), *arguments], environment, f"http://127.0.0.1:{port}/health"):
        yield port


async def certificates_hang(attacker: Attacker, token: str) -> str:
    """16 calls with that token, and /health at the same time."""
    message = attacker.called(attacker.step_body, Authorization=f"Bearer {token}")
    health = request("GET", "/health", [])
    with hanging() as server, steps_with(attacker, f"http://127.0.0.1:{server.getsockname()[1]}/certs") as port:
        calls = [asyncio.create_task(ask(port, message, 20)) for _ in range(16)]
        try:
            await asyncio.sleep(0.3)
            slowest_s = await slowest_of(lambda: ask(port, health, _PATIENCE_S), 200)
            assert slowest_s < WITHIN_S, f"/health waited {slowest_s:.2f} s"
            statuses = sorted({answer.status for answer in await asyncio.gather(*calls)})
            assert set(statuses) <= {401, 503}, f"the calls were answered with {statuses}"
        finally:
            for call in calls:
                call.cancel()
            fetched = connections_of(server)
            server.close()
    return f"/health within {slowest_s:.2f} s, {fetched} fetched, calls {statuses}"


_CHUNKED = b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"

# Requests that never end: name → (beginning, what is sent again and again).
ENDLESS: dict[str, tuple[bytes, bytes]] = {
    "request line": (b"POST /", b"a" * 65536),
    "head": (b"POST / HTTP/1.1\r\nHost: a\r\n", b"X-A: " + b"b" * 4000 + b"\r\n"),
    "line of a head": (b"POST / HTTP/1.1\r\nHost: a\r\nX-A: ", b"b" * 65536),
    "chunked body": (_CHUNKED, b"1000\r\n" + b"c" * 4096 + b"\r\n"),
    "size of a chunk": (_CHUNKED, b"0" * 65536),
    "extension of a chunk": (_CHUNKED + b"5;", b"e" * 65536),
    "requests in a row, answers unread": (b"", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n" * 999),
    "announced body": (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 999999999999\r\n\r\n", b"d" * 65536),
}  # fmt: skip


async def endless(attacker: Attacker, face: str) -> str:
    """A request that never ends is neither stored nor waited for.  AssertionError if a process grew."""
    asked, _ = genuine(attacker, face)
    await asyncio.gather(*(asked() for _ in range(16)))  # so that each worker has imported what it needs
    before = resident_mb(attacker.up)
    grown: dict[str, float] = {}
    for name, (begin, more) in ENDLESS.items():
        sent_mb = await asyncio.to_thread(_pour, attacker.ports[face], begin, more)
        after = resident_mb(attacker.up)
        grown[name] = max(after[pid] - before.get(pid, 0.0) for pid in after)
        assert grown[name] < _MOST_HELD_MB, f"{name}: {sent_mb} MB were taken, a process grew by {grown[name]:.0f} MB"
    return f"{len(ENDLESS)} kinds, no process grew by more than {max(grown.values()):.0f} MB"


def _pour(port: int, begin: bytes, more: bytes) -> int:
    """How many MB the server read before it closed the connection, stopped reading for a second, or time was over."""
    sent, ends_s = 0, time.monotonic() + _PATIENCE_S
    with socket.create_connection(("127.0.0.1", port), timeout=1) as connection, contextlib.suppress(OSError):
        connection.sendall(begin)
        while sent < _ENDLESS_MB << 20 and time.monotonic() < ends_s:
            connection.sendall(more)
            sent += len(more)
    return sent >> 20


async def malformed_chunks_without_signature(attacker: Attacker, face: str) -> str:
    """Malformed chunks in a request without signature: the server reads the framing before the signature."""
    head = b"POST /generate-image HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
    for size in (b"", b"g", b"-1", b"0x5", b"f" * 40):
        answer = await say(attacker.ports[face], head + size + b"\r\nx\r\n0\r\n\r\n")
        assert answer.status in (0, 400, 401), f"a chunk of size {size!r}: status {answer.status}"
    return "refused"
