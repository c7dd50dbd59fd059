"""What the steps answer the workflow: their statuses and JSON, each answer made once.  Called by check/ and simulate/.

Source: steps/app.py, STATUSES, and schemas/error.json; a test compares.
"""

import functools
import json

from local.workflows.effects import HttpFailure, HttpResponse

_JSON = {"Content-Type": "application/json"}
_HTML = {"Content-Type": "text/html; charset=UTF-8"}

GENERATED = HttpResponse(
    200,
    _JSON,
    json.dumps({"object": f"pictures/{'0' * 32}.png", "title": "Calm Lotus", "description": "…", "colour": 0}).encode(),
)
REPLIED = HttpResponse(200, _JSON, b'{"message_id":"1"}')
TOO_LATE = HttpFailure("TimeoutError", "no answer within the call's timeout")
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


def _error(status: int, kind: str, **more: float) -> bytes:
    return json.dumps({"kind": kind, "error": {"status": status, "message": kind}, **more}).encode()
