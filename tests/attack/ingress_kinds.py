"""Requests to the ingress: a wrong signature, or a correct one over a body that Discord would never send."""

import json
import random
from collections.abc import Sequence
from typing import Any

from tests.attack import nasty
from tests.attack.attacker import Attacker, interaction
from tests.attack.client import request
from tests.attack.kind import METHODS, PATHS, Kind, Make, Way, as_json

_PING = b'{"type": 1}'
_TOO_LARGE = 256 * 1024 + 1  # for the ingress


def _signatures(dice: random.Random, attacker: Attacker) -> bytes:
    """Any body with a signature of another body."""
    body = json.dumps(interaction(dice)).encode()
    (name, signature), (time_name, timestamp) = attacker.signature(body)
    other = dice.choice(
        [
            signature[:-1], signature * 2, signature[:-2] + "zz", signature[::-1], "0" * 128, "f" * 7000, "",
            " ", "\u0663" * 128, "0x" + signature, signature[:64], f"{signature},{signature}",
            nasty.flipped(dice, bytes.fromhex(signature)).hex(), dice.randbytes(64).hex(),
            signature.replace(signature[0], "\u00e9"), "null", "-" + signature[1:],
        ]
    )  # fmt: skip
    return request("POST", "/", [(name, other), (time_name, timestamp)], body)


def _timestamps(dice: random.Random, attacker: Attacker) -> bytes:
    """A correct signature, but over another timestamp than the header has."""
    (name, signature), (time_name, timestamp) = attacker.signature(_PING)
    at_s = int(timestamp)
    other = dice.choice([
        str(at_s + 1), str(at_s - 1), "0", "-1", "", "9" * 12, "9" * 5000, f"+{at_s}", f"{at_s}.0", f"0{at_s}",
        f"{at_s} 1", hex(at_s), f"{at_s}e0", "\u0661\u0662", "NaN", f"{at_s},{at_s}",
    ])  # fmt: skip
    return request("POST", "/", [(name, signature), (time_name, other)], _PING)


def _twice(dice: random.Random, attacker: Attacker) -> bytes:
    given = attacker.signature(_PING)
    doubled = dice.choice(given)
    given.insert(dice.randint(0, 2), (doubled[0], dice.choice([doubled[1], "00" * 64, "1"])))
    return request("POST", "/", given, _PING)


def _of_a_stranger(_: random.Random, attacker: Attacker) -> bytes:
    return request("POST", "/", attacker.signature(_PING, key=attacker.stranger), _PING)


def _stale(dice: random.Random, attacker: Attacker) -> bytes:
    age_s = dice.choice([-1, 1]) * dice.choice([310, 3600, 86_400, 10**9])
    return request("POST", "/", attacker.signature(_PING, age_s), _PING)


def _other_body(dice: random.Random, attacker: Attacker) -> bytes:
    return request("POST", "/", attacker.signature(_PING), nasty.flipped(dice, _PING) + b" ")


def _any_value(dice: random.Random, attacker: Attacker) -> bytes:
    return attacker.signed(as_json(nasty.somewhere(dice, interaction(dice))))


def _any_type(dice: random.Random) -> dict[str, Any]:
    kind: Any = dice.choice([1, 3, 4, 5, 6, 0, -1, 99, "2", 1.5, True, None, [2], {}, 10**30])
    data = {"component_type": dice.choice([1, 2, 3, 8, 99, "2", None, []]), "custom_id": dice.choice(nasty.VALUES)}
    return {**interaction(dice), "type": kind, "data": dice.choice([data, {}, [], None, "x"])}


def _malformed_token(dice: random.Random) -> dict[str, Any]:
    """It would change the URL that the steps call: the member gets a message, and nothing is sealed."""
    return {**interaction(dice), "type": 2, "token": dice.choice(MALFORMED_TOKENS)}


MALFORMED_TOKENS: Sequence[Any] = [
    "../../x", "a/b", "a%2fb/", "a?b", "a#b", "..", ".x", "x\n", "x ", "", "x" * 513, "\u00e9", "a\\b", "a\x00",
    None, 1, [],
]  # fmt: skip


def _row(group: str, name: str, allowed: set[int], make: Make, weight: float = 1.0, way: Way = "kept") -> Kind:
    return Kind("ingress", group, name, frozenset(allowed), make, weight, way)


def ingress_kinds() -> list[Kind]:
    unsigned = {401}
    return [
        _row("signature", "another shape", unsigned, _signatures, 8),
        _row("signature", "another key", unsigned, _of_a_stranger, 4),
        _row("signature", "another time", unsigned, _timestamps, 6),
        _row("signature", "a line twice", unsigned, _twice, 3),
        _row("signature", "too old or too new", unsigned, _stale, 4),
        _row("signature", "of another body", unsigned, _other_body, 4),
        _row("signature", "none", unsigned, lambda d, a: request("POST", "/", [], as_json(interaction(d))), 4),
        _row("body", "bits flipped", {200, 400}, lambda d, a: a.signed(nasty.flipped(d, as_json(interaction(d)))), 6),
        _row("body", "cut", {400}, lambda d, a: a.signed(nasty.cut(d, as_json(interaction(d)))), 6),
        _row("body", "no object", {400}, lambda d, a: a.signed(nasty.broken(d)), 8),
        _row("body", "in another encoding", {200, 400}, lambda d, a: a.signed(nasty.encoded(d, interaction(d)))),
        _row("body", "any value anywhere", {200}, _any_value, 8),
        _row("body", "too large", {413}, lambda d, a: a.signed(bytes(d.randint(_TOO_LARGE, 10**6))), 0.05, "alone"),
        _row("component", "any type, any data", {200}, lambda d, a: a.signed(as_json(_any_type(d))), 8),
        _row("interaction", "a malformed token", {200}, lambda d, a: a.signed(as_json(_malformed_token(d))), 6),
        _row("replay", "of a PING", {200}, lambda d, a: a.signed(_PING), 4),
        _row("method", "another", {405}, lambda d, a: a.signed(_PING, method=d.choice(METHODS)), 4, "alone"),
        _row("method", "CONNECT", {400}, lambda d, a: a.signed(_PING, method="CONNECT"), 0.5, "alone"),
        _row("method", "OPTIONS", {405}, lambda d, a: a.signed(_PING, method="OPTIONS"), 0.5, "alone"),
        _row("path", "another", {200, 400, 404}, lambda d, a: a.signed(_PING, path=d.choice(PATHS)), 4, "alone"),
    ]  # fmt: skip
