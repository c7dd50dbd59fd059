"""What the steps may answer: good answers, each error of schemas/error.json, and what other servers say in their place.

Called by the rules that run the workflow.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from local.workflows.effects import HttpFailure, HttpResponse
from schemas.message import Message
from schemas.picture import ObjectName, Picture
from tuning.places import Mistake, Place, Unreadable, place
from tuning.sources import Sources

GENERATE, REPLY = "/generate-image", "/reply-discord"
ERRORS = "schemas/error.json"

# How often the same call may be tried again: not at all · a few times, since it is our bug · for some minutes, until a
# new role is known everywhere · as long as the token lives.
Repetition = Literal["permanent", "a few", "minutes", "temporary"]
REPETITIONS: tuple[Repetition, ...] = ("permanent", "a few", "minutes", "temporary")


@dataclass(frozen=True, slots=True)
class Answer:
    """An outcome of a call after so many seconds; None: after the time-out of the call."""

    outcome: HttpResponse | HttpFailure
    seconds: float | None


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """One error that a call may meet, and how often the call may then be tried again.  where: what says so."""

    title: str
    answer: Answer
    repetition: Repetition
    retry_after_s: float | None = None


_RETRY_AFTER_S = 17.25
_HTML = "<html><body>an error of another server</body></html>"


def _json(status: int, value: object) -> Answer:
    return Answer(HttpResponse(status, {"Content-Type": "application/json"}, json.dumps(value).encode()), 0.0)


PICTURE = _json(200, Picture(ObjectName(f"pictures/{'0' * 32}.png"), "title", "words", 1).to_json())
MESSAGE = _json(200, Message("1").to_json())
TIMES_OUT = Answer(HttpFailure("TimeoutError", "no answer in time"), None)


def error(kind: str, status: int, retry_after_s: float | None = None) -> Answer:
    """As the steps answer."""
    wait = {} if retry_after_s is None else {"retry_after": retry_after_s}
    return _json(status, {"kind": kind, "error": {"status": status, "message": "an error"}, **wait})


UNAVAILABLE = error("discord", 503)


def foreign(status: int) -> Answer:
    """As a server in front of the steps answers."""
    return Answer(HttpResponse(status, {"Content-Type": "text/html"}, _HTML.encode()), 0.0)


# What comes from others than the steps.  All of it may pass: their servers are restarted, or have no room.
# Source: Workflows, "Workflow errors", tags; App Engine and its load balancer answer 429, 500, 502, 503, 504 as HTML.
_OTHERS = (
    ErrorCase("a call without an answer in time", TIMES_OUT, "temporary"),
    ErrorCase("a connection that breaks", Answer(HttpFailure("ConnectionError", "it broke"), 0.0), "temporary"),
    ErrorCase(
        "a connection that is refused", Answer(HttpFailure("ConnectionFailedError", "refused"), 0.0), "temporary"
    ),
    *(
        ErrorCase(f"status {status} of a server in front of the steps", foreign(status), "temporary")
        for status in (429, 500, 502, 503, 504)
    ),
    ErrorCase("status 403 of a server in front of the steps", foreign(403), "minutes"),
)


def read_errors(sources: Sources) -> tuple[ErrorCase, ...]:
    """Each kind and status of schemas/error.json, and what others answer.  Raises Unreadable."""
    if ERRORS not in sources:
        raise Unreadable(Mistake(Place(ERRORS), "there is no such file"))
    try:
        schema = json.loads(sources[ERRORS])
    except json.JSONDecodeError as error:
        raise Unreadable(Mistake(Place(ERRORS, error.lineno, error.colno), error.msg)) from None
    except RecursionError:
        raise Unreadable(Mistake(Place(ERRORS), "the text is nested too deeply")) from None
    path: tuple[str | int, ...] = ("properties", "kind", "oneOf")
    try:
        kinds = schema["properties"]["kind"]["oneOf"]
        cases = [case for number, kind in enumerate(kinds) for case in _cases(sources, kind, (*path, number))]
    except (KeyError, TypeError, AttributeError):
        what = 'expected a list of {"const": KIND, "statuses": {STATUS: REPETITION}} there'
        raise Unreadable(Mistake(place(sources, ERRORS, *path), what)) from None
    return (*cases, *_OTHERS)


def _cases(sources: Sources, kind: Any, path: tuple[str | int, ...]) -> Iterator[ErrorCase]:
    name = str(kind["const"])
    for status, repetition in kind["statuses"].items():
        if repetition not in REPETITIONS or not (status.isdecimal() and 400 <= int(status) <= 599):
            what = f"expected a status from 400 to 599, and one of {', '.join(REPETITIONS)}"
            raise Unreadable(Mistake(place(sources, ERRORS, *path, "statuses", status), what))
        wait_s = _RETRY_AFTER_S if int(status) == 429 else None
        title = f"status {status} of the kind '{name}'"
        yield ErrorCase(title, error(name, int(status), wait_s), repetition, wait_s)
