"""`make attack`: sends hostile requests and repeats every finding against the running local system; prints a table."""

import asyncio
import random
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from tests.attack import aftermath
from tests.attack.attacker import Attacker
from tests.attack.client import CLOSED, HUNG
from tests.attack.flood import FloodResult, flood
from tests.attack.kinds import stream
from tests.attack.rows import rows
from tests.system.up import mando_up

REQUESTS = 100_000
WARM_UP = 25_000  # of these: after so many, the memory of every process is stable
FLOOD_S = 160.0
WHOLE_S = 300.0
_ROW_S = 45.0
_LINE = "{:<52}{:>8}  {:<8}{}"
_WORDS = {CLOSED: "closed", HUNG: "hung"}


def main() -> int:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1_000_000)
    print(f"seed {seed}")
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder, mando_up(Path(folder)) as up:
        attack = Attack(Attacker(up), began_s + WHOLE_S)
        asyncio.run(attack.run(seed))
    for one in attack.broken:
        print(f"BROKEN  {one}")
    print("no attack succeeded" if not attack.broken else f"{len(attack.broken)} attacks succeeded")
    return 1 if attack.broken else 0


class Attack:
    """The flood, the checks after it, the rows, and the outcomes of genuine interactions, all before ends_s."""

    def __init__(self, attacker: Attacker, ends_s: float) -> None:
        self._attacker = attacker
        self._ends_s = ends_s
        self.broken: list[str] = []

    async def run(self, seed: int) -> None:
        attacker = self._attacker
        coming, seen = stream(seed, attacker), FloodResult()
        await flood(attacker, coming, WARM_UP, FLOOD_S * WARM_UP / REQUESTS, seen)
        before = aftermath.Baseline.of(attacker)
        await flood(attacker, coming, REQUESTS - seen.count, FLOOD_S - seen.seconds, seen)
        _print_answers(seen)
        print(_LINE.format("attack", "seconds", "", "observed"))
        await self._tried("each answer is the right one", lambda: aftermath.answers(seen))
        await self._tried("no process grows", lambda: aftermath.memory(attacker, before))
        self.broken += seen.complaints()
        for row in rows():
            await self._tried(row.name, lambda row=row: row.attack(attacker))  # type: ignore[misc]
        await self._tried("no process was started again", lambda: aftermath.processes(attacker, before))
        await self._tried("every acknowledged interaction has one outcome", lambda: aftermath.settled(attacker))
        await self._tried("no traceback in a log", lambda: aftermath.no_traceback(attacker))
        await self._tried("no secret in a log", lambda: aftermath.no_secret(attacker))

    async def _tried(self, name: str, attack: Callable[[], Awaitable[str]]) -> None:
        began_s = time.monotonic()
        try:
            async with asyncio.timeout(min(_ROW_S, self._ends_s - began_s)):
                said, verdict = await attack(), "ok"
        except TimeoutError:
            said, verdict = "timeout", "BROKEN"
        except Exception as error:  # the top of the program: an error in one row does not stop the others
            said = ("" if isinstance(error, AssertionError) else f"{type(error).__name__}: ") + str(error).partition(
                "\n"
            )[0]
            verdict = "BROKEN"
        if verdict == "BROKEN":
            self.broken.append(f"{name}: {said}")
        print(_LINE.format(name, f"{time.monotonic() - began_s:.1f}", verdict, said[:150]), flush=True)


def _print_answers(seen: FloodResult) -> None:
    print(f"{seen.count:,} hostile requests in {seen.seconds:.0f} s, {seen.count / seen.seconds:,.0f} a second")
    for group, statuses in sorted(seen.statuses.items()):
        said = ", ".join(f"{_WORDS.get(status, status)} {count:,}" for status, count in sorted(statuses.items()))
        print(f"  {group:<24}{sum(statuses.values()):>8,}  {said}")


if __name__ == "__main__":
    sys.exit(main())
