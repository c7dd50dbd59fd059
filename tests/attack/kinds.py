"""Every kind of hostile request together, and the endless stream of them that a seed gives."""

import random
from collections.abc import Callable, Iterator
from functools import partial

from tests.attack.attacker import Attacker
from tests.attack.heads import CUT, HEADS, PASSED, Change
from tests.attack.ingress_kinds import ingress_kinds
from tests.attack.kind import Face, Kind
from tests.attack.steps_kinds import steps_kinds


def kinds() -> list[Kind]:
    return [
        *ingress_kinds(),
        *steps_kinds(),
        *_heads("ingress", _genuine_ping, 200),
        *_heads("steps", _genuine_call, 422),
    ]


def stream(seed: int, attacker: Attacker) -> Iterator[tuple[Kind, bytes]]:
    """Endless.  The same seed gives the same mutations; keys, ids and times differ in each run."""
    dice = random.Random(seed)
    every = kinds()
    weights = [kind.weight for kind in every]
    while True:
        for kind in dice.choices(every, weights, k=1000):
            yield kind, kind.make(dice, attacker)


def _genuine_ping(attacker: Attacker) -> bytes:
    return attacker.signed(b'{"type": 1}')


def _genuine_call(attacker: Attacker) -> bytes:
    return attacker.called(attacker.step_body)


def _heads(face: Face, genuine: Callable[[Attacker], bytes], passed: int) -> Iterator[Kind]:
    def make(change: Change, dice: random.Random, attacker: Attacker) -> bytes:
        return change(dice, genuine(attacker))

    for name, (change, allowed) in HEADS.items():
        statuses = frozenset(passed if one == PASSED else one for one in allowed)
        weight = 0.05 if "900 KB" in name else 0.5
        yield Kind(face, "head", name, statuses, partial(make, change), weight, "cut" if name in CUT else "alone")
