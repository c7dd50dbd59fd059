"""Compare `mando simulate --model local` with a running `mando up`: the same requests, the same faults.

First it measures what the parts cost on this machine now, and simulates with that; --write keeps the numbers in
tuning/models/local.yaml.  It needs the whole machine: what others compute meanwhile is in the measured times, and not
in the simulated ones.
"""

import argparse
import re
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.stand_in.live import Break, Members
from bench.stand_in.machine import measure
from bench.stand_in.model_text import numbers_of, text_of
from bench.stand_in.table import print_differences, print_measured
from tests.servers import wait_until
from tests.system.up import Up, copy_of_sources, mando_up
from tuning.model import FOLDER, model_of
from tuning.project import read_project
from tuning.simulate.load import Load
from tuning.simulate.scenario import Scenario, calm, story_of
from tuning.simulate.simulation import simulate
from tuning.sources import from_folder

_MODEL = FOLDER / "local.yaml"
_FASTEST_PER_S = 500  # of a queue
_LENGTH_S = 45.0
_RETRY_AFTER_S = 1.5  # of a 429 of /faults


@dataclass(frozen=True, slots=True)
class Row:
    """A load, and what fails: fault is for the simulation what broken is for /faults."""

    name: str
    per_s: float
    length_s: float = _LENGTH_S
    broken: Break | None = None
    fault: str = ""

    def arrivals(self) -> list[float]:
        """Evenly: with chance, what is compared near the capacity would be where the crowds are."""
        return [number / self.per_s for number in range(round(self.per_s * self.length_s))]

    def scenario(self, load: Load) -> Scenario:
        if self.broken is None:
            return calm(load)
        text = f"title: {self.name}\nsource: this bench\nsure: measured\nfaults:\n- {self.fault}\n"
        story, begins_s = story_of("bench", "bench.yaml", text), self.broken.begins_s
        moved = tuple(fault.moved(begins_s, 1.0) for fault in story.faults)
        return Scenario("bench", self.name, load, moved, begins_s, begins_s + story.length_s)


def rows(per_s: float, rate: float) -> Iterator[Row]:
    """per_s: what the machine can do; rate: of requests in an outage."""
    yield Row("nothing fails, 5/s", 5.0)
    for share in (0.25, 0.5, 0.8):
        yield Row(f"{share:.0%} of the capacity, {share * per_s:.1f}/s", share * per_s)
    down = Break({"target": "discord", "kind": "503"}, 10.0, 70.0)
    fault = "{part: discord, kind: error, status: 503, ends: 60s}"
    yield Row(f"Discord is down for 60 s, {rate:g}/s", rate, 80.0, down, fault)
    # A process that has seen 1,000 answers of 429 within 10 minutes asks no more: this row stays far below.
    storm = Break({"target": "discord", "kind": "429"}, 5.0, 20.0)
    fault = f"{{part: discord, kind: rate_limit, retry_after: {_RETRY_AFTER_S}s, scope: webhook, ends: 15s}}"
    yield Row(f"Discord answers 429 for 15 s, {rate:g}/s", rate, 25.0, storm, fault)


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench.foresight", description=__doc__)
    parser.add_argument(
        "--write", action="store_true", help="keep what was measured in tuning/models/local.yaml; make docs shows it"
    )
    parser.add_argument("--rate", type=float, default=10.0, help="requests a second while Discord fails")
    given = parser.parse_args()
    began_s = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        root = copy_of_sources(Path(folder) / "sources")
        project = read_project(from_folder(root))
        queue = project.queues["create-image-queue"]
        with mando_up(Path(folder) / "data", root) as up:
            members = Members(up)
            with _fast_queue(up, root / "queue.yaml"):
                found = measure(up, members)
            print_measured(found)
            text = text_of(_MODEL, numbers_of(found))
            model = model_of("local", "local.yaml", text)
            if given.write:
                _MODEL.write_text(text, encoding="utf-8")
            for row in rows(min(found.per_s, queue.rate.max_dispatches_per_s), given.rate):
                arrivals = row.arrivals()
                lived = members.run(arrivals, row.broken)
                load = Load(row.name, arrivals[-1], len(arrivals), lambda _, times=arrivals: iter(times))  # type: ignore[misc]
                print_differences(row.name, lived, simulate(project, load, row.scenario(load), model))
    print(f"\n{time.monotonic() - began_s:.0f} s in all")


@contextmanager
def _fast_queue(up: Up, path: Path) -> Iterator[None]:
    """While the block runs, the queue is not what limits."""
    before = path.read_text()
    fast = re.sub(r"rate: \S+", f"rate: {_FASTEST_PER_S}/s", before)
    fast = re.sub(r"max_concurrent_requests: \d+", "max_concurrent_requests: 100", fast)
    _edit(up, path, fast, read_rate=_FASTEST_PER_S)
    try:
        yield
    finally:
        _edit(up, path, before, read_rate=float(re.search(r"rate: ([\d.]+)/s", before)[1]))  # type: ignore[index]


def _edit(up: Up, path: Path, text: str, read_rate: float) -> None:
    path.write_text(text)
    is_in_force = lambda: up.get("ops/state")["queues"][0]["perSecond"] == read_rate  # noqa: E731
    wait_until(is_in_force, "the queue's rate is in force", 10)


if __name__ == "__main__":
    main()
