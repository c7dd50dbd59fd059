"""Outcomes of effects ↔ the JSON texts in a journal.  Used by journal.Journal.

An outcome that is not a plain JSON value is a map with one key, its kind.  Bytes are in base64.
"""

import base64
import json
from typing import Any, TypeAlias

from local.workflows.effects import CallbackRequest, ConnectorResult, HttpFailure, HttpResponse, Outcome, Value
from local.workflows.errors import WorkflowError

_COMPACT = json.JSONEncoder(separators=(",", ":"))  # json.dumps() makes one each time

Result: TypeAlias = Outcome | WorkflowError


def to_text(outcome: Result) -> str:
    """The JSON of an outcome, in ASCII, so that lone surrogates can be stored."""
    return "null" if outcome is None else _COMPACT.encode(_encoded(outcome))  # of a sleep, and the encoder is slow


def from_text(text: str) -> Result:
    """The inverse of to_text."""
    found = json.loads(text)
    if not isinstance(found, dict):
        return found  # type: ignore[no-any-return]  # None, a number or a text, as _encoded passes them
    ((kind, content),) = found.items()
    match kind:
        case "response":
            code, headers, body = content
            return HttpResponse(code, headers, base64.b64decode(body))
        case "failure":
            return HttpFailure(*content)
        case "request":
            number, received_at, method, url, headers, query, body = content
            return CallbackRequest(number, received_at, method, url, headers, query, base64.b64decode(body))
        case "answer":
            return ConnectorResult(_value(content))
        case "error":
            return WorkflowError(_value(content["payload"]), raised=content["raised"])
    raise ValueError(f"an outcome of the kind {kind!r} is unknown")


def _encoded(outcome: Result) -> Any:
    match outcome:
        case HttpResponse(code=code, headers=headers, body=body):
            return {"response": [code, dict(headers), _base64(body)]}
        case HttpFailure(kind=kind, message=message):
            return {"failure": [kind, message]}
        case CallbackRequest(number=number, received_at=received_at, method=method, url=url, body=body):
            headers, query = dict(outcome.headers), dict(outcome.query)
            return {"request": [number, received_at, method, url, headers, query, _base64(body)]}
        case ConnectorResult(value=value):
            return {"answer": _plain(value)}
        case WorkflowError(payload=payload, raised=raised):
            return {"error": {"payload": _plain(payload), "raised": raised}}
        case None | float() | int() | str():
            return outcome
    raise TypeError(f"{type(outcome).__name__} is no outcome that a journal keeps")


def _plain(value: Value) -> Any:
    """JSON of a value: bytes become {"bytes": …}, and so that nothing is ambiguous, maps become {"map": …}."""
    if isinstance(value, bytes):
        return {"bytes": _base64(value)}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    if isinstance(value, dict):
        return {"map": {key: _plain(one) for key, one in value.items()}}
    return value


def _value(found: Any) -> Value:
    if isinstance(found, list):
        return [_value(one) for one in found]
    if not isinstance(found, dict):
        return found  # type: ignore[no-any-return]  # a plain JSON value
    if "bytes" in found:
        return base64.b64decode(found["bytes"])
    return {key: _value(one) for key, one in found["map"].items()}


def _base64(content: bytes) -> str:
    return base64.b64encode(content).decode()
