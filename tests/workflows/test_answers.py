"""What a workflow is given of an answer, or of a request to its callback, compared whole."""

from typing import Any

import pytest

from local.workflows.effects import CallbackRequest, HttpFailure, HttpResponse
from local.workflows.errors import WorkflowError
from local.workflows.stdlib.http import decode_body
from tests.workflows.test_effects import URL, asked


def test_a_callback_whose_request_arrives_with_anything_less_is_seen() -> None:
    sent = {"content-type": "application/json", "x-a-b": "c"}
    request = CallbackRequest(7, "2026-01-01T00:00:00Z", "PUT", "/u?q=1", sent, {"q": "1"}, b'{"a":1}')
    assert asked("events.await_callback", {"callback": {"url": URL}}, request) == {
        "http_request": {
            "body": {"a": 1},
            "headers": {"Content-Type": "application/json", "X-A-B": "c"},
            "method": "PUT",
            "query": {"q": "1"},
            "url": "/u?q=1",
        },
        "received_time": "2026-01-01T00:00:00Z",
        "type": "HTTP",
    }


@pytest.mark.parametrize(("code", "is_error"), [(200, False), (302, False), (399, False), (400, True), (599, True)])
def test_an_answer_that_arrives_with_anything_less_is_seen(code: int, is_error: bool) -> None:
    answer = HttpResponse(code, {"content-type": "text/plain", "x-a": "b"}, b"ok")
    got = {"body": "ok", "code": code, "headers": {"Content-Type": "text/plain", "X-A": "b"}}
    if not is_error:
        assert asked("http.get", {"url": URL}, answer) == got
        return
    with pytest.raises(WorkflowError) as caught:
        asked("http.get", {"url": URL}, answer)
    assert caught.value.payload == {
        **got,
        "message": f"HTTP server responded with error code {code}",
        "tags": ["HttpError"],
    }


@pytest.mark.parametrize("kind", ["ConnectionError", "ConnectionFailedError", "TimeoutError", "AuthError"])
def test_a_call_without_an_answer_says_why_under_its_tag(kind: Any) -> None:
    with pytest.raises(WorkflowError) as caught:
        asked("http.get", {"url": URL}, HttpFailure(kind, "so it is"))
    assert caught.value.payload == {"message": "so it is", "tags": [kind]}


@pytest.mark.parametrize("size", [2 * 1024 * 1024 - 1, 2 * 1024 * 1024, 2 * 1024 * 1024 + 1])
def test_an_answer_of_more_than_2_mb_is_too_much(size: int) -> None:
    """Whoever keeps one of less meets the limit of memory."""
    with pytest.raises(WorkflowError) as caught:
        asked("http.get", {"url": URL}, HttpResponse(200, {"Content-Type": "image/png"}, bytes(size)))
    is_too_large = "the response is larger than 2 MB" in str(caught.value)
    assert (is_too_large, caught.value.tags) == (size > 2 * 1024 * 1024, ["ResourceLimitError"])


@pytest.mark.parametrize(
    ("kind", "body", "value"),
    [
        ("application/json", b'{"a":1}', {"a": 1}),
        ("application/json; charset=utf-8", b"[1]", [1]),
        ("text/json", b"1", 1),
        ("application/problem+json", b'"a"', "a"),
        ("application/json", b"", ""),
        ("application/json", b"{", "{"),
        ("application/json", b"[" * 100_000, "[" * 100_000),
        ("application/json", b"\xff", "\ufffd"),
        ("application/jsonp", b"1", b"1"),
        ("text/plain", "ä".encode(), "ä"),
        ("text/plain", b"\xff", "\ufffd"),
        ("text/html; charset=utf-8", b"", ""),
        ("image/png", b"a", b"a"),
        ("image/png", b"", b""),
        (None, b"a", b"a"),
        (None, b"", None),
    ],
)
def test_a_body_is_json_a_text_bytes_or_nothing_by_what_its_sender_says(
    kind: str | None, body: bytes, value: Any
) -> None:
    for name in ("Content-Type", "content-type"):
        assert decode_body({"X": "y", **({name: kind} if kind is not None else {})}, body) == value
