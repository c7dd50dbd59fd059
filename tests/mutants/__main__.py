"""`make mutants ROOM=tasks`: 100 mistakes in a room's code, one at a time, and which of them its tests notice.

Not a part of `make test`: it takes up to 15 minutes a room.  docs/decisions/071-mutants.md says why it is our own.
"""

import argparse
import itertools
import random
import sys
import time
from collections.abc import Sequence
from types import ModuleType

from tests.mutants import python, workflow
from tests.mutants.accepted import reasons
from tests.mutants.mistake import Mistake
from tests.mutants.rooms import ROOMS, Room
from tests.mutants.trial import MOST_S, ROOT, BrokenBefore, Verdict, tried


def main() -> int:
    parser = argparse.ArgumentParser(prog="make mutants")
    parser.add_argument("room", choices=sorted(ROOMS))
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=100)
    parser.add_argument("--jobs", type=int, default=2, help="how many are tried side by side")
    parser.add_argument("--minutes", type=float, default=MOST_S / 60, help="after that none is begun")
    arguments = parser.parse_args()
    room = ROOMS[arguments.room]
    drawn = draw(every_mistake(room), arguments.count, random.Random(arguments.seed))
    print(f"{arguments.room}: {len(drawn)} mistakes drawn with seed {arguments.seed}", flush=True)
    began_s = time.monotonic()
    verdicts: list[Verdict] = []
    try:
        for verdict in tried(room, drawn, arguments.jobs, 60 * arguments.minutes):
            _show(verdict)
            verdicts.append(verdict)
    except BrokenBefore as error:
        print(f"the room's tests fail before any mistake was made:\n{error}")
        return 2
    _sum_up(verdicts, time.monotonic() - began_s)
    return 0


def every_mistake(room: Room) -> list[Mistake]:
    found: list[Mistake] = []
    for place in room.code:
        files = sorted((ROOT / place).rglob("*.py")) if (ROOT / place).is_dir() else [ROOT / place]
        for file in files:
            found += _language(file.name).mistakes(str(file.relative_to(ROOT)), file.read_text())
    return found


def _language(path: str) -> ModuleType:
    return python if path.endswith(".py") else workflow


def draw(found: Sequence[Mistake], count: int, dice: random.Random) -> list[Mistake]:
    """Each line has the same chance, however much is written in it; then each mistake of the line that can be read."""
    lines: dict[tuple[str, int], list[Mistake]] = {}
    for mistake in found:
        lines.setdefault((mistake.path, mistake.line), []).append(mistake)
    drawn: list[Mistake] = []
    for line in dice.sample(sorted(lines), len(lines)):
        of_line = dice.sample(lines[line], len(lines[line]))
        if len(drawn) < count:
            drawn += itertools.islice(filter(_can_be_made, of_line), 1)
    return drawn


def _can_be_made(mistake: Mistake) -> bool:
    text = (ROOT / mistake.path).read_text()
    made = mistake.made_in(text)
    return made != text and bool(_language(mistake.path).can_be_read(made))


def _show(verdict: Verdict) -> None:
    mistake, word = verdict.mistake, "noticed    " if verdict.is_noticed else "NOT NOTICED"
    by = f" by {verdict.by}" if verdict.by else ""
    print(f"{word} {verdict.took_s:6.1f} s  {mistake.path}:{mistake.line}  {mistake.kind}{by}", flush=True)
    if not verdict.is_noticed:
        for line in mistake.diff((ROOT / mistake.path).read_text()):
            print(f"    {line}", flush=True)


def _sum_up(verdicts: Sequence[Verdict], took_s: float) -> None:
    missed = [one.mistake for one in verdicts if not one.is_noticed]
    noticed, tried_ = len(verdicts) - len(missed), len(verdicts)
    print(f"{noticed} of {tried_} noticed ({noticed / max(1, tried_):.0%}) in {took_s / 60:.1f} minutes")
    if known := [one for one in missed if _key(one) in reasons()]:
        print(f"{len(known)} of the others are accepted: tests/mutants/accepted.yaml says why")


def _key(mistake: Mistake) -> str:
    """Path and change: it stays the same where lines above it are added."""
    before, *after = mistake.diff((ROOT / mistake.path).read_text()) or [""]
    return f"{mistake.path} {before.lstrip('-').strip()} → {' '.join(one.lstrip('+').strip() for one in after)}"


if __name__ == "__main__":
    sys.exit(main())
