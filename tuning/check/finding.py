"""A rule, what it has found, and how that is shown.  Each rule's file makes a Rule; rules.py lists and runs them."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from tuning.places import Place

if TYPE_CHECKING:
    from tuning.check.subject import Subject

Level = Literal["error", "warning"]


@dataclass(frozen=True, slots=True)
class Found:
    """What one rule has found: the place to change, and what is wrong there."""

    place: Place
    what: str


@dataclass(frozen=True, slots=True)
class Rule:
    """What is looked for, why it matters, and what to do; find says where it was found."""

    name: str
    level: Level
    what: str
    why: str
    advice: str
    find: "Callable[[Subject], Iterator[Found]]"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report."""

    place: Place
    what: str
    rule: Rule

    def __str__(self) -> str:
        rule = self.rule
        return f"{self.place}: {rule.level}: {self.what} · {rule.why} · {rule.advice} [{rule.name}]"

    def to_json(self) -> dict[str, Any]:
        return {
            "file": self.place.file,
            "line": self.place.line,
            "column": self.place.column,
            "level": self.rule.level,
            "rule": self.rule.name,
            "what": self.what,
            "why": self.rule.why,
            "advice": self.rule.advice,
        }
