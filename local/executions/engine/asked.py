"""What an effect asks for, in a few bytes: a journal keeps it beside the outcome, and compares it in a replay.

Only what is asked counts, not how: another time-out, or a header that a newer version sends, is no other call.
"""

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

# For people.
WORDS: Mapping[str, str] = {
    "http": "an HTTP call",
    "sleep": "a sleep",
    "now": "the time",
    "uuid": "a UUID",
    "log": "a log entry",
    "connector": "a call of a connector",
    "callback": "the address of a callback",
    "await": "a request to a callback",
}


class Asked(NamedTuple):
    """digest is a checksum of 32 bits, for nobody forges it; 0 where there is only one effect of its kind."""

    kind: Kind
    digest: int


_NOW, _UUID = Asked("now", 0), Asked("uuid", 0)


def asked(effect: Leaf) -> Asked:
    match effect:
        case HttpCall(method=method, url=url, body=body):
            return Asked("http", _digest(f"{method} {url} ", body or b""))
        case Sleep(seconds=seconds):
            return Asked("sleep", _digest(repr(float(seconds))))
        case Now():
            return _NOW
        case NewUuid():
            return _UUID
        case Log(data=data, severity=severity):
            return Asked("log", _digest(f"{severity} ", repr(data).encode()))
        case ConnectorCall(name=name, arguments=arguments):
            return Asked("connector", _digest(f"{name} ", repr(dict(arguments)).encode()))
        case CreateCallback(method=method):
            return Asked("callback", _digest(method))
        case AwaitCallback(url=url):
            return Asked("await", _digest(url))


def _digest(text: str, more: bytes = b"") -> int:
    return crc32(more, crc32(text.encode("utf-8", "surrogatepass")))
