"""Sends many hostile requests over a few connections, with genuine ones among them, and checks every answer."""

import asyncio
import json
import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from local.discord.engine.delivery import RESPOND_WITHIN_S
from tests.attack.attacker import Attacker
from tests.attack.client import Answer, Connection, ask, request, say
from tests.attack.kind import Kind

CONNECTIONS = 12
_MOST_TOLD = 300


@dataclass
class FloodResult:
    """Statuses by group, and for each kind the shortest request that got a wrong answer."""

    statuses: dict[str, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    wrong: dict[str, tuple[bytes, Answer, str]] = field(default_factory=dict)
    pings: int = 0
    slowest_s: float = 0.0
    broken: list[str] = field(default_factory=list)
    seconds: float = 0.0
    late: list[str] = field(default_factory=list)
    may_be_late: bool = False  # on a machine that others use too; one genuine request must be in time all the same

    @property
    def count(self) -> int:
        return sum(sum(counter.values()) for counter in self.statuses.values())

    def note(self, kind: Kind, message: bytes, answer: Answer, problem: str | None) -> None:
        self.statuses[f"{kind.face}: {kind.group}"][answer.status] += 1
        name = f"{kind.face}: {kind.group}: {kind.name}"
        if problem and (name not in self.wrong or len(message) < len(self.wrong[name][0])):
            self.wrong[name] = (message, answer, problem)

    def complaints(self) -> list[str]:
        return [
            f"{name}: {problem}; sent {message[:_MOST_TOLD]!r}, came {answer.head[:60]!r} {answer.body[:_MOST_TOLD]!r}"
            for name, (message, answer, problem) in sorted(self.wrong.items())
        ] + (self.broken if self.may_be_late and len(self.late) < 2 * self.pings else self.broken + self.late)


Coming = Iterator[tuple[Kind, bytes]]


async def flood(attacker: Attacker, stream: Coming, most: int, within_s: float, seen: FloodResult) -> None:
    """Send until `most` requests were sent or within_s is over, whichever comes first; results are added to seen."""
    began_s = time.monotonic()
    coming = _until(stream, most, began_s + within_s)
    ended = asyncio.Event()
    members = asyncio.create_task(_genuine(attacker, seen, ended))
    await asyncio.gather(*(_send(attacker, coming, seen) for _ in range(CONNECTIONS)))
    seen.seconds += time.monotonic() - began_s
    ended.set()
    await members


def _until(coming: Coming, most: int, ends_s: float) -> Coming:
    for _, each in zip(range(most), coming, strict=False):
        if time.monotonic() > ends_s:
            return
        yield each


async def _send(attacker: Attacker, coming: Coming, seen: FloodResult) -> None:
    kept = {face: Connection(attacker.ports[face]) for face in ("ingress", "steps")}
    for kind, message in coming:
        if kind.way == "kept":
            answer = await kept[kind.face].ask(message)
        else:
            answer = await say(attacker.ports[kind.face], message, is_cut=kind.way == "cut")
        seen.note(kind, message, answer, _problem(attacker, kind, answer))
    for connection in kept.values():
        connection.close()


def _problem(attacker: Attacker, kind: Kind, answer: Answer) -> str | None:
    if answer.status not in kind.allowed:
        return f"status {answer.status}, right is one of {sorted(kind.allowed)}"
    if answer.count > 1:
        return f"{answer.count} answers to one request"
    if b"Traceback" in answer.body or b'File "' in answer.body:
        return "the answer holds a traceback"
    if any(secret in answer.body for secret in attacker.secrets):
        return "the answer holds a secret"
    return None


async def _genuine(attacker: Attacker, seen: FloodResult, ended: asyncio.Event) -> None:
    """Each second Discord sends a PING, and a member types /mando."""
    while not ended.is_set():
        await asyncio.gather(_ping(attacker, seen), _command(attacker, seen))
        try:
            async with asyncio.timeout(1):
                await ended.wait()
        except TimeoutError:
            continue


async def _ping(attacker: Attacker, seen: FloodResult) -> None:
    began_s = time.monotonic()
    answer = await ask(attacker.ports["ingress"], attacker.signed(b'{"type": 1}'))
    took_s = time.monotonic() - began_s
    seen.pings += 1
    seen.slowest_s = max(seen.slowest_s, took_s)
    if answer.status != 200 or json.loads(answer.body) != {"type": 1}:
        seen.broken.append(f"a genuine PING was answered with {answer.status}")
    if took_s > RESPOND_WITHIN_S:
        seen.late.append(f"a genuine PING took {took_s:.1f} s")


async def _command(attacker: Attacker, seen: FloodResult) -> None:
    acknowledged = await interact(attacker)
    (delivery,) = acknowledged["deliveries"]
    if delivery["problem"] is not None:
        is_late = delivery["ms"] >= RESPOND_WITHIN_S * 1000
        (seen.late if is_late else seen.broken).append(f"a genuine /mando was not acknowledged: {delivery['problem']}")


async def interact(attacker: Attacker) -> dict[str, Any]:
    """A new member types /mando; returns the ingress's acknowledgement."""
    body = json.dumps({"data": {"name": "mando"}, "user_id": str(random.randrange(10**16, 10**17))}).encode()
    message = request("POST", "/api/v10/interactions", [("Content-Type", "application/json")], body)
    answer = await ask(attacker.ports["cloud"], message)
    assert answer.status == 200, f"the local Discord answers {answer.status}: {answer.body[:200]!r}"
    acknowledged: dict[str, Any] = json.loads(answer.body)
    attacker.sent.append(acknowledged["id"])
    return acknowledged
