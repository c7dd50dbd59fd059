"""Every finding as a row: its name, and the function that attacks and returns what it observed.

An attack that succeeds raises AssertionError.
"""

from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial

from tests.attack import deployed_rows as deployed
from tests.attack import local_rows as local
from tests.attack.attacker import Attacker
from tests.attack.slow import SHAPES

Attack = Callable[[Attacker], Awaitable[str]]
_FACES = ("ingress", "steps", "cloud")


@dataclass(frozen=True, slots=True)
class Row:
    """is_short: also a part of the tests."""

    name: str
    attack: Attack
    is_short: bool = True

    def __str__(self) -> str:
        return self.name


def rows() -> Iterator[Row]:
    for face in _FACES:
        for shape in SHAPES:
            yield Row(f"{face}: 200 sockets, {shape}", partial(_slow, face, [shape]), is_short=False)
        yield Row(f"{face}: 200 sockets, every shape", partial(_slow, face, list(SHAPES)))
    for face in _FACES:
        yield Row(f"{face}: endless requests", partial(_endless, face), is_short=False)
    for face in ("ingress", "steps"):
        yield Row(f"{face}: malformed chunks without a signature", partial(_chunks, face))
    for kind, at_once in (("slow", 20), ("slow", 40), ("503", 40), ("timeout", 40)):
        is_last = (kind, at_once) == ("slow", 40)
        yield Row(f"queue: {kind}, {at_once} interactions at once", partial(_queue, kind, at_once), is_short=is_last)
    yield Row("steps: tokens of a clock that is ahead", deployed.clock_skew)
    yield Row(
        "steps: the certificate server hangs, malformed tokens",
        lambda attacker: deployed.certificates_hang(attacker, "a.b.c"),
    )
    yield Row(
        "steps: the certificate server hangs, genuine tokens",
        lambda attacker: deployed.certificates_hang(attacker, attacker.token),
        is_short=False,
    )
    yield Row("ingress: a token that would change the URL", deployed.malformed_tokens)
    yield Row("cloud: requests of another web page", local.foreign_pages)
    yield Row("cloud: bodies that a browser sends without a preflight", local.simple_posts)
    yield Row("cloud: gRPC with a page's headers", local.grpc_of_a_page)
    yield Row("cloud: an object that is a page", local.html_objects)
    yield Row("cloud: impossible clocks", local.impossible_clocks)
    yield Row("cloud: any value in any call", local.any_value_in_any_call)
    yield Row("cloud: an execution of 100,000 steps", local.long_loop)
    yield Row("cloud: random bytes on gRPC's port", local.grpc_port)


async def _slow(face: str, shapes: list[str], attacker: Attacker) -> str:
    return await deployed.slow_sockets(attacker, face, shapes)


async def _endless(face: str, attacker: Attacker) -> str:
    return await deployed.endless(attacker, face)


async def _chunks(face: str, attacker: Attacker) -> str:
    return await deployed.malformed_chunks_without_signature(attacker, face)


async def _queue(kind: str, at_once: int, attacker: Attacker) -> str:
    return await deployed.queue_is(attacker, kind, at_once)
