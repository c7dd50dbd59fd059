"""Clients that hold a connection by being slow: what each sends, and so many of them at once."""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from service.slow_clients import REQUEST_WITHIN_S

# A client that a door holds to its deadline is gone after 2.5 s, or 4.5 s where its connection was kept; one that is
# not held to it never goes.  The rest is for a machine under load.
GONE_WITHIN_S = 20.0
_SIEGES = 10

_HEAD = b"POST / HTTP/1.1\r\nHost: door\r\nContent-Type: application/json\r\nAuthorization: Bearer a.b.c\r\n"
# A head that a door would read on behind: the signature has the right shape.
_SHAPED = b"X-Signature-Ed25519: %b\r\nX-Signature-Timestamp: %d\r\n"


@dataclass(frozen=True, slots=True)
class Slow:
    """first is sent at once, then a byte of rest each second.  A whole request before it makes it a kept connection."""

    first: bytes
    rest: bytes = b""
    asks_before: bool = False


def kinds() -> Mapping[str, Slow]:
    whole = _HEAD + _SHAPED % (b"ab" * 64, time.time()) + b"Content-Length: 1000\r\n\r\n"
    return {
        "one byte of a body": Slow(whole + b"{"),
        "half a head": Slow(_HEAD),
        "a byte of a head each second": Slow(b"P", whole[1:]),
        "a byte of a body each second": Slow(whole, b"{" * 1000),
        "nothing at all": Slow(b""),
        "half a head on a kept connection": Slow(_HEAD, asks_before=True),
    }


@contextlib.contextmanager
def holding(port: int, slow: Slow, count: int) -> Iterator[list[socket.socket]]:
    """So many connections; their bytes go on coming while the block runs."""
    done = threading.Event()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10)) for _ in range(count)]
        for client in clients:
            if slow.asks_before:
                client.sendall(b"GET /health HTTP/1.1\r\nHost: door\r\n\r\n")
                assert client.recv(65536).startswith(b"HTTP/1.1 ")
            client.sendall(slow.first)
        dripping = threading.Thread(target=_drip, args=(clients, slow.rest, done))
        dripping.start()
        stack.callback(dripping.join)
        stack.callback(done.set)
        yield clients


def _drip(clients: list[socket.socket], rest: bytes, done: threading.Event) -> None:
    for byte in rest:
        if done.wait(1.0):
            return
        for client in clients:
            with contextlib.suppress(OSError):
                client.send(bytes([byte]))


def answered_beside(port: int, slow: Slow, ask: Callable[[], None], count: int = 200) -> None:
    """ask() is answered beside so many, before the time of the first of them is over; afterwards all of them go.

    A door that lets somebody wait for slow clients never answers before that.  One that does not may be too late for it
    on a machine under load, so it is slow_sockets_open again.
    """
    for _ in range(_SIEGES):
        began_s = time.monotonic()
        with holding(port, slow, count // 4 if slow.asks_before else count) as clients:
            ask()
            is_in_time = time.monotonic() - began_s < REQUEST_WITHIN_S
            until_closed(clients)
        if is_in_time:
            return
    raise AssertionError(f"no answer came before a slow client's time was over, in {_SIEGES} sieges")


def until_closed(clients: list[socket.socket]) -> None:
    """Return when the other side has closed the last of them.  AssertionError after GONE_WITHIN_S."""
    ends_s = time.monotonic() + GONE_WITHIN_S
    still_open = list(clients)
    while still_open:
        left_s = ends_s - time.monotonic()
        assert left_s > 0, f"{len(still_open)} connections are open after {GONE_WITHIN_S} s"
        for client in select.select(still_open, [], [], left_s)[0]:
            try:
                is_open = client.recv(65536) != b""
            except OSError:
                is_open = False
            if not is_open:
                still_open.remove(client)
