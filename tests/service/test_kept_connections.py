"""The client of Cloud Tasks and of the metadata server, over real sockets: what it sends, keeps and believes."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from service import kept_connections
from service.kept_connections import Server
from tests.running import until
from tests.steps.test_issuer import a_certificate

GOOD = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
OK = (200, b"ok")


class Told:
    """Sends the n-th connection its answers, one for each request; then it waits, or closes if told so."""

    def __init__(self, *connections: list[bytes], closes: bool = False) -> None:
        self.connections, self.closes = list(connections), closes
        self.made, self.gone = 0, 0
        self.heard: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        answers = self.connections[self.made]
        self.made += 1
        with contextlib.suppress(ConnectionError, EOFError):
            for answer in answers:
                head = await reader.readuntil(b"\r\n\r\n")
                length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0] or 0)
                self.heard.append(head + await reader.readexactly(length))
                writer.write(answer)
                await writer.drain()
            if not self.closes:
                await reader.read()
        writer.close()
        self.gone += 1


@contextlib.asynccontextmanager
async def serving(told: Told, tls: ssl.SSLContext | None = None) -> AsyncIterator[Server]:
    server = await asyncio.start_server(told.serve, "127.0.0.1", 0, ssl=tls)
    address = f"localhost:{server.sockets[0].getsockname()[1]}"
    client = Server(f"{'https' if tls else 'http'}://{address}/cloud/", most_kept=1)
    try:
        yield client
    finally:
        client.hang_up()
        server.close()
        await until(lambda: told.gone == told.made)


async def test_one_connection_serves_one_call_after_another_and_each_says_whom_it_asks() -> None:
    told = Told([GOOD, GOOD])
    async with serving(told) as server:
        assert (await server.call("POST", "/v2/x", {"Content-Type": "application/json"}, b"{}"))[:2] == OK
        assert (await server.call("GET", "/v2/y?a=b", {}))[:2] == OK
        host = f"Host: {server._netloc}\r\n"
    post = f"POST /cloud/v2/x HTTP/1.1\r\n{host}Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{{}}"
    assert told.heard == [post.encode(), f"GET /cloud/v2/y?a=b HTTP/1.1\r\n{host}\r\n".encode()]
    assert told.made == 1


@pytest.mark.parametrize(
    ("said", "answer", "is_kept"),
    [
        (b"HTTP/1.1 100 Continue\r\n\r\n" + GOOD, OK, True),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\no\r\n1\r\nk\r\n0\r\n\r\n",
            OK,
            True,
        ),
        (b"HTTP/1.1 204 No Content\r\n\r\n", (204, b""), True),
        (b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok", OK, False),
        (b"HTTP/1.0 503 x\r\nContent-Length: 2\r\n\r\nno", (503, b"no"), False),
    ],
    ids=str,
)
async def test_an_answer_is_read_to_its_end_and_a_connection_is_kept_if_the_server_keeps_it(
    said: bytes, answer: tuple[int, bytes], is_kept: bool
) -> None:
    told = Told([said, GOOD], [GOOD])
    async with serving(told) as server:
        assert (await server.call("GET", "/", {}))[:2] == answer
        assert (await server.call("GET", "/", {}))[:2] == OK
    assert told.made == (1 if is_kept else 2)


async def test_the_headers_are_those_of_the_answer_by_names_in_lower_case() -> None:
    told = Told(
        [b"HTTP/1.1 103 Early Hints\r\nAge: 1\r\n\r\nHTTP/1.1 204 x\r\nCache-Control: max-age=60\r\nX: \xe9\r\n\r\n"]
    )
    async with serving(told) as server:
        assert (await server.call("GET", "/", {})).headers == {"cache-control": "max-age=60", "x": "\xe9"}


async def test_no_call_is_made_on_a_connection_that_the_server_has_closed() -> None:
    """Also where the event loop has not run since: Cloud Run gives an instance no processor between requests."""
    told = Told([GOOD], [GOOD], closes=True)
    async with serving(told) as server:
        await server.call("GET", "/", {})
        (kept,) = server._kept
        await until(lambda: told.gone == 1)
        kept._transport.pause_reading()  # as if the loop had not seen it yet
        async with asyncio.timeout(20):
            assert (await server.call("GET", "/", {}))[:2] == OK
    assert told.made == 2


async def test_no_more_connections_are_kept_than_said() -> None:
    told = Told(*[[GOOD]] * 3)
    async with serving(told) as server:
        await asyncio.gather(*(server.call("GET", "/", {}) for _ in range(3)))
        await until(lambda: told.gone == 2)
        assert len(server._kept) == 1


@pytest.mark.parametrize(
    ("said", "error"),
    [
        (b"SSH-2.0-x\r\n", ValueError),
        (b"HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n", ValueError),
        (b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2000, ValueError),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", ConnectionError),
        (b"", ConnectionError),
    ],
    ids=lambda value: value[:40] if isinstance(value, bytes) else value.__name__,
)
async def test_what_is_no_whole_answer_is_an_error_and_ends_the_connection(
    said: bytes, error: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kept_connections, "_MOST_BYTES", 1000)
    told = Told([said], closes=True)
    async with serving(told) as server:
        with pytest.raises(error):
            await server.call("GET", "/", {})
        assert server._kept == []


async def test_a_second_answer_to_one_request_is_not_taken_for_that_of_the_next() -> None:
    told = Told([GOOD + GOOD], [GOOD])
    async with serving(told) as server:
        await server.call("GET", "/", {})
        assert (await server.call("GET", "/", {}))[:2] == OK
    assert told.made == 2


async def test_a_call_that_is_given_up_hangs_up() -> None:
    told = Told([b"HTTP/1.1 200 OK\r\n"])
    async with serving(told) as server:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.05):
                await server.call("GET", "/", {})
        await until(lambda: told.gone == 1)


@pytest.mark.parametrize("is_vouched_for", [True, False])
async def test_over_tls_only_a_server_whom_certifi_vouches_for_is_asked(
    is_vouched_for: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    certificate = a_certificate(tmp_path)
    if is_vouched_for:
        monkeypatch.setattr("certifi.where", lambda: str(certificate))
    monkeypatch.setattr(kept_connections, "_tls", kept_connections._tls.__wrapped__)  # not what was read before
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate)
    told = Told([GOOD, GOOD])
    async with serving(told, tls) as server:
        if is_vouched_for:
            for _ in range(2):
                assert (await server.call("GET", "/", {}))[:2] == OK
            assert told.made == 1
        else:
            with pytest.raises(ssl.SSLCertVerificationError):
                await server.call("GET", "/", {})
            assert told.heard == []
