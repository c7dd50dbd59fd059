"""Unexpected values and bytes in genuine JSON.  Drawn from a seeded random source, so they repeat."""

import copy
import json
import random
from typing import Any

VALUES: list[Any] = [
    None, True, -1, 0, 1.5, 10**19, 10**400, 1e308, "", " ", "\x00", "\ud800", "\udfff\ud800", "\u0661\u0662",
    "../../etc/passwd", "https://evil.example/?a=b#c", "<script>alert(1)</script>", "\r\nSet-Cookie: a=b", "{{7*7}}",
    "${sys.get_env(\"X\")}",
    "%2e%2e%2f", "x" * 5000, "@everyone", "9" * 21, [], {}, [[[[]]]], ["x"] * 200, {"__proto__": {}},
    {"": None}, {"type": 2},
]  # fmt: skip


def somewhere(dice: random.Random, genuine: dict[str, Any]) -> dict[str, Any]:
    """A copy with one of VALUES in one place."""
    changed = copy.deepcopy(genuine)
    holder: Any = changed
    while True:
        key = dice.choice(sorted(holder) if isinstance(holder, dict) else range(len(holder)))
        if not isinstance(holder[key], dict | list) or not holder[key] or dice.random() < 0.3:
            holder[key] = dice.choice(VALUES)
            return changed
        holder = holder[key]


def flipped(dice: random.Random, body: bytes) -> bytes:
    """One to three bits are flipped."""
    changed = bytearray(body)
    for place in dice.sample(range(8 * len(body)), dice.randint(1, 3)):
        changed[place // 8] ^= 1 << place % 8
    return bytes(changed)


def cut(dice: random.Random, body: bytes) -> bytes:
    return body[: dice.randint(0, len(body) - 1)]


def encoded(dice: random.Random, value: Any) -> bytes:
    """Source: RFC 8259, 8.1: a reader may take a mark of byte order for an error or not."""
    text = json.dumps({**value, "locale": "\ud800"}, ensure_ascii=False)
    return text.encode(dice.choice(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32"]), "surrogatepass")


def broken(dice: random.Random) -> bytes:
    """No JSON, or none that is an object; at most 16 KiB."""
    count = dice.randint(900, 5000)
    return dice.choice(
        [
            b"",
            b"null",
            b'"x"',
            b"[]",
            b"7",
            b"[" * count,
            b"[" * count + b"]" * count,
            b'{"type":' * (count // 4),
            b'{"type": ' + b"9" * (4301 + count) + b"}",
            b'{"type": NaN}',
            b'{"type": -Infinity}',
            b'{"type": "\xc0\xaf"}',
            b'{"type": 1}{"type": 1}',
            b"{'type': 1}",
            b'{"type": 1,}',
            dice.randbytes(count) + b"\xff",
        ]
    )
