"""Converts requests of tasks to App Engine to Cloud Tasks' JSON and back.

Source: Cloud Tasks v2 and v2beta3, AppEngineHttpRequest and AppEngineRouting.
"""

import base64
from collections.abc import Mapping
from typing import Any

from local.appengine.service import ROUTING, routed_host
from local.http.api_error import ApiError
from local.tasks.headers import given_headers, shown_headers
from local.tasks.task import AppEngineRequest

_WITH_BODY = ("POST", "PUT")
_MAX_URI = 2083


def app_engine_request(given: Mapping[str, Any], method: str, deadline_s: float) -> AppEngineRequest:
    """The request of a task, as googleapi/ reads it.  Raises ApiError(400).

    unsure: the words of the errors; that such things are refused is the documentation's.
    """
    uri, body = given.get("relativeUri") or "/", given.get("body", b"")
    if not uri.startswith("/"):
        raise ApiError(400, "AppEngineHttpRequest.relative_uri must begin with '/'.")
    if any(character.isspace() for character in uri):
        raise ApiError(400, "AppEngineHttpRequest.relative_uri must not contain spaces.")
    if len(uri) > _MAX_URI:
        raise ApiError(400, f"AppEngineHttpRequest.relative_uri must be at most {_MAX_URI} characters.")
    if body and method not in _WITH_BODY:
        raise ApiError(400, "HTTP request body is not allowed with this HTTP method.")
    headers = given_headers(given.get("headers", {}), "task.app_engine_http_request.headers", of_app_engine=True)
    return AppEngineRequest(uri, method, headers, body, routing(given.get("appEngineRouting")), deadline_s)


def routing(given: Mapping[str, str] | None) -> dict[str, str]:
    """What was asked for; the host is output only."""
    return {name: given[name] for name in reversed(ROUTING) if given and given.get(name)}


def routing_json(name: str, asked: Mapping[str, str]) -> dict[str, str]:
    """The routing as it is shown, with its host; name is that of the queue or of a task."""
    return {**asked, "host": host(name, asked)}


def host(name: str, asked: Mapping[str, str]) -> str:
    return routed_host(name.split("/")[1], asked)


def app_engine_json(queue: str, request: AppEngineRequest, *, full: bool) -> dict[str, Any]:
    """unsure: that a task shows its own routing also where its queue overrides it."""
    shown: dict[str, Any] = {
        "httpMethod": request.method,
        "appEngineRouting": routing_json(queue, request.routing),
        "relativeUri": request.relative_uri,
        "headers": shown_headers(request),
    }
    if full and request.body:
        shown["body"] = base64.b64encode(request.body).decode()
    return shown
