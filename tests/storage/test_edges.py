"""Numbers, names, boundaries and parts of the bucket's calls: just below, at and above each limit."""

import base64
import errno
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import google_crc32c
import pytest
import requests
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from local.data.disk import DiskUnavailable
from local.storage.checksums import Checksums
from local.storage.errors import StorageError
from local.storage.multipart import RelatedReader, boundary_of
from local.storage.objects import ObjectStore
from local.storage.resource import Settings, whole_number
from local.storage.wire import google_errors
from tests.storage.serving import BUCKET, serving_bucket
from tests.storage.test_objects import content_of, put
from tests.storage.test_rest import put as put_over_http

MOST_HEAD_BYTES = 262_144


@pytest.mark.parametrize(
    ("text", "number"),
    [(None, None), ("0", 0), ("7", 7), ("9" * 19, 10**19 - 1), ("9" * 20, "refused")]
    + [(text, "refused") for text in ("", "-1", "+1", "1.0", " 1", "x", "７", "²")],
)
def test_a_number_of_a_query_is_taken_for_another(text: str | None, number: int | str | None) -> None:
    """unsure: the service's own words for these."""
    query = {} if text is None else {"generation": text}
    if number == "refused":
        with pytest.raises(StorageError) as raised:
            whole_number(query, "generation")
        assert str(raised.value) == f"Invalid value for generation: expected a whole number, got {text!r}"
    else:
        assert whole_number(query, "generation") == number


@pytest.mark.parametrize("over", [0, 1])
@pytest.mark.parametrize("piece", [MOST_HEAD_BYTES, 100_000])
def test_a_head_that_never_ends_fills_the_memory_or_one_that_fits_is_refused(over: int, piece: int) -> None:
    reader = RelatedReader("b")
    body = b"--b\r\n\r\n".ljust(MOST_HEAD_BYTES + over, b" ")
    pieces = [body[begin : begin + piece] for begin in range(0, len(body), piece)]
    if over:
        with pytest.raises(StorageError, match="longer than 262144 bytes"):
            feed(reader, pieces)
    else:
        assert feed(reader, pieces) == b""
        assert feed(reader, [b"{}\r\n--b\r\n\r\n0123\r\n--b--"]) == b"0123"
        reader.finish()


def feed(reader: RelatedReader, pieces: list[bytes]) -> bytes:
    return b"".join(chunk for piece in pieces for chunk in reader.feed(piece))


def test_bytes_after_the_end_of_a_multipart_body_are_content() -> None:
    """What comes before its first boundary and after its last is nobody's.  Source: RFC 2046, 5.1.1."""
    reader = RelatedReader("b")
    whole = b"before\r\n--b\r\nA: 1\r\n\r\n{}\r\n--b\r\nContent-Type: c/d\r\n\r\n0123\r\n--b--\r\n"
    pieces = [whole[begin : begin + 1] for begin in range(len(whole))]
    assert feed(reader, [*pieces, b"\r\nafter\r\n--b--"]) == b"0123"
    assert (reader.resource, reader.content_type) == ({}, "c/d")
    reader.finish()


@pytest.mark.parametrize(
    ("given", "boundary"),
    [("x", "x"), ("'x'", "x"), ("'xy'", "xy"), ("''", "''"), ("'", "'"), ("'x", "'x"), ("x'", "x'"), ("axa", "axa")],
)
def test_a_boundary_loses_more_than_its_quotes(given: str, boundary: str) -> None:
    assert boundary_of(f"multipart/related; boundary={given}") == boundary


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ObjectStore]:
    opened = ObjectStore(tmp_path / "data")
    opened.buckets.ensure("pictures")
    yield opened
    opened.close()


@pytest.mark.parametrize("size", [0, 1, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
def test_a_content_of_a_whole_number_of_pieces_is_cut_or_summed_wrongly(store: ObjectStore, size: int) -> None:
    """Pieces of a mebibyte.  Source of the sums: the libraries, in one piece."""
    content = bytes(range(251)) * (size // 251 + 1)
    first = put(store, "a", content[:size])
    joined = store.compose([first, first], "pictures", "b", Settings())
    assert (first.size, joined.size) == (size, 2 * size)
    assert content_of(store, "b") == content[:size] * 2
    md5 = base64.b64encode(hashlib.md5(content[:size], usedforsecurity=False).digest()).decode()
    sums = [google_crc32c.value(content[:size]), google_crc32c.value(content[:size] * 2)]
    crc32c = [base64.b64encode(value.to_bytes(4, "big")).decode() for value in sums]
    assert (first.md5_hash, first.crc32c, joined.md5_hash, joined.crc32c) == (md5, crc32c[0], None, crc32c[1])


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("", Checksums()),
        ("crc32c=a==", Checksums(None, "a==")),
        (" md5=b== , crc32c=a==", Checksums("b==", "a==")),
        ("sha=x,md5=b==,rest", Checksums("b==", None)),
    ],
)
def test_a_checksum_of_a_header_is_lost_or_read_as_another(header: str, expected: Checksums) -> None:
    assert Checksums.from_header(header) == expected


def objects(base_url: str) -> str:
    return f"{base_url}/storage/v1/b/{BUCKET}/o"


@pytest.mark.parametrize(
    ("sources", "status"),
    [
        ([{"name": "a"}], 200),
        ([{"name": "a"}] * 32, 200),
        ([{"name": "a"}] * 33, 400),
        *[([], 400), (None, 400), ("a", 400), ({"name": "a"}, 400), (["a"], 400), ([{}], 400), ([{"name": 5}], 400)],
        ([{"name": "a", "objectPreconditions": None}], 200),
        ([{"name": "a", "objectPreconditions": {}}], 200),
        ([{"name": "a", "objectPreconditions": 5}], 400),
        ([{"name": "a", "objectPreconditions": {"ifGenerationMatch": 5}}], 412),
        ([{"name": "a", "generation": 5}], 404),
        ([{"name": "missing"}], 404),
    ],
)
def test_a_composition_takes_too_many_parts_or_wrong_ones(base_url: str, sources: Any, status: int) -> None:
    """Source: Cloud Storage JSON API, objects.compose: 1 to 32."""
    put_over_http(base_url, "a", b"x")
    answer = requests.post(f"{objects(base_url)}/b/compose", json={"sourceObjects": sources}, timeout=10)
    assert answer.status_code == status, answer.text
    if status == 200:
        assert answer.json()["size"] == str(len(sources))


@pytest.mark.parametrize("destination", [5, "x", ["x"], {"contentType": 5}, {"metadata": {"a": 5}}])
def test_a_destination_of_wrong_types_is_a_server_error(base_url: str, destination: object) -> None:
    put_over_http(base_url, "a", b"x")
    body = {"sourceObjects": [{"name": "a"}], "destination": destination}
    answer = requests.post(f"{objects(base_url)}/b/compose", json=body, timeout=10)
    assert (answer.status_code, answer.json()["error"]["errors"][0]["reason"]) == (400, "invalid")


def test_a_call_for_an_older_generation_meets_the_one_that_is_there(base_url: str) -> None:
    name = "generations"
    path = f"{objects(base_url)}/{name}"
    first = put_over_http(base_url, name).json()["generation"]
    now = put_over_http(base_url, name).json()["generation"]
    for method, rest, query, body in (
        ("GET", "", "generation", None),
        ("PATCH", "", "generation", {}),
        ("PUT", "", "generation", {}),
        ("GET", "/acl", "generation", None),
        ("POST", f"/copyTo/b/{BUCKET}/o/other", "sourceGeneration", {}),
        ("POST", f"/rewriteTo/b/{BUCKET}/o/other", "sourceGeneration", {}),
        ("POST", f"/copyTo/b/{BUCKET}/o/other", "ifSourceGenerationMatch", {}),
        ("DELETE", "", "generation", None),
    ):
        refused = 412 if query.startswith("if") else 404
        done = {"DELETE": 204}.get(method, 400 if rest == "/acl" else 200)
        for generation, status in ((first, refused), (now, done)):
            answer = requests.request(method, path + rest, params={query: generation}, json=body, timeout=10)
            assert answer.status_code == status, (method, rest, answer.text)
    assert requests.get(path, timeout=10).status_code == 404


def test_a_list_of_rights_of_an_object_is_another_than_the_services(base_url: str) -> None:
    """Source: Cloud Storage, "Uniform bucket-level access"."""
    put_over_http(base_url, "rights")
    for method in ("GET", "POST"):
        answer = requests.request(method, f"{objects(base_url)}/rights/acl", timeout=10)
        error = answer.json()["error"]
        assert (error["code"], error["errors"][0]["reason"]) == (400, "invalid")
        assert error["message"].startswith("Cannot get legacy ACL for an object when uniform bucket-level access is")


def test_a_fault_of_ours_is_told_as_a_full_disk_and_tried_again_for_ever(tmp_path: Path) -> None:
    """A folder stands where the content should be: no repetition mends it, as it does for a full disk."""
    with serving_bucket(tmp_path) as url:
        put_over_http(url, "a")
        (content,) = [path for path in (tmp_path / "content").rglob("*") if path.is_file()]
        content.unlink()
        content.mkdir()
        assert requests.get(f"{objects(url)}/a", params={"alt": "media"}, timeout=10).status_code == 500


def test_a_content_that_is_lost_or_was_replaced_is_told_otherwise(store: ObjectStore, tmp_path: Path) -> None:
    first = put(store, "a", b"first")
    second = put(store, "a", b"second")
    gone = put(store, "b", b"x")
    store.delete("pictures", "b")
    for stored in (first, gone):
        with pytest.raises(StorageError, match=f"No such object: pictures/{stored.name}") as raised:
            store.open(stored)
        assert raised.value.code == 404
        with pytest.raises(StorageError, match="No such object"):
            store.copy(stored, "pictures", "c", Settings())
    (content,) = [path for path in (tmp_path / "data" / "content").rglob("*") if path.is_file()]
    content.write_bytes(b"long" * 9)
    with pytest.raises(StorageError, match="has 36 bytes, not 6") as raised:
        store.open(second)
    assert raised.value.code == 500
    content.unlink()
    with pytest.raises(StorageError, match="is missing") as raised:
        store.open(second)
    assert raised.value.to_json()["error"]["errors"][0]["reason"] == "internalError"


@pytest.mark.parametrize(
    ("error", "status", "reason"),
    [
        (DiskUnavailable("full"), 503, "backendError"),
        (OSError(errno.ENOSPC, "full"), 503, "backendError"),
        (StorageError(404, "notFound", "gone"), 404, "notFound"),
        (StorageError(304, "notModified", "Not Modified"), 304, None),
        (OSError(errno.EISDIR, "a folder"), None, None),
        (KeyError("a"), None, None),
    ],
)
async def test_an_error_is_told_as_one_of_another_kind(
    error: Exception, status: int | None, reason: str | None
) -> None:
    async def fail(_: web.Request) -> web.Response:
        raise error

    if status is None:
        with pytest.raises(type(error)):
            await google_errors(fail)(make_mocked_request("GET", "/"))
        return
    answer = await google_errors(fail)(make_mocked_request("GET", "/"))
    assert isinstance(answer, web.Response)
    assert answer.status == status
    if reason is None:
        assert not answer.body
    else:
        assert json.loads(answer.text or "")["error"]["errors"][0]["reason"] == reason
