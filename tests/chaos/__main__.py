"""`make chaos`: runs the whole matrix of faults against the running local system and prints a table of outcomes."""

import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from tests.chaos import world
from tests.chaos.kills import any_process, killed
from tests.chaos.matrix import TARGETS, rows
from tests.chaos.outage import outage_under_load, second_queue_is_closed_too
from tests.chaos.promise import Tally
from tests.system.up import Up, mando_up

KILLS = 12
_LINE = "{:<43}{:>6}{:>14}{:>10}{:>7}{:>8}  {}"

Trial = tuple[str, Callable[[], Tally]]


def main() -> int:
    seed = int(sys.argv[1]) if len(sys.argv) > 1 else random.randrange(1_000_000)
    print(f"seed {seed}")
    print(_LINE.format("fault", "sent", "acknowledged", "pictures", "failed", "seconds", ""))
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack, ThreadPoolExecutor(len(TARGETS) + 1) as pool:
        ups = [stack.enter_context(mando_up(Path(folder) / target)) for target in TARGETS]
        running = [pool.submit(_tried, _of_target(target, up)) for target, up in zip(TARGETS, ups, strict=True)]
        running.append(pool.submit(_tried, _of_the_world(Path(folder), random.Random(seed))))
        broken = [one for group in running for one in group.result()]
    for one in broken:
        print(f"BROKEN  {one}")
    print("the promise was kept" if not broken else f"the promise was broken {len(broken)} times")
    return 1 if broken else 0


def _of_target(target: str, up: Up) -> Iterator[Trial]:
    for row in rows(target):
        yield str(row), lambda row=row: row.run(up)  # type: ignore[misc]


def _of_the_world(folder: Path, dice: random.Random) -> Iterator[Trial]:
    data = folder / "world"
    with mando_up(data) as up:
        yield "delivered again, in another order", lambda: world.delivered_again_and_in_another_order(up)
        yield "clock: 10 minutes ahead", lambda: world.clock_jumps(up, 600)
        yield "clock: 10 minutes behind", lambda: world.clock_jumps(up, -600)
        yield "clock: 20 minutes ahead", lambda: world.clock_jumps(up, 1200)
        yield "tokens: issued 8 s ahead", lambda: world.tokens_of_another_clock(up, 8)
        yield "tokens: issued 60 s ahead for a while", lambda: world.tokens_of_another_clock(up, 60)
        yield "slow clients beside members", lambda: world.slow_clients_beside_members(up)
        yield "an outage under load", lambda: outage_under_load(up, per_s=4, down_s=20)
        yield "an outage, and the second queue is closed", lambda: second_queue_is_closed_too(up, per_s=4, down_s=20)
    if world.can_mount():
        yield "the bucket's disk is full", lambda: world.bucket_is_full(folder / "full")
        yield "the whole disk is full under load", lambda: world.disk_is_full_under_load(folder / "full-whole")
    yield f"{KILLS} times a process is killed", lambda: killed(folder / "killed", [any_process] * KILLS, dice)


def _tried(trials: Iterator[Trial]) -> list[str]:
    broken = []
    for name, trial in trials:
        began_s = time.monotonic()
        try:
            tally = trial()
        except AssertionError as error:
            tally = Tally(0, 0, 0, 0, [str(error)])
        if tally.pictures + tally.failure_replies != tally.acknowledged:
            tally.broken.append("an acknowledged interaction has no outcome")
        seconds = f"{time.monotonic() - began_s:.1f}"
        shown = (name, tally.sent, tally.acknowledged, tally.pictures, tally.failure_replies, seconds)
        print(_LINE.format(*shown, "BROKEN" if tally.broken else "kept"), flush=True)
        broken += [f"{name}: {one}" for one in tally.broken]
    return broken


if __name__ == "__main__":
    sys.exit(main())
