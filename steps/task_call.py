"""The task that makes a call, told by its headers, and the names of a reply's tasks.  Called by app.py.

A reply that is put off goes from task to task: NAME, NAME-r2, NAME-r3 and so on.  So a task that is delivered twice
makes the next one once, and who knows the first name finds the others.

Source: Cloud Tasks, "Create HTTP target tasks" and "Create App Engine task handlers", request headers.
"""

import re
from dataclasses import dataclass

from starlette.datastructures import Headers

from service.requests import header

# Source: Cloud Tasks v2, Task: a name's letters, of which there are at most 500.
_NAME = re.compile(r"([A-Za-z0-9_-]{1,490}?)(?:-r([1-9][0-9]{0,3}))?")
_RETRIES = re.compile(r"[0-9]{1,3}")
_TIME = re.compile(r"[0-9]{1,11}(\.[0-9]{1,9})?")  # seconds since 1970


@dataclass(frozen=True, slots=True)
class TaskCall:
    """first_name: of the reply's first task.  round: the number of this one, from 1.  retries: its earlier attempts.

    due_s: when this attempt was due, in seconds since 1970; None where nothing says so.
    """

    first_name: str
    round: int
    retries: int
    due_s: float | None = None

    @property
    def attempt(self) -> int:
        """The number of this attempt among those of all the reply's tasks, from 1."""
        return self.round + self.retries

    @property
    def next_name(self) -> str:
        return f"{self.first_name}-r{self.round + 1}"

    def late_s(self, now_s: float) -> float:
        """How long this attempt stood in the line of its queue."""
        return 0.0 if self.due_s is None else max(0.0, now_s - self.due_s)


def task_call(headers: Headers) -> TaskCall | None:
    """None where no task makes the call."""
    for kind in ("X-CloudTasks", "X-AppEngine"):
        if name := _NAME.fullmatch(header(headers, f"{kind}-TaskName") or ""):
            retries = header(headers, f"{kind}-TaskRetryCount") or ""
            due = header(headers, f"{kind}-TaskETA") or ""
            due_s = float(due) if _TIME.fullmatch(due) else None
            return TaskCall(name[1], int(name[2] or 1), int(retries) if _RETRIES.fullmatch(retries) else 0, due_s)
    return None
