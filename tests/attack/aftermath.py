"""Checks of the system after the attack.  Each raises AssertionError, or returns what it observed."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass

from tests.attack.attacker import Attacker
from tests.attack.flood import FloodResult
from tests.attack.processes import family, name_of, resident_mb
from tests.chaos.promise import answered, count

MOST_GROWN_MB = 32.0  # less than half a kilobyte for each request
_LOGS = ("ingress.log", "steps.log")


@dataclass(frozen=True, slots=True)
class Baseline:
    """Processes and their memory after the warm-up; more memory than this is growth."""

    processes: set[tuple[int, str]]
    resident_mb: Mapping[int, float]

    @classmethod
    def of(cls, attacker: Attacker) -> "Baseline":
        return cls(family(attacker.up), resident_mb(attacker.up))


async def answers(seen: FloodResult) -> str:
    complaints = seen.complaints()
    assert not complaints, f"{len(complaints)} kinds of wrong answers"
    return f"{seen.count:,}; beside them {seen.pings} genuine PINGs, the slowest in {seen.slowest_s:.2f} s"


async def memory(attacker: Attacker, before: Baseline) -> str:
    after = resident_mb(attacker.up)
    grown = {pid: held - before.resident_mb.get(pid, 0.0) for pid, held in after.items()}
    said = ", ".join(f"{name_of(pid)} {after[pid] - more:.0f}→{after[pid]:.0f}" for pid, more in sorted(grown.items()))
    assert max(grown.values()) < MOST_GROWN_MB, said
    return f"{said} MB"


async def processes(attacker: Attacker, before: Baseline) -> str:
    now = family(attacker.up)
    assert now == before.processes, f"{len(before.processes - now)} ended, {len(now - before.processes)} are new"
    return f"the same {len(now)}"


async def no_traceback(attacker: Attacker) -> str:
    lines = 0
    for path in [*(attacker.up.data / name for name in _LOGS), attacker.up.printed]:
        said = path.read_text(errors="replace")
        for sign in ("Traceback", '"CRITICAL"'):
            assert sign not in said, f"{path.name}: {said.count(sign)} times {sign!r}: {_around(said, sign)}"
        lines += said.count("\n")
    return f"{lines:,} lines"


async def no_secret(attacker: Attacker) -> str:
    for path in [*(attacker.up.data / name for name in _LOGS), attacker.up.printed]:
        said = path.read_bytes()
        found = [number for number, secret in enumerate(attacker.secrets) if secret in said]
        assert not found, f"{path.name} holds {len(found)} secrets"
    return f"{len(attacker.secrets)} looked for"


async def settled(attacker: Attacker) -> str:
    """Every genuine interaction that was acknowledged has one outcome, and its token is in no file."""
    await asyncio.to_thread(answered, attacker.up, attacker.sent)
    tally = await asyncio.to_thread(count, attacker.up, attacker.sent)
    assert not tally.broken, tally.broken[0]
    assert tally.pictures + tally.failure_replies == tally.acknowledged, "an acknowledged interaction has no outcome"
    return f"{tally.acknowledged} acknowledged, {tally.pictures} pictures, {tally.failure_replies} failure replies"


def _around(said: str, sign: str) -> str:
    place = said.index(sign)
    return " ".join(said[max(0, place - 120) : place + 200].split())
