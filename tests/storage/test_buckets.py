"""Buckets over REST: what a change changes, who may change a policy, which are listed; and the size of an upload."""

from pathlib import Path
from typing import Any

import pytest
import requests

from tests.storage.serving import BUCKET, serving_bucket
from tests.storage.test_rest import CONTENT, media, put
from tests.storage.test_uploads import FIRST, LEAST, send, start_session


def ask(method: str, url: str, body: Any = None, **query: str) -> tuple[int, dict[str, Any]]:
    answer = requests.request(method, url, json=body, params=query, timeout=10)
    return answer.status_code, answer.json() if answer.content else {}


def test_a_change_of_a_bucket_takes_away_what_it_does_not_name(tmp_path: Path) -> None:
    """Source: Cloud Storage JSON API, buckets.patch: patch semantics, null takes a field away."""
    with serving_bucket(tmp_path) as base_url:
        url = f"{base_url}/storage/v1/b/{BUCKET}"
        _, before = ask("GET", url)
        change = {"labels": {"a": "1", "b": "2"}, "website": {"mainPageSuffix": "x"}, "versioning": {"enabled": False}}
        assert ask("PATCH", url, change)[0] == 200
        _, changed = ask("PATCH", url, {"labels": {"a": None, "c": "3"}, "website": None, "name": "other", "id": "x"})
        assert changed["labels"] == {"b": "2", "c": "3"}
        assert "website" not in changed
        assert changed["versioning"] == {"enabled": False}
        assert (changed["name"], changed["id"]) == (BUCKET, BUCKET)
        assert int(changed["metageneration"]) == int(before["metageneration"]) + 2
        assert changed["etag"] != before["etag"]
        assert changed["updated"] >= before["updated"]
        assert changed["timeCreated"] == before["timeCreated"]
        assert ask("GET", url)[1] == changed


def test_a_bucket_that_holds_something_is_deleted_or_an_empty_one_is_not(tmp_path: Path) -> None:
    with serving_bucket(tmp_path) as base_url:
        url = f"{base_url}/storage/v1/b/{BUCKET}"
        put(base_url, "a")
        status, refused = ask("DELETE", url)
        assert (status, refused["error"]["message"]) == (409, "The bucket you tried to delete is not empty.")
        assert media(base_url, "a").content == CONTENT
        requests.delete(f"{url}/o/a", timeout=10)
        assert ask("DELETE", url) == (204, {})
        assert ask("GET", url)[0] == 404


def test_a_policy_is_written_over_by_one_who_did_not_see_it(tmp_path: Path) -> None:
    """Source: Cloud Storage, "IAM": the etag of a policy, to prevent two from overwriting each other."""
    with serving_bucket(tmp_path) as base_url:
        url = f"{base_url}/storage/v1/b/{BUCKET}/iam"
        _, seen = ask("GET", url)
        mine = {"bindings": [{"role": "roles/x", "members": ["allUsers"]}], "etag": seen["etag"]}
        status, changed = ask("PUT", url, mine)
        assert (status, changed["bindings"], changed["etag"] != seen["etag"]) == (200, mine["bindings"], True)
        assert ask("PUT", url, {**mine, "bindings": []})[0] == 412
        assert ask("GET", url)[1] == changed
        assert ask("PUT", url, {"bindings": []})[0] == 200, "one without an etag writes over whatever is there"
        assert ask("PUT", url, {"bindings": "all"})[0] == 400


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ({}, ["b-1", "b-2", "b_3", BUCKET, "zzz"]),
        ({"prefix": "b-"}, ["b-1", "b-2"]),
        ({"prefix": "b_"}, ["b_3"]),
        ({"prefix": "%"}, []),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 10])
def test_a_list_of_buckets_holds_another_or_lacks_one(
    tmp_path: Path, query: dict[str, str], names: list[str], size: int
) -> None:
    with serving_bucket(tmp_path) as base_url:
        url = f"{base_url}/storage/v1/b"
        for name in ("zzz", "b-2", "b-1", "b_3"):
            assert ask("POST", url, {"name": name}, project="demo")[0] == 200
        assert ask("POST", url, {"name": "zzz"}, project="demo")[0] == 409
        found, asked = [], {**query, "project": "demo", "maxResults": str(size)}
        while True:
            _, page = ask("GET", url, **asked)
            assert len(page.get("items", [])) <= size
            found += [one["name"] for one in page.get("items", [])]
            if "nextPageToken" not in page:
                break
            asked["pageToken"] = page["nextPageToken"]
    assert found == names


def test_an_upload_ends_with_more_bytes_than_its_size(tmp_path: Path) -> None:
    with serving_bucket(tmp_path) as base_url:
        location = start_session(base_url, "size")
        send(location, f"bytes 0-{LEAST - 1}/*", FIRST)
        assert send(location, f"bytes */{LEAST + 1}") == (308, f"bytes=0-{LEAST - 1}")
        assert send(location, f"bytes */{LEAST - 1}") == (400, None)
        assert media(base_url, "size").status_code == 404
        assert send(location, f"bytes */{LEAST}") == (200, None)
        assert media(base_url, "size").content == FIRST


def test_what_gcloud_asks_besides_is_not_answered(tmp_path: Path) -> None:
    """It lists folders with rules of their own before it removes a bucket; there are none."""
    with serving_bucket(tmp_path) as base_url:
        for bucket, status in ((BUCKET, 200), ("missing", 404)):
            assert ask("GET", f"{base_url}/storage/v1/b/{bucket}/managedFolders")[0] == status
