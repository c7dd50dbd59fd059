"""What comes with an object's bytes: every header at both addresses, refusals, and nothing after the last byte.

Source: Cloud Storage, "Objects: get", XML API "GET Object" and "HTTP status and error codes for XML"; RFC 9110.
"""

import io
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from local.storage.objects import ObjectStore
from tests.storage.serving import BUCKET, serving_bucket
from tests.storage.test_shown_whole import CONTENT, FIRST, SETTINGS, Clock, a_media, a_multipart

PUBLIC, MEDIA = f"/{BUCKET}/a", f"/download/storage/v1/b/{BUCKET}/o/a?alt=media"
ALSO_MEDIA = f"/storage/v1/b/{BUCKET}/o/a?alt=media"
UNSET = "no-cache, no-store, max-age=0, must-revalidate"
PLAIN = {
    "Content-Type": "a/b",
    "Cache-Control": UNSET,
    "ETag": '"MTc5NTQzMDY0MDEyMzQ1Ni8x"',
    "Last-Modified": "Mon, 23 Nov 2026 10:44:00 GMT",
    "Accept-Ranges": "bytes",
    "Content-Security-Policy": "sandbox",
    "x-goog-hash": "crc32c=KAwGng==,md5=eB5eJF1ptWaXm4bijSPyxw==",
    "x-goog-generation": str(FIRST),
    "x-goog-metageneration": "1",
    "x-goog-stored-content-encoding": "identity",
    "x-goog-stored-content-length": "10",
    "x-goog-storage-class": "STANDARD",
    "Content-Length": "10",
}
CHOSEN = {
    "Content-Type": "image/png",
    "Cache-Control": "no-cache",
    "Content-Disposition": "inline",
    "Content-Encoding": "x-mine",
    "Content-Language": "de",
    "x-goog-stored-content-encoding": "x-mine",
    "x-goog-storage-class": "NEARLINE",
}


@pytest.fixture
def served(tmp_path: Path) -> Iterator[str]:
    with serving_bucket(tmp_path, Clock()) as url:
        yield url


def got(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Without the headers that aiohttp adds to any answer."""
    answer = requests.get(url, headers=headers, timeout=10)
    shown = {name: value for name, value in answer.headers.items() if name not in ("Date", "Server")}
    return answer.status_code, shown, answer.content


@pytest.mark.parametrize("path", [MEDIA, ALSO_MEDIA, PUBLIC])
def test_an_object_comes_with_a_header_less_or_another_value(served: str, path: str) -> None:
    uploads = f"{served}/upload/storage/v1/b/{BUCKET}/o"
    a_media(uploads, {"name": "a"})
    caching = {"Cache-Control": "public, max-age=3600"} if path == PUBLIC else {}
    assert got(served + path) == (200, {**PLAIN, **caching}, CONTENT)
    part = {"Content-Length": "3", "Content-Range": "bytes 2-4/10"}
    assert got(served + path, Range="bytes=2-4") == (206, {**PLAIN, **caching, **part}, b"234")
    settings = {**SETTINGS, "contentEncoding": "x-mine", "storageClass": "NEARLINE"}
    second = a_multipart(uploads, {"name": "a", **settings}).json()
    names = {"ETag": f'"{second["etag"]}"', "x-goog-generation": second["generation"]}
    assert got(served + path) == (200, {**PLAIN, **CHOSEN, **names}, CONTENT)


def test_a_composed_object_comes_with_a_digest_that_nobody_knows(served: str) -> None:
    a_media(f"{served}/upload/storage/v1/b/{BUCKET}/o", {"name": "b"})
    url = f"{served}/storage/v1/b/{BUCKET}/o/a/compose"
    requests.post(url, json={"sourceObjects": [{"name": "b"}]}, timeout=10)
    _, headers, content = got(served + MEDIA)
    assert (headers["x-goog-hash"], content) == ("crc32c=KAwGng==", CONTENT)
    assert headers["Content-Type"] == "application/octet-stream"


NOT_HELD = "At least one of the pre-conditions you specified did not hold."


def xml(code: str, message: str) -> tuple[str, str]:
    text = f"<?xml version='1.0' encoding='UTF-8'?><Error><Code>{code}</Code><Message>{message}</Message></Error>"
    return "application/xml; charset=UTF-8", text


@pytest.mark.parametrize(
    ("path", "headers", "status", "kind", "text"),
    [
        (MEDIA, {"If-Match": "x"}, 412, "text/plain; charset=utf-8", NOT_HELD),
        (MEDIA, {"If-None-Match": "*"}, 304, None, ""),
        (f"{MEDIA}&generation=7", {}, 404, "text/plain; charset=utf-8", f"No such object: {BUCKET}/a"),
        (f"{MEDIA}&generation={FIRST}", {}, 200, "a/b", CONTENT.decode()),
        (f"{MEDIA}&ifGenerationMatch=7", {}, 412, "text/plain; charset=utf-8", NOT_HELD),
        (PUBLIC, {"If-Match": "x"}, 412, *xml("PreconditionFailed", NOT_HELD)),
        (PUBLIC, {"If-None-Match": "*"}, 304, None, ""),
        (f"{PUBLIC}?generation=7", {}, 404, *xml("NoSuchKey", "The specified key does not exist.")),
        (f"{PUBLIC}?generation={FIRST}", {}, 200, "a/b", CONTENT.decode()),
        ("/missing/a", {}, 404, *xml("NoSuchBucket", "The specified bucket does not exist.")),
        (
            *(f"{PUBLIC}?generation=x", {}, 400),
            *xml("InvalidArgument", "Invalid value for generation: expected a whole number, got 'x'"),
        ),
        # Source: RFC 5322, 3.3: -0000 is UTC of which the place is not told.
        (PUBLIC, {"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 -0000"}, 304, None, ""),
        (PUBLIC, {"If-Modified-Since": "Mon, 23 Nov 2026 11:44:00 +0100"}, 304, None, ""),
        (PUBLIC, {"If-Modified-Since": "Mon, 23 Nov 2026 10:44:00 +0100"}, 200, "a/b", CONTENT.decode()),
        (PUBLIC, {"If-Unmodified-Since": "soon"}, 200, "a/b", CONTENT.decode()),
        # A tag goes before a date (RFC 9110, 13.2.2).
        (PUBLIC, {"If-Match": "*", "If-Unmodified-Since": "Mon, 01 Jan 2001 00:00:00 GMT"}, 200, "a/b", "0123456789"),
    ],
)
def test_a_refusal_of_bytes_is_in_other_words(
    served: str, path: str, headers: dict[str, str], status: int, kind: str | None, text: str
) -> None:
    a_media(f"{served}/upload/storage/v1/b/{BUCKET}/o", {"name": "a"})
    found, shown, content = got(served + path, **headers)
    assert (found, shown.get("Content-Type"), content.decode()) == (status, kind, text)
    if status == 304 and path == PUBLIC:
        assert shown["ETag"] == PLAIN["ETag"]


@pytest.mark.parametrize("path", [MEDIA, PUBLIC])
def test_something_follows_the_answer_to_a_head_or_to_a_range(served: str, path: str) -> None:
    """On the wire: the next answer of the connection begins where this one ends."""
    big = bytes(range(256)) * 1024 * 3
    query = {"uploadType": "media", "name": "a"}
    requests.post(f"{served}/upload/storage/v1/b/{BUCKET}/o", params=query, data=big, timeout=10)
    assert got(served + path)[2] == big
    first, last = 1000, 300_000
    parts = urlsplit(served + path)
    target = f"{parts.path}?{parts.query}"
    asked = (
        f"HEAD {target} HTTP/1.1\r\nHost: x\r\n\r\n"
        f"GET {target} HTTP/1.1\r\nHost: x\r\nRange: bytes={first}-{last}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=10) as connection:
        connection.sendall(asked.encode())
        answered = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    head, second, content = answered.split(b"\r\n\r\n", 2)
    assert b"Content-Length: 786432" in head
    assert second.startswith(b"HTTP/1.1 206 ")
    assert content == big[first : last + 1]


def test_the_name_of_a_missing_object_is_hidden_or_its_bucket_is_blamed(served: str) -> None:
    answer: Any = requests.get(f"{served}/storage/v1/b/{BUCKET}/o/a%2Fb", timeout=10).json()
    message = f"No such object: {BUCKET}/a/b"
    detail = {"message": message, "domain": "global", "reason": "notFound"}
    assert answer == {"error": {"code": 404, "message": message, "errors": [detail]}}
    a_media(f"{served}/upload/storage/v1/b/{BUCKET}/o", {"name": "a"})
    refused: Any = requests.get(f"{served}/storage/v1/b/{BUCKET}/o/a", params={"ifGenerationMatch": "7"}, timeout=10)
    detail = {"message": NOT_HELD, "domain": "global", "reason": "conditionNotMet"}
    where = {"locationType": "header", "location": "If-Match"}
    assert refused.json() == {"error": {"code": 412, "message": NOT_HELD, "errors": [{**detail, **where}]}}


def test_bytes_that_nobody_asked_for_are_read_or_all_of_them_into_the_memory(
    served: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In pieces of 256 KiB, from the first byte of the range to its last."""
    query = {"uploadType": "media", "name": "a"}
    big = bytes(range(256)) * 1024 * 3
    requests.post(f"{served}/upload/storage/v1/b/{BUCKET}/o", params=query, data=big, timeout=10)
    read: list[int] = []

    class Recorded(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            found = super().read(size)
            read.append(len(found))
            return found

    monkeypatch.setattr(ObjectStore, "open", lambda *_: Recorded(big))
    assert got(served + MEDIA, Range="bytes=1000-300000")[2] == big[1000:300001]
    assert read == [262_144, 299_001 - 262_144, 0]
