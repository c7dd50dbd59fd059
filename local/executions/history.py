"""The step entries of one execution, as Workflow Executions v1 shows them (StepEntry)."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from local.workflows.effects import Value
from local.workflows.history import StepBegan, StepEvent, StepType
from local.workflows.json_text import shown


@dataclass(slots=True)
class History:
    """An observer of a run: observe(event) is told in the order of what happens, instant() gives the time as text.

    with_variables is the level EXECUTION_HISTORY_DETAILED, which tells the expected numbers of iterations too.
    """

    execution: str
    instant: Callable[[], str]
    with_variables: bool = False
    entries: list[dict[str, Any]] = field(default_factory=list)
    _last_in: dict[int | None, int] = field(default_factory=dict)

    def observe(self, event: StepEvent) -> None:
        now = self.instant()
        if isinstance(event, StepBegan):
            self.entries.append(
                {
                    "name": f"{self.execution}/stepEntries/{event.entry}",
                    "entryId": str(event.entry),
                    "routine": event.routine,
                    "step": event.step,
                    "stepType": event.type,
                    "state": "STATE_IN_PROGRESS",
                    "createTime": now,
                    "updateTime": now,
                    "navigationInfo": self._place(event),
                    "stepEntryMetadata": self._progress(event),
                }
            )
            return
        entry = self.entries[event.entry - 1]
        entry |= {"state": event.state, "updateTime": now}
        if event.state == "STATE_FAILED":
            entry["exception"] = {"payload": shown(event.exception)}
        if self.with_variables:
            entry["variableData"] = {"variables": json.loads(_json(dict(event.variables)))}

    def cancel(self) -> None:
        """The execution was cancelled: what was in progress is so too."""
        now = self.instant()
        for entry in self.entries:
            if entry["state"] == "STATE_IN_PROGRESS":
                entry |= {"state": "STATE_CANCELLED", "updateTime": now}

    def current_steps(self) -> list[dict[str, str]]:
        """The step that began last, as Execution.status has it; none where none began."""
        for entry in reversed(self.entries):
            if entry["stepType"] not in _INSIDE_STEPS:
                return [{"routine": entry["routine"], "step": entry["step"]}]
        return []

    def _place(self, event: StepBegan) -> dict[str, Any]:
        """Where it stands among the others; branches stand side by side, so none of them comes before another."""
        entry, place = str(event.entry), dict[str, Any]()
        if event.parent is not None:
            place["parent"] = str(event.parent)
            self.entries[event.parent - 1]["navigationInfo"].setdefault("children", []).append(entry)
        if event.type != "STEP_PARALLEL_BRANCH_ENTRY":
            before = self._last_in.get(event.parent)
            if before is not None:
                place["previous"] = str(before)
                self.entries[before - 1]["navigationInfo"]["next"] = entry
            self._last_in[event.parent] = event.entry
        return place

    def _progress(self, event: StepBegan) -> dict[str, str]:
        around = self.entries[event.parent - 1] if event.parent is not None else None
        progress: dict[str, str] = {}
        if event.number is not None:
            kind = _PROGRESS[event.type]
            if around is not None and around["stepType"] == "STEP_PARALLEL_FOR":
                kind = "PROGRESS_TYPE_PARALLEL_FOR"
            progress |= {"progressType": kind, "progressNumber": str(event.number)}
        if event.expected is not None and self.with_variables:
            progress["expectedIteration"] = str(event.expected)
        if event.type == "STEP_PARALLEL_BRANCH_ENTRY":
            progress["threadId"] = str(event.entry)
        elif around is not None and "threadId" in around["stepEntryMetadata"]:
            progress["threadId"] = around["stepEntryMetadata"]["threadId"]
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
    return json.dumps(value, ensure_ascii=False, default=lambda one: f"{len(one)} bytes")
