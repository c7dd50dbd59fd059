"""How good an answer is, for the search: the promise first, then the limits, then p99.  Called by suggest."""

import math
from dataclasses import dataclass
from typing import NamedTuple

from tuning.simulate.answer import Answer

_FASTER = 0.98  # a p99 above this share of another one is not better: that may be luck


class Score(NamedTuple):
    """The less, the better; in the order of weight.

    broken: requests that were lost or shown twice.  over: how far above the limits, 0 where all are met.
    """

    broken: int
    over: float
    p99_s: float
    cost_usd: float

    def is_better_than(self, other: "Score") -> bool:
        if (self.broken, self.over) != (other.broken, other.over):
            return (self.broken, self.over) < (other.broken, other.over)
        return self.p99_s < other.p99_s * _FASTER


@dataclass(frozen=True, slots=True)
class Limits:
    """Of a whole load.  unanswered: members without a picture and without a word."""

    cost_usd: float
    told: float
    unanswered: float

    def score(self, answer: Answer) -> Score:
        cost_usd = answer.cost_usd["total"]
        over = [
            cost_usd / self.cost_usd - 1,
            (answer.told - self.told) / answer.sent,
            (unanswered(answer) - self.unanswered) / answer.sent,
        ]
        p99_s = answer.s_to_reply.p99
        return Score(
            answer.lost + answer.duplicates,
            round(sum(max(0.0, one) for one in over), 6),
            math.inf if p99_s is None else p99_s,
            cost_usd,
        )


def unanswered(answer: Answer) -> int:
    return answer.refused + answer.late + answer.unreachable


def limits_of(answer: Answer, max_cost_usd: float | None, max_told: int | None) -> Limits:
    """answer: of the files as they are.  Without limits the cost is free, and no more are told than now.

    Otherwise the best p99 would be that of a workflow that soon gives up.
    """
    return Limits(
        math.inf if max_cost_usd is None else max_cost_usd,
        answer.told if max_told is None else max_told,
        unanswered(answer),
    )


def scaled(limits: Limits, whole: Answer, part: Answer) -> Limits:
    """The limits for a part of the load.  whole and part: answers of the same files.

    Its cost is not in proportion to its requests: an instance is paid 15 minutes after its last one.
    """
    share = part.sent / whole.sent
    return Limits(
        limits.cost_usd * part.cost_usd["total"] / whole.cost_usd["total"],
        max(limits.told * share, float(part.told) if limits.told >= whole.told else 0.0),
        max(limits.unanswered * share, float(unanswered(part))),
    )
