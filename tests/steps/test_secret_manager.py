"""A secret is read with one call of Secret Manager; what goes wrong is one message that says what to do."""

import base64
import json
from collections.abc import Callable
from typing import Any

import google.auth
import google.auth.exceptions
import pytest
import requests
from google.auth.credentials import AnonymousCredentials

from service.environment import SecretUnavailable
from steps.secret_manager import read_secret

VERSION = "projects/demo/secrets/bot/versions/latest"
Calls = list[tuple[Any, ...]]


def answered(status: int, payload: bytes) -> requests.Response:
    answer = requests.Response()
    answer.status_code = status
    answer._content = json.dumps({"name": VERSION, "payload": {"data": base64.b64encode(payload).decode()}}).encode()
    return answer


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch) -> Callable[[requests.Response | Exception], Calls]:
    """Lets Secret Manager answer so; keeps what it and google-auth are asked."""
    calls: Calls = []

    def default(**asked: Any) -> tuple[AnonymousCredentials, str]:
        calls.append(("credentials", asked))
        return AnonymousCredentials(), "demo"

    monkeypatch.setattr(google.auth, "default", default)

    def answers(answer: requests.Response | Exception) -> Calls:
        def send(_: object, request: requests.PreparedRequest, **how: Any) -> requests.Response:
            calls.append((request.method, request.url, how["timeout"], bool(how["verify"])))
            if isinstance(answer, Exception):
                raise answer
            return answer

        monkeypatch.setattr("requests.adapters.HTTPAdapter.send", send)
        return calls

    return answers


def test_a_secret_is_asked_for_once_over_tls_and_without_the_end_of_its_line(cloud: Any) -> None:
    calls = cloud(answered(200, b"abc\n"))
    assert read_secret(VERSION).reveal() == "abc"
    assert calls == [
        ("credentials", {"scopes": ["https://www.googleapis.com/auth/cloud-platform"]}),
        ("GET", f"https://secretmanager.googleapis.com/v1/{VERSION}:access", 10.0, True),
    ]


@pytest.mark.parametrize("status", [201, 400, 403, 404, 429, 500])
def test_a_secret_that_is_not_given_is_named_with_what_may_be_missing(cloud: Any, status: int) -> None:
    cloud(answered(status, b"abc"))
    with pytest.raises(SecretUnavailable) as caught:
        read_secret(VERSION)
    assert str(caught.value) == (
        f"cannot read the secret {VERSION}: Secret Manager answered {status}; "
        "does it exist, and has this service's account roles/secretmanager.secretAccessor on it?"
    )


@pytest.mark.parametrize(
    "error",
    [requests.ConnectionError("no way"), requests.Timeout("no way"), google.auth.exceptions.RefreshError("no way")],
)
def test_a_secret_manager_that_is_not_reached_is_said(cloud: Any, error: Exception) -> None:
    cloud(error)
    with pytest.raises(SecretUnavailable, match=f"^cannot read the secret {VERSION}: no way$"):
        read_secret(VERSION)


def test_where_there_are_no_credentials_it_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    def default(**_: object) -> None:
        raise google.auth.exceptions.DefaultCredentialsError("no credentials")

    monkeypatch.setattr(google.auth, "default", default)
    with pytest.raises(SecretUnavailable, match=f"^cannot read the secret {VERSION}: no credentials$"):
        read_secret(VERSION)


@pytest.mark.parametrize(
    "content",
    [
        b"<html>",
        b"[]",
        b"null",
        b"{}",
        b'{"payload": null}',
        b'{"payload": {"data": 5}}',
        b'{"payload": {"data": "x"}}',
    ],
)
def test_an_answer_without_a_secret_is_said_without_its_content(cloud: Any, content: bytes) -> None:
    answer = answered(200, b"")
    answer._content = content
    cloud(answer)
    with pytest.raises(SecretUnavailable) as caught:
        read_secret(VERSION)
    assert str(caught.value) == f"cannot read the secret {VERSION}: Secret Manager's answer holds none"
