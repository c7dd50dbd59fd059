"""The log of every program: one line of JSON an entry, as Cloud Logging reads it.

An entry about a bug of ours has a stack_trace: every frame (file, line, function) of the error and of its causes, in
the format by which Error Reporting groups them.  Texts of errors and values of variables are left out: they may hold a
secret.  Source: Cloud Logging, "Structured logging"; Error Reporting, "Format errors in logs", "How errors are
grouped".
"""

import json
import logging
import sys
import traceback
from contextlib import suppress
from types import FrameType
from typing import Literal, TextIO

from service.trace import LOG_FIELD, trace_name

Severity = Literal["INFO", "WARNING", "ERROR", "CRITICAL"]

_CAUSE = "\n\nThe above exception was the direct cause of the following exception:\n\n"


_traced_in: list[str] = []  # the project, once it is known


def trace_in(project: str) -> None:
    """Entries with an interaction_id name its trace in that project from now on.  Called where a program starts."""
    _traced_in[:] = [project]


def log(severity: Severity, message: str, mistake: BaseException | None = None, **fields: object) -> None:
    """Write an entry to standard output; it is lost where that has no room, as no request may fail for its log."""
    with suppress(OSError):
        sys.stdout.write(entry(severity, message, mistake, **fields) + "\n")
        sys.stdout.flush()


def entry(severity: str, message: str, mistake: BaseException | None = None, **fields: object) -> str:
    stack = {} if mistake is None else {"stack_trace": stack_trace(mistake)}
    interaction_id = fields.get("interaction_id")
    traced = {LOG_FIELD: trace_name(_traced_in[0], str(interaction_id))} if _traced_in and interaction_id else {}
    return json.dumps({"severity": severity, "message": message, **fields, **traced, **stack})


def stack_trace(error: BaseException) -> str:
    """The trace as Python prints it, without the texts of errors and the lines of code."""
    parts: list[str] = []
    seen: set[int] = set()
    cause: BaseException | None = error
    while cause is not None and id(cause) not in seen:
        seen.add(id(cause))
        frames = [(frame.f_code.co_filename, line, frame.f_code.co_name, "") for frame, line in _frames(cause)]
        lines = traceback.StackSummary.from_list(frames).format()
        parts.append("".join(["Traceback (most recent call last):\n", *lines, _kind(cause)]))
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    return _CAUSE.join(reversed(parts))


def place(error: BaseException) -> str:
    """The kind of an error and the place that raised it, in a few words."""
    frames = _frames(error)
    where = f"{frames[-1][0].f_code.co_filename}:{frames[-1][1]}" if frames else "nowhere"
    return f"{type(error).__name__} at {where}"


def _frames(error: BaseException) -> list[tuple[FrameType, int]]:
    return list(traceback.walk_tb(error.__traceback__))


def _kind(error: BaseException) -> str:
    kind = type(error)
    return kind.__qualname__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


class JsonLines(logging.Formatter):
    """Formats entries of the module `logging`, which libraries use, as the same JSON."""

    def format(self, record: logging.LogRecord) -> str:
        return entry(record.levelname, record.getMessage(), record.exc_info[1] if record.exc_info else None)


def write_json_lines(stream: TextIO) -> None:
    """Send all that `logging` writes in this process to the stream.  Called where a program starts."""
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines())
    logging.getLogger().handlers = [handler]
