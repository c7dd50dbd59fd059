"""Requests to the steps: a forged token, or a genuine one with a body that the workflow would never send."""

import random
from collections.abc import Iterator
from functools import partial

from tests.attack import nasty
from tests.attack.attacker import Attacker
from tests.attack.kind import METHODS, PATHS, Kind, Make, Way, as_json
from tests.steps.service import sealed
from tests.steps.test_attacks import BODIES
from tests.steps.test_forged_tokens import FORGED

_SAME_PATHS = ["//generate-image", "http://127.0.0.1/generate-image", "/generate-image?x=../..", "/%67enerate-image"]
_TYPES = [
    "text/plain",
    "multipart/form-data; boundary=x",
    "application/x-www-form-urlencoded",
    "application/jsonp",
    "x",
]
_KEYS = ["", "1", "9" * 4000, "1\x85evil", "../..", "1310000000000000001,1310000000000000001", "\u0661"]


def _changed_token(dice: random.Random, attacker: Attacker) -> bytes:
    """One character is changed; not the last, because four of its six bits are unused."""
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


def _any_value(dice: random.Random, attacker: Attacker) -> bytes:
    return attacker.called(as_json(nasty.somewhere(dice, attacker.step_request)))


def _reply_of_a_stranger(dice: random.Random, attacker: Attacker) -> bytes:
    """A genuine call with an altered sealed token, or with one that would change the URL."""
    ours = sealed(attacker.steps.key, dice.choice([b"../../x", b"a/b", b"", b"x" * 513, b"\xff"]))
    altered = dice.choice([ours, "A" * 1024, dice.randbytes(90).hex()])
    order = {"request": {**attacker.step_request, "sealed_token": altered}, "failure": "unavailable"}
    return attacker.called(as_json(order), "/reply-discord")


def steps_kinds() -> Iterator[Kind]:
    def row(group: str, name: str, allowed: set[int], make: Make, weight: float = 1.0, way: Way = "kept") -> Kind:
        return Kind("steps", group, name, frozenset(allowed), make, weight, way)

    for name, (status, *_) in FORGED.items():
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
    yield row("body", "any value anywhere", {200, 400, 422}, _any_value, 4)
    yield row("body", "a malformed sealed token", {400}, _reply_of_a_stranger, 2)
    yield row("head", "a dedup key", {400}, lambda d, a: a.called(a.step_body, X_Dedup_Key=d.choice(_KEYS)), 2)
    yield row(
        "head", "a content type", {400, 415}, lambda d, a: a.called(a.step_body, Content_Type=d.choice(_TYPES)), 2
    )
    yield row("method", "another", {405}, lambda d, a: a.called(a.step_body, method=d.choice(METHODS)), 2, "alone")
    yield row("method", "CONNECT", {400}, lambda d, a: a.called(a.step_body, method="CONNECT"), 0.5, "alone")
    yield row("method", "OPTIONS", {200, 405}, lambda d, a: a.called(b"", method="OPTIONS"), 0.5, "alone")
    yield row(
        "path",
        "the same, written in another way",
        {400, 404, 422},
        lambda d, a: a.called(a.step_body, d.choice(_SAME_PATHS)),
    )
    yield row("path", "another", {400, 404, 405}, lambda d, a: a.called(a.step_body, d.choice(PATHS)), 2, "alone")
