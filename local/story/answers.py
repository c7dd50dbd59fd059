"""Answers that are no success, and errors of executions, in one sentence.  Pure."""

import json
import re
from collections.abc import Mapping
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

_MOST_CHARACTERS = 200
_TIMESTAMP = re.compile(r"<t:([0-9]{1,11})(?::[tTdDfFsSR])?>")


def for_an_operator(content: str) -> str:
    """A message with the hour where Discord would show each member "in 30 seconds", which an old story cannot say.

    Source: Discord, "Message Formatting": Unix timestamp.
    """
    return _TIMESTAMP.sub(lambda found: f"{datetime.fromtimestamp(int(found[1]), UTC):%H:%M:%S} UTC", content)


def said_by(target: str, status: int | None, body: str) -> str:
    """An answer that is no success, in one sentence; "" where no answer came."""
    if status is None:
        return ""
    message = _message(body)
    who = target or "the server"
    return f"{who} answered {status}: {message}" if message else f"{who} answered {status}"


def gave_up(target: str, body: str) -> str:
    """Why a step will never show the reply that its task was for; "" for another answer.

    Source: schemas/error.json: to such a task it answers 200, and the error.
    """
    message = _message(body)
    return f"{target or 'the step'} gave up: {message}" if message else ""


def why_failed(error: Mapping[str, Any]) -> str:
    """The error of an execution.  Where the member got no reply, the cause too.

    Source: workflows/mando.yaml: such an error has the tag NoReply, and its cause.
    """
    words = str(error.get("context", "")).partition("\n")[0]
    with suppress(ValueError, LookupError, TypeError, AttributeError, RecursionError):
        cause = json.loads(error["payload"])["cause"]
        body = cause.get("body")
        message = _message(json.dumps(body)) or str(cause["message"])
        return f"no reply, because: {message}"
    return words


def _message(body: str) -> str:
    """That of an error as our steps and Google write it; "" for anything else."""
    with suppress(ValueError, LookupError, TypeError, RecursionError):
        return " ".join(str(json.loads(body)["error"]["message"]).split())[:_MOST_CHARACTERS]
    return ""
