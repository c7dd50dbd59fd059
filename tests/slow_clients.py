"""Clients that hold a connection by being slow: what each kind sends, and many of them at once."""

import contextlib
import select
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from service.slow_clients import REQUEST_WITHIN_S

# A server with a deadline closes a slow connection after 2.5 s, or 4.5 s if it was kept alive; one without a deadline
# never does.  The rest is for a machine under load.
GONE_WITHIN_S = 20.0
_TRIES = 10
OF_EACH_KIND = 110  # more than a server has threads; of each part's kinds together fewer than it lets wait

_HEAD = b"POST / HTTP/1.1\r\nHost: door\r\nContent-Type: application/json\r\nAuthorization: Bearer a.b.c\r\n"
# With these headers the ingress goes on to read the body: the signature has the right form.
_SHAPED = b"X-Signature-Ed25519: %b\r\nX-Signature-Timestamp: %d\r\n"


@dataclass(frozen=True, slots=True)
class Slow:
    """first is sent at once, then a byte of rest each second; is_kept_alive: after a whole request."""

    first: bytes
    rest: bytes = b""
    is_kept_alive: bool = False


def kinds_of(part: str) -> Mapping[str, Slow]:
    """Those that are slow with a body, or those that are slow before one."""
    return {kind: slow for kind, slow in kinds().items() if ("body" in kind) == (part == "body")}


def kinds() -> Mapping[str, Slow]:
    whole = _HEAD + _SHAPED % (b"ab" * 64, time.time()) + b"Content-Length: 1000\r\n\r\n"
    return {
        "one byte of a body": Slow(whole + b"{"),
        "half a head": Slow(_HEAD),
        "a byte of a head each second": Slow(b"P", whole[1:]),
        "a byte of a body each second": Slow(whole, b"{" * 1000),
        "nothing at all": Slow(b""),
        "half a head on a kept connection": Slow(_HEAD, is_kept_alive=True),
    }


@contextlib.contextmanager
def holding(port: int, slow: Slow, count: int) -> Iterator[list[socket.socket]]:
    """`count` connections; their bytes are sent while the block runs."""
    done = threading.Event()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(socket.create_connection(("127.0.0.1", port), timeout=10)) for _ in range(count)]
        for client in clients:
            if slow.is_kept_alive:
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


def answered_beside(port: int, slow: Mapping[str, Slow], ask: Callable[[], None], count: int) -> None:
    """Check that ask() is answered beside `count` clients of each kind before one is cut off; later all are closed.

    A server on which others wait for slow clients never answers in that time.  A good one may be too late on a machine
    under load, so there are several tries.
    """
    for _ in range(_TRIES):
        began_s = time.monotonic()
        with contextlib.ExitStack() as stack:
            clients = {
                kind: stack.enter_context(holding(port, one, count // 4 if one.is_kept_alive else count))
                for kind, one in slow.items()
            }
            ask()
            is_in_time = time.monotonic() - began_s < REQUEST_WITHIN_S
            for kind, those in clients.items():
                until_closed(those, kind)
        if is_in_time:
            return
    raise AssertionError(f"no answer came before a slow client's time was over, in {_TRIES} tries")


def until_closed(clients: list[socket.socket], kind: str = "slow") -> None:
    """Return when the other side has closed the last of them.  AssertionError after GONE_WITHIN_S."""
    ends_s = time.monotonic() + GONE_WITHIN_S
    still_open = list(clients)
    while still_open:
        left_s = ends_s - time.monotonic()
        assert left_s > 0, f"{len(still_open)} connections ({kind}) are open after {GONE_WITHIN_S} s"
        for client in select.select(still_open, [], [], left_s)[0]:
            try:
                is_open = client.recv(65536) != b""
            except OSError:
                is_open = False
            if not is_open:
                still_open.remove(client)
