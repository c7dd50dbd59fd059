"""Compare `mando simulate --model local` with a running `mando up`: the same requests, the same faults.

First it measures what the parts cost on this machine now, and simulates with that.  A figure of ours is the simulated
number, and the running `mando up` stands beside it: a ratio of 1 is right.  It needs the whole machine: what others
compute meanwhile is in the measured times, and not in the simulated ones.

`python -m bench.foresight --write` only measures what the parts cost, prints it, and keeps it in
tuning/models/local.yaml; `make docs` shows it.
"""

import re
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.report import alone
from bench.report.figure import Effort, Figure
from bench.stand_in.live import Break, Members
from bench.stand_in.machine import Measured
from bench.stand_in.machine import measure as measure_machine
from bench.stand_in.model_text import numbers_of, text_of
from bench.stand_in.table import figures, print_measured
from tests.servers import wait_until
from tests.system.up import Up, copy_of_sources, mando_up, sources_with_short_waits
from tuning.model import FOLDER, model_of
from tuning.project import read_project
from tuning.simulate.load import Load
from tuning.simulate.scenario import Scenario, calm, story_of
from tuning.simulate.simulation import simulate
from tuning.sources import from_folder

_MODEL = FOLDER / "local.yaml"
_FASTEST_PER_S = 500  # of a queue
_FAULT_PER_S = 10.0  # requests, while Discord fails
_LENGTH_S = 30.0
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


def rows(per_s: float, effort: Effort) -> Iterator[Row]:
    """per_s: what the machine can do."""
    yield Row("nothing fails, 5/s", 5.0, effort.of(int(_LENGTH_S)))
    if effort.is_short:
        return
    for share in (0.25, 0.5, 0.8):
        yield Row(f"{share:.0%} of the capacity, {share * per_s:.1f}/s", share * per_s)
    down = Break({"target": "discord", "kind": "503"}, 10.0, 70.0)
    fault = "{part: discord, kind: error, status: 503, ends: 60s}"
    yield Row(f"Discord is down for 60 s, {_FAULT_PER_S:g}/s", _FAULT_PER_S, 80.0, down, fault)
    # A process that has seen 1,000 answers of 429 within 10 minutes asks no more: this row stays far below.
    storm = Break({"target": "discord", "kind": "429"}, 5.0, 20.0)
    fault = f"{{part: discord, kind: rate_limit, retry_after: {_RETRY_AFTER_S}s, scope: webhook, ends: 15s}}"
    yield Row(f"Discord answers 429 for 15 s, {_FAULT_PER_S:g}/s", _FAULT_PER_S, 25.0, storm, fault)


def measure(effort: Effort) -> Iterator[Figure]:
    with _running(sources_with_short_waits if effort.is_short else copy_of_sources) as (up, root):
        project, members = read_project(from_folder(root)), Members(up, effort)
        rate = project.queues["create-image-queue"].rate.max_dispatches_per_s
        found = _measured(up, root, members, effort)
        model = model_of("local", "local.yaml", text_of(_MODEL, numbers_of(found)))
        for row in rows(min(found.per_s, rate), effort):
            arrivals = row.arrivals()
            lived = members.run(arrivals, row.broken)
            load = Load(row.name, arrivals[-1], len(arrivals), lambda _, times=arrivals: iter(times))  # type: ignore[misc]
            yield from figures(row.name, lived, simulate(project, load, row.scenario(load), model))


def write() -> None:
    with _running(copy_of_sources) as (up, root):
        found = _measured(up, root, Members(up, Effort()), Effort())
    print_measured(found)
    _MODEL.write_text(text_of(_MODEL, numbers_of(found)), encoding="utf-8")


@contextmanager
def _running(sources_in: Callable[[Path], Path]) -> Iterator[tuple[Up, Path]]:
    """A `mando up`, and the folder of its sources."""
    with tempfile.TemporaryDirectory() as folder:
        root = sources_in(Path(folder) / "sources")
        with mando_up(Path(folder) / "data", root) as up:
            yield up, root


def _measured(up: Up, root: Path, members: Members, effort: Effort) -> Measured:
    with _fast_queue(up, root / "queue.yaml"):
        return measure_machine(up, members, effort)


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
    if sys.argv[1:] == ["--write"]:
        write()
    else:
        alone.main(measure, __doc__)
