"""What a call asks of its driver, compared whole, or the tag under which it is refused; each limit on both sides.

Source of the limits: Workflows, http.request, sys.sleep, events.await_callback.
"""

from typing import Any

import pytest

from local.workflows.compile.workflow import compile_workflow
from local.workflows.effects import (
    Auth,
    AwaitCallback,
    CreateCallback,
    HttpCall,
    Leaf,
    Log,
    NewUuid,
    Now,
    Outcome,
    Sleep,
)
from local.workflows.errors import WorkflowError

URL = "https://x.example/"
AGENT = {"User-Agent": "GoogleCloudWorkflows; (+https://cloud.google.com/workflows/docs)"}
JSON = {"Content-Type": "application/json; charset=utf-8", **AGENT}
CLOUD = "https://www.googleapis.com/auth/cloud-platform"
BEGIN = {"url": URL, "method": "GET"}


def http(method: str = "GET", url: str = URL, **more: Any) -> HttpCall:
    return HttpCall(**{"method": method, "url": url, "headers": AGENT, "body": None, "timeout_s": 300.0, **more})


def form(body: bytes) -> HttpCall:
    return http(headers={"Content-Type": "application/x-www-form-urlencoded", **AGENT}, body=body)


FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# function, arguments → what is asked, or the tag of the error.
ROWS: list[tuple[str, dict[str, Any], Leaf | str]] = [
    *[(f"http.{one}", {"url": URL}, http(one.upper())) for one in ("get", "post", "put", "patch", "delete")],
    *[
        ("http.request", {**BEGIN, "method": one}, http(one))
        for one in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH", "TRACE")
    ],
    ("http.request", {**BEGIN, "method": "get"}, http()),
    ("http.request", {**BEGIN, "method": "CONNECT"}, "ValueError"),
    ("http.request", {**BEGIN, "method": 1}, "TypeError"),
    # how long it may take
    ("http.request", {**BEGIN, "timeout": 1800}, http(timeout_s=1800.0)),
    ("http.request", {**BEGIN, "timeout": 1800.001}, "ValueError"),
    ("http.request", {**BEGIN, "timeout": 0.001}, http(timeout_s=0.001)),
    ("http.request", {**BEGIN, "timeout": 0}, "ValueError"),
    ("http.request", {**BEGIN, "timeout": -1}, "ValueError"),
    ("http.request", {**BEGIN, "timeout": True}, "TypeError"),
    ("http.request", {**BEGIN, "timeout": "9"}, "TypeError"),
    # bodies
    ("http.request", {**BEGIN, "body": {"a": [1, "ä"]}}, http(headers=JSON, body='{"a":[1,"ä"]}'.encode())),
    ("http.request", {**BEGIN, "body": "ä"}, http(headers=JSON, body='"ä"'.encode())),
    ("http.request", {**BEGIN, "body": 0}, http(headers=JSON, body=b"0")),
    ("http.request", {**BEGIN, "body": False}, http(headers=JSON, body=b"false")),
    ("http.request", {**BEGIN, "body": ""}, http(headers=JSON, body=b'""')),
    (
        "http.request",
        {**BEGIN, "body": "ä", "headers": {"content-type": "text/plain"}},
        http(headers={"content-type": "text/plain", **AGENT}, body="ä".encode()),
    ),
    (
        "http.request",
        {**BEGIN, "body": "a", "headers": {"Content-Type": "application/merge-patch+json"}},
        http(headers={"Content-Type": "application/merge-patch+json", **AGENT}, body=b'"a"'),
    ),
    (
        "http.request",
        {**BEGIN, "body": {"a": "b c", "d": [1, True, 1.5]}, "headers": FORM},
        form(b"a=b+c&d=1&d=true&d=1.5"),
    ),
    ("http.request", {**BEGIN, "body": "a=b", "headers": FORM}, form(b"a=b")),
    ("http.request", {**BEGIN, "body": {"a": None}, "headers": FORM}, "TypeError"),
    ("http.request", {**BEGIN, "body": {"a": [[1]]}, "headers": FORM}, "TypeError"),
    # addresses and queries
    ("http.request", {**BEGIN, "query": {"q": "a b&c", "n": [1, False]}}, http(url=URL + "?q=a%20b%26c&n=1&n=false")),
    ("http.request", {**BEGIN, "query": {"a/b": "ä"}}, http(url=URL + "?a%2Fb=%C3%A4")),
    ("http.request", {"url": URL + "?x=1", "method": "GET", "query": {"q": 1}}, http(url=URL + "?x=1&q=1")),
    ("http.request", {**BEGIN, "query": {}}, http(url=URL + "?")),
    ("http.request", {**BEGIN, "query": [1]}, "TypeError"),
    ("http.request", {**BEGIN, "query": {"q": None}}, "TypeError"),
    ("http.request", {**BEGIN, "query": {"q": {}}}, "TypeError"),
    *[
        ("http.request", {"url": url, "method": "GET"}, http(url=url))
        for url in ("http://x:1", "http://x:65535/", "HTTPS://x/", "http://[::1]/a")
    ],
    *[
        ("http.request", {"url": url, "method": "GET"}, "ValueError")
        for url in (
            "http://x:0/",
            "http://x:65536/",
            "http:///a",
            "ftp://x/",
            "x",
            "",
            "http://x/\x7f",
            "http://x/\x00",
        )
    ],
    ("http.request", {"url": None, "method": "GET"}, "TypeError"),
    # headers
    ("http.request", {**BEGIN, "headers": {"X-A": "b\tc é"}}, http(headers={"X-A": "b\tc é", **AGENT})),
    (
        "http.request",
        {**BEGIN, "headers": {"user-agent": "me"}},
        http(headers={"user-agent": f"me {AGENT['User-Agent']}"}),
    ),
    ("http.request", {**BEGIN, "headers": {"X-A": 1}}, "TypeError"),
    ("http.request", {**BEGIN, "headers": [1]}, "TypeError"),
    *[
        ("http.request", {**BEGIN, "headers": {name: value}}, "ValueError")
        for name, value in [("X A", "b"), ("", "b"), ("X:", "b"), ("X-A", "b\r\nC: d"), ("X-A", "\x7f"), ("Ä", "b")]
    ],
    # tokens
    ("http.request", {**BEGIN, "auth": {"type": "OIDC"}}, http(auth=Auth("OIDC", URL))),
    ("http.request", {**BEGIN, "auth": {"type": "OIDC", "audience": "me"}}, http(auth=Auth("OIDC", "me"))),
    ("http.request", {**BEGIN, "auth": {"type": "OIDC", "audience": ""}}, http(auth=Auth("OIDC", URL))),
    ("http.request", {**BEGIN, "auth": {"type": "OAuth2"}}, http(auth=Auth("OAuth2", None, (CLOUD,)))),
    ("http.request", {**BEGIN, "auth": {"type": "OAuth2", "scopes": "a"}}, http(auth=Auth("OAuth2", None, ("a",)))),
    ("http.request", {**BEGIN, "auth": {"type": "OAuth2", "scope": ["b"]}}, http(auth=Auth("OAuth2", None, ("b",)))),
    (
        "http.request",
        {**BEGIN, "auth": {"type": "OAuth2", "scopes": ["a", "b"]}},
        http(auth=Auth("OAuth2", None, ("a", "b"))),
    ),
    ("http.request", {**BEGIN, "auth": {"type": "Basic"}}, "ValueError"),
    ("http.request", {**BEGIN, "auth": {}}, "ValueError"),
    ("http.request", {**BEGIN, "auth": "OIDC"}, "ValueError"),
    ("http.request", {**BEGIN, "private_service_name": "s"}, http()),
    ("http.request", {**BEGIN, "private_service_name": 1}, "TypeError"),
    # time
    ("sys.now", {}, Now()),
    ("uuid.generate", {}, NewUuid()),
    ("sys.sleep_until", {"time": "2026-01-01T00:00:00Z"}, Now()),
    ("sys.sleep_until", {"time": "tomorrow"}, "ValueError"),
    ("sys.sleep", {"seconds": 0}, Sleep(0.0)),
    ("sys.sleep", {"seconds": -0.001}, "ValueError"),
    ("sys.sleep", {"seconds": 31536000}, Sleep(31536000.0)),
    ("sys.sleep", {"seconds": 31536000.5}, "ValueError"),
    ("sys.sleep", {"seconds": True}, "TypeError"),
    ("sys.sleep", {"seconds": "1"}, "TypeError"),
    # the log
    *[
        ("sys.log", {"data": "m", "severity": one}, Log("m", one))
        for one in ("DEFAULT", "DEBUG", "INFO", "NOTICE", "WARNING", "ERROR", "CRITICAL", "ALERT", "EMERGENCY")
    ],
    ("sys.log", {"text": "m"}, Log("m", "DEFAULT")),
    ("sys.log", {"text": {"b": 1, "a": 2}}, Log('{"a":2,"b":1}', "DEFAULT")),
    ("sys.log", {"data": {"b": 1}}, Log({"b": 1}, "DEFAULT")),
    ("sys.log", {"json": {"b": 1}, "timeout": 1}, Log({"b": 1}, "DEFAULT")),
    ("sys.log", {"data": [1, True]}, Log("[1,true]", "DEFAULT")),
    ("sys.log", {"data": False}, Log("false", "DEFAULT")),
    ("sys.log", {"data": 0}, Log("0", "DEFAULT")),
    ("sys.log", {"json": "m"}, "TypeError"),
    ("sys.log", {"json": [1]}, "TypeError"),
    ("sys.log", {}, "TypeError"),
    ("sys.log", {"data": "m", "text": "n"}, "TypeError"),
    ("sys.log", {"data": "m", "json": {}}, "TypeError"),
    ("sys.log", {"data": "m", "severity": "info"}, "ValueError"),
    ("sys.log", {"data": "m", "severity": 1}, "TypeError"),
    ("sys.log", {"data": "m", "timeout": "1"}, "TypeError"),
    ("sys.log", {"data": "m", "timeout": True}, "TypeError"),
    # callbacks
    *[
        ("events.create_callback_endpoint", {"http_callback_method": one}, CreateCallback(one))
        for one in ("GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "PATCH")
    ],
    ("events.create_callback_endpoint", {}, CreateCallback("POST")),
    ("events.create_callback_endpoint", {"http_callback_method": "TRACE"}, "ValueError"),
    ("events.create_callback_endpoint", {"http_callback_method": 1}, "TypeError"),
    ("events.await_callback", {"callback": {"url": URL}}, AwaitCallback(URL, 43200.0)),
    ("events.await_callback", {"callback": {"url": URL}, "timeout": 0}, AwaitCallback(URL, 0.0)),
    ("events.await_callback", {"callback": {"url": URL}, "timeout": -0.5}, "ValueError"),
    ("events.await_callback", {"callback": {"url": URL}, "timeout": True}, "TypeError"),
    ("events.await_callback", {"callback": {"url": URL}, "timeout": "1"}, "TypeError"),
    ("events.await_callback", {"callback": {"url": 1}}, "TypeError"),
    ("events.await_callback", {"callback": URL}, "TypeError"),
]


STEPS = "main: {{params: [x], steps: [{{a: {{call: {}, args: '${{x}}', result: r}}}}, {{b: {{return: '${{r}}'}}}}]}}"


def asked(function: str, arguments: Any, *outcomes: Outcome) -> Any:
    """The effect that is asked for after those outcomes, or the result."""
    run = compile_workflow(STEPS.format(function)).run(arguments, {})
    try:
        effect = next(run)
        for outcome in outcomes:
            effect = run.send(outcome)
    except StopIteration as end:
        return end.value
    return effect


@pytest.mark.parametrize(("function", "arguments", "effect"), ROWS)
def test_a_call_that_asks_for_something_else_or_is_refused_wrongly_is_seen(
    function: str, arguments: dict[str, Any], effect: Leaf | str
) -> None:
    if not isinstance(effect, str):
        assert asked(function, arguments) == effect
        return
    with pytest.raises(WorkflowError) as caught:
        asked(function, arguments)
    assert caught.value.tags == [effect]


@pytest.mark.parametrize("now_s", [1767225599.5, 1767225600.0, 1767225600.5, 1767225600 - 31536000])
def test_a_wait_until_an_instant_is_the_time_that_is_left_and_never_less_than_nothing(now_s: float) -> None:
    left_s = max(0.0, 1767225600.0 - now_s)
    assert asked("sys.sleep_until", {"time": "2026-01-01T00:00:00Z"}, float(now_s)) == Sleep(left_s)


def test_a_wait_until_an_instant_that_is_more_than_a_year_away_is_refused() -> None:
    with pytest.raises(WorkflowError, match="ValueError"):
        asked("sys.sleep_until", {"time": "2026-01-01T00:00:00Z"}, 1767225600 - 31536000.5)
