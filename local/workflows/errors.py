"""The two kinds of errors of this room: one a value of the language, the other a mistake in the text of a workflow."""

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
    """Where an error passed on its way out: the step, and in it the expression or the word that says what it does."""

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
        """Note which part of a step it comes out of; what lies deeper in the step was noted before, and stays."""
        if self._position is None:
            self._position = position

    def add_frame(self, routine: str, step: str, word: Position, depth: int) -> None:
        """Note where it passed, once a call: the innermost step of each routine on the way out.

        It is at the part of the step that was noted, or else at the word that says what the step does.
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
        """Its message.  A map that a workflow raises is an error too where it has tags, as one that was caught has.

        Source for the latter: recorded from the real service: an error that is raised again begins with its message.
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
        """What the error of a parallel step tells of a branch.  Source: recorded from the real service, once.

        The payload is the value itself, and the context begins with the same words whatever it was.
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
    """Raised when the text is no workflow; holds every problem that was found."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("\n".join(map(str, problems)))
        self.problems = tuple(problems)
