"""How the issuer's certificates are fetched: the bytes that go out, the limits of what may come back, and TLS.

The issuer is a socket on this machine that says what its row says.
"""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from service import kept_connections
from steps import certificates
from steps.certificates import Certificates, CertificatesUnavailable
from tests.virtual_time import VirtualLoop, in_virtual_time

FOUND = b'{"abc": "PEM"}'


def answer(body: bytes = FOUND, status: str = "200 OK", headers: str = "", length: int | None = None) -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(body) if length is None else length}\r\n{headers}\r\n"
    return head.encode() + body


@contextlib.asynccontextmanager
async def an_issuer(said: bytes, tls: ssl.SSLContext | None = None) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Its port, and what it was asked; it goes on listening after its answer, until the client hangs up, as it must."""
    asked: list[bytes] = []
    hung_up = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(said)
        if not said.startswith(b"HTTP/1.1 200 OK\r\nContent-Length: 14\r\n"):
            writer.write_eof()
        with contextlib.suppress(ConnectionError):
            await reader.read()
        hung_up.set()
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=tls)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(certificates, "FETCH_WITHIN_S", 60)  # a busy machine takes its time
        async with server:
            yield server.sockets[0].getsockname()[1], asked
            if asked:
                async with asyncio.timeout(60):
                    await hung_up.wait()


@pytest.mark.parametrize(("path", "target"), [("/oauth2/v1/certs", "/oauth2/v1/certs"), ("", "/"), ("/", "/")])
async def test_a_fetch_asks_for_nothing_but_the_certificates_and_hangs_up(path: str, target: str) -> None:
    async with an_issuer(answer()) as (port, asked):
        assert await Certificates(f"http://127.0.0.1:{port}{path}").find("abc") == "PEM"
        head = (
            f"GET {target} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept: application/json\r\nConnection: close\r\n\r\n"
        )
        assert asked == [head.encode()]


async def unavailable(said: bytes) -> bool:
    async with an_issuer(said) as (port, asked):
        try:
            assert await Certificates(f"http://127.0.0.1:{port}/").find("abc") == "PEM"
        except CertificatesUnavailable:
            return True
        finally:
            assert len(asked) == 1
        return False


MOST_BYTES = 256 * 1024


@pytest.mark.parametrize(
    ("said", "is_none"),
    [
        (answer(), False),
        (answer(headers="Set-Cookie: a=b\r\n"), False),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n" + answer(), False),
        (answer(FOUND.ljust(MOST_BYTES)), False),
        (answer(FOUND.ljust(MOST_BYTES + 1)), True),
        (answer(b'{"abc": "PEM", "def": 1}'), True),
        (answer(b"{}"), True),
        (answer(b"[" * 100_000), True),
        (answer(FOUND, length=100), True),
        *((answer(status=status), True) for status in ("201 Created", "404 Not Found", "503 Busy")),
        (answer(status="302 Found", headers="Location: https://elsewhere.example/\r\n"), True),
        (b"", True),
        (b"HTTP/1.1 200 OK\r\n", True),
        (b"HTTP/1.1 103 Early Hints\r\n\r\n", True),
        (b"220 mail.example ready\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n{}", True),
    ],
    ids=lambda one: f"{len(one)} {one[:40]!r}" if isinstance(one, bytes) else None,
)
async def test_only_a_whole_good_answer_is_taken_for_certificates(said: bytes, is_none: bool) -> None:
    assert await unavailable(said) == is_none


@pytest.mark.parametrize(
    ("url", "host", "port", "is_tls"),
    [
        ("http://issuer.example/certs", "issuer.example", 80, False),
        ("http://issuer.example:8080/certs", "issuer.example", 8080, False),
        ("https://issuer.example/certs", "issuer.example", 443, True),
        ("https://issuer.example:8443/certs", "issuer.example", 8443, True),
    ],
)
async def test_no_other_host_or_port_is_asked_than_the_address_names(
    url: str, host: str, port: int, is_tls: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[Any, ...]] = []

    async def refused(_: object, *where: Any, ssl: object) -> None:
        asked.append((*where, ssl is not None))
        raise ConnectionRefusedError

    monkeypatch.setattr(asyncio.get_running_loop(), "create_connection", refused)
    with pytest.raises(CertificatesUnavailable):
        await Certificates(url).find("abc")
    assert asked == [(host, port, is_tls)]


def a_certificate(folder: Path) -> Path:
    """Of 127.0.0.1, signed by itself, with its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.now(UTC)
    built = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "issuer.pem"
    path.write_bytes(
        built.public_bytes(serialization.Encoding.PEM)
        + key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


@pytest.mark.parametrize("is_known", [True, False])
async def test_over_tls_only_an_issuer_whom_certifi_vouches_for_is_believed(
    is_known: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else whoever is on the way could hand us keys of their own, and call the steps with them."""
    certificate = a_certificate(tmp_path)
    if is_known:
        monkeypatch.setattr("certifi.where", lambda: str(certificate))
    monkeypatch.setattr(kept_connections, "_tls", kept_connections._tls.__wrapped__)  # not what was read before
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate)
    async with an_issuer(answer(), tls) as (port, _):
        fetched = Certificates(f"https://localhost:{port}/certs")
        if is_known:
            assert await fetched.find("abc") == "PEM"
        else:
            with pytest.raises(CertificatesUnavailable):
                await fetched.find("abc")


def test_a_call_waits_three_seconds_for_an_issuer_who_is_silent_and_none_waits_in_the_second_after(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    began_s: list[float] = []

    async def table(loop: VirtualLoop) -> None:
        async def silent(*_: object, **__: object) -> None:
            began_s.append(loop.now_s)
            await asyncio.Event().wait()

        monkeypatch.setattr(loop, "create_connection", silent)
        fetched = Certificates("http://issuer.example/", now_s=loop.time)
        for asked_s, told_s in [(0, 3), (3, 3), (3.999, 3.999), (4, 7), (7.5, 7.5), (8.5, 11.5)]:
            loop.now_s = asked_s
            with pytest.raises(CertificatesUnavailable):
                await fetched.find("abc")
            assert loop.now_s == told_s

    in_virtual_time(table)
    assert began_s == [0, 4, 8.5]
