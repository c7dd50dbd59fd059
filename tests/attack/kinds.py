"""The kinds of hostile requests, one row each: at which face, what is wrong, and the only answers that are right."""

import json
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal

from tests.attack import nasty
from tests.attack.attacker import Attacker, interaction
from tests.attack.client import CLOSED, request
from tests.attack.heads import CUT, HEADS, PASSED, Change
from tests.steps.service import sealed
from tests.steps.test_attacks import BODIES
from tests.steps.test_forged_tokens import FORGED

Face = Literal["ingress", "steps"]
Way = Literal["kept", "alone", "cut"]
Make = Callable[[random.Random, Attacker], bytes]

_PING = b'{"type": 1}'
_TOO_LARGE = 256 * 1024 + 1  # for the ingress
_PATHS = ["/../../etc/passwd", "/%2e%2e/%2e%2e/x", "/..%5c..%5cx", "/%00", "/%", "/%zz", "//evil.example/",
          "/./health/.", "/a;b=c", "/?a=%ff", "/health/../generate-image", "/generate-image/",
          "/static/../steps/app.py", "/favicon.ico", "/robots.txt", "http://evil.example/", "*", "evil.example:80",
          "/\u00e9", "/x#y", "/x|y", "/console", "/.env", "/.git/config", "/_ah/warmup", "/" + "a/" * 900]  # fmt: skip
_SAME_PATHS = ["//generate-image", "http://127.0.0.1/generate-image", "/generate-image?x=../..", "/%67enerate-image"]
_METHODS = ["GET", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND", "BREW", "CONNECT"]
_CONTENT_TYPES = [
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "application/jsonp",
    "x",
]
_DEDUP_KEYS = ["", "1", "9" * 4000, "1\x85evil", "../..", "1310000000000000001,1310000000000000001", "\u0661"]


@dataclass(frozen=True, slots=True)
class Kind:
    """way: over a connection that goes on, over one of its own, or over one that we end, since nothing follows."""

    face: Face
    group: str
    name: str
    allowed: frozenset[int]
    make: Make
    weight: float = 1.0
    way: Way = "kept"


def kinds() -> list[Kind]:
    return [*_ingress(), *_steps(), *_heads("ingress", _genuine_ping, 200), *_heads("steps", _genuine_call, 422)]


def stream(seed: int, attacker: Attacker) -> Iterator[tuple[Kind, bytes]]:
    """Without an end.  The same seed gives the same mutations; keys, ids and the hour are the run's own."""
    dice = random.Random(seed)
    every = kinds()
    weights = [kind.weight for kind in every]
    while True:
        for kind in dice.choices(every, weights, k=1000):
            yield kind, kind.make(dice, attacker)


def _genuine_ping(attacker: Attacker) -> bytes:
    return attacker.signed(_PING)


def _genuine_call(attacker: Attacker) -> bytes:
    return attacker.called(attacker.step_body)


def _heads(face: Face, genuine: Callable[[Attacker], bytes], passed: int) -> Iterator[Kind]:
    def make(change: Change, dice: random.Random, attacker: Attacker) -> bytes:
        return change(dice, genuine(attacker))

    for name, (change, allowed) in HEADS.items():
        statuses = frozenset(passed if one == PASSED else one for one in allowed)
        weight = 0.05 if "900 KB" in name else 0.5
        yield Kind(face, "head", name, statuses, partial(make, change), weight, "cut" if name in CUT else "alone")


# --- at the ingress -----------------------------------------------------------------------------------------------


def _signatures(dice: random.Random, attacker: Attacker) -> bytes:
    """Any body under a signature that is not for it."""
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
    """A right signature, over another time than the one that stands there."""
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


def _any_type(dice: random.Random) -> dict[str, Any]:
    kind: Any = dice.choice([1, 3, 4, 5, 6, 0, -1, 99, "2", 1.5, True, None, [2], {}, 10**30])
    data = {"component_type": dice.choice([1, 2, 3, 8, 99, "2", None, []]), "custom_id": dice.choice(nasty.VALUES)}
    return {**interaction(dice), "type": kind, "data": dice.choice([data, {}, [], None, "x"])}


def _crooked_token(dice: random.Random) -> dict[str, Any]:
    """It would lead the steps to another address: the member is told, and nothing is sealed."""
    return {**interaction(dice), "type": 2, "token": dice.choice(CROOKED_TOKENS)}


CROOKED_TOKENS: Sequence[Any] = [
    "../../x", "a/b", "a%2fb/", "a?b", "a#b", "..", ".x", "x\n", "x ", "", "x" * 513, "\u00e9", "a\\b", "a\x00",
    None, 1, [],
]  # fmt: skip


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _row(group: str, name: str, allowed: set[int], make: Make, weight: float = 1.0, way: Way = "kept") -> Kind:
    return Kind("ingress", group, name, frozenset(allowed), make, weight, way)


def _ingress() -> list[Kind]:
    unsigned = {401}
    return [
        _row("signature", "another shape", unsigned, _signatures, 8),
        _row("signature", "another key", unsigned, _of_a_stranger, 4),
        _row("signature", "another time", unsigned, _timestamps, 6),
        _row("signature", "a line twice", unsigned, _twice, 3),
        _row("signature", "too old or too new", unsigned, _stale, 4),
        _row("signature", "of another body", unsigned, _other_body, 4),
        _row("signature", "none", unsigned, lambda d, a: request("POST", "/", [], _json(interaction(d))), 4),
        _row("body", "bits flipped", {200, 400}, lambda d, a: a.signed(nasty.flipped(d, _json(interaction(d)))), 6),
        _row("body", "cut", {400}, lambda d, a: a.signed(nasty.cut(d, _json(interaction(d)))), 6),
        _row("body", "no object", {400}, lambda d, a: a.signed(nasty.broken(d)), 8),
        _row("body", "in another encoding", {200, 400}, lambda d, a: a.signed(nasty.encoded(d, interaction(d)))),
        _row("body", "any value anywhere", {200}, lambda d, a: a.signed(_json(nasty.somewhere(d, interaction(d)))), 8),
        _row("body", "too large", {413}, lambda d, a: a.signed(bytes(d.randint(_TOO_LARGE, 10**6))), 0.05, "alone"),
        _row("component", "any type, any data", {200}, lambda d, a: a.signed(_json(_any_type(d))), 8),
        _row("interaction", "a crooked token", {200}, lambda d, a: a.signed(_json(_crooked_token(d))), 6),
        _row("replay", "of a PING", {200}, lambda d, a: a.signed(_PING), 4),
        _row("method", "another", {405}, lambda d, a: a.signed(_PING, method=d.choice(_METHODS)), 4, "alone"),
        _row("method", "OPTIONS", {405}, lambda d, a: a.signed(_PING, method="OPTIONS"), 0.5, "alone"),
        _row("path", "another", {200, 400, 404}, lambda d, a: a.signed(_PING, path=d.choice(_PATHS)), 4, "alone"),
    ]  # fmt: skip


# --- at the steps -------------------------------------------------------------------------------------------------


def _changed_token(dice: random.Random, attacker: Attacker) -> bytes:
    """One character is another; not the last, of whose six bits four say nothing."""
    token = attacker.token
    place = dice.randrange(len(token) - 1)
    other = dice.choice([one for one in "AZaz09-_.=" if one != token[place]])
    return attacker.called(attacker.step_body, Authorization=f"Bearer {token[:place]}{other}{token[place + 1 :]}")


def _no_bearer(dice: random.Random, attacker: Attacker) -> bytes:
    token = attacker.token
    given = dice.choice(
        ["Bearer", f"Basic {token}", token, f"Bearer: {token}", f"Bearer  {token}", f"Bearer {token},x", "a" * 6000]
    )
    return attacker.called(attacker.step_body, Authorization=given)


def _reply_of_a_stranger(dice: random.Random, attacker: Attacker) -> bytes:
    """A sealed token of ours, altered, or one that leads elsewhere, under a genuine call."""
    ours = sealed(attacker.steps.key, dice.choice([b"../../x", b"a/b", b"", b"x" * 513, b"\xff"]))
    altered = dice.choice([ours, "A" * 1024, dice.randbytes(90).hex()])
    order = {"request": {**attacker.step_request, "sealed_token": altered}, "failure": "unavailable"}
    return attacker.called(_json(order), "/reply-discord")


def _steps() -> Iterator[Kind]:
    def row(group: str, name: str, allowed: set[int], make: Make, weight: float = 1.0, way: Way = "kept") -> Kind:
        return Kind("steps", group, name, frozenset(allowed), make, weight, way)

    for name, (status, _) in FORGED.items():
        forged = partial(lambda name, d, a: a.called(a.step_body, Authorization=f"Bearer {a.forged[name]}"), name)
        yield row("token", name, {status}, forged, 0.5, "alone" if status == 431 else "kept")
    for name, (status, make) in BODIES.items():
        body = partial(lambda make, d, a: a.called(make(a.steps)), make)
        yield row("body", name, {status}, body, 0.05 if status == 413 else 0.3, "alone" if status == 413 else "kept")
    yield row("token", "a character changed", {401}, _changed_token, 8)
    yield row("token", "no bearer", {401}, _no_bearer, 4)
    yield row("body", "bits flipped", {400, 422}, lambda d, a: a.called(nasty.flipped(d, a.step_body)), 4)
    yield row("body", "cut", {400}, lambda d, a: a.called(nasty.cut(d, a.step_body)), 3)
    yield row("body", "no object", {400}, lambda d, a: a.called(nasty.broken(d)), 3)
    yield row(
        "body",
        "any value anywhere",
        {200, 400, 422},
        lambda d, a: a.called(_json(nasty.somewhere(d, a.step_request))),
        4,
    )
    yield row("body", "a crooked sealed token", {400}, _reply_of_a_stranger, 2)
    yield row(
        "head", "a crooked dedup key", {400}, lambda d, a: a.called(a.step_body, X_Dedup_Key=d.choice(_DEDUP_KEYS)), 2
    )
    yield row(
        "head",
        "another content type",
        {400, 415},
        lambda d, a: a.called(a.step_body, Content_Type=d.choice(_CONTENT_TYPES)),
        2,
    )
    yield row("method", "another", {405}, lambda d, a: a.called(a.step_body, method=d.choice(_METHODS)), 2, "alone")
    yield row("method", "OPTIONS", {200, 405}, lambda d, a: a.called(b"", method="OPTIONS"), 0.5, "alone")
    yield row(
        "path",
        "the same, written otherwise",
        {400, 404, 422},
        lambda d, a: a.called(a.step_body, d.choice(_SAME_PATHS)),
    )
    yield row(
        "path", "another", {400, 404, 405}, lambda d, a: a.called(a.step_body, path=d.choice(_PATHS)), 2, way="alone"
    )


__all__ = ["CLOSED", "CROOKED_TOKENS", "Kind", "kinds", "stream"]
