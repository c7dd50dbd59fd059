"""A task of Cloud Tasks.  Beside the request, nothing else is kept of one that waits in a queue."""

from tuning.orders import TaskKind
from tuning.simulate.request import Request

_MOST_DRAWS = 64  # of one task; a later one has the luck of an earlier one again


class Task:
    """since_s: since when it waits; first_s: of its first attempt."""

    __slots__ = ("_number", "attempts", "created_s", "first_s", "kind", "request", "since_s")

    def __init__(self, request: Request, kind: TaskKind, created_s: float) -> None:
        self.request = request
        self.kind = kind
        self.created_s = created_s
        self.since_s = created_s
        self.first_s: float | None = None
        self.attempts = 0
        self._number = request.tasks
        request.tasks += 1

    def draw(self, number: int) -> int:
        """The number of a random number, which no other task of the request has."""
        return self._number * _MOST_DRAWS + number
