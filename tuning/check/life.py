"""What became of one request against steps that answer as scripted.  Made by living.py, read by the rules."""

from dataclasses import dataclass, field

from local.workflows.errors import WorkflowError
from local.workflows.run.observer import Bill
from tuning.check.answers import GENERATE, REPLY, Answer
from tuning.orders import TaskKind
from tuning.step_answers import is_good

TELL = f"{REPLY} failure"  # the path of a call that tells of a failure


@dataclass(frozen=True, slots=True)
class Step:
    """A step of the text: its routine and its name."""

    routine: str
    name: str


@dataclass(frozen=True, slots=True)
class Decision:
    """A step, and in a switch the last condition that was looked at, from 1; else 0."""

    step: Step
    condition: int = 0


@dataclass(slots=True)
class Call:
    """One call of the steps; at_s counts from the interaction.  step: which makes the call, or has made its task.

    queue: of the task that calls; None where the workflow itself does.  decisions: what was looked at after it failed,
    until the next call.  is_refused: the steps would not take it, whatever happens.
    """

    at_s: float
    path: str
    timeout_s: float
    step: Step
    queue: str | None = None
    answer: Answer | None = None
    decisions: list[Decision] = field(default_factory=list)
    is_refused: bool = False

    @property
    def ends_by_s(self) -> float:
        return self.at_s + self.timeout_s

    @property
    def is_good(self) -> bool:
        return self.answer is not None and is_good(self.answer.outcome)


@dataclass(slots=True)
class Life:
    """What all executions and tasks of one request did.

    tasks: (queue, what they do) of those that were made, and the step that made the first one.
    words: messages of a failure that a step showed when a task called it, or tried to.  waits_s: that the workflow
    chose: asleep, or in a queue until its task's time.  executions: (begin, end) of each.  operations: of Cloud Tasks.
    missing: environment variables that it asked for and nothing sets, and where; unknown_queues: the same of queues;
    strange: what a task would do that nobody answers, and where it was made.
    failed: the step in which the first error was raised.
    """

    calls: list[Call] = field(default_factory=list)
    words: list[Call] = field(default_factory=list)
    waits_s: list[float] = field(default_factory=list)
    executions: list[tuple[float, float]] = field(default_factory=list)
    operations: int = 0
    tasks: dict[tuple[str, TaskKind], Step] = field(default_factory=dict)
    bill: Bill = field(default_factory=Bill)
    missing: dict[str, Step] = field(default_factory=dict)
    unknown_queues: dict[str, Step] = field(default_factory=dict)
    strange: dict[str, Step] = field(default_factory=dict)
    ended_s: float = 0.0
    error: WorkflowError | None = None
    failed: Step | None = None
    has_ended: bool = True

    @property
    def is_delivery(self) -> bool:
        """Whether both steps were called, and all went well."""
        return self.has_ended and self.error is None and {GENERATE, REPLY} <= {call.path for call in self.calls}

    @property
    def executing_s(self) -> float:
        """All executions together."""
        return sum(end_s - begin_s for begin_s, end_s in self.executions)

    @property
    def own_calls(self) -> list[Call]:
        """Those of the workflow."""
        return [call for call in self.calls if call.queue is None]

    def made(self, path: str) -> list[Call]:
        return [call for call in self.calls if call.path == path]
