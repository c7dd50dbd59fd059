"""Collects the step entries of one execution, as Workflow Executions v1 shows them (StepEntry)."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from local.workflows.effects import Value
from local.workflows.json_text import shown
from local.workflows.run.observer import StepBegan, StepEvent, StepType


class History:
    """An observer of a run: observe() takes its events in order.  instant() gives the time as text.

    with_variables is the level EXECUTION_HISTORY_DETAILED, which also shows the expected number of iterations.
    There may be 100,000 entries.  So an entry is a row in lists of texts and numbers, not an object of its own:
    Python's garbage collector would visit every object again and again, and stop everything meanwhile.
    """

    def __init__(self, execution: str, instant: Callable[[], str], with_variables: bool = False) -> None:
        self.execution = execution
        self.instant = instant
        self.with_variables = with_variables
        # One item an entry; entries count from 1, and 0 is none.
        self._routines: list[str] = []
        self._steps: list[str] = []
        self._types: list[StepType] = []
        self._states: list[str] = []
        self._created: list[str] = []
        self._updated: list[str] = []
        self._parents: list[int] = []
        self._first_children: list[int] = []
        self._next_siblings: list[int] = []  # of all entries with the same parent
        self._previous: list[int] = []  # previous and next: in sequence, without branches
        self._next: list[int] = []
        self._threads: list[int] = []
        self._numbers: list[int] = []
        self._expected: list[int] = []
        self._exceptions: list[str | None] = []
        self._variables: list[str | None] = []
        self._last_in: dict[int, int] = {}  # both: by parent, while it is in progress
        self._last_child: dict[int, int] = {}

    def __len__(self) -> int:
        return len(self._states)

    @property
    def entries(self) -> list[dict[str, Any]]:
        return self.shown(0, len(self))

    def observe(self, event: StepEvent) -> None:
        now = self.instant()
        if isinstance(event, StepBegan):
            self._begin(event, now)
            return
        at = event.entry - 1
        self._states[at], self._updated[at] = event.state, now
        self._last_in.pop(event.entry, None)
        self._last_child.pop(event.entry, None)
        if event.state == "STATE_FAILED":
            self._exceptions[at] = shown(event.exception)
        if self.with_variables:
            self._variables[at] = _json(dict(event.variables))

    def cancel(self) -> None:
        """Mark the entries in progress as cancelled."""
        now = self.instant()
        for at, state in enumerate(self._states):
            if state == "STATE_IN_PROGRESS":
                self._states[at], self._updated[at] = "STATE_CANCELLED", now

    def current_steps(self) -> list[dict[str, str]]:
        """The step that began last, as Execution.status shows it; empty if none began."""
        for at in reversed(range(len(self))):
            if self._types[at] not in _INSIDE_STEPS:
                return [{"routine": self._routines[at], "step": self._steps[at]}]
        return []

    def place(self) -> tuple[str, str]:
        """The routine and the innermost step that the run is in; between two attempts it is the step that retries."""
        for at in reversed(range(len(self))):
            if self._states[at] == "STATE_IN_PROGRESS":
                return self._routines[at], self._step_of(at)
        return "", ""

    def waiting_steps(self) -> list[str]:
        """The innermost steps that are in progress: one, or as many as branches wait."""
        waiting = [at for at, state in enumerate(self._states) if state == "STATE_IN_PROGRESS"]
        around = {self._parents[at] - 1 for at in waiting}
        steps = [self._step_of(at) for at in waiting if at not in around]
        return list(dict.fromkeys(steps))

    def _step_of(self, at: int) -> str:
        """The step to which an entry inside a step belongs."""
        while self._types[at] in _INSIDE_STEPS and self._parents[at]:
            at = self._parents[at] - 1
        return self._steps[at]

    def shown(self, first: int, end: int) -> list[dict[str, Any]]:
        """The entries of that slice as StepEntry."""
        return [self._shown(at) for at in range(first, min(end, len(self)))]

    def _begin(self, event: StepBegan, now: str) -> None:
        entry, parent = event.entry, event.parent or 0
        before = self._last_child.get(parent)
        if before is not None:
            self._next_siblings[before - 1] = entry
        elif parent:
            self._first_children[parent - 1] = entry
        self._last_child[parent] = entry
        previous = 0
        if event.type != "STEP_PARALLEL_BRANCH_ENTRY":
            previous = self._last_in.get(parent, 0)
            if previous:
                self._next[previous - 1] = entry
            self._last_in[parent] = entry
        thread = self._threads[parent - 1] if parent else 0
        self._routines.append(event.routine)
        self._steps.append(event.step)
        self._types.append(event.type)
        self._states.append("STATE_IN_PROGRESS")
        self._created.append(now)
        self._updated.append(now)
        self._parents.append(parent)
        self._first_children.append(0)
        self._next_siblings.append(0)
        self._previous.append(previous)
        self._next.append(0)
        self._threads.append(entry if event.type == "STEP_PARALLEL_BRANCH_ENTRY" else thread)
        self._numbers.append(event.number or 0)
        self._expected.append(event.expected or 0)
        self._exceptions.append(None)
        self._variables.append(None)

    def _shown(self, at: int) -> dict[str, Any]:
        entry = {
            "name": f"{self.execution}/stepEntries/{at + 1}",
            "entryId": str(at + 1),
            "routine": self._routines[at],
            "step": self._steps[at],
            "stepType": self._types[at],
            "state": self._states[at],
            "createTime": self._created[at],
            "updateTime": self._updated[at],
            "navigationInfo": self._place(at),
            "stepEntryMetadata": self._progress(at),
        }
        exception, variables = self._exceptions[at], self._variables[at]
        if exception is not None:
            entry["exception"] = {"payload": exception}
        if variables is not None:
            entry["variableData"] = {"variables": json.loads(variables)}
        return entry

    def _place(self, at: int) -> dict[str, Any]:
        """Its links to other entries; parallel branches have no previous and next."""
        places = {"parent": self._parents[at], "previous": self._previous[at], "next": self._next[at]}
        place: dict[str, Any] = {name: str(entry) for name, entry in places.items() if entry}
        children, child = [], self._first_children[at]
        while child:
            children.append(str(child))
            child = self._next_siblings[child - 1]
        return place | ({"children": children} if children else {})

    def _progress(self, at: int) -> dict[str, str]:
        parent, progress = self._parents[at], dict[str, str]()
        if self._numbers[at]:
            kind = _PROGRESS[self._types[at]]
            if parent and self._types[parent - 1] == "STEP_PARALLEL_FOR":
                kind = "PROGRESS_TYPE_PARALLEL_FOR"
            progress |= {"progressType": kind, "progressNumber": str(self._numbers[at])}
        if self._expected[at] and self.with_variables:
            progress["expectedIteration"] = str(self._expected[at])
        if self._threads[at]:
            progress["threadId"] = str(self._threads[at])
        return progress


# Source: Workflow Executions v1, StepEntryMetadata.
_PROGRESS: Mapping[StepType, str] = {
    "STEP_FOR_ITERATION": "PROGRESS_TYPE_FOR",
    "STEP_CONDITION": "PROGRESS_TYPE_SWITCH",
    "STEP_RETRY": "PROGRESS_TYPE_RETRY",
    "STEP_PARALLEL_BRANCH_ENTRY": "PROGRESS_TYPE_PARALLEL_BRANCH",
}
_INSIDE_STEPS = frozenset({*_PROGRESS, "STEP_TRY", "STEP_EXCEPT"})


def _json(value: Value) -> str:
    return json.dumps(value, default=lambda one: f"{len(one)} bytes")
