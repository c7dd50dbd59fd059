"""Which call of the steps it is, and whether they take it: its address, method, headers, token and body."""

import functools
import json
from collections.abc import Mapping
from urllib.parse import urlsplit

import schemas
from local.workflows.effects import HttpCall
from tuning.check.answers import GENERATE, REPLY, Answer, error
from tuning.check.life import TELL

_CHECKED: Mapping[str, schemas.SchemaName] = {GENERATE: "request", REPLY: "reply", TELL: "reply"}


def path_of(call: HttpCall) -> str:
    path = urlsplit(call.url).path
    body = body_of(call)
    return TELL if path == REPLY and isinstance(body, dict) and body.get("failure") is not None else path


def body_of(call: HttpCall) -> object:
    """Nobody may change it."""
    return _read(call.body)


@functools.lru_cache(maxsize=64)  # a request is sent again and again, in every life of it
def _read(body: bytes | None) -> object:
    try:
        return json.loads(body or b"null")
    except ValueError:
        return None


@functools.lru_cache(maxsize=64)  # as _read
def _is_taken(schema: schemas.SchemaName, body: bytes | None) -> bool:
    try:
        schemas.check(schema, _read(body))
    except schemas.SchemaError:
        return False
    return True


def refusal(call: HttpCall, path: str, interaction_id: str) -> Answer | None:
    """The answer of the steps to a call that they do not take.  Its header X-Dedup-Key names the interaction."""
    if path not in _CHECKED or call.method != "POST":
        return error("route", 404)
    if not _is_taken(_CHECKED[path], call.body):
        return error("request", 400)
    headers = {name.lower(): value for name, value in call.headers.items()}
    if headers.get("x-dedup-key") != interaction_id or "json" not in headers.get("content-type", ""):
        return error("request", 400)
    if call.auth is None or call.auth.kind != "OIDC":
        return error("caller", 401)
    return None
