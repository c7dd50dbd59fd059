"""The figures of each benchmark with their machine and date, kept as JSON: the page and its plots are made of it.

A run of some benchmarks replaces theirs and keeps the others, each with its own machine and date.
"""

import datetime
import json
import os
import platform
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.report.figure import Figure, Goal

FILE = Path(__file__).parent.parent.parent / "docs" / "plots" / "benchmarks.json"


@dataclass(frozen=True, slots=True)
class Machine:
    processor: str
    cores: int
    memory_gib: int
    python: str

    def __str__(self) -> str:
        cores = f"{self.cores} core{'' if self.cores == 1 else 's'}"
        return f"{self.processor}, {cores}, {self.memory_gib} GiB, Python {self.python}"


@dataclass(frozen=True, slots=True)
class Run:
    """One benchmark, measured whole.  date: as in 2026-11-26."""

    date: str
    took_s: float
    machine: Machine
    figures: tuple[Figure, ...]


def this_machine() -> Machine:
    memory_bytes = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return Machine(_processor(), os.cpu_count() or 1, round(memory_bytes / 2**30), platform.python_version())


def _processor() -> str:
    """Source: man 5 proc, /proc/cpuinfo; other systems know only the kind of their processor."""
    info = Path("/proc/cpuinfo")
    lines = info.read_text(encoding="utf-8").splitlines() if info.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.machine()


def run_of(took_s: float, figures: Iterable[Figure]) -> Run:
    """Of this machine and today."""
    return Run(datetime.datetime.now().astimezone().date().isoformat(), round(took_s, 1), this_machine(), (*figures,))


def line_of(figure: Figure) -> str:
    return json.dumps(_json(figure), ensure_ascii=False) + "\n"


def figures_of(lines: str) -> list[Figure]:
    return [_figure(json.loads(line)) for line in lines.splitlines()]


def read(path: Path) -> dict[str, Run]:
    """By name of the benchmark; nothing where nothing is kept yet."""
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    return {name: _run(run) for name, run in kept.items()}


def write(path: Path, runs: Mapping[str, Run]) -> None:
    """A line for each figure, so that git shows which ones changed."""
    kept = (f"{json.dumps(name)}: {_text(run)}" for name, run in sorted(runs.items()))
    path.write_text("{" + ",\n".join(kept) + "}\n", encoding="utf-8")


def _text(run: Run) -> str:
    head = json.dumps({"date": run.date, "took_s": run.took_s, "machine": asdict(run.machine)})
    figures = ",\n  ".join(line_of(figure).rstrip("\n") for figure in run.figures)
    return f'{head[:-1]}, "figures": [\n  {figures}]}}'


def _json(figure: Figure) -> dict[str, Any]:
    """Five digits are more than any measurement has."""
    rounds = {name: [float(f"{one:.5g}") for one in numbers] for name, numbers in figure.rounds.items()}
    goals = [asdict(goal) for goal in figure.goals]
    return {"what": figure.what, "unit": figure.unit, "better": figure.better, "rounds": rounds, "goals": goals}


def _figure(kept: Mapping[str, Any]) -> Figure:
    return Figure(**{**kept, "goals": [Goal(**goal) for goal in kept["goals"]]})


def _run(kept: Mapping[str, Any]) -> Run:
    figures = tuple(map(_figure, kept["figures"]))
    return Run(kept["date"], kept["took_s"], Machine(**kept["machine"]), figures)
