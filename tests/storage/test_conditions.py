"""Conditions of a call: numbers, tags and dates, in the JSON and in the XML API.

Source of every status: Cloud Storage, "Request preconditions".
"""

from typing import Any

import pytest
import requests

from tests.storage.serving import BUCKET
from tests.storage.test_rest import CONTENT, put

LONG_AGO, FAR_AHEAD = "Mon, 01 Jan 2001 00:00:00 GMT", "Fri, 01 Jan 2100 00:00:00 GMT"


@pytest.fixture
def shown(base_url: str) -> dict[str, Any]:
    resource: dict[str, Any] = put(base_url, "conditions/a.png").json()
    return resource


@pytest.mark.parametrize(
    ("header", "value", "status"),
    [
        ("x-goog-if-generation-match", "1", 412),
        ("x-goog-if-generation-match", "{generation}", 200),
        ("x-goog-if-generation-match", "one", 400),
        ("x-goog-if-metageneration-match", "2", 412),
        ("x-goog-if-metageneration-match", "1", 200),
        ("If-Match", '"other"', 412),
        ("If-Match", '"other", "{etag}"', 200),
        ("If-Match", "*", 200),
        ("If-None-Match", '"{etag}"', 304),
        ("If-None-Match", 'W/"{etag}"', 304),
        ("If-None-Match", "*", 304),
        ("If-None-Match", '"other"', 200),
        ("If-Modified-Since", FAR_AHEAD, 304),
        ("If-Modified-Since", LONG_AGO, 200),
        ("If-Modified-Since", "soon", 200),
        ("If-Unmodified-Since", LONG_AGO, 412),
        ("If-Unmodified-Since", FAR_AHEAD, 200),
    ],
)
def test_the_public_address_obeys_the_headers_of_the_xml_api(
    base_url: str, shown: dict[str, Any], header: str, value: str, status: int
) -> None:
    url = f"{base_url}/{BUCKET}/{shown['name']}"
    asked = {header: value.format(**shown)}
    answer = requests.get(url, headers=asked, timeout=10)
    assert answer.status_code == status
    assert (answer.content == CONTENT) == (status == 200)
    if status >= 400:
        code = {400: "InvalidArgument", 412: "PreconditionFailed"}[status]
        assert f"<Code>{code}</Code>" in answer.text
    assert requests.head(url, headers=asked, timeout=10).status_code == status


def test_a_tag_goes_before_a_date_and_a_generation_may_be_named(base_url: str, shown: dict[str, Any]) -> None:
    url = f"{base_url}/{BUCKET}/{shown['name']}"
    both = {"If-None-Match": '"other"', "If-Modified-Since": FAR_AHEAD}
    assert requests.get(url, headers=both, timeout=10).status_code == 200
    assert requests.get(url, params={"generation": shown["generation"]}, timeout=10).status_code == 200
    assert requests.get(url, params={"generation": "1"}, timeout=10).status_code == 404


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("GET", "/storage/v1/b/{bucket}/o/{name}", None),
        ("GET", "/storage/v1/b/{bucket}/o/{name}?alt=media", None),
        ("PATCH", "/storage/v1/b/{bucket}/o/{name}", {"contentType": "a/b"}),
        ("PUT", "/storage/v1/b/{bucket}/o/{name}", {"contentType": "a/b"}),
        ("DELETE", "/storage/v1/b/{bucket}/o/{name}", None),
        ("POST", "/storage/v1/b/{bucket}/o/{name}/rewriteTo/b/{bucket}/o/{name}", {}),
        ("POST", "/storage/v1/b/{bucket}/o/{name}/compose", {"sourceObjects": [{"name": "conditions/a.png"}]}),
        ("POST", "/upload/storage/v1/b/{bucket}/o?uploadType=media&name={name}", None),
        ("POST", "/upload/storage/v1/b/{bucket}/o?uploadType=resumable&name={name}", {}),
    ],
)
def test_every_method_of_an_object_obeys_its_four_numbers(
    base_url: str, shown: dict[str, Any], method: str, path: str, body: object
) -> None:
    url = base_url + path.format(bucket=BUCKET, name="conditions%2Fa.png")
    for condition, value, status in (
        ("ifGenerationMatch", "1", 412),
        ("ifMetagenerationMatch", "9", 412),
        ("ifGenerationNotMatch", shown["generation"], 304),
        ("ifMetagenerationNotMatch", "1", 304),
        ("ifGenerationNotMatch", "0", 200),  # a live object is there
    ):
        answer = requests.request(method, url, params={condition: value}, json=body, timeout=10)
        done = 204 if method == "DELETE" and status == 200 else status
        assert (condition, value, answer.status_code) == (condition, value, done)


def test_where_no_object_is_no_not_match_holds(base_url: str) -> None:
    """Source: Cloud Storage JSON API, objects.insert, ifGenerationNotMatch: if no live object exists, it fails."""
    for value in ("0", "5"):
        assert put(base_url, "conditions/none", ifGenerationNotMatch=value).status_code == 304


def test_the_json_api_knows_tags_and_buckets_know_their_metageneration(base_url: str, shown: dict[str, Any]) -> None:
    url = f"{base_url}/storage/v1/b/{BUCKET}/o/conditions%2Fa.png"
    for query in ({}, {"alt": "media"}):
        for header, value, status in (
            ("If-Match", "other", 412),
            ("If-Match", shown["etag"], 200),
            ("If-None-Match", shown["etag"], 304),
        ):
            assert requests.get(url, params=query, headers={header: value}, timeout=10).status_code == status
    bucket = f"{base_url}/storage/v1/b/{BUCKET}"
    for method in ("GET", "PATCH", "DELETE"):
        for condition, value, status in (("ifMetagenerationMatch", "99", 412), ("ifMetagenerationNotMatch", "1", 304)):
            answer = requests.request(method, bucket, params={condition: value}, json={}, timeout=10)
            assert answer.status_code == status


def test_a_part_of_a_composition_has_its_own_condition(base_url: str, shown: dict[str, Any]) -> None:
    url = f"{base_url}/storage/v1/b/{BUCKET}/o/conditions%2Fb/compose"
    for generation, status in (("1", 412), (shown["generation"], 200)):
        part = {"name": shown["name"], "objectPreconditions": {"ifGenerationMatch": generation}}
        assert requests.post(url, json={"sourceObjects": [part]}, timeout=10).status_code == status
