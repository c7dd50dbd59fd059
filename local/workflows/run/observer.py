"""Events that a run sends to its observer (a step began or ended), and its bill.

The interpreter has no clock: the observer notes the time of an event.
Source of the types: Workflow Executions v1, StepEntry.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from local.workflows.effects import Value

StepType = Literal[
    "STEP_TYPE_UNSPECIFIED",
    "STEP_ASSIGN",
    "STEP_STD_LIB_CALL",
    "STEP_CONNECTOR_CALL",
    "STEP_SUBWORKFLOW_CALL",
    "STEP_CALL",
    "STEP_SWITCH",
    "STEP_CONDITION",
    "STEP_FOR",
    "STEP_FOR_ITERATION",
    "STEP_PARALLEL_FOR",
    "STEP_PARALLEL_BRANCH",
    "STEP_PARALLEL_BRANCH_ENTRY",
    "STEP_TRY_RETRY_EXCEPT",
    "STEP_TRY",
    "STEP_RETRY",
    "STEP_EXCEPT",
    "STEP_RETURN",
    "STEP_RAISE",
    "STEP_GOTO",
]


@dataclass(frozen=True, slots=True)
class StepBegan:
    """A step began.  entry counts from 1 in the order of beginning; parent is the entry around it, or None.

    number: which condition, iteration, branch or retry it is, from 1.  expected: how many there are, if known.
    """

    entry: int
    parent: int | None
    routine: str
    step: str
    type: StepType
    number: int | None = None
    expected: int | None = None


@dataclass(frozen=True, slots=True)
class StepEnded:
    """A step ended.  exception is the payload of its error; variables are those of its scope, not a copy."""

    entry: int
    state: Literal["STATE_SUCCEEDED", "STATE_FAILED"]
    exception: Value
    variables: Mapping[str, Value]


StepEvent: TypeAlias = StepBegan | StepEnded
Observer: TypeAlias = Callable[[StepEvent], None]


@dataclass(slots=True)
class Bill:
    """Billable steps so far.  Source: Workflows pricing: calls, retries, single assignments, conditions."""

    internal: int = 0
    external: int = 0

    def count_poll(self) -> None:
        """Count one poll of an operation.  Source: "Understand connectors": each is a billable step."""
        self.internal += 1
