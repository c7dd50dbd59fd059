"""Collects the step entries of one execution, as Workflow Executions v1 shows them (StepEntry)."""

import json
from collections.abc import Callable, Mapping
from typing import Any

from local.workflows.effects import Value
from local.workflows.json_text import shown
from local.workflows.run.observer import StepBegan, StepEvent, StepType

# The places in the row of an entry.  Links are numbers of entries, which count from 1; 0 is none.
_ROUTINE, _STEP, _TYPE, _STATE, _CREATED, _UPDATED, _NUMBER, _EXPECTED, _EXCEPTION, _VARIABLES = range(10)
_PARENT, _FIRST_CHILD, _LAST_CHILD, _NEXT_SIBLING, _THREAD = range(10, 15)
_PREVIOUS, _NEXT, _LAST_IN = range(15, 18)  # in sequence, without branches; _LAST_IN is the last one inside
_WIDTH = 18


class History:
    """An observer of a run: observe() takes its events in order.  instant() gives the time as text.

    with_variables is the level EXECUTION_HISTORY_DETAILED, which also shows the expected number of iterations.
    There may be 100,000 entries, and 10,000 executions.  So all rows are one list of texts and numbers: the garbage
    collector would visit objects of their own again and again, and one list a column takes 90 bytes for one entry.
    """

    __slots__ = ("_cells", "execution", "instant", "with_variables")

    def __init__(self, execution: str, instant: Callable[[], str], with_variables: bool = False) -> None:
        self.execution = execution
        self.instant = instant
        self.with_variables = with_variables
        self._cells: list[Any] = [0] * _WIDTH  # row 0 is the execution itself, the parent of what is in no other entry

    def __len__(self) -> int:
        return len(self._cells) // _WIDTH - 1

    @property
    def entries(self) -> list[dict[str, Any]]:
        return self.shown(0, len(self))

    def observe(self, event: StepEvent) -> None:
        now = self.instant()
        if isinstance(event, StepBegan):
            self._begin(event, now)
            return
        cells, row = self._cells, event.entry * _WIDTH
        cells[row + _STATE], cells[row + _UPDATED] = event.state, now
        if event.state == "STATE_FAILED":
            cells[row + _EXCEPTION] = shown(event.exception)
        if self.with_variables:
            cells[row + _VARIABLES] = _json(dict(event.variables))

    def cancel(self) -> None:
        """Mark the entries in progress as cancelled."""
        now = self.instant()
        for row in self._in_progress():
            self._cells[row + _STATE], self._cells[row + _UPDATED] = "STATE_CANCELLED", now

    def current_steps(self) -> list[dict[str, str]]:
        """The step that began last, as Execution.status shows it; empty if none began."""
        cells = self._cells
        for row in reversed(self._rows()):
            if cells[row + _TYPE] not in _INSIDE_STEPS:
                return [{"routine": cells[row + _ROUTINE], "step": cells[row + _STEP]}]
        return []

    def place(self) -> tuple[str, str]:
        """The routine and the innermost step that the run is in; between two attempts it is the step that retries."""
        for row in reversed(self._rows()):
            if self._cells[row + _STATE] == "STATE_IN_PROGRESS":
                return self._cells[row + _ROUTINE], self._step_of(row)
        return "", ""

    def waiting_steps(self) -> list[str]:
        """The innermost steps that are in progress: one, or as many as branches wait."""
        waiting = self._in_progress()
        around = {self._cells[row + _PARENT] * _WIDTH for row in waiting}
        return list(dict.fromkeys(self._step_of(row) for row in waiting if row not in around))

    def shown(self, first: int, end: int) -> list[dict[str, Any]]:
        """The entries of that slice as StepEntry."""
        return [self._shown(entry) for entry in range(first + 1, min(end, len(self)) + 1)]

    def _rows(self) -> range:
        return range(_WIDTH, len(self._cells), _WIDTH)

    def _in_progress(self) -> list[int]:
        return [row for row in self._rows() if self._cells[row + _STATE] == "STATE_IN_PROGRESS"]

    def _step_of(self, row: int) -> str:
        """The step to which an entry inside a step belongs."""
        cells = self._cells
        while cells[row + _TYPE] in _INSIDE_STEPS and cells[row + _PARENT]:
            row = cells[row + _PARENT] * _WIDTH
        return str(cells[row + _STEP])

    def _begin(self, event: StepBegan, now: str) -> None:
        cells, entry, parent = self._cells, event.entry, (event.parent or 0) * _WIDTH
        before = cells[parent + _LAST_CHILD]
        cells[before * _WIDTH + _NEXT_SIBLING if before else parent + _FIRST_CHILD] = entry
        cells[parent + _LAST_CHILD] = entry
        previous, thread = 0, entry
        if event.type != "STEP_PARALLEL_BRANCH_ENTRY":
            previous, thread = cells[parent + _LAST_IN], cells[parent + _THREAD]
            cells[previous * _WIDTH + _NEXT] = entry
            cells[parent + _LAST_IN] = entry
        row = (event.routine, event.step, event.type, "STATE_IN_PROGRESS", now, now)
        cells += (*row, event.number or 0, event.expected or 0, None, None, event.parent or 0, 0, 0, 0, thread)
        cells += (previous, 0, 0)

    def _shown(self, number: int) -> dict[str, Any]:
        row = self._cells[number * _WIDTH : (number + 1) * _WIDTH]
        entry = {
            "name": f"{self.execution}/stepEntries/{number}",
            "entryId": str(number),
            "routine": row[_ROUTINE],
            "step": row[_STEP],
            "stepType": row[_TYPE],
            "state": row[_STATE],
            "createTime": row[_CREATED],
            "updateTime": row[_UPDATED],
            "navigationInfo": self._place(row),
            "stepEntryMetadata": self._progress(row),
        }
        if row[_EXCEPTION] is not None:
            entry["exception"] = {"payload": row[_EXCEPTION]}
        if row[_VARIABLES] is not None:
            entry["variableData"] = {"variables": json.loads(row[_VARIABLES])}
        return entry

    def _place(self, row: list[Any]) -> dict[str, Any]:
        """Its links to other entries; parallel branches have no previous and next."""
        places = {"parent": row[_PARENT], "previous": row[_PREVIOUS], "next": row[_NEXT]}
        place: dict[str, Any] = {name: str(entry) for name, entry in places.items() if entry}
        children, child = [], row[_FIRST_CHILD]
        while child:
            children.append(str(child))
            child = self._cells[child * _WIDTH + _NEXT_SIBLING]
        return place | ({"children": children} if children else {})

    def _progress(self, row: list[Any]) -> dict[str, str]:
        progress = dict[str, str]()
        if row[_NUMBER]:
            kind = _PROGRESS[row[_TYPE]]
            if self._cells[row[_PARENT] * _WIDTH + _TYPE] == "STEP_PARALLEL_FOR":
                kind = "PROGRESS_TYPE_PARALLEL_FOR"
            progress |= {"progressType": kind, "progressNumber": str(row[_NUMBER])}
        if row[_EXPECTED] and self.with_variables:
            progress["expectedIteration"] = str(row[_EXPECTED])
        if row[_THREAD]:
            progress["threadId"] = str(row[_THREAD])
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
