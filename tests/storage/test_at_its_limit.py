"""Conditions in pairs, dates, ranges, names and lives of the bucket: just below, at and above each limit."""

import itertools
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from local.storage.checksums import Checksums
from local.storage.conditions import Preconditions
from local.storage.errors import StorageError
from local.storage.listing import list_objects
from local.storage.objects import ObjectStore
from local.storage.resource import Settings
from local.storage.sessions import UploadSessions
from tests.storage.serving import BUCKET
from tests.storage.test_objects import files, put, refusal
from tests.storage.test_rest import CONTENT, media
from tests.storage.test_rest import put as put_over_http

START = datetime(2026, 11, 23, tzinfo=UTC)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ObjectStore]:
    opened = ObjectStore(tmp_path / "data", now=lambda: START)
    opened.buckets.ensure("pictures")
    yield opened
    opened.close()


NUMBERS = ("if_generation_match", "if_generation_not_match", "if_metageneration_match", "if_metageneration_not_match")


@pytest.mark.parametrize(("one", "other"), list(itertools.combinations(NUMBERS, 2)))
@pytest.mark.parametrize("name", ["there", "absent"])
def test_of_two_conditions_one_that_fails_is_forgotten(store: ObjectStore, one: str, other: str, name: str) -> None:
    """Each pair, with numbers that fit and that do not: done where both hold, refused by one that fails."""
    for picked in itertools.product(("0", "now", "other"), repeat=2):
        found = put(store, "there", b"1")
        numbers = {"0": 0, "other": 99, "now": 1}
        given = {
            condition: found.generation if value == "now" and "meta" not in condition else numbers[value]
            for condition, value in zip((one, other), picked, strict=True)
        }
        alone = [refusal_of(store, name, Preconditions(**{condition: value})) for condition, value in given.items()]
        together = refusal_of(store, name, Preconditions(**given))
        assert together in ({None} if alone == [None, None] else set(alone) - {None}), (given, alone)


def refusal_of(store: ObjectStore, name: str, conditions: Preconditions) -> int | None:
    try:
        conditions.check(store.find("pictures", name))
    except StorageError as error:
        return error.code
    return None


@pytest.mark.parametrize(
    ("header", "seconds_later", "status"),
    [
        ("If-Modified-Since", -1, 200),
        ("If-Modified-Since", 0, 304),
        ("If-Modified-Since", 1, 304),
        ("If-Unmodified-Since", -1, 412),
        ("If-Unmodified-Since", 0, 200),
        ("If-Unmodified-Since", 1, 200),
    ],
)
def test_a_date_of_the_very_second_falls_on_the_wrong_side(
    base_url: str, header: str, seconds_later: int, status: int
) -> None:
    """Source: RFC 9110, 13.1.3 and 13.1.4; a date has seconds, and Last-Modified says the object's."""
    put_over_http(base_url, "limits/dates")
    url = f"{base_url}/{BUCKET}/limits/dates"
    changed = parsedate_to_datetime(requests.get(url, timeout=10).headers["Last-Modified"])
    asked = format_datetime(changed + timedelta(seconds=seconds_later), usegmt=True)
    assert requests.get(url, headers={header: asked}, timeout=10).status_code == status


@pytest.mark.parametrize(
    ("asked", "status", "first", "last"),
    [
        ("bytes=0-0", 206, 0, 0),
        ("bytes=9-9", 206, 9, 9),
        ("bytes=9-10", 206, 9, 9),
        ("bytes=9-", 206, 9, 9),
        ("bytes=10-", 416, 0, 0),
        ("bytes=10-10", 416, 0, 0),
        ("bytes=-1", 206, 9, 9),
        ("bytes=-10", 206, 0, 9),
        ("bytes=-11", 206, 0, 9),
        ("bytes=-0", 416, 0, 0),
        ("bytes=5-4", 200, 0, 9),
        ("bytes=4-5", 206, 4, 5),
        ("bytes=-", 200, 0, 9),
        ("lines=0-1", 200, 0, 9),
    ],
)
def test_a_range_is_a_byte_too_long_or_too_short(base_url: str, asked: str, status: int, first: int, last: int) -> None:
    """Source: RFC 9110, 14.1.2, 14.2 and 14.4; 15.5.17 for 416."""
    put_over_http(base_url, "limits/range")
    answer = media(base_url, "limits/range", Range=asked)
    assert answer.status_code == status
    if status == 416:
        assert (answer.content, answer.headers["Content-Range"]) == (b"", "bytes */10")
        return
    assert answer.content == CONTENT[first : last + 1]
    assert answer.headers.get("Content-Range") == (f"bytes {first}-{last}/10" if status == 206 else None)


@pytest.mark.parametrize(
    ("name", "is_taken"),
    [
        ("a" * 1024, True),
        ("a" * 1025, False),
        ("é" * 512, True),
        ("é" * 512 + "a", False),
        ("...", True),
        ("..", False),
    ],
)
def test_a_name_at_its_limit_is_refused_or_one_above_is_taken(store: ObjectStore, name: str, is_taken: bool) -> None:
    """Source: Cloud Storage, "Object naming requirements": 1 to 1024 bytes of UTF-8."""
    assert (refusal(store, name, Preconditions()) is None) == is_taken


@pytest.mark.parametrize(
    ("name", "is_taken"),
    [
        *[("abc", True), ("ab", False), ("-ab", False), ("ab-", False), ("a-b_c.d", True)],
        *[("a" * 63, True), ("a" * 64, False), ("a." + "b" * 63, True), ("a." + "b" * 64, False)],
        *[(f"{'a' * 63}." * 3 + "b" * 30, True), (f"{'a' * 63}." * 3 + "b" * 31, False)],
    ],
)
def test_a_bucket_at_its_limit_is_refused_or_one_above_is_taken(store: ObjectStore, name: str, is_taken: bool) -> None:
    """Source: Cloud Storage, "Bucket naming requirements"."""
    try:
        store.buckets.insert({"name": name})
    except StorageError as error:
        assert (error.code, is_taken) == (400, False)
    else:
        assert is_taken


def test_a_page_is_longer_than_the_longest(store: ObjectStore) -> None:
    """Source: Cloud Storage JSON API, objects.list, maxResults."""
    for number in range(1001):
        put(store, f"{number:04}", b"")
    for asked, shown in {"1": 1, "0": 1000, "999": 999, "1000": 1000, "1001": 1000}.items():
        page = list_objects(store, "pictures", {"maxResults": asked})
        assert (asked, len(page.objects), page.next_token is not None) == (asked, shown, True)


@pytest.mark.parametrize(("away", "kept"), [(timedelta(days=7, seconds=-1), 1), (timedelta(days=7, seconds=1), 0)])
def test_a_session_lives_longer_or_shorter_than_a_week(tmp_path: Path, away: timedelta, kept: int) -> None:
    """Source: Cloud Storage, "Resumable uploads": a session URI expires after one week."""
    store = ObjectStore(tmp_path, now=lambda: START)
    store.buckets.ensure("pictures")
    UploadSessions(store).start("pictures", "big", Settings(), Preconditions(), Checksums())
    store.close()
    store = ObjectStore(tmp_path, now=lambda: START + away)
    store.close()
    assert len(files(tmp_path)) == kept


@pytest.mark.parametrize(
    ("expected", "is_taken"),
    [
        ({}, True),
        ({"md5Hash": "eB5eJF1ptWaXm4bijSPyxw=="}, True),
        ({"crc32c": "KAwGng=="}, True),
        ({"md5Hash": "eB5eJF1ptWaXm4bijSPyxw==", "crc32c": "KAwGng=="}, True),
        ({"md5Hash": "eB5eJF1ptWaXm4bijSPyxw==", "crc32c": "AAAAAA=="}, False),
        ({"md5Hash": "AAAAAAAAAAAAAAAAAAAAAA==", "crc32c": "KAwGng=="}, False),
    ],
)
def test_of_two_checksums_a_wrong_one_is_forgotten(
    store: ObjectStore, expected: dict[str, Any], is_taken: bool
) -> None:
    try:
        put(store, "sum", CONTENT, expected=Checksums.from_resource(expected))
    except StorageError:
        assert not is_taken
    else:
        assert is_taken


def test_a_checksum_of_the_header_gives_way_to_one_of_the_resource() -> None:
    """The header comes with the last bytes, so it is what holds; what it does not tell is as the resource told it."""
    resource = Checksums("m", "c")
    assert Checksums.from_header("crc32c=x").or_else(resource) == Checksums("m", "x")
    assert Checksums.from_header("md5=y==, crc32c=x").or_else(resource) == Checksums("y==", "x")
    assert Checksums.from_header("").or_else(resource) == resource
