"""The two errors of this room: WorkflowError, raised while a workflow runs, and WorkflowSyntaxError, for its text."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local.workflows.effects import Value
from local.workflows.json_text import shown


@dataclass(frozen=True, slots=True)
class Position:
    """A piece of a workflow's text.  line and column count from 1, length is in bytes, a column is a character.

    Source: Workflow Executions v1, Position; it does not say what a column is.
    """

    line: int
    column: int
    length: int


@dataclass(frozen=True, slots=True)
class Frame:
    """One entry of a stack trace: a step, and in it the position of the expression or of the keyword."""

    routine: str
    step: str
    position: Position


class WorkflowError(Exception):
    """Raised by a running workflow.  payload is what `except: as` sees: a map with tags, or what was raised."""

    def __init__(self, payload: Value, *, raised: bool = False) -> None:
        super().__init__(payload if isinstance(payload, str) else "")
        self.payload = payload
        self.raised = raised
        self.frames: list[Frame] = []
        self._depth: int | None = None
        self._position: Position | None = None

    def locate(self, position: Position | None) -> None:
        """Note the part of the step that raised it.  Only the first call in a step counts: it is the innermost."""
        if self._position is None:
            self._position = position

    def add_frame(self, routine: str, step: str, word: Position, depth: int) -> None:
        """Add the innermost step of each routine on the way out to the stack trace, one a call.

        Its position is the noted part of the step, or else the keyword of the step.
        Source: recorded from the real service: a condition's own line; the word `call` of a call that failed.
        """
        if self._depth is None or depth < self._depth:
            self.frames.append(Frame(routine, step, self._position or word))
            self._depth = depth
        self._position = None

    @classmethod
    def tagged(cls, tag: str, message: str, *more_tags: str) -> "WorkflowError":
        return cls({"message": f"{tag}: {message}", "tags": [tag, *more_tags]})

    @property
    def tags(self) -> list[Value]:
        tags = self.payload.get("tags") if isinstance(self.payload, dict) else None
        return tags if isinstance(tags, list) else []

    def __str__(self) -> str:
        """The message.  A map that a workflow raises has a message of its own only if it has tags.

        Such a map is an error that was caught and raised again.  Source: recorded from the real service.
        """
        if isinstance(self.payload, dict) and (self.tags or not self.raised):
            message = self.payload.get("message")
            if isinstance(message, str):
                return message
        return f"RuntimeError: {shown(self.payload)}"

    def as_execution_error(self) -> dict[str, Any]:
        """payload, context and stackTrace as a failed Execution shows them.  Source: recorded from the real service."""
        return {"payload": shown(self.payload), **self._trace(str(self))}

    def as_branch_error(self) -> dict[str, Any]:
        """The error of a branch in the error of its parallel step.  Source: recorded from the real service, once.

        The payload is the value itself; the context always begins with the same words.
        """
        return {"payload": self.payload, **self._trace('RuntimeError: "branch error"')}

    def _trace(self, begin: str) -> dict[str, Any]:
        context = begin
        for frame in self.frames:
            context += f'\nin step "{frame.step}", routine "{frame.routine}", line: {frame.position.line}'
        elements = [
            {
                "position": {name: str(getattr(frame.position, name)) for name in ("line", "column", "length")},
                "routine": frame.routine,
                "step": frame.step,
            }
            for frame in self.frames
        ]
        return {"context": context, "stackTrace": {"elements": elements} if elements else {}}


_SHOWN = 160  # characters of a line; minified JSON is one line of up to 128 KB


@dataclass(frozen=True, slots=True)
class Problem:
    """One mistake in a workflow's text; line and column count from 1, source is that line."""

    file: str
    line: int
    column: int
    message: str
    source: str
    length: int = 1

    def __str__(self) -> str:
        before = max(0, self.column - 1 - _SHOWN // 2) if len(self.source) > _SHOWN else 0
        source = self.source[before : before + _SHOWN]
        at = self.column - 1 - before
        caret = " " * (8 + at) + "^" * max(1, min(self.length, len(source) - at))
        return f"{self.file}:{self.line}:{self.column}: {self.message}\n{self.line:>5} | {source}\n{caret}"


class WorkflowSyntaxError(Exception):
    """Raised when a text is not a valid workflow; holds every problem that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
