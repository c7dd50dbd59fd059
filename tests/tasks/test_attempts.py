"""What an attempt sends when there is little to send, and what comes of one that cannot be made."""

import asyncio
from collections.abc import Callable
from dataclasses import replace

import pytest
from google.auth import jwt

from local.http.outgoing import outgoing_session
from local.tasks.sender import Sender, retry_after_s
from local.tasks.task import AttemptResult, HttpRequest, Task, Token
from tests.issuer import issuer
from tests.tasks.face import QUEUE
from tests.tasks.test_headers import FAILED, OURS, TASK, received
from tests.tasks.test_sender import sent
from tests.wire import OK, a_wire


@pytest.mark.parametrize(("method", "length"), [("GET", None), ("OPTIONS", None), ("POST", "0"), ("PUT", "0")])
async def test_a_request_without_a_body_announces_one_or_is_waited_for(method: str, length: str | None) -> None:
    """Source: RFC 9110, 8.6."""
    got = await received(HttpRequest("", method))
    got.pop("connection", None)
    expected = {**{name.lower(): value for name, value in OURS.items()}, "host": "ours"}
    assert got == expected | ({"content-length": length} if length else {})


@pytest.mark.parametrize(
    ("token", "audience"),
    [(Token("OIDC", "me@x", "you"), "you"), (Token("OIDC", "me@x"), "the url"), (Token("OAUTH", "me@x", "s"), None)],
)
async def test_a_task_comes_with_a_token_for_another(token: Token, audience: str | None) -> None:
    """Source: Cloud Tasks v2, OidcToken.audience: the URL where none is given."""
    async with a_wire() as wire, outgoing_session() as session:
        request = HttpRequest(f"{wire.url}/", token=token)
        await Sender(session, issuer(), "http://127.0.0.1:1").send(replace(TASK, request=request, last=FAILED))
        given = wire.headers()["authorization"].removeprefix("Bearer ")
        if audience is None:
            assert given.startswith("ya29.")
            return
        claims = jwt.decode(given, verify=False)
        assert (claims["aud"], claims["email"]) == (f"{wire.url}/" if audience == "the url" else audience, "me@x")


def once(*answers: bytes) -> Callable[[int], bytes]:
    left = list(answers)
    return lambda _: left.pop(0) if left else OK


@pytest.mark.parametrize(
    ("answer", "url", "error"),
    [
        (OK, "http://127.0.0.1:1/", "ClientConnectorError"),
        (OK, "http://[/", "ValueError"),
        (OK, "http://x:99999999/", "ValueError"),
        (OK, "http:///", "InvalidUrlClientError"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nx\r\n", "", "ClientResponseError"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\nConnection: close\r\n\r\nabc", "", "ClientPayloadError"),
        (b"what?\r\n\r\n", "", "ClientResponseError"),
        (b"HTTP/1.1 302 Found\r\nLocation: ftp://x/\r\nContent-Length: 0\r\n\r\n", "", "NonHttpUrlRedirectClientError"),
    ],
)
async def test_an_attempt_that_cannot_be_made_is_a_mistake_of_ours(answer: bytes, url: str, error: str) -> None:
    async with a_wire(once(answer)) as wire:
        result = await sent(HttpRequest(url or wire.url, "GET", deadline_s=60))
    assert (result.status, result.timed_out, result.retry_after_s) == (None, False, 0.0)
    assert result.error.partition(":")[0] == error


async def test_the_wait_that_a_target_asks_for_is_not_kept_with_its_answer() -> None:
    answers = (b"HTTP/1.1 503 No\r\nRetry-After: 7\r\nContent-Length: 0\r\n\r\n", OK)
    async with a_wire(once(*answers)) as wire:
        results = [await sent(HttpRequest(wire.url)) for _ in answers]
    assert results == [AttemptResult(503, retry_after_s=7.0), AttemptResult(200, body="ok")]
    assert AttemptResult(200) == AttemptResult(200, "", False, 0.0)


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [(None, 0), ("0", 0), (" 7 ", 7), ("7.5", 0), ("Mon, 01 Jan 2001 00:00:00 -0000", 0), ("9" * 400, float("inf"))],
)
def test_what_a_target_says_of_waiting_is_taken_for_something_else(value: str | None, wait_s: float) -> None:
    assert retry_after_s(value) == wait_s


async def test_a_target_that_answers_too_late_has_a_little_more_time() -> None:
    async with a_wire(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") as wire:
        result = await asyncio.wait_for(sent(HttpRequest(wire.url, deadline_s=0.05)), 10)
    assert result == AttemptResult(None, "no answer within 0.05 s", timed_out=True)


def test_a_new_task_has_the_name_of_another() -> None:
    assert Task(1, QUEUE, "t", HttpRequest("http://x"), 0.0, 0.0).name == f"{QUEUE}/tasks/t"
