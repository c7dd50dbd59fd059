"""The matrix of faults and calls: what is broken, and how often, in each row."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.chaos.promise import Tally, break_next, mend, send, settle
from tests.system.up import Up

TARGETS = ("queue", "workflow", "generate", "storage", "reply", "discord")
BEFORE = ("429", "500", "503", "timeout", "reset", "slow", "garbage")
AFTER = ("500", "reset", "garbage")  # the work is done, only its answer is lost
INTERACTIONS = 2


@dataclass(frozen=True, slots=True)
class Row:
    """One kind of fault at one call, for the next `count` of them."""

    target: str
    kind: str
    after: bool = False
    count: int = 2

    def __str__(self) -> str:
        return f"{self.target}: {self.kind}{' after the work' if self.after else ''}"

    def run(self, up: Up, interactions: int = INTERACTIONS) -> Tally:
        fault: dict[str, Any] = {"target": self.target, "kind": self.kind, "count": self.count, "after": self.after}
        break_next(up, **fault)
        tally = settle(up, send(up, interactions))
        if left := up.get("faults"):
            tally.broken.append(f"the fault was not used up: {left}")
        if tally.acknowledged != tally.sent:
            tally.broken.append(f"{tally.sent - tally.acknowledged} interactions got no answer at all")
        mend(up)
        return tally


def rows(target: str) -> Iterator[Row]:
    for kind in BEFORE:
        yield Row(target, kind, count=1 if kind == "timeout" else 2)
    for kind in AFTER:
        yield Row(target, kind, after=True)
