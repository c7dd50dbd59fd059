"""Malformed heads for ingress and steps: a genuine request with changed lines.

The rest of the request is genuine, so a server that accepts the head gives the answer to the genuine request.
"""

import random
from collections.abc import Callable

from tests.attack.client import CLOSED

Change = Callable[[random.Random, bytes], bytes]
PASSED = 1  # stands for the status of the unchanged request

_BAD_LENGTHS = ["-1", "+5", "0x10", "1e3", "1,2", "\u0663", "", " ", "5;", "5 5", "_5", "5_0", "NaN", "5\x0b"]
_BAD_NAMES = ["X ", "X\x00", "X\t", "X(", "X@", "X/", "\u00fc", "", '"X"', "X\x7f"]
_CODINGS = ["xchunked", "gzip", "gzip, gzip", "chunked, gzip", "chunked;q=1", "\x0bchunked", "chunked\x00", "x"]
_SIZES = ["-1", "+1", "0x5", "g", "1_0", "", " 5", "5 ;", "\uff15", "f" * 40, "5\n"]
_HOSTS = ["evil.example", "127.0.0.1:99999", "a" * 4000, "[::1", "x@y", "../..", "1.2.3.4, 5.6.7.8", "", "\u00fc"]
_PROTOCOLS = ["websocket", "h2c", "HTTP/2.0", "TLS/1.0", "x" * 500]
_EXPECTED = ["100-continue", "200-ok", "100-continue, x", "x" * 500]
_VERSIONS = ["HTTP/0.9", "HTTP/1.", "HTTP/2", "HTTP/3.0", "HTTP/9.9", "http/1.1", "HTTP/1.1.1", "HTTP/-1.1", "ICY/1.1"]
_METHODS = ["get", "P\u00d6ST", "POST\x00", "PO ST", "", "P(ST", "post", "\x16\x03\x01", "P" * 500, "PRI", "BREW"]


def _added(line: bytes) -> Change:
    """The request with one more line, at any place."""

    def change(dice: random.Random, genuine: bytes) -> bytes:
        lines, body = _parts(genuine)
        lines.insert(dice.randint(1, len(lines)), line)
        return _joined(lines, body)

    return change


def _with(make: Callable[[random.Random], str]) -> Change:
    return lambda dice, genuine: _added(make(dice).encode())(dice, genuine)


def _line_is(name: str, make: Callable[[random.Random], str]) -> Change:
    """The line of that name gets another value and another place."""

    def change(dice: random.Random, genuine: bytes) -> bytes:
        lines, body = _parts(genuine)
        lines = [line for line in lines if not line.startswith(name.encode())]
        lines.insert(dice.randint(1, len(lines)), f"{name}: {make(dice)}".encode())
        return _joined(lines, body)

    return change


def _first_line(make: Callable[[random.Random, str, str], str]) -> Change:
    def change(dice: random.Random, genuine: bytes) -> bytes:
        lines, body = _parts(genuine)
        method, path, _ = lines[0].decode().split(" ")
        lines[0] = make(dice, method, path).encode()
        return _joined(lines, body)

    return change


def _long_path(least: int, most: int) -> Change:
    return _first_line(lambda dice, method, path: f"{method} {path}{'a' * dice.randint(least, most)} HTTP/1.1")


def _chunked(encode: Callable[[random.Random, bytes], bytes], *more: bytes) -> Change:
    """Without a length; the body in chunks."""

    def change(dice: random.Random, genuine: bytes) -> bytes:
        lines, body = _parts(genuine)
        lines = [line for line in lines if not line.startswith(b"Content-Length")]
        return _joined([*lines, *(more or (b"Transfer-Encoding: chunked",))], encode(dice, body))

    return change


def _smuggled(dice: random.Random, genuine: bytes) -> bytes:
    """Two headers that disagree on the end of the request, and a second request behind the first end."""
    lines, body = _parts(genuine)
    coding = dice.choice(["chunked", " chunked", "chunked, identity", "CHUNKED", "\tchunked", "xchunked"])
    name = dice.choice(["Transfer-Encoding", "transfer-encoding", "Transfer-Encoding ", "Transfer_Encoding"])
    if name == "Transfer_Encoding":  # an unknown header, so the length itself must be wrong
        return _joined([*lines, b"Content-Length: 0"], body + genuine)
    return _joined([*lines, f"{name}: {coding}".encode()], b"0\r\n\r\n" + genuine)


def _twice(name: bytes) -> Change:
    def change(dice: random.Random, genuine: bytes) -> bytes:
        lines, body = _parts(genuine)
        found = next(line for line in lines if line.startswith(name))
        lines.insert(dice.randint(1, len(lines)), name + b": " + found.partition(b": ")[2] + dice.choice([b"1", b"0"]))
        return _joined(lines, body)

    return change


def _folded(dice: random.Random, genuine: bytes) -> bytes:
    lines, body = _parts(genuine)
    lines.insert(dice.randint(2, len(lines)), dice.choice([b" ", b"\t", b"  "]) + b"folded: 1")
    return _joined(lines, body)


def _broken_line(dice: random.Random, genuine: bytes) -> bytes:
    """A character that some parsers take for the end of a line."""
    return _added(b"X-A: b" + dice.choice([b"\rX-B: c", b"\x00c", b"\r\r\nX-B: c"]))(dice, genuine)


def _cut(dice: random.Random, genuine: bytes) -> bytes:
    """It ends within the head."""
    return genuine[: dice.randint(1, genuine.index(b"\r\n\r\n"))]


def _flipped(dice: random.Random, genuine: bytes) -> bytes:
    return bytes([genuine[0] ^ (1 << dice.randrange(7))]) + genuine[1:]


def _noise(dice: random.Random, _: bytes) -> bytes:
    return dice.randbytes(dice.randint(1, 400)) + b"\r\n\r\n"


def _parts(genuine: bytes) -> tuple[list[bytes], bytes]:
    head, _, body = genuine.partition(b"\r\n\r\n")
    return head.split(b"\r\n"), body


def _joined(lines: list[bytes], body: bytes) -> bytes:
    return b"\r\n".join([*lines, b"", b""]) + body


def _one_chunk(_: random.Random, body: bytes) -> bytes:
    return f"{len(body):x}\r\n".encode() + body + b"\r\n0\r\n\r\n"


def _malformed_chunk(dice: random.Random, body: bytes) -> bytes:
    return f"{dice.choice(_SIZES)}\r\n".encode() + body + b"\r\n0\r\n\r\n"


# Statuses beside each: 400 comes from the server, before our code sees the request.  Source of 501: RFC 9112, 6.1, "a
# transfer coding it does not understand"; of 414 and 431: RFC 9110, 15.5.15, and RFC 6585, 5.
HEADS: dict[str, tuple[Change, set[int]]] = {
    "noise": (_noise, {400, 414, CLOSED}),
    "cut": (_cut, {400, 408, CLOSED}),
    "a bit of the method flipped": (_flipped, {400, 405, 404}),
    "a malformed method": (_first_line(lambda d, _, path: f"{d.choice(_METHODS)} {path} HTTP/1.1"), {400, 405}),
    # Source: RFC 9110, 2.5: a server may refuse a version, and need not.
    "another version": (
        _first_line(lambda d, method, path: f"{method} {path} {d.choice(_VERSIONS)}"),
        {400, PASSED, CLOSED},
    ),
    "a path of 9 to 60 KB": (_long_path(9_000, 60_000), {400, 414, 404, PASSED, CLOSED}),
    "a path of 300 to 900 KB": (_long_path(300_000, 900_000), {400, 414, 431, CLOSED}),
    "a line without a colon": (_added(b"nonsense"), {400}),
    "a malformed name": (_with(lambda d: f"{d.choice(_BAD_NAMES)}: 1"), {400}),
    # Source: RFC 9112, 5.2: it is refused, or read as part of the line above it.
    "a folded line": (_folded, {400, 401, PASSED}),
    "a broken line": (_broken_line, {400}),
    "a value that is not ASCII": (_with(lambda d: f"X-A: {chr(d.randint(161, 0xD7FF))}"), {PASSED}),
    "a line of 9 to 60 KB": (_with(lambda d: f"X-A: {'b' * d.randint(9_000, 60_000)}"), {400, 431, PASSED, CLOSED}),
    "a line of 300 to 900 KB": (_with(lambda d: f"X-A: {'b' * d.randint(300_000, 900_000)}"), {400, 431, CLOSED}),
    "200 lines": (_with(lambda _: "\r\n".join(f"X-{n}: {n}" for n in range(200))), {400, 431, PASSED, CLOSED}),
    "another Host": (_line_is("Host", lambda d: d.choice(_HOSTS)), {400, PASSED}),
    # Source: RFC 9112, 3.2: a server MUST answer 400.
    "two Hosts": (_with(lambda d: f"Host: {d.choice(_HOSTS)}"), {400}),
    "a malformed length": (_line_is("Content-Length", lambda d: d.choice(_BAD_LENGTHS)), {400}),
    # The ingress may also answer: what came is signed.  Source: RFC 9112, 8: a server MAY answer with an error.
    "a length that is too large": (
        _line_is("Content-Length", lambda d: str(d.randint(10**4, 10**30))),
        {400, 408, 413, PASSED, CLOSED},
    ),
    "two lengths": (_twice(b"Content-Length"), {400}),
    "another protocol asked for": (
        _with(lambda d: f"Connection: Upgrade\r\nUpgrade: {d.choice(_PROTOCOLS)}"),
        {400, PASSED},
    ),
    # Source: RFC 9110, 10.1.1: 417, or an unknown expectation is ignored.
    "something expected": (_with(lambda d: f"Expect: {d.choice(_EXPECTED)}"), {417, PASSED}),
    "a right body in chunks": (_chunked(_one_chunk), {PASSED}),
    "a malformed chunk": (_chunked(_malformed_chunk), {400, CLOSED}),
    "an unknown coding": (
        lambda d, genuine: _chunked(_one_chunk, f"Transfer-Encoding: {d.choice(_CODINGS)}".encode())(d, genuine),
        {400, 501},
    ),
    "a second request smuggled": (_smuggled, {400, 501}),
}

# Requests without a recognizable end: the server may wait for more bytes.
CUT = {"noise", "cut", "a length that is too large", "a malformed chunk"}
