"""What a benchmark found: a number of ours and of each peer, round by round.

Each bench/NAME.py yields its figures from measure(effort).  All programs of a figure run in turn within a round: these
machines are shared, so what else they do falls on all programs alike, and a ratio of one round says more than a number.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

OURS = "mando"


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured.  A short run only shows that a benchmark runs; its numbers mean nothing."""

    is_short: bool = False

    def of(self, whole: int, short: int = 1) -> int:
        """Rounds, pictures, requests, …"""
        return short if self.is_short else whole


@dataclass(frozen=True, slots=True)
class Goal:
    """A bound for ours divided by a peer's, or for ours alone where no peer is named."""

    bound: float
    is_most: bool  # else the bound is the least
    peer: str | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """rounds: for each program, ours first, a number of each round, in the unit.  Ours is always there.

    A program named `mando, …` is ours too, in another setting; it is shown beside it, and is nobody else.
    """

    what: str
    unit: str  # "1/s", "µs", "ms", "s", "KiB", "MB", "$", …
    better: Literal["more", "less"]
    rounds: Mapping[str, Sequence[float]]
    goals: Sequence[Goal] = ()

    @property
    def peers(self) -> Sequence[str]:
        return [name for name in self.rounds if name != OURS]

    @property
    def others(self) -> Sequence[str]:
        """The peers that are not ours in another setting."""
        return [name for name in self.peers if not name.startswith(f"{OURS}, ")]

    def value(self, program: str = OURS) -> float:
        return statistics.median(self.rounds[program])

    def ratio(self, peer: str) -> float:
        """Ours divided by the peer's, the median of the rounds."""
        return statistics.median(
            ours / theirs if theirs else math.inf
            for ours, theirs in zip(self.rounds[OURS], self.rounds[peer], strict=True)
        )

    def is_reached(self, goal: Goal) -> bool:
        found = self.value() if goal.peer is None else self.ratio(goal.peer)
        return found <= goal.bound if goal.is_most else found >= goal.bound

    def advantage(self, peer: str) -> float:
        """How many times better ours is than the peer's; below 1 it is worse."""
        ratio = self.ratio(peer)
        return ratio if self.better == "more" else 1 / ratio if ratio else math.inf
