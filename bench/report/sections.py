"""What the page says beside the figures: sections.yaml and reasons.yaml, and with them the order of all benchmarks."""

from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bench.report.figure import Figure

_HERE = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class Section:
    """benchmarks: names of files in bench/, in the order in which they run.  text: Markdown.

    limits: patterns of programs that do a part of the work and nothing else: what they reach nobody can.
    """

    title: str
    benchmarks: Sequence[str]
    text: str
    limits: Sequence[str] = ()
    is_drawn: bool = True  # in the picture of ratios

    def is_limit(self, program: str) -> bool:
        return any(fnmatchcase(program, pattern) for pattern in self.limits)


@dataclass(frozen=True, slots=True)
class Reason:
    """Why figures are worse than a peer's, or miss a goal.  figures: a pattern of Figure.what, * for anything."""

    benchmark: str
    figures: str
    why: str

    def explains(self, benchmark: str, figure: Figure) -> bool:
        return benchmark == self.benchmark and fnmatchcase(figure.what, self.figures)


@cache
def sections() -> Sequence[Section]:
    return [Section(**one) for one in _read("sections.yaml")]


@cache
def reasons() -> Sequence[Reason]:
    return [Reason(**one) for one in _read("reasons.yaml")]


def benchmarks() -> Sequence[str]:
    """All, in order."""
    return [name for section in sections() for name in section.benchmarks]


def reason_of(benchmark: str, figure: Figure) -> str | None:
    return next((one.why for one in reasons() if one.explains(benchmark, figure)), None)


def _read(name: str) -> Any:
    return yaml.safe_load((_HERE / name).read_text(encoding="utf-8"))
