"""A task of Cloud Tasks.  Beside the request, nothing else is kept of one that waits in a queue."""

from typing import Literal

from tuning.orders import DISPATCH_DEADLINE_S, TaskKind
from tuning.simulate.request import Request

_MOST_DRAWS = 1024  # of one task, which has fewer attempts

# How an attempt ended.  not sent: Google gave no token for the call, so its target has not seen it.
Ending = Literal["done", "failed", "not sent"]


class Task:
    """since_s: since when it waits; first_s: of its first attempt; late_s: how long the newest one stood in the line.

    number: of a reply's tasks, each of which the one before has made, from 1.  has_next: whether it has made one.
    deadline_s: of its call of a step.
    """

    __slots__ = (
        *("_draws", "attempts", "created_s", "deadline_s", "first_s", "has_next", "kind", "late_s", "number"),
        *("request", "since_s"),
    )

    def __init__(
        self,
        request: Request,
        kind: TaskKind,
        created_s: float,
        number: int = 1,
        deadline_s: float = DISPATCH_DEADLINE_S,
    ) -> None:
        self.number = number
        self.deadline_s = deadline_s
        self.has_next = False
        self.request = request
        self.kind = kind
        self.created_s = created_s
        self.since_s = created_s
        self.first_s: float | None = None
        self.attempts = 0
        self.late_s = 0.0
        self._draws = request.tasks * _MOST_DRAWS
        request.tasks += 1

    @property
    def tries_before(self) -> int:
        """How often tasks have called the step for this reply before."""
        return self.number + self.attempts - 2

    def draw(self, number: int) -> int:
        """The number of a random number, which no other task of the request has."""
        return self._draws + number
