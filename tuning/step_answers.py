"""What the steps answer a workflow or a task: their statuses and JSON, each answer made once.

Called by check/ and simulate/.
Source: steps/app.py, STATUSES, and schemas/error.json; a test compares.
"""

import functools
import json

from local.workflows.effects import HttpFailure, HttpResponse

_JSON = {"Content-Type": "application/json"}
_BAD, _LIMITED = 400, 429  # the first status of a call that failed; the one that asks for a wait
_HTML = {"Content-Type": "text/html; charset=UTF-8"}

GENERATED = HttpResponse(
    200,
    _JSON,
    json.dumps({"object": f"pictures/{'0' * 32}.png", "title": "Calm Lotus", "description": "…", "colour": 0}).encode(),
)
REPLIED = HttpResponse(200, _JSON, b'{"message_id":"1"}')
TOO_LATE = HttpFailure("TimeoutError", "no answer within the call's timeout")
GAVE_UP = HttpResponse(200, _JSON, b'{"kind":"discord","error":{"status":410,"message":"gone"}}')  # a task's, for good
WAITS = HttpResponse(202, _JSON, b'{"waits_in":"1-77-r2"}')  # a task's: the step has made the next one
NO_CONNECTION = HttpFailure("ConnectionError", "the connection broke")
NO_TOKEN = HttpFailure("AuthError", "no token for the call")


@functools.cache
def foreign(status: int) -> HttpResponse:
    """The answer of something in front of the steps: a page, not our JSON."""
    return HttpResponse(status, _HTML, b"<html><title>Error</title></html>")


@functools.cache
def failed(status: int, kind: str) -> HttpResponse:
    """A step's own answer."""
    return HttpResponse(status, _JSON, _error(status, kind))


def limited(retry_after_s: float, kind: str = "discord") -> HttpResponse:
    """429: the same call may succeed after so many seconds."""
    return HttpResponse(429, _JSON, _error(429, kind, retry_after=retry_after_s))


def google_said(status: int) -> HttpResponse:
    """The answer of a Google API, of which only the status counts."""
    return HttpResponse(status, _JSON, b"{}")


def is_good(outcome: HttpResponse | HttpFailure) -> bool:
    return isinstance(outcome, HttpResponse) and outcome.code < _BAD


def retry_after_s(answer: HttpResponse | HttpFailure) -> float:
    """What a 429 of a step asks for; 0 where nothing is asked."""
    if not isinstance(answer, HttpResponse) or answer.code != _LIMITED:
        return 0.0
    try:
        return float(json.loads(answer.body)["retry_after"])
    except (ValueError, KeyError, TypeError):
        return 0.0


def _error(status: int, kind: str, **more: float) -> bytes:
    return json.dumps({"kind": kind, "error": {"status": status, "message": kind}, **more}).encode()
