"""Buckets, their policies and what tools ask besides, compared whole.

Source: Cloud Storage JSON API v1, "Buckets"; "IAM", "Policy".
"""

import sqlite3
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.storage.serving import BUCKET, serving_bucket
from tests.storage.test_shown_whole import LATER, Clock

IAM = {
    "bucketPolicyOnly": {"enabled": True},
    "uniformBucketLevelAccess": {"enabled": True},
    "publicAccessPrevention": "inherited",
}
# What a client cannot choose, whatever it says.
OURS = {
    "kind": "x",
    "id": "x",
    "selfLink": "x",
    "projectNumber": "7",
    "metageneration": "7",
    "etag": "x",
    "timeCreated": "x",
    "updated": "x",
}


def shown(url: str, name: str, **changes: Any) -> dict[str, Any]:
    return {
        "kind": "storage#bucket",
        "id": name,
        "name": name,
        "selfLink": f"{url}/storage/v1/b/{name}",
        "projectNumber": "0",
        "location": "US",
        "locationType": "multi-region",
        "storageClass": "STANDARD",
        "metageneration": "1",
        "etag": "MQ==",
        "timeCreated": "2026-11-23T10:44:00.123Z",
        "updated": "2026-11-23T10:44:00.123Z",
        "iamConfiguration": IAM,
        **changes,
    }


def ask(method: str, url: str, body: Any = None, **query: Any) -> tuple[int, dict[str, Any]]:
    answer = requests.request(method, url, params=query, json=body, timeout=10)
    return answer.status_code, answer.json() if answer.content else {}


@pytest.mark.parametrize(
    ("given", "changes"),
    [
        ({}, {}),
        (OURS, {}),
        ({"location": "us-central1"}, {"location": "us-central1", "locationType": "region"}),
        ({"location": None, "storageClass": None, "iamConfiguration": None}, {}),
        ({"storageClass": "NEARLINE", "labels": {"a": "1"}}, {"storageClass": "NEARLINE", "labels": {"a": "1"}}),
        (
            {"iamConfiguration": {"publicAccessPrevention": "enforced"}},
            {"iamConfiguration": {**IAM, "publicAccessPrevention": "enforced"}},
        ),
    ],
)
def test_a_bucket_is_shown_with_a_field_less_or_another_value(
    tmp_path: Path, given: dict[str, Any], changes: dict[str, Any]
) -> None:
    clock = Clock()
    with serving_bucket(tmp_path, clock) as url:
        expected = shown(url, "made", **changes)
        assert ask("POST", f"{url}/storage/v1/b", {"name": "made", **given}) == (200, expected)
        assert ask("GET", f"{url}/storage/v1/b/made") == (200, expected)
        listed = {"kind": "storage#buckets", "items": [shown(url, BUCKET), expected]}
        assert ask("GET", f"{url}/storage/v1/b") == (200, listed)
        layout = {"bucket": "made", "location": expected["location"], "locationType": expected["locationType"]}
        kind = {"kind": "storage#storageLayout"}
        assert ask("GET", f"{url}/storage/v1/b/made/storageLayout") == (200, {**kind, **layout})
        clock.now = LATER
        changed = {**expected, "metageneration": "2", "etag": "Mg==", "updated": "2026-11-23T10:44:01.500Z"}
        for method, number in (("PATCH", 2), ("PUT", 3)):
            status, found = ask(method, f"{url}/storage/v1/b/made", {**OURS, "name": "x", "versioning": {"enabled": 1}})
            versions = {"metageneration": str(number), "etag": found["etag"], "versioning": {"enabled": 1}}
            assert (status, found) == (200, {**changed, **versions})
        unchanged = ask("PATCH", f"{url}/storage/v1/b/made", {"location": None, "iamConfiguration": None})[1]
        assert (unchanged["location"], unchanged["iamConfiguration"]) == (
            expected["location"],
            expected["iamConfiguration"],
        )


@pytest.mark.parametrize("given", [{"location": 5}, {"storageClass": ["x"]}, {"iamConfiguration": "x"}])
def test_a_bucket_of_wrong_types_breaks_every_list_of_buckets(tmp_path: Path, given: dict[str, Any]) -> None:
    """unsure: the service's words; it reads its fields as what they are."""
    with serving_bucket(tmp_path) as url:
        for method, path in (("POST", ""), ("PATCH", f"/{BUCKET}")):
            status, refused = ask(method, f"{url}/storage/v1/b{path}", {"name": "made", **given})
            assert (status, refused["error"]["errors"][0]["reason"]) == (400, "invalid")
        assert [one["name"] for one in ask("GET", f"{url}/storage/v1/b")[1]["items"]] == [BUCKET]


def test_a_policy_is_shown_with_a_field_less_or_another_value(tmp_path: Path) -> None:
    with serving_bucket(tmp_path) as url:
        path = f"{url}/storage/v1/b/{BUCKET}/iam"
        fixed = {"kind": "storage#policy", "resourceId": f"projects/_/buckets/{BUCKET}"}
        first = {**fixed, "version": 1, "bindings": [], "etag": "MDAwMDAwMDA="}
        assert ask("GET", path) == (200, first)
        bindings = [{"role": "roles/x", "members": ["allUsers"]}]
        second = {**fixed, "version": 3, "bindings": bindings, "etag": "MDAwMDAwMDE="}
        assert ask("PUT", path, {"version": 3, "bindings": bindings}) == (200, second)
        assert ask("GET", path) == (200, second)
        third = {**fixed, "version": 1, "bindings": [], "etag": "MDAwMDAwMDI="}
        assert ask("PUT", path, {"etag": second["etag"]}) == (200, third)


def test_what_one_may_do_is_shown_otherwise_or_asked_for_nothing(tmp_path: Path) -> None:
    with serving_bucket(tmp_path) as url:
        path = f"{url}/storage/v1/b/{BUCKET}/iam/testPermissions"
        kind = "storage#testIamPermissionsResponse"
        asked = ["storage.objects.get", "storage.objects.list"]
        assert ask("GET", path, permissions=asked) == (200, {"kind": kind, "permissions": asked})
        status, refused = ask("GET", path)
        assert (status, refused["error"]["errors"][0]["reason"]) == (400, "required")
        folders = {"kind": "storage#managedFolders", "items": []}
        assert ask("GET", f"{url}/storage/v1/b/{BUCKET}/managedFolders") == (200, folders)


MISSING = (404, "notFound", "The specified bucket does not exist.")


def test_a_bucket_that_is_not_there_is_told_otherwise_by_one_of_the_calls(tmp_path: Path) -> None:
    with serving_bucket(tmp_path) as url:
        for method, path in (
            *(("GET", ""), ("PATCH", ""), ("PUT", ""), ("DELETE", ""), ("GET", "/iam"), ("PUT", "/iam")),
            *(("GET", "/iam/testPermissions?permissions=a"), ("GET", "/storageLayout"), ("GET", "/managedFolders")),
            *(("GET", "/o"), ("GET", "/o/x"), ("DELETE", "/o/x"), ("PATCH", "/o/x"), ("GET", "/o/x/acl")),
        ):
            status, refused = ask(method, f"{url}/storage/v1/b/missing{path}", {} if method[0] == "P" else None)
            error = refused["error"]
            assert (status, error["errors"][0]["reason"], error["message"]) == MISSING, (method, path)


@pytest.mark.parametrize("size", [1, 2, 3, 4])
def test_a_page_of_buckets_holds_one_too_many_or_follows_the_last(tmp_path: Path, size: int) -> None:
    with serving_bucket(tmp_path) as url:
        for name in ("zz1", "zz2"):
            ask("POST", f"{url}/storage/v1/b", {"name": name})
        pages: list[list[str]] = []
        token: dict[str, str] = {}
        while True:
            _, page = ask("GET", f"{url}/storage/v1/b", maxResults=str(size), **token)
            assert page.keys() <= {"kind", "items", "nextPageToken"}
            pages.append([one["name"] for one in page["items"]])
            if "nextPageToken" not in page:
                break
            token = {"pageToken": page["nextPageToken"]}
    every = [BUCKET, "zz1", "zz2"]
    assert pages == [every[begin : begin + size] for begin in range(0, 3, size)]


@pytest.mark.parametrize(("asked", "count"), [("1001", 1000), ("1000", 1000), ("999", 999), ("0", 1000)])
def test_a_page_of_buckets_is_longer_than_the_longest(tmp_path: Path, asked: str, count: int) -> None:
    """Source: Cloud Storage JSON API, buckets.list, maxResults."""
    with serving_bucket(tmp_path, lambda: datetime(2026, 11, 23, tzinfo=UTC)) as url:
        many_buckets(tmp_path)
        _, page = ask("GET", f"{url}/storage/v1/b", maxResults=asked)
        assert (len(page["items"]), "nextPageToken" in page) == (count, True)


def many_buckets(root: Path) -> None:
    """Copies of the one that is there, beside the server."""
    with sqlite3.connect(root / "index.sqlite") as database:
        database.executemany(
            "INSERT INTO buckets SELECT ?, resource, policy FROM buckets WHERE name = ?",
            [(f"zz{number:04}", BUCKET) for number in range(1000)],
        )
    database.close()
