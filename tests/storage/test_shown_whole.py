"""Objects as the service shows them, compared whole: after each way of making, changing and asking for one.

Source: Cloud Storage JSON API v1, "Objects".
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.storage.serving import BUCKET, serving_bucket

NOW = datetime(2026, 11, 23, 10, 44, 0, 123456, tzinfo=UTC)
LATER = datetime(2026, 11, 23, 10, 44, 1, 500_000, tzinfo=UTC)
FIRST = 1795430640123456  # the microsecond in which the first was made
CONTENT = b"0123456789"
SETTINGS: dict[str, Any] = {
    "contentType": "image/png",
    "cacheControl": "no-cache",
    "contentDisposition": "inline",
    "contentEncoding": "br",
    "contentLanguage": "de",
    "customTime": "2026-01-01T00:00:00Z",
    "metadata": {"words": "meine Katze"},
}
# What a client cannot choose, whatever it says.
OURS = {"kind": "x", "id": "x", "generation": "5", "size": "5", "etag": "x", "updated": "x", "componentCount": 7}


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[str, Clock]]:
    clock = Clock()
    with serving_bucket(tmp_path, clock) as url:
        yield url, clock


def shown(url: str, name: str, generation: int = FIRST, metageneration: int = 1, **changes: Any) -> dict[str, Any]:
    quoted = name.replace("/", "%2F")
    etag = {(FIRST, 1): "MTc5NTQzMDY0MDEyMzQ1Ni8x", (FIRST, 2): "MTc5NTQzMDY0MDEyMzQ1Ni8y"}
    full = {
        "kind": "storage#object",
        "id": f"{BUCKET}/{name}/{generation}",
        "selfLink": f"{url}/storage/v1/b/{BUCKET}/o/{quoted}",
        "mediaLink": f"{url}/download/storage/v1/b/{BUCKET}/o/{quoted}?generation={generation}&alt=media",
        "name": name,
        "bucket": BUCKET,
        "generation": str(generation),
        "metageneration": str(metageneration),
        "storageClass": "STANDARD",
        "size": "10",
        "md5Hash": "eB5eJF1ptWaXm4bijSPyxw==",
        "crc32c": "KAwGng==",
        "etag": etag.get((generation, metageneration)),
        "timeCreated": "2026-11-23T10:44:00.123Z",
        "updated": "2026-11-23T10:44:00.123Z",
        "timeStorageClassUpdated": "2026-11-23T10:44:00.123Z",
        "timeFinalized": "2026-11-23T10:44:00.123Z",
        **changes,
    }
    return {key: value for key, value in full.items() if value is not None}


def ask(method: str, url: str, body: Any = None, **query: str) -> dict[str, Any]:
    answer = requests.request(method, url, params=query, json=body, timeout=10)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def a_multipart(url: str, resource: dict[str, Any]) -> requests.Response:
    parts = [b"--b", b"Content-Type: application/json", b"", json.dumps(resource).encode()]
    body = b"\r\n".join([*parts, b"--b", b"Content-Type: a/b", b"", CONTENT, b"--b--"])
    headers = {"Content-Type": "multipart/related; boundary=b"}
    return requests.post(url, params={"uploadType": "multipart"}, data=body, headers=headers, timeout=10)


def a_resumable(url: str, resource: dict[str, Any]) -> requests.Response:
    headers = {"X-Upload-Content-Type": "a/b"}
    started = requests.post(url, params={"uploadType": "resumable"}, json=resource, headers=headers, timeout=10)
    return requests.put(started.headers["Location"], data=CONTENT, timeout=10)


def a_media(url: str, resource: dict[str, Any]) -> requests.Response:
    query, headers = {"uploadType": "media", "name": resource["name"]}, {"Content-Type": "a/b"}
    return requests.post(url, params=query, data=CONTENT, headers=headers, timeout=10)


@pytest.mark.parametrize("upload", [a_media, a_multipart, a_resumable])
@pytest.mark.parametrize("given", [{}, SETTINGS, {"contentType": "c/d", **OURS}, {"storageClass": "NEARLINE"}])
def test_a_new_object_is_shown_with_a_field_less_or_another_value(
    served: tuple[str, Clock], upload: Any, given: dict[str, Any]
) -> None:
    url, _ = served
    answer = upload(f"{url}/upload/storage/v1/b/{BUCKET}/o", {"name": "a/b.png", **given})
    chosen = {} if upload is a_media else {key: value for key, value in given.items() if key not in OURS}
    expected = shown(url, "a/b.png", **{"contentType": "a/b", **chosen})
    assert answer.json() == expected
    asked = f"{url}/storage/v1/b/{BUCKET}/o"
    assert ask("GET", f"{asked}/a%2Fb.png") == expected
    assert ask("GET", asked) == {"kind": "storage#objects", "items": [expected]}


def test_a_change_changes_another_field_or_none(served: tuple[str, Clock]) -> None:
    """Source: Cloud Storage JSON API, objects.patch: null takes a field away; objects.update, all."""
    url, clock = served
    a_multipart(f"{url}/upload/storage/v1/b/{BUCKET}/o", {"name": "a", **SETTINGS})
    path = f"{url}/storage/v1/b/{BUCKET}/o/a"
    clock.now = LATER
    times: dict[str, Any] = {"updated": "2026-11-23T10:44:01.500Z"}
    settings: dict[str, Any] = {**SETTINGS, "metadata": {"words": "meine Katze", "more": "1"}}
    expected = shown(url, "a", metageneration=2, **settings, **times)
    assert ask("PATCH", path, {"metadata": {"more": "1"}, **OURS}) == expected
    number = 2
    for key, value in SETTINGS.items():
        number += 1
        if isinstance(value, str):
            changed = ask("PATCH", path, {key: "x/y"})
            assert changed == {**expected, key: "x/y", "metageneration": str(number), "etag": changed["etag"]}
            number += 1
        changed = ask("PATCH", path, {key: None})
        expected.pop(key)
        expected |= {"metageneration": str(number), "etag": changed["etag"]}
        assert changed == expected
    ask("PATCH", path, {"metadata": {"a": "1", "b": "2"}, "storageClass": "NEARLINE"})
    changed = ask("PATCH", path, {"metadata": {"a": None, "c": "3"}})
    assert (changed["metadata"], changed["storageClass"]) == ({"b": "2", "c": "3"}, "NEARLINE")
    replaced = ask("PUT", path, {"contentType": "c/d"})
    expected = shown(url, "a", metageneration=number + 3, contentType="c/d", etag=replaced["etag"], **times)
    assert replaced == expected == ask("GET", path)


def test_a_copy_or_a_composition_is_shown_as_its_source(served: tuple[str, Clock]) -> None:
    url, clock = served
    uploads, objects = f"{url}/upload/storage/v1/b/{BUCKET}/o", f"{url}/storage/v1/b/{BUCKET}/o"
    a_multipart(uploads, {"name": "a", **SETTINGS})
    ask("PATCH", f"{objects}/a", {})
    clock.now = LATER
    when = "2026-11-23T10:44:01.500Z"
    times: dict[str, Any] = dict.fromkeys(("timeCreated", "updated", "timeStorageClassUpdated", "timeFinalized"), when)
    second = 1795430641500000
    copied = ask("POST", f"{objects}/a/copyTo/b/{BUCKET}/o/b", {"contentType": "c/d"})
    settings: dict[str, Any] = {**SETTINGS, "contentType": "c/d"}
    assert copied == shown(url, "b", second, etag=copied["etag"], **settings, **times)
    rewritten = ask("POST", f"{objects}/a/rewriteTo/b/{BUCKET}/o/c", {})
    resource = shown(url, "c", second + 1, etag=rewritten["resource"]["etag"], **SETTINGS, **times)
    done = {"kind": "storage#rewriteResponse", "done": True, "totalBytesRewritten": "10", "objectSize": "10"}
    assert rewritten == {**done, "resource": resource}
    body = {"sourceObjects": [{"name": "a"}, {"name": "b"}], "destination": {"contentType": "e/f", **OURS}}
    composed = ask("POST", f"{objects}/d/compose", body)
    joined: dict[str, Any] = {"md5Hash": None, "crc32c": "Cl9Enw==", "size": "20", "componentCount": 2}
    expected = shown(url, "d", second + 2, etag=composed["etag"], contentType="e/f", **joined, **times)
    assert composed == expected
    again = ask("POST", f"{objects}/e/compose", {"sourceObjects": [{"name": "d"}, {"name": "a"}], "destination": None})
    assert (again["componentCount"], again["size"], "contentType" in again) == (3, "30", False)
    assert requests.get(again["mediaLink"], timeout=10).content == CONTENT * 3
    assert composed["etag"] != copied["etag"] != rewritten["resource"]["etag"]


def test_a_list_shows_other_fields_than_the_service(served: tuple[str, Clock]) -> None:
    url, _ = served
    asked = f"{url}/storage/v1/b/{BUCKET}/o"
    assert ask("GET", asked) == {"kind": "storage#objects"}
    for name in ("a/1", "a/2", "b", "c"):
        a_media(f"{url}/upload/storage/v1/b/{BUCKET}/o", {"name": name})
    found = ask("GET", asked, delimiter="/", maxResults="2")
    assert found.keys() == {"kind", "prefixes", "items", "nextPageToken"}
    assert (found["prefixes"], [one["name"] for one in found["items"]]) == (["a/"], ["b"])
    rest = ask("GET", asked, delimiter="/", maxResults="2", pageToken=found["nextPageToken"])
    assert (set(rest), [one["name"] for one in rest["items"]]) == ({"kind", "items"}, ["c"])
