"""Measure what the operator pays for a picture: the processor time of ingress and steps, and how two workers share it.

On a running `mando up`, whose queue, workflows, bucket and Discord are the cloud's: nobody pays them by processor time.
Beside it "verify + draw alone": a bare process that checks a signature, designs, draws and encodes, and has no other
work.  It draws without a pause, and at the pace of the requests too, when its caches are cold.  There is no other peer.

The steps have two workers, and the share is that of the one that works less: 0.5 is even.  Requests come evenly, or as
a crowd, all at once.
"""

import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from nacl.signing import SigningKey

import mandala
from bench.report import alone
from bench.report.figure import OURS, Effort, Figure, Goal
from bench.stand_in.fast_queue import sources_with_fast_queue
from bench.stand_in.live import Members
from ingress import signature
from tests.system.up import mando_up

ALONE, ALONE_AT_PACE = "verify + draw alone", "verify + draw alone, at the same pace"
_PER_S = 12.0
_BODY = b'{"type": 2, "data": {"name": "mando"}}' * 40  # about as long as Discord's


def measure(effort: Effort) -> Iterator[Figure]:
    paid_ms: defaultdict[str, list[float]] = defaultdict(list)
    shares: defaultdict[str, list[float]] = defaultdict(list)
    count = effort.of(120, 3)
    loads = {"come evenly": [number / _PER_S for number in range(count)], "are a crowd": [0.0] * count}
    with tempfile.TemporaryDirectory() as folder:
        root = sources_with_fast_queue(Path(folder) / "sources")
        with mando_up(Path(folder) / "data", root) as up:
            members = Members(up, effort)
            members.run([0.0] * effort.of(40, 2))  # warms up both workers
            for _ in range(effort.of(3)):
                for name, arrivals in loads.items():
                    used = members.run(arrivals).used
                    shares[name].append(min(used.steps_workers) / sum(used.steps_workers))
                    if name == "come evenly":
                        paid_ms[OURS].append(1000 * (used.parts["ingress"] + used.parts["steps"]) / count)
                        paid_ms[ALONE].append(_alone_ms(count, 0.0))
                        paid_ms[ALONE_AT_PACE].append(_alone_ms(count, 1 / _PER_S))
    yield Figure("processor time of ingress and steps for a picture", "ms", "less", paid_ms, [Goal(1.3, True, ALONE)])
    for name, of_rounds in shares.items():
        what = f"share of the steps' worker that works less, where requests {name}"
        yield Figure(what, "of 1", "more", {OURS: of_rounds}, [Goal(0.4, False)])


def _alone_ms(count: int, every_s: float) -> float:
    """Of one picture, in a process that has nothing else to do."""
    command = [sys.executable, "-c", f"from bench.operator import verify_and_draw; verify_and_draw({count}, {every_s})"]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def verify_and_draw(count: int, every_s: float) -> None:
    """Print the milliseconds of the processor for each of so many; the first ones warm up."""
    key = SigningKey.generate()
    signed = key.sign(b"1700000000" + _BODY).signature.hex()
    for number in range(-5, count):
        if number == 0:
            cpu_s, began_s = time.process_time(), time.monotonic()
        if number > 0:
            time.sleep(max(0.0, began_s + number * every_s - time.monotonic()))
        assert signature.is_valid(signed, "1700000000", _BODY, key.verify_key)
        mandala.draw_png(mandala.design_for(f"picture {number}"))
    print(1000 * (time.process_time() - cpu_s) / count)


if __name__ == "__main__":
    alone.main(measure, __doc__)
