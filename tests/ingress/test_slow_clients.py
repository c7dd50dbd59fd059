"""Hundreds of slow clients keep no interaction waiting, and are soon gone.  Under functions-framework, over TCP."""

import contextlib
import itertools
import socket
import time
from urllib.parse import urlsplit

import pytest

from service.slow_clients import MAX_INCOMPLETE, REQUEST_WITHIN_S
from tests.ingress.function import DISCORD
from tests.interactions import an_interaction
from tests.slow_clients import OF_EACH_KIND, Slow, answered_beside, holding, kinds, kinds_of, until_closed

_NUMBERS = itertools.count(1310000000000007000)


def port_of(url: str) -> int:
    port = urlsplit(url).port
    assert port is not None
    return port


@pytest.mark.parametrize("part", ["head", "body"])
def test_beside_many_slow_clients_an_interaction_is_acknowledged_before_any_of_them_is_gone(
    url: str, part: str
) -> None:
    def interact() -> None:
        number = str(next(_NUMBERS))
        answer = DISCORD.post(url, an_interaction(number, user=number))
        assert (answer.status_code, answer.json()) == (200, {"type": 5})

    answered_beside(port_of(url), kinds_of(part), interact, OF_EACH_KIND)
    assert DISCORD.post(url, {"type": 1}).json() == {"type": 1}


def test_who_is_too_slow_is_told_so(url: str) -> None:
    """Source: RFC 9110, 408 Request Timeout."""
    began_s = time.monotonic()
    with contextlib.ExitStack() as stack:
        slow = ("one byte of a body", "half a head", "a byte of a body each second")
        clients = {kind: stack.enter_context(holding(port_of(url), kinds()[kind], 1))[0] for kind in slow}
        told = {kind: client.recv(65536)[:13] for kind, client in clients.items()}
        assert told == dict.fromkeys(slow, b"HTTP/1.1 408 ")
    assert time.monotonic() - began_s >= REQUEST_WITHIN_S - 0.1, "told before the time is over; the clocks are rounded"


def test_who_is_refused_at_once_need_not_have_sent_the_body_and_may_not_stay(url: str) -> None:
    with socket.create_connection(("127.0.0.1", port_of(url)), timeout=30) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: door\r\nContent-Length: 1000\r\n\r\n{")
        assert client.recv(65536).startswith(b"HTTP/1.1 401 ")
        until_closed([client])


def test_a_client_that_is_refused_can_read_why_though_it_goes_on_sending(url: str) -> None:
    """A connection that is closed while bytes are on their way would be reset, and the answer lost with it."""
    with socket.create_connection(("127.0.0.1", port_of(url)), timeout=30) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: door\r\nContent-Length: 300000\r\n\r\n")
        for _ in range(300):
            client.sendall(b"x" * 1000)
        refused = client.recv(65536)
        assert refused.startswith(b"HTTP/1.1 401 ")
        client.sendall(b"GET / HTTP/1.1\r\nHost: door\r\n\r\n")
        while b"HTTP/1.1 405 " not in refused:  # an answer may come in parts
            part = client.recv(65536)
            assert part, "it hung up"
            refused += part


def test_of_too_many_that_wait_the_oldest_goes_first(url: str) -> None:
    """Before its time is over.  A machine under load may need longer than that to connect so many."""
    quiet, port = kinds()["nothing at all"], port_of(url)
    for _ in range(10):
        began_s = time.monotonic()
        with holding(port, quiet, 10) as oldest, holding(port, quiet, MAX_INCOMPLETE) as others:
            until_closed(oldest)
            is_before_its_time = time.monotonic() - began_s < REQUEST_WITHIN_S
            assert DISCORD.post(url, {"type": 1}).json() == {"type": 1}
            until_closed(others)
        if is_before_its_time:
            return
    raise AssertionError("the oldest stay until their time is over")


def test_a_head_without_an_end_is_refused(url: str) -> None:
    """Source: RFC 6585, 431 Request Header Fields Too Large."""
    with socket.create_connection(("127.0.0.1", port_of(url)), timeout=30) as client:
        client.sendall(b"POST / HTTP/1.1\r\nHost: door\r\n")
        with contextlib.suppress(OSError):  # it hangs up while we go on
            for number in range(2000):
                client.sendall(b"X-%d: %b\r\n" % (number, b"x" * 200))
                time.sleep(0.0001)
        answer = b""
        with contextlib.suppress(OSError):
            answer = client.recv(65536)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 431 ")
        until_closed([client])


def test_empty_lines_keep_no_connection_open(url: str) -> None:
    """Source: RFC 9112, 2.2: empty lines before a request are skipped."""
    slow = Slow(b"\r\n", b"\r\n" * 500, is_kept_alive=True)
    with holding(port_of(url), slow, 5) as clients:
        until_closed(clients)


def test_two_requests_on_one_connection_without_a_pause_are_both_answered(url: str) -> None:
    body = b'{"type": 1}'
    head = "".join(f"{name}: {value}\r\n" for name, value in DISCORD.headers(body).items())
    request = f"POST / HTTP/1.1\r\nHost: door\r\n{head}Content-Length: {len(body)}\r\n\r\n".encode() + body
    with socket.create_connection(("127.0.0.1", port_of(url)), timeout=30) as client:
        client.sendall(request * 3)
        received = b""
        while received.count(b'{"type":1}') < 3:
            part = client.recv(65536)
            assert part, received
            received += part
