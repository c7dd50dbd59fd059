"""The fingerprint of an effect: a journal keeps it beside the outcome, and compares it in a replay.

Time-outs and headers do not count: a newer version may send others.  Nor does the host of a URL: another `mando up`
on the same data may have other ports.
"""

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple
from zlib import crc32

from local.workflows.effects import (
    AwaitCallback,
    ConnectorCall,
    CreateCallback,
    HttpCall,
    Leaf,
    Log,
    NewUuid,
    Now,
    Sleep,
)

Kind = Literal["http", "sleep", "now", "uuid", "log", "connector", "callback", "await"]

# In messages for users.
KIND_NAMES: Mapping[str, str] = {
    "http": "an HTTP call",
    "sleep": "a sleep",
    "now": "the time",
    "uuid": "a UUID",
    "log": "a log entry",
    "connector": "a call of a connector",
    "callback": "the address of a callback",
    "await": "a request to a callback",
}


_HOST = re.compile(r"\A[A-Za-z][A-Za-z0-9+.-]*://[^/?#]*")


class Fingerprint(NamedTuple):
    """digest is a checksum of 32 bits, enough as nobody forges it; 0 if all effects of the kind are equal."""

    kind: Kind
    digest: int


_NOW, _UUID = Fingerprint("now", 0), Fingerprint("uuid", 0)


def fingerprint(effect: Leaf) -> Fingerprint:
    match effect:
        case HttpCall(method=method, url=url, body=body):
            return Fingerprint("http", _digest(f"{method} {_HOST.sub('', url)} ", body or b""))
        case Sleep(seconds=seconds):
            return Fingerprint("sleep", _digest(repr(float(seconds))))
        case Now():
            return _NOW
        case NewUuid():
            return _UUID
        case Log(data=data, severity=severity):
            return Fingerprint("log", _digest(f"{severity} ", repr(data).encode()))
        case ConnectorCall(name=name, arguments=arguments):
            return Fingerprint("connector", _digest(f"{name} ", repr(dict(arguments)).encode()))
        case CreateCallback(method=method):
            return Fingerprint("callback", _digest(method))
        case AwaitCallback(url=url):
            return Fingerprint("await", _digest(url))


def _digest(text: str, more: bytes = b"") -> int:
    return crc32(more, crc32(text.encode("utf-8", "surrogatepass")))
