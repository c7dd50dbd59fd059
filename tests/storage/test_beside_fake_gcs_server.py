"""The same calls against our bucket and the real fake-gcs-server, side by side.

Where the two differ, DIFFERENCES says why, and the call must really differ: a row that is no longer true fails.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.storage.fake_gcs_server import fake_gcs_server
from tests.storage.serving import serving_bucket

Pair = tuple[str, str]

COMPARED = (
    "kind",
    "name",
    "bucket",
    "size",
    "contentType",
    "cacheControl",
    "metadata",
    "md5Hash",
    "crc32c",
    "prefixes",
)
COMPARED_HEADERS = ("Content-Range", "X-Goog-Hash", "Range")


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    root: Path = tmp_path_factory.mktemp("side-by-side")
    with serving_bucket(root / "ours") as ours, fake_gcs_server(root / "theirs") as theirs:
        yield ours, theirs


def multipart(name: str, content: bytes, **settings: Any) -> dict[str, Any]:
    resource = json.dumps({"name": name, **settings}).encode()
    parts = [b"--b", b"Content-Type: application/json", b"", resource, b"--b", b"Content-Type: image/png", b"", content]
    body = b"\r\n".join([*parts, b"--b--"])
    return {"data": body, "headers": {"Content-Type": 'multipart/related; boundary="b"'}}


OBJECTS, UPLOAD, MEDIA = (
    "/storage/v1/b/pics/o",
    "/upload/storage/v1/b/pics/o?uploadType=",
    "/download/storage/v1/b/pics/o",
)
ONCE = UPLOAD + "multipart&ifGenerationMatch=0"

# In this order: each call sees what those before it have done.
CALLS: dict[str, tuple[str, str, dict[str, Any]]] = {
    "make a bucket": ("POST", "/storage/v1/b?project=demo", {"json": {"name": "pics"}}),
    "make it again": ("POST", "/storage/v1/b?project=demo", {"json": {"name": "pics"}}),
    "get a bucket": ("GET", "/storage/v1/b/pics", {}),
    "get a missing bucket": ("GET", "/storage/v1/b/missing", {}),
    "list a missing bucket": ("GET", "/storage/v1/b/missing/o", {}),
    "list an empty bucket": ("GET", OBJECTS, {}),
    "upload once": ("POST", ONCE, multipart("a/b.png", b"0123456789", cacheControl="no-store", metadata={"k": "v"})),
    "upload once, again": ("POST", ONCE, multipart("a/b.png", b"other")),
    "upload media": ("POST", UPLOAD + "media&name=a/c.txt", {"data": b"text", "headers": {"Content-Type": "text/x"}}),
    "upload media once, again": ("POST", UPLOAD + "media&name=a/c.txt&ifGenerationMatch=0", {"data": b"other"}),
    "upload a name with signs": ("POST", UPLOAD + "multipart", multipart("d/ü %2F#?.png", b"\r\n")),
    "get it": ("GET", OBJECTS + "/a%2Fb.png", {}),
    "get a name with signs": ("GET", OBJECTS + "/d%2F%C3%BC%20%252F%23%3F.png", {}),
    "get a missing object": ("GET", OBJECTS + "/nope", {}),
    "read it": ("GET", MEDIA + "/a%2Fb.png?alt=media", {}),
    "read it by alt=media": ("GET", OBJECTS + "/a%2Fb.png?alt=media", {}),
    "read its end": ("GET", MEDIA + "/a%2Fb.png?alt=media", {"headers": {"Range": "bytes=-3"}}),
    "read from its middle": ("GET", MEDIA + "/a%2Fb.png?alt=media", {"headers": {"Range": "bytes=5-"}}),
    "read a part": ("GET", MEDIA + "/a%2Fb.png?alt=media", {"headers": {"Range": "bytes=2-4"}}),
    "read more than there is": ("GET", MEDIA + "/a%2Fb.png?alt=media", {"headers": {"Range": "bytes=8-99"}}),
    "read beyond its end": ("GET", MEDIA + "/a%2Fb.png?alt=media", {"headers": {"Range": "bytes=10-"}}),
    "read nonsense": ("GET", MEDIA + "/a%2Fb.png?alt=media", {"headers": {"Range": "bytes=x-y"}}),
    "read a missing one": ("GET", MEDIA + "/nope?alt=media", {}),
    "list all": ("GET", OBJECTS, {}),
    "list with a prefix": ("GET", OBJECTS + "?prefix=a/", {}),
    "list with folders": ("GET", OBJECTS + "?delimiter=/", {}),
    "list a folder": ("GET", OBJECTS + "?delimiter=/&prefix=a/", {}),
    "list from an offset": ("GET", OBJECTS + "?startOffset=a/c", {}),
    "list up to an offset": ("GET", OBJECTS + "?endOffset=a/c", {}),
    "change settings": (
        "PATCH",
        OBJECTS + "/a%2Fb.png",
        {"json": {"cacheControl": "public", "metadata": {"k2": "v2"}}},
    ),
    "get under a condition": ("GET", OBJECTS + "/a%2Fb.png?ifGenerationMatch=5", {}),
    "copy": ("POST", OBJECTS + "/a%2Fb.png/copyTo/b/pics/o/copied", {"json": {}}),
    "rewrite": ("POST", OBJECTS + "/a%2Fb.png/rewriteTo/b/pics/o/re%2Fwritten", {"json": {}}),
    "rewrite a missing one": ("POST", OBJECTS + "/nope/rewriteTo/b/pics/o/x", {"json": {}}),
    "delete a full bucket": ("DELETE", "/storage/v1/b/pics", {}),
    "delete": ("DELETE", OBJECTS + "/copied", {}),
    "delete a missing one": ("DELETE", OBJECTS + "/copied", {}),
}

DIFFERENCES = {
    "upload media once, again": "theirs replaces the object: it reads preconditions of multipart uploads only",
    "change settings": "theirs leaves out the kind",
    "get under a condition": "theirs ignores preconditions on a read; Google answers 412",
    "delete a full bucket": "theirs answers 412; Google answers 409 conflict",
    "delete": "theirs answers 200 with the body null; Google answers 204 without one",
    "read beyond its end": "theirs leaves out the Content-Range of a 416, and adds the object's hash",
}


def test_every_call_is_answered_alike_or_differs_for_a_known_reason(both: Pair) -> None:
    surprises = []
    for title, (method, path, content) in CALLS.items():
        ours, theirs = (seen(requests.request(method, base + path, timeout=10, **content)) for base in both)
        if (ours != theirs) != (title in DIFFERENCES):
            known = DIFFERENCES.get(title, "no reason is known")
            surprises.append(f"{title}\n  ours   {ours}\n  theirs {theirs}\n  ({known})")
    assert not surprises, "\n".join(surprises)


def test_every_known_difference_is_of_a_call_that_is_made() -> None:
    assert set(DIFFERENCES) <= set(CALLS)


def seen(answer: requests.Response) -> dict[str, Any]:
    """What of an answer is compared: no times, no generations, no texts of errors, which are not Google's in theirs."""
    shown: dict[str, Any] = {"status": answer.status_code}
    shown |= {header: answer.headers[header] for header in COMPARED_HEADERS if header in answer.headers}
    if not answer.ok:
        return shown
    if "json" not in answer.headers.get("Content-Type", ""):
        return shown | {"type": answer.headers.get("Content-Type"), "content": answer.content}
    body = answer.json() or {}
    resource = body.get("resource", body)
    if "items" in resource:
        resource = {
            **resource,
            "prefixes": [*resource.get("prefixes", []), *(each["name"] for each in resource["items"])],
        }
    return shown | {key: resource[key] for key in COMPARED if key in resource}
