"""What the bucket and Discord are asked and for how long, compared whole; and the picture that is put, its size."""

import json
import os
import struct
from email import message_from_bytes
from typing import Any

import pytest
import requests
import yaml
from google.api_core import exceptions
from google.cloud.storage import _opentelemetry_tracing

from schemas.request import Options
from service.environment import Secret
from steps.bucket import PictureBucket
from steps.discord import Discord
from steps.errors import PermanentError, RetryableError
from steps.generate import generate
from tests.interactions import RECEIVED, a_request
from tests.servers import ROOT
from tests.steps.scripted import Answer, Scripted, json_answer
from tests.steps.statuses import status_of
from tests.steps.test_bucket import CALLS, NAME, PNG, STORED, call

Row = dict[str, Any]
ROWS: list[Row] = yaml.safe_load((ROOT / "tests" / "outgoing" / "bucket.yaml").read_text())


@pytest.fixture
def timeouts_s(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """For how long each request over HTTP would wait."""
    found: list[object] = []
    send = requests.adapters.HTTPAdapter.send

    def noted(adapter: Any, *request: Any, **how: Any) -> requests.Response:
        found.append(how["timeout"])
        return send(adapter, *request, **how)

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", noted)
    return found


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_a_call_of_the_bucket_that_differs_from_what_was_written_down_is_seen(
    pictures: PictureBucket, script: Scripted, row: Row, timeouts_s: list[object]
) -> None:
    script.answers = [Answer(200, PNG) if row["call"] == "get" else STORED]
    call(pictures, row["call"])
    (asked,) = script.asked
    assert f"{asked.method} {asked.path}" == row["asks"].replace("OBJECT", NAME.replace("/", "%2F"))
    assert timeouts_s == [tuple(row["timeout_s"])]
    if "metadata" not in row:
        assert asked.body == b""
        return
    whole = message_from_bytes(f"Content-Type: {asked.headers['content-type']}\r\n\r\n".encode() + asked.body)
    metadata, picture = (part for part in whole.walk() if not part.is_multipart())
    said = json.loads(str(metadata.get_payload()))
    assert said.pop("crc32c")  # the client's own
    assert (said, picture.get_content_type()) == (row["metadata"], row["content_type"])
    assert asked.body.partition(b"image/png\r\n\r\n")[2].startswith(PNG)


def test_discord_has_two_seconds_to_take_a_connection_and_five_to_answer(
    script: Scripted, timeouts_s: list[object]
) -> None:
    script.answers = [json_answer(200, {"id": "9"})]
    discord = Discord(f"{script.url}/api/v10", "mando", Secret("bot"))
    discord.edit_original("7", Secret("token"), {}, None, "42")
    discord.post("5", {}, "77", None)
    assert timeouts_s == [(2.0, 5.0)] * 2


@pytest.mark.parametrize("status", [300, 301, 304, 308])
def test_only_what_begins_with_2_is_taken_for_shown(script: Scripted, status: int) -> None:
    script.answers = [json_answer(status, {"id": "9"})]
    with pytest.raises(PermanentError) as caught:
        Discord(f"{script.url}/api/v10", "mando").edit_original("7", Secret("token"), {}, None, "42")
    assert (status_of(caught.value), str(caught.value)) == (400, f"Discord answered {status}/None")


@pytest.mark.parametrize("status", [200, 201, 299])
def test_all_that_begins_with_2_is_taken_for_shown(script: Scripted, status: int) -> None:
    script.answers = [json_answer(status, {"id": "9"})]
    assert Discord(f"{script.url}/api/v10", "mando").edit_original("7", Secret("token"), {}, None, "42") == "9"


def test_the_picture_that_is_put_is_1024_pixels_wide_and_high(pictures: PictureBucket, script: Scripted) -> None:
    script.answers = [STORED]
    generate(a_request(options=Options("a")), pictures, RECEIVED)
    png = script.asked[0].body.partition(b"image/png\r\n\r\n")[2]
    assert struct.unpack(">II", png[16:24]) == (1024, 1024)


@pytest.mark.parametrize(
    ("error", "becomes", "said"),
    [
        (exceptions.GoogleAPICallError("x"), RetryableError, "did not {what}: None x"),
        (exceptions.InternalServerError("x"), RetryableError, "did not {what}: 500 x"),
        (exceptions.TooManyRequests("x"), RetryableError, "did not {what}: 429 x"),
        (exceptions.Forbidden("x"), PermanentError, "refused to {what}: 403 x"),
        (requests.Timeout("x"), RetryableError, "did not {what}: Timeout: x"),
    ],
    ids=repr,
)
@pytest.mark.parametrize("what", CALLS)
def test_no_error_of_the_client_is_told_to_the_workflow_as_another_one(
    pictures: PictureBucket,
    what: str,
    error: Exception,
    becomes: type[RetryableError | PermanentError],
    said: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def breaks(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr("requests.adapters.HTTPAdapter.send", breaks)
    with pytest.raises(becomes) as caught:
        call(pictures, what)
    words = {"put": f"take {NAME}", "holds": f"say whether it holds {NAME}", "get": f"give {NAME}"}[what]
    assert str(caught.value) == "the bucket demo-mandalas " + said.format(what=words)
    assert getattr(caught.value, "kind", None) == "bucket"
    assert status_of(caught.value) == (503 if becomes is RetryableError else 403)


def test_the_client_is_told_not_to_ask_for_what_no_step_needs_unless_somebody_wants_it(
    script: Scripted, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else a thread of its own asks for the bucket's metadata, for two minutes where that fails."""
    name = _opentelemetry_tracing.DISABLE_BUCKET_MD_ENV_VAR
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", script.url)
    monkeypatch.setenv("GOOGLE_CLOUD_PROJECT", "demo")
    for before, after in ((None, "true"), ("false", "false")):
        monkeypatch.delenv(name, raising=False)
        if before is not None:
            monkeypatch.setenv(name, before)
        PictureBucket("demo-mandalas")._bucket.client.close()
        assert os.environ[name] == after
    monkeypatch.delenv(name)
