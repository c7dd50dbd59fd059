"""Uploads in each way: what is promised at the start holds at the end, and nothing is left behind.

Source: Cloud Storage, "Uploads and downloads"; recorded refusals of chunks.
"""

import socket
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from local.storage.checksums import Checksums
from local.storage.conditions import Preconditions
from local.storage.errors import StorageError
from local.storage.objects import ObjectStore
from local.storage.resource import Settings
from local.storage.sessions import Session, UploadSessions
from tests.storage.serving import BUCKET, serving_bucket
from tests.storage.test_objects import put
from tests.storage.test_rest import CONTENT, media
from tests.storage.test_rest import put as put_over_http
from tests.storage.test_uploads import FIRST, LEAST, send, start_session

WRONG = "AAAAAAAAAAAAAAAAAAAAAA=="


def uploads(base_url: str) -> str:
    return f"{base_url}/upload/storage/v1/b/{BUCKET}/o"


def test_a_session_comes_back_from_the_file_as_another(tmp_path: Path) -> None:
    settings = Settings("a/b", "c", "d", "e", "f", "g", "h", {"i": "j"})
    store = ObjectStore(tmp_path)
    store.buckets.ensure("pictures")
    parts = (settings, Preconditions(put(store, "big", b"").generation, 7, 1, 9), Checksums("k", "l"))
    made = UploadSessions(store).start("pictures", "big", *parts)
    store.close()
    again = ObjectStore(tmp_path)
    sessions = UploadSessions(again)
    assert sessions.get(made) == Session(made, "pictures", "big", *parts, None)
    assert sessions.received(sessions.get(made)) == 0
    sessions.cancel(sessions.get(made))
    with pytest.raises(StorageError, match="No such upload session"):
        sessions.get(made)
    assert list(again.incoming.iterdir()) == []
    again.close()


@pytest.mark.parametrize(
    ("bucket", "name", "conditions", "code"),
    [
        ("missing", "a", Preconditions(), 404),
        ("pictures", "", Preconditions(), 400),
        ("pictures", "a", Preconditions(if_generation_match=7), 412),
    ],
)
def test_a_session_begins_that_cannot_end_well(
    tmp_path: Path, bucket: str, name: str, conditions: Preconditions, code: int
) -> None:
    store = ObjectStore(tmp_path)
    store.buckets.ensure("pictures")
    with pytest.raises(StorageError) as raised:
        UploadSessions(store).start(bucket, name, Settings(), conditions, Checksums())
    assert raised.value.code == code
    assert list(store.incoming.iterdir()) == []
    store.close()


def test_where_a_session_goes_on_is_another_place(base_url: str) -> None:
    query = {"uploadType": "resumable", "name": "a b/ü", "ifGenerationMatch": "0"}
    for path in ("/resumable/upload", "/upload"):
        url = f"{base_url}{path}/storage/v1/b/{BUCKET}/o"
        started = requests.post(url, params=query, json={}, timeout=10)
        where = urlsplit(started.headers["Location"])
        assert f"{where.scheme}://{where.netloc}{where.path}" == uploads(base_url)
        session = started.headers["X-GUploader-UploadID"]
        assert parse_qs(where.query) == {**{key: [one] for key, one in query.items()}, "upload_id": [session]}
        asked = requests.put(started.headers["Location"], headers={"Content-Range": "bytes */*"}, timeout=10)
        assert (asked.status_code, asked.headers["X-GUploader-UploadID"]) == (308, session)
        assert asked.reason == "Resume Incomplete"
    done = requests.post(started.headers["Location"], data=CONTENT, timeout=10)
    assert (done.status_code, done.json()["name"]) == (200, "a b/ü")
    put_over_http(base_url, "a b/ü", b"a later one")
    gone = requests.put(started.headers["Location"], headers={"Content-Range": "bytes */10"}, timeout=10)
    assert gone.status_code == 404, "what it made is not there any more"


@pytest.mark.parametrize(
    ("way", "where"),
    [("media", "header"), ("multipart", "resource"), ("resumable", "resource"), ("resumable", "header")],
)
@pytest.mark.parametrize("kind", ["md5", "crc32c"])
def test_a_wrong_checksum_makes_an_object_or_leaves_its_bytes(base_url: str, way: str, where: str, kind: str) -> None:
    name = f"{way}-{where}-{kind}"
    expected = {"md5Hash" if kind == "md5" else "crc32c": WRONG} if where == "resource" else {}
    header = {"X-Goog-Hash": f"{kind}={WRONG}"} if where == "header" else {}
    query = {"uploadType": way, "name": name}
    if way == "media":
        refused = requests.post(uploads(base_url), params=query, data=CONTENT, headers=header, timeout=10)
    elif way == "multipart":
        parts = f'--b\r\nA: b\r\n\r\n{{"name": "{name}", {str(expected)[1:-1]}}}\r\n--b\r\n\r\n0123456789\r\n--b--'
        headers = {"Content-Type": "multipart/related; boundary=b"}
        body = parts.replace("'", '"').encode()
        refused = requests.post(uploads(base_url), params={"uploadType": way}, data=body, headers=headers, timeout=10)
    else:
        started = requests.post(uploads(base_url), params=query, json=expected, timeout=10)
        refused = requests.put(started.headers["Location"], data=CONTENT, headers=header, timeout=10)
    assert (refused.status_code, "doesn't match calculated" in refused.text) == (400, True), refused.text
    assert media(base_url, name).status_code == 404


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'--b\r\nA: b\r\n\r\n{"name": "cut"}\r\n--b\r\n\r\n0123', 400),
        (b'--b\r\nA: b\r\n\r\n{"name": "cut"}\r\n--b\r\nA: b\r\n', 400),
        (b'--b\r\nA: b\r\n\r\n{"name": 5}\r\n--b\r\n\r\n0123\r\n--b--', 400),
        (b"--b\r\nA: b\r\n\r\n[]\r\n--b\r\n\r\n0123\r\n--b--", 400),
        (b"--b\r\nA: b\r\n\r\n{}\r\n--b\r\n\r\n0123\r\n--b--", 400),
        (b'--b\r\nA: b\r\n\r\n{"name": "a", "metadata": 5}\r\n--b\r\n\r\n0123\r\n--b--', 400),
    ],
)
def test_an_upload_that_is_refused_leaves_its_bytes_on_the_disk(tmp_path: Path, body: bytes, status: int) -> None:
    with serving_bucket(tmp_path) as url:
        headers = {"Content-Type": "multipart/related; boundary=b"}
        query = {"uploadType": "multipart"}
        answer = requests.post(uploads(url), params=query, data=body, headers=headers, timeout=10)
        assert answer.status_code == status, answer.text
        assert list((tmp_path / "incoming").iterdir()) == []


@pytest.mark.parametrize(
    ("content_range", "size", "status", "said"),
    [
        (f"bytes 0-{LEAST - 1}/*", LEAST, 308, ""),
        (f"bytes 0-{LEAST - 2}/*", LEAST - 1, 400, f"The received request contained {LEAST - 1} bytes"),
        (f"bytes 0-{LEAST - 2}/{LEAST}", LEAST - 1, 400, "equal or greater than 262144, except for the final request"),
        (f"bytes 0-{LEAST - 2}/{LEAST - 1}", LEAST - 1, 200, ""),
        ("bytes 0-0/1", 1, 200, ""),
        ("bytes 0-1/1", 2, 400, "Invalid Content-Range: 'bytes 0-1/1'"),
        ("bytes 1-0/2", 0, 400, "Invalid Content-Range: 'bytes 1-0/2'"),
        ("bytes */0", 0, 200, ""),
        ("bytes */1", 0, 308, ""),
        ("bytes *-1/2", 0, 400, "Invalid Content-Range"),
        ("bytes 0-1/2", 3, 400, "There were 3 byte(s) in the request body.  There should have been 2 byte(s) (start"),
        ("bytes 1-1/2", 1, 503, "the upload offset is 1 byte(s), which exceeds already uploaded size of 0 byte(s)."),
        (None, 0, 200, ""),
        (None, 10, 200, ""),
    ],
)
def test_a_chunk_at_its_limit_is_refused_or_one_below_is_taken(
    base_url: str, content_range: str | None, size: int, status: int, said: str
) -> None:
    location = start_session(base_url, "chunk")
    headers = {"Content-Range": content_range} if content_range else {}
    answer = requests.put(location, data=FIRST[:size], headers=headers, timeout=10)
    assert (answer.status_code, said in answer.text) == (status, True), answer.text
    if status == 200:
        assert (answer.json()["size"], media(base_url, "chunk").content) == (str(size), FIRST[:size])


def test_a_chunk_whose_length_nobody_tells_is_refused(base_url: str) -> None:
    """As it comes from a client that streams."""
    location = start_session(base_url, "streamed")
    pieces = iter([FIRST[:100], FIRST[100:]])
    answer = requests.put(location, data=pieces, headers={"Content-Range": f"bytes 0-{LEAST - 1}/*"}, timeout=10)
    assert (answer.status_code, answer.headers["Range"]) == (308, f"bytes=0-{LEAST - 1}")
    assert send(location, f"bytes {LEAST}-{LEAST}/{LEAST + 1}", b"x") == (200, None)
    assert media(base_url, "streamed").content == FIRST + b"x"


@pytest.mark.parametrize("kind", ["", "Media", "other", None])
def test_an_upload_of_a_kind_that_nobody_knows_is_taken(base_url: str, kind: str | None) -> None:
    query = {"name": "a"} | ({} if kind is None else {"uploadType": kind})
    refused: Any = requests.post(uploads(base_url), params=query, data=CONTENT, timeout=10)
    message = f"Invalid value for uploadType: expected media, multipart or resumable, got {kind!r}"
    assert (refused.status_code, refused.json()["error"]["message"]) == (400, message)


def test_the_name_in_the_query_gives_way_to_the_one_in_the_resource(base_url: str) -> None:
    """Source: Cloud Storage JSON API, objects.insert, name: the query's overrides the resource's."""
    query = {"uploadType": "resumable", "name": "of the query"}
    started = requests.post(uploads(base_url), params=query, json={"name": "of the resource"}, timeout=10)
    done = requests.put(started.headers["Location"], data=CONTENT, timeout=10)
    assert done.json()["name"] == "of the query"


@pytest.mark.parametrize("way", ["media", "multipart"])
def test_an_upload_that_nobody_can_take_is_read_to_its_end_first(base_url: str, way: str) -> None:
    """Of its ten bytes none has come when the answer does."""
    parts = urlsplit(base_url)
    request = f"POST /upload/storage/v1/b/missing/o?uploadType={way}&name=a HTTP/1.1\r\nHost: x\r\n"
    kind = "Content-Type: multipart/related; boundary=b\r\n"
    with socket.create_connection((parts.hostname, parts.port or 80), timeout=10) as connection:
        connection.sendall(f"{request}{kind}Content-Length: 10\r\n\r\n".encode())
        assert connection.recv(1 << 16).startswith(b"HTTP/1.1 404 ")


def test_an_object_comes_to_be_in_a_bucket_that_is_not_there(tmp_path: Path) -> None:
    with serving_bucket(tmp_path) as url:
        put_over_http(url, "a")
        objects = f"{url}/storage/v1/b/{BUCKET}/o"
        for way in ("copyTo", "rewriteTo"):
            answer = requests.post(f"{objects}/a/{way}/b/missing/o/b", json={}, timeout=10)
            message = "The specified bucket does not exist."
            assert (answer.status_code, answer.json()["error"]["message"]) == (404, message)
        location = start_session(url, "late")
        requests.delete(f"{objects}/a", timeout=10)
        assert requests.delete(f"{url}/storage/v1/b/{BUCKET}", timeout=10).status_code == 204
        assert requests.put(location, data=CONTENT, timeout=10).status_code == 404
        assert list((tmp_path / "incoming").iterdir()) == []
