"""What Cloud Storage and its client may answer or raise, and which of the two kinds of errors it becomes.

The client is the real one; the server answers as it is told.
"""

import http.client
import re
import unicodedata
from dataclasses import dataclass

import google.auth.exceptions
import google.cloud.storage.retry
import pytest
import requests
import urllib3
import yaml
from google.api_core import exceptions

import mandala
from schemas.picture import ObjectName
from schemas.request import Options
from service.deployment import BUCKET_TIMEOUT_S, DISCORD_TIMEOUT_S
from service.slow_clients import REQUEST_WITHIN_S
from steps.bucket import PictureBucket
from steps.certificates import FETCH_WITHIN_S
from steps.errors import PermanentError, RetryableError
from steps.generate import generate
from tests.interactions import RECEIVED, a_request
from tests.servers import ROOT, free_port
from tests.steps.scripted import Answer, Scripted, bucket_at, json_answer
from tests.steps.statuses import status_of

NAME = ObjectName(f"pictures/{'0' * 32}.png")
PNG = b"\x89PNG and so on"
STORED = json_answer(200, {"name": NAME, "bucket": "demo-mandalas", "generation": "1"})
CALLS = ("put", "holds", "get")


def call(pictures: PictureBucket, what: str) -> None:
    if what == "put":
        pictures.put_once(NAME, PNG)
    elif what == "holds":
        pictures.holds(NAME)
    else:
        pictures.get(NAME)


def refusal(status: int) -> Answer:
    return json_answer(status, {"error": {"code": status, "message": "…", "errors": []}})


def test_a_picture_is_put_once_and_got_back(pictures: PictureBucket, script: Scripted) -> None:
    script.answers = [STORED, json_answer(200, {"name": NAME}), Answer(200, PNG)]
    pictures.put_once(NAME, PNG)
    assert pictures.holds(NAME)
    assert pictures.get(NAME) == PNG
    assert "ifGenerationMatch=0" in script.asked[0].path


def test_that_it_is_there_already_is_success(pictures: PictureBucket, script: Scripted) -> None:
    script.answers = [refusal(412)]
    pictures.put_once(NAME, PNG)


def test_what_is_not_there_is_said(pictures: PictureBucket, script: Scripted) -> None:
    script.answers = [refusal(404)]
    assert not pictures.holds(NAME)
    with pytest.raises(PermanentError) as caught:
        pictures.get(NAME)
    assert status_of(caught.value) == 404


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.parametrize("status", [408, 429, 500, 501, 502, 503, 504, 599])
def test_what_may_pass_is_left_to_the_workflow_after_one_call(
    pictures: PictureBucket, script: Scripted, what: str, status: int
) -> None:
    """Source: Cloud Storage, "Retry strategy": 408, 429 and 5xx.  The client itself would go on for two minutes."""
    for answer in (refusal(status), Answer(status, b"<html>"), Answer(status)):
        script.answers = [answer]
        script.asked.clear()
        with pytest.raises(RetryableError):
            call(pictures, what)
        assert len(script.asked) == 1


@pytest.mark.parametrize("what", CALLS)
@pytest.mark.parametrize("status", [304, 400, 401, 403, 409, 413, 416])
def test_what_will_not_pass_is_a_mistake_of_ours_that_is_not_repeated(
    pictures: PictureBucket, script: Scripted, what: str, status: int
) -> None:
    script.answers = [refusal(status)]
    with pytest.raises(PermanentError) as caught:
        call(pictures, what)
    assert status_of(caught.value) == (403 if status in (401, 403) else 400)


BROKEN = {
    "closed": Answer(closes=True),
    "cut": Answer(200, PNG, length=1000),
    "no gzip": Answer(200, PNG, {"Content-Encoding": "gzip"}),
    "another checksum": Answer(200, PNG, {"X-Goog-Hash": "crc32c=AAAAAA=="}),
    "shorter than stored": Answer(200, PNG, {"X-Goog-Hash": "crc32c=AAAAAA==", "X-Goog-Stored-Content-Length": "1000"}),
    "a page": Answer(200, b"<html>Sign in</html>", {"Content-Type": "text/html"}),
    "nothing": Answer(200),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_picture_that_comes_broken_is_fetched_again(pictures: PictureBucket, script: Scripted, name: str) -> None:
    """It would be shown to the member."""
    script.answers = [BROKEN[name]]
    with pytest.raises(RetryableError):
        pictures.get(NAME)
    assert len(script.asked) == 1


@pytest.mark.parametrize("what", ["put", "holds"])
@pytest.mark.parametrize("name", ["closed", "cut", "no gzip", "a page"])
def test_a_broken_answer_is_asked_for_again(pictures: PictureBucket, script: Scripted, name: str, what: str) -> None:
    script.answers = [BROKEN[name]]
    with pytest.raises(RetryableError):
        call(pictures, what)
    assert len(script.asked) == 1


@pytest.mark.parametrize("what", CALLS)
def test_a_bucket_that_is_not_reached_is_called_again(monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    with bucket_at(f"http://127.0.0.1:{free_port()}", monkeypatch) as pictures, pytest.raises(RetryableError):
        call(pictures, what)


RAISED: list[Exception] = [
    *(kind("x") for kind in (exceptions.TooManyRequests, exceptions.InternalServerError, exceptions.BadGateway)),
    *(kind("x") for kind in (exceptions.ServiceUnavailable, exceptions.GatewayTimeout)),
    exceptions.RetryError("x", None),
    ConnectionResetError(),
    requests.ConnectionError(),
    requests.Timeout(),
    requests.exceptions.ChunkedEncodingError(),
    http.client.BadStatusLine("x"),
    http.client.IncompleteRead(b""),
    http.client.ResponseNotReady(),
    urllib3.exceptions.PoolError(None, "x"),  # type: ignore[arg-type]
    urllib3.exceptions.ProtocolError("x"),
    urllib3.exceptions.SSLError("x"),
    urllib3.exceptions.TimeoutError("x"),
]


@pytest.mark.parametrize("error", RAISED, ids=lambda error: type(error).__name__)
@pytest.mark.parametrize("what", CALLS)
def test_whatever_the_client_would_repeat_itself_is_left_to_the_workflow(
    pictures: PictureBucket, what: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Source: the client's own list of what to repeat."""

    def breaks(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", breaks)
    with pytest.raises(RetryableError):
        call(pictures, what)


def test_every_error_of_the_clients_list_is_among_those() -> None:
    listed = google.cloud.storage.retry._RETRYABLE_TYPES
    assert all(any(isinstance(error, kind) for error in RAISED) for kind in listed)


@pytest.mark.parametrize(
    ("error", "becomes"),
    [
        *((error, RetryableError) for error in ("RefreshError", "TransportError", "TimeoutError", "ResponseError")),
        *((error, PermanentError) for error in ("DefaultCredentialsError", "InvalidOperation")),
    ],
)
@pytest.mark.parametrize("what", CALLS)
def test_an_access_token_that_cannot_be_had_now_is_asked_for_again(
    pictures: PictureBucket, what: str, error: str, becomes: type[Exception], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What google-auth raises while the metadata server does not answer, and where there are no credentials."""

    def no_token(*_: object) -> None:
        raise getattr(google.auth.exceptions, error)("no token")

    monkeypatch.setattr("google.auth.credentials.AnonymousCredentials.before_request", no_token)
    with pytest.raises(becomes):
        call(pictures, what)


def test_the_bucket_is_asked_nothing_that_no_step_asks(pictures: PictureBucket, script: Scripted) -> None:
    """The client asks for the bucket's metadata in a thread of its own unless told not to."""
    script.answers = [STORED]
    for _ in range(3):
        pictures.put_once(NAME, PNG)
    assert {asked.method for asked in script.asked} == {"POST"}


def test_all_that_one_step_waits_for_ends_before_the_workflow_gives_it_up() -> None:
    text = (ROOT / "workflows" / "mando.yaml").read_text()
    least_s = min(float(found) for found in re.findall(r"(?:generate|reply)_timeout_s: (\d+)", text))
    put, get, edit = sum(BUCKET_TIMEOUT_S), sum(BUCKET_TIMEOUT_S), sum(DISCORD_TIMEOUT_S)
    assert max(sum(BUCKET_TIMEOUT_S) + put, get + edit) < least_s
    assert least_s > REQUEST_WITHIN_S + FETCH_WITHIN_S
    assert yaml.safe_load(text)["main"]


def name_of(pictures: PictureBucket, script: Scripted, options: Options) -> str:
    script.answers = [STORED]
    return generate(a_request(options=options), pictures, RECEIVED).object


def test_a_pictures_name_depends_on_all_that_its_bytes_depend_on(
    pictures: PictureBucket, script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    names = [
        name_of(pictures, script, Options("a")),
        name_of(pictures, script, Options("b")),
        name_of(pictures, script, Options("a", symmetry=8)),
        name_of(pictures, script, Options("a", symmetry=24)),
        name_of(pictures, script, Options("a", palette="jade")),
        name_of(pictures, script, Options("a", palette="dusk")),
        name_of(pictures, script, Options("a", palette="jade", symmetry=8)),
    ]
    monkeypatch.setattr("steps.generate.SIZE_PX", 512)
    names.append(name_of(pictures, script, Options("a")))
    monkeypatch.undo()
    monkeypatch.setattr(mandala, "DRAWING", mandala.DRAWING + 1)
    names.append(name_of(pictures, script, Options("a")))
    assert len(set(names)) == len(names)


@dataclass(frozen=True, slots=True)
class Bordered(Options):
    """With an option that somebody may add one day."""

    border: str | None = None


def test_an_option_that_no_design_holds_still_changes_the_name(pictures: PictureBucket, script: Scripted) -> None:
    assert name_of(pictures, script, Bordered("a", border="thick")) != name_of(pictures, script, Options("a"))


def test_one_request_has_one_name(pictures: PictureBucket, script: Scripted) -> None:
    assert name_of(pictures, script, Options("a")) == name_of(pictures, script, Options("a"))
    composed, taken_apart = unicodedata.normalize("NFC", "café"), unicodedata.normalize("NFD", "café")
    assert name_of(pictures, script, Options(composed)) == name_of(pictures, script, Options(taken_apart))
    uploads = [asked for asked in script.asked if asked.method == "POST"]
    assert uploads[0].body.count(b"\x89PNG") == 1
