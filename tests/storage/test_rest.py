"""What goes over the wire: answers, refusals, ranges and resumable uploads, as the documents of Google say them."""

import json
import resource
import socket
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
import requests
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.servers import wait_until
from tests.storage.serving import BUCKET, serving_bucket

CONTENT = b"0123456789"


def put(base_url: str, name: str, content: bytes = CONTENT, **query: str) -> requests.Response:
    return requests.post(
        f"{base_url}/upload/storage/v1/b/{BUCKET}/o",
        params={"uploadType": "media", "name": name, **query},
        data=content,
        headers={"Content-Type": "image/png"},
        timeout=10,
    )


def media(base_url: str, name: str, **headers: str) -> requests.Response:
    url = f"{base_url}/download/storage/v1/b/{BUCKET}/o/{quote(name, safe='')}?alt=media"
    return requests.get(url, headers=headers, timeout=10)


def test_an_object_is_shown_as_google_shows_it(base_url: str) -> None:
    shown = put(base_url, "a/ü%2F.png").json()
    path = f"b/{BUCKET}/o/a%2F%C3%BC%252F.png"
    generation = shown["generation"]
    assert shown["kind"] == "storage#object"
    assert shown["id"] == f"{BUCKET}/a/ü%2F.png/{generation}"
    assert (shown["name"], shown["bucket"], shown["size"], shown["contentType"]) == (
        "a/ü%2F.png",
        BUCKET,
        "10",
        "image/png",
    )
    assert (shown["md5Hash"], shown["crc32c"]) == ("eB5eJF1ptWaXm4bijSPyxw==", "KAwGng==")
    assert shown["mediaLink"] == f"{base_url}/download/storage/v1/{path}?generation={generation}&alt=media"
    assert requests.get(shown["mediaLink"], timeout=10).content == CONTENT
    assert requests.get(shown["selfLink"], timeout=10).json() == shown


@pytest.mark.parametrize(
    ("method", "path", "code", "reason", "message"),
    [
        ("GET", "/storage/v1/b/missing", 404, "notFound", "The specified bucket does not exist."),
        ("GET", "/storage/v1/b/missing/o/x", 404, "notFound", "The specified bucket does not exist."),
        ("GET", f"/storage/v1/b/{BUCKET}/o/a%2Fb", 404, "notFound", f"No such object: {BUCKET}/a/b"),
        ("DELETE", f"/storage/v1/b/{BUCKET}/o/x", 404, "notFound", f"No such object: {BUCKET}/x"),
        ("GET", f"/storage/v1/b/{BUCKET}/o?maxResults=x", 400, "invalid", "Invalid value for maxResults: expected"),
        ("POST", f"/upload/storage/v1/b/{BUCKET}/o?uploadType=media", 400, "required", "Required"),
        ("POST", f"/upload/storage/v1/b/{BUCKET}/o?name=x", 400, "invalid", "Invalid value for uploadType: expected"),
        ("POST", "/upload/storage/v1/b/missing/o?uploadType=media&name=x", 404, "notFound", "The specified bucket"),
        ("POST", f"/upload/storage/v1/b/{BUCKET}/o?uploadType=multipart", 400, "badRequest", "Malformed multipart"),
        ("PUT", f"/upload/storage/v1/b/{BUCKET}/o?upload_id=x", 404, "notFound", "No such upload session."),
        ("POST", f"/storage/v1/b/{BUCKET}/o/x/compose", 400, "invalid", "Invalid value for sourceObjects"),
    ],
)
def test_a_refusal_has_googles_shape_and_says_why(
    base_url: str, method: str, path: str, code: int, reason: str, message: str
) -> None:
    refused = requests.request(method, base_url + path, timeout=10)
    assert refused.status_code == code
    error = refused.json()["error"]
    assert error["code"] == code
    assert error["message"].startswith(message)
    assert error["errors"][0] == {"message": error["message"], "domain": "global", "reason": reason}


def test_a_body_that_is_no_json_is_a_parse_error(base_url: str) -> None:
    refused = requests.post(f"{base_url}/storage/v1/b", data=b"{", timeout=10)
    assert (refused.status_code, refused.json()["error"]["errors"][0]["reason"]) == (400, "parseError")


@pytest.mark.parametrize("change", [{"contentType": "a\r\nSet-Cookie: x"}, {"contentType": 5}, {"metadata": {"a": 1}}])
def test_settings_that_cannot_be_headers_are_refused(base_url: str, change: dict[str, Any]) -> None:
    put(base_url, "settings.png")
    url = f"{base_url}/storage/v1/b/{BUCKET}/o/settings.png"
    refused = requests.patch(url, json=change, timeout=10)
    assert refused.status_code == 400
    assert next(iter(change)) in refused.json()["error"]["message"]


@settings(deadline=None, max_examples=60)
@given(start=st.none() | st.integers(0, 12), end=st.none() | st.integers(0, 12))
def test_every_range_is_answered_as_rfc_9110_says(base_url: str, start: int | None, end: int | None) -> None:
    if start is None and end is None:
        return
    put(base_url, "range.bin", ifGenerationMatch="0")
    answer = media(base_url, "range.bin", Range=f"bytes={'' if start is None else start}-{'' if end is None else end}")
    if start is not None and end is not None and end < start:
        assert (answer.status_code, answer.content) == (200, CONTENT)  # not a range: ignored
        return
    if start is None:
        expected = CONTENT[-end:] if end else b""
    else:
        expected = CONTENT[start:] if end is None else CONTENT[start : end + 1]
    if not expected:
        assert (answer.status_code, answer.headers["Content-Range"]) == (416, "bytes */10")
        return
    first = CONTENT.index(expected)
    assert (answer.status_code, answer.content) == (206, expected)
    assert answer.headers["Content-Range"] == f"bytes {first}-{first + len(expected) - 1}/10"


def test_an_empty_object_is_an_empty_answer(base_url: str) -> None:
    put(base_url, "empty", b"")
    assert (media(base_url, "empty").status_code, media(base_url, "empty").content) == (200, b"")


def test_missing_media_is_refused_in_plain_text_as_google_does(base_url: str) -> None:
    refused = media(base_url, "nope")
    assert (refused.status_code, refused.text) == (404, f"No such object: {BUCKET}/nope")


def test_the_public_address_shows_the_object_to_everybody(base_url: str) -> None:
    put(base_url, "public/ü.png")
    url = f"{base_url}/{BUCKET}/public/%C3%BC.png"
    shown = requests.get(url, timeout=10)
    assert (shown.status_code, shown.content, shown.headers["Content-Type"]) == (200, CONTENT, "image/png")
    assert shown.headers["Cache-Control"] == "public, max-age=3600"
    head = requests.head(url, timeout=10)
    assert (head.status_code, head.headers["Content-Length"], head.content) == (200, "10", b"")
    again = requests.get(url, headers={"If-None-Match": shown.headers["ETag"]}, timeout=10)
    assert (again.status_code, again.content) == (304, b"")
    assert requests.get(url, headers={"Range": "bytes=2-4"}, timeout=10).content == b"234"


@pytest.mark.parametrize(("path", "code"), [(f"/{BUCKET}/nope", "NoSuchKey"), ("/missing/nope", "NoSuchBucket")])
def test_a_public_address_with_nothing_behind_it_is_a_404(base_url: str, path: str, code: str) -> None:
    refused = requests.get(base_url + path, timeout=10)
    assert refused.status_code == 404
    assert f"<Code>{code}</Code>" in refused.text


def test_an_upload_that_breaks_off_leaves_no_object_and_no_file(tmp_path: Path) -> None:
    with serving_bucket(tmp_path) as base_url:
        parts = urlsplit(base_url)
        with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
            request_line = f"POST /upload/storage/v1/b/{BUCKET}/o?uploadType=media&name=half HTTP/1.1\r\n"
            headers = f"Host: {parts.netloc}\r\nContent-Length: 10\r\n\r\n"
            connection.sendall(f"{request_line}{headers}0123".encode())
            wait_until(lambda: list((tmp_path / "incoming").iterdir()), "the upload has begun")
        wait_until(lambda: not list((tmp_path / "incoming").iterdir()), "the half is swept away")
        assert media(base_url, "half").status_code == 404


def test_a_full_disk_is_googles_backend_error_until_there_is_room_again(tmp_path: Path) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    with serving_bucket(tmp_path) as base_url:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, hard))  # a file cannot grow further, as on a full disk
        try:
            refused = put(base_url, "big", b"x" * 300_000)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        assert refused.status_code == 503
        assert refused.json()["error"]["errors"][0]["reason"] == "backendError"
        assert list((tmp_path / "incoming").iterdir()) == []
        assert put(base_url, "big", b"x" * 300_000, ifGenerationMatch="0").status_code == 200


def test_the_policy_of_a_bucket_is_changed_only_by_who_has_seen_it(tmp_path: Path) -> None:
    with serving_bucket(tmp_path) as base_url:
        url = f"{base_url}/storage/v1/b/{BUCKET}/iam"
        seen = requests.get(url, timeout=10).json()
        binding = {"role": "roles/storage.objectViewer", "members": ["allUsers"]}
        changed = requests.put(url, json={**seen, "bindings": [binding]}, timeout=10)
        assert changed.json()["bindings"] == [binding]
        stale = requests.put(url, json={**seen, "bindings": []}, timeout=10)
        assert stale.status_code == 412
        assert requests.get(url, timeout=10).json()["bindings"] == [binding]


@given(st.text(max_size=30), st.sampled_from(["GET", "POST", "PUT", "PATCH", "DELETE"]), st.binary(max_size=40))
@settings(deadline=None, max_examples=80)
def test_no_name_and_no_body_makes_a_server_error(base_url: str, name: str, method: str, body: bytes) -> None:
    encoded = quote(name.encode(errors="surrogatepass"), safe="")
    for path in (
        f"/storage/v1/b/{BUCKET}/o/{encoded}",
        f"/upload/storage/v1/b/{BUCKET}/o?name={encoded}",
        f"/{encoded}",
    ):
        url = base_url + path
        answer = requests.request(method, url, data=body, timeout=10)
        assert answer.status_code < 500, (method, url, body, answer.text)


def test_a_name_in_json_that_is_no_text_is_refused(base_url: str) -> None:
    for name in (5, None, ["x"], "\ud800"):
        answer = requests.post(
            f"{base_url}/upload/storage/v1/b/{BUCKET}/o?uploadType=resumable",
            data=json.dumps({"name": name}),
            timeout=10,
        )
        assert answer.status_code == 400
