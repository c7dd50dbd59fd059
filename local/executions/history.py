"""The step entries of one execution, as Workflow Executions v1 shows them (StepEntry)."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from local.workflows.effects import Value
from local.workflows.history import StepBegan, StepEvent


@dataclass(slots=True)
class History:
    """An observer of a run: observe(event) is told in the order of what happens, instant() gives the time as text.

    with_variables is the level EXECUTION_HISTORY_DETAILED.
    """

    execution: str
    instant: Callable[[], str]
    with_variables: bool = False
    entries: list[dict[str, Any]] = field(default_factory=list)

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
                    "navigationInfo": {},
                }
            )
            self._link(event)
            return
        entry = self.entries[event.entry - 1]
        entry |= {"state": event.state, "updateTime": now}
        if event.state == "STATE_FAILED":
            entry["exception"] = {"payload": _json(event.exception)}
        if self.with_variables:
            entry["variableData"] = {"variables": json.loads(_json(dict(event.variables)))}

    def _link(self, event: StepBegan) -> None:
        if event.parent is None:
            return
        self.entries[event.entry - 1]["navigationInfo"]["parent"] = str(event.parent)
        around = self.entries[event.parent - 1]["navigationInfo"]
        around.setdefault("children", []).append(str(event.entry))


def _json(value: Value) -> str:
    return json.dumps(value, ensure_ascii=False, default=lambda one: f"{len(one)} bytes")
