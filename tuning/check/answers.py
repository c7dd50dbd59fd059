"""What the steps may answer: good answers, each error of schemas/error.json, and what other servers say in their place.

Called by the rules that run the workflow.
"""

import functools
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

from local.workflows.effects import HttpFailure, HttpResponse
from tuning.places import Mistake, Place, Unreadable, place
from tuning.sources import Sources
from tuning.step_answers import GENERATED, NO_CONNECTION, REPLIED, TOO_LATE, failed, foreign, limited

GENERATE, REPLY = "/generate-image", "/reply-discord"
ERRORS = "schemas/error.json"

# How often the same call may be tried again: not at all · a few times, since it is our bug · for some minutes, until a
# new role is known everywhere · as long as the token lives.
Repetition = Literal["permanent", "a few", "minutes", "temporary"]
REPETITIONS: tuple[Repetition, ...] = ("permanent", "a few", "minutes", "temporary")


@dataclass(frozen=True, slots=True, eq=False)  # each is made once; its headers are a dict, and have no hash
class Answer:
    """An outcome of a call after so many seconds; None: after the time-out of the call."""

    outcome: HttpResponse | HttpFailure
    seconds: float | None


@dataclass(frozen=True, slots=True)
class ErrorCase:
    """One error that a call may meet, and how often the call may then be tried again."""

    title: str
    answer: Answer
    repetition: Repetition
    retry_after_s: float | None = None


_RETRY_AFTER_S = 17.25
PICTURE, MESSAGE, TIMES_OUT = Answer(GENERATED, 0.0), Answer(REPLIED, 0.0), Answer(TOO_LATE, None)


def error(kind: str, status: int) -> Answer:
    """As the steps answer; a 429 says how long to wait."""
    return Answer(limited(_RETRY_AFTER_S, kind) if status == 429 else failed(status, kind), 0.0)


UNAVAILABLE = error("discord", 503)


# What comes from others than the steps.  All of it may pass: their servers are restarted, or have no room.
# Source: Workflows, "Workflow errors", tags; App Engine and its load balancer answer 429, 500, 502, 503, 504 as HTML.
_OTHERS = (
    ErrorCase("a call without an answer in time", TIMES_OUT, "temporary"),
    ErrorCase("a connection that breaks", Answer(NO_CONNECTION, 0.0), "temporary"),
    ErrorCase(
        "a connection that is refused", Answer(HttpFailure("ConnectionFailedError", "refused"), 0.0), "temporary"
    ),
    *(
        ErrorCase(f"status {status} of a server in front of the steps", Answer(foreign(status), 0.0), "temporary")
        for status in (429, 500, 502, 503, 504)
    ),
    ErrorCase("status 403 of a server in front of the steps", Answer(foreign(403), 0.0), "minutes"),
)


def read_errors(sources: Sources) -> tuple[ErrorCase, ...]:
    """Each kind and status of schemas/error.json, and what others answer.  Raises Unreadable."""
    if ERRORS not in sources:
        raise Unreadable(Mistake(Place(ERRORS), "there is no such file"))
    return _read(sources[ERRORS])


@functools.lru_cache(maxsize=8)  # the same cases for the same text: their lives are kept, see living.py
def _read(text: str) -> tuple[ErrorCase, ...]:
    sources = {ERRORS: text}
    try:
        schema = json.loads(text)
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
        yield ErrorCase(title, error(name, int(status)), repetition, wait_s)
