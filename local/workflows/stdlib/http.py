"""http.*: encodes requests and decodes answers, so that a driver only moves bytes."""

import re
from collections.abc import Mapping
from dataclasses import replace
from functools import lru_cache, partial
from urllib.parse import quote, urlencode, urlsplit

from local.workflows.effects import Auth, Effects, HttpCall, HttpFailure, HttpResponse, Value
from local.workflows.errors import WorkflowError
from local.workflows.limits import MAX_RESPONSE_BYTES
from local.workflows.stdlib import Function, functions, json, text_of, wrong_type

_AGENT = "GoogleCloudWorkflows; (+https://cloud.google.com/workflows/docs)"
_METHODS = ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE")
_TOKEN = re.compile(r"[-!#$%&'*+.^_`|~0-9A-Za-z]+")
_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_MAX_TIMEOUT_S = 1800.0


def request(
    method: Value,
    url: Value,
    timeout: Value = 300,
    body: Value = None,
    headers: Value = None,
    query: Value = None,
    auth: Value = None,
    private_service_name: Value = None,
    ca_certificate: Value = None,
) -> Effects:
    """The arguments in the order of their page.  Source: Workflows, http.request.

    There is no Service Directory here: the request goes to the host of the url, whatever private_service_name and its
    ca_certificate say.
    """
    sent = _headers(headers)
    content = _encode(body, sent)
    if private_service_name is not None:
        text_of("http.request private_service_name", private_service_name)
    answer = yield HttpCall(
        method=_method(method),
        url=_url(url, query),
        headers=sent,
        body=content,
        timeout_s=_timeout(timeout),
        auth=_auth(auth, str(url)),
    )
    if isinstance(answer, HttpFailure):
        raise WorkflowError({"message": answer.message, "tags": [answer.kind]})
    assert isinstance(answer, HttpResponse)  # noqa: S101 -- the driver's contract
    return _result(answer)


def default_retry_predicate(error: Value) -> Value:
    """Source: Workflows, http.default_retry_predicate: for requests that may be repeated."""
    return _matches(error, {429, 502, 503, 504}, {"ConnectionError", "ConnectionFailedError", "TimeoutError"})


def default_retry_predicate_non_idempotent(error: Value) -> Value:
    """Source: Workflows, http.default_retry_predicate_non_idempotent."""
    return _matches(error, {429, 503}, {"ConnectionFailedError"})


def _matches(error: Value, codes: set[int], tags: set[str]) -> bool:
    if not isinstance(error, dict):
        return False
    carried = error.get("tags")
    return error.get("code") in codes or (isinstance(carried, list) and any(tag in tags for tag in carried))


def _headers(given: Value) -> dict[str, str]:
    if given is not None and not isinstance(given, dict):
        raise wrong_type("http.request headers", given, "map")
    sent: dict[str, str] = {}
    for name, value in (given or {}).items():
        if not isinstance(value, str):
            raise wrong_type(f"http.request header {name}", value, "string")
        sent[name] = value
    for name, value in sent.items():
        if not _TOKEN.fullmatch(name) or _CONTROL.search(value):
            raise WorkflowError.tagged("ValueError", f"http.request header {name!r} has a character that none may have")
    agent = _written("user-agent", sent) or "User-Agent"
    sent[agent] = f"{sent[agent]} {_AGENT}" if agent in sent else _AGENT
    return sent


def _written(name: str, headers: Mapping[str, str]) -> str | None:
    """The header of that lower-case name as it is written there; None if there is none."""
    for one in headers:
        if one.lower() == name:
            return one
    return None


def _method(given: Value) -> str:
    method = text_of("http.request method", given).upper()
    if method not in _METHODS:
        raise WorkflowError.tagged("ValueError", f"http.request method {given!r} is none of {', '.join(_METHODS)}")
    return method


def _encode(body: Value, headers: dict[str, str]) -> bytes | None:
    if body is None:
        return None
    name = _written("content-type", headers) or "Content-Type"
    if isinstance(body, bytes):
        headers.setdefault(name, "application/octet-stream")
        return body
    kind = headers.setdefault(name, "application/json; charset=utf-8")
    if kind.startswith("application/x-www-form-urlencoded") and isinstance(body, dict):
        return urlencode(_pairs(body), errors="replace").encode()
    if isinstance(body, str) and "json" not in kind:
        return body.encode(errors="replace")
    return str(json.encode_to_string(body)).encode(errors="replace")


def _pairs(given: Mapping[str, Value]) -> list[tuple[str, str]]:
    pairs = []
    for name, value in given.items():
        several = value if isinstance(value, list) else [value]
        for one in several:
            if not isinstance(one, str | int | float | bool):
                raise wrong_type(
                    f"http.request query {name}", one, "string, integer, double, boolean or a list of them"
                )
        pairs += [(name, str(one).lower() if isinstance(one, bool) else str(one)) for one in several]
    return pairs


def _url(url: Value, query: Value) -> str:
    text = text_of("http.request url", url)
    has_query = _has_query(text)
    if query is None:
        return text
    if not isinstance(query, dict):
        raise wrong_type("http.request query", query, "map")
    return text + ("&" if has_query else "?") + urlencode(_pairs(query), quote_via=quote, errors="replace")


@lru_cache(maxsize=128)  # most calls of a workflow go to a few addresses
def _has_query(url: str) -> bool:
    """Raises WorkflowError (ValueError) if that is no address for a request."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port is None or parts.port > 0)
    except ValueError:
        usable = False
    if not usable or _CONTROL.search(url):
        raise WorkflowError.tagged("ValueError", f"invalid url: {url!r}, expected http:// or https://")
    return bool(parts.query)


def _timeout(timeout: Value) -> float:
    if isinstance(timeout, bool) or not isinstance(timeout, int | float):
        raise wrong_type("http.request timeout", timeout, "number of seconds")
    if not 0 < timeout <= _MAX_TIMEOUT_S:
        raise WorkflowError.tagged("ValueError", f"timeout {timeout} is not within 0 and {_MAX_TIMEOUT_S:g} seconds")
    return float(timeout)


def _auth(given: Value, url: str) -> Auth | None:
    if given is None:
        return None
    kind = given.get("type") if isinstance(given, dict) else None
    if not isinstance(given, dict) or kind not in ("OIDC", "OAuth2"):
        raise WorkflowError.tagged("ValueError", f"auth type {kind!r} is none of OIDC, OAuth2")
    if kind == "OIDC":
        return Auth("OIDC", audience=str(given.get("audience") or url))
    scopes = given.get("scopes") or given.get("scope") or "https://www.googleapis.com/auth/cloud-platform"
    return Auth("OAuth2", scopes=tuple(map(str, scopes if isinstance(scopes, list) else [scopes])))


def _result(answer: HttpResponse) -> Value:
    if len(answer.body) > MAX_RESPONSE_BYTES:
        raise WorkflowError.tagged("ResourceLimitError", "the response is larger than 2 MB")
    headers: dict[str, Value] = {name.title(): value for name, value in answer.headers.items()}
    result: dict[str, Value] = {
        "body": decode_body(answer.headers, answer.body),
        "code": answer.code,
        "headers": headers,
    }
    if answer.code >= 400:
        message = f"HTTP server responded with error code {answer.code}"
        raise WorkflowError({**result, "message": message, "tags": ["HttpError"]})
    return result


def decode_body(headers: Mapping[str, str], body: bytes) -> Value:
    """JSON is parsed, text is a string, all else is bytes; null where there is nothing."""
    name = _written("content-type", headers)
    kind = headers[name] if name is not None else ""
    if not body and not kind:
        return None
    try:
        if kind.partition(";")[0].strip().endswith(("/json", "+json")):
            return json.loads(body)
        if kind.startswith("text/"):
            return body.decode()
    except (ValueError, RecursionError):
        return body.decode(errors="replace")
    return body


_POLICY_BACKOFF: dict[str, Value] = {"initial_delay": 1, "max_delay": 60, "multiplier": 1.25}
VALUES: dict[str, Value] = {
    "http.default_retry": {
        "predicate": "http.default_retry_predicate",
        "max_retries": 5,
        "backoff": _POLICY_BACKOFF,
    },
    "http.default_retry_non_idempotent": {
        "predicate": "http.default_retry_predicate_non_idempotent",
        "max_retries": 5,
        "backoff": _POLICY_BACKOFF,
    },
    "retry.default_backoff": _POLICY_BACKOFF,
}
_REQUEST = functions("http", request)["http.request"]


def _shortcut(method: str) -> Function:
    """http.get and the like: http.request with this method, without its first parameter."""
    parameters = {name: default for name, default in _REQUEST.parameters.items() if name != "method"}
    body, required = partial(request, method), _REQUEST.required - 1
    return replace(_REQUEST, name=f"http.{method.lower()}", body=body, parameters=parameters, required=required)


FUNCTIONS = {
    function.name: function
    for function in (
        _REQUEST,
        *map(_shortcut, ("GET", "POST", "PUT", "PATCH", "DELETE")),
        *functions("http", default_retry_predicate, default_retry_predicate_non_idempotent).values(),
    )
}
