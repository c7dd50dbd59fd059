"""The two kinds of errors of this room: one a value of the language, the other a mistake in the text of a workflow."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from local.workflows.effects import Value
from local.workflows.json_text import compact


@dataclass(frozen=True, slots=True)
class Frame:
    """Where an error passed on its way out: the word that says what the step does.  line and column count from 1."""

    routine: str
    step: str
    line: int
    column: int
    length: int


class WorkflowError(Exception):
    """Raised by a running workflow.  payload is what `except: as` sees: a map with tags, or what was raised."""

    def __init__(self, payload: Value, *, raised: bool = False) -> None:
        super().__init__(payload if isinstance(payload, str) else "")
        self.payload = payload
        self.raised = raised
        self.frames: list[Frame] = []
        self._depth: int | None = None

    def leave(self, frame: Frame, depth: int) -> None:
        """Note where it passed, once a call: the innermost step of each routine on the way out."""
        if self._depth is None or depth < self._depth:
            self.frames.append(frame)
            self._depth = depth

    @classmethod
    def tagged(cls, tag: str, message: str, *more_tags: str) -> "WorkflowError":
        return cls({"message": f"{tag}: {message}", "tags": [tag, *more_tags]})

    @property
    def tags(self) -> list[Value]:
        tags = self.payload.get("tags") if isinstance(self.payload, dict) else None
        return tags if isinstance(tags, list) else []

    def __str__(self) -> str:
        if isinstance(self.payload, dict) and isinstance(self.payload.get("message"), str) and not self.raised:
            return str(self.payload["message"])
        return f"RuntimeError: {compact(self.payload)}"

    def as_execution_error(self) -> dict[str, Any]:
        """payload, context and stackTrace as a failed Execution shows them.  Source: recorded from the real service."""
        context = str(self)
        for frame in self.frames:
            context += f'\nin step "{frame.step}", routine "{frame.routine}", line: {frame.line}'
        elements = [
            {
                "position": {"line": str(frame.line), "column": str(frame.column), "length": str(frame.length)},
                "routine": frame.routine,
                "step": frame.step,
            }
            for frame in self.frames
        ]
        payload = compact(self.payload)
        return {"payload": payload, "context": context, "stackTrace": {"elements": elements}}


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
