"""Resumable uploads over the wire: what a session takes, what it refuses, and what outlives a process."""

import socket
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import requests

from tests.servers import wait_until
from tests.storage.serving import BUCKET, serving_bucket
from tests.storage.test_rest import CONTENT, media, put

LEAST = 256 * 1024
FIRST = bytes(range(256)) * 1024


def start_session(base_url: str, name: str, **query: str) -> str:
    answer = requests.post(
        f"{base_url}/upload/storage/v1/b/{BUCKET}/o",
        params={"uploadType": "resumable", "name": name, **query},
        json={"contentType": "image/png"},
        timeout=10,
    )
    assert answer.status_code == 200, answer.text
    return answer.headers["Location"]


def send(location: str, content_range: str, content: bytes = b"") -> tuple[int, str | None]:
    answer = requests.put(location, data=content, headers={"Content-Range": content_range}, timeout=10)
    return answer.status_code, answer.headers.get("Range")


def test_a_session_says_how_much_has_come_and_takes_the_rest(base_url: str) -> None:
    location = start_session(base_url, "resumed")
    assert send(location, "bytes */*") == (308, None)
    assert send(location, f"bytes 0-{LEAST - 1}/*", FIRST) == (308, f"bytes=0-{LEAST - 1}")
    assert send(location, f"bytes */{LEAST + 10}") == (308, f"bytes=0-{LEAST - 1}")
    assert send(location, f"bytes {LEAST + 8}-{LEAST + 9}/{LEAST + 10}", b"89") == (503, None)
    assert send(location, f"bytes {LEAST}-{LEAST + 9}/{LEAST + 10}", CONTENT) == (200, None)
    assert send(location, f"bytes */{LEAST + 10}") == (200, None)
    assert media(base_url, "resumed").content == FIRST + CONTENT


def test_a_chunk_that_is_sent_again_changes_nothing_of_what_has_come(base_url: str) -> None:
    """Source: what another imitation measured of the service, a resent chunk is 308 with the range as it was."""
    location = start_session(base_url, "again")
    send(location, f"bytes 0-{LEAST - 1}/*", FIRST)
    other = b"?" * LEAST
    assert send(location, f"bytes 0-{LEAST - 1}/*", other) == (308, f"bytes=0-{LEAST - 1}")
    overlapping = other[:-1] + CONTENT
    last = LEAST + 9
    assert send(location, f"bytes 1-{last}/{last + 1}", overlapping) == (200, None)
    assert media(base_url, "again").content == FIRST + CONTENT


@pytest.mark.parametrize(
    ("content_range", "size", "said"),
    [
        # Source: recorded from the service.
        ("bytes 0-499/*", 500, "is required to be equal or greater than 262144, except for the final request"),
        ("bytes 0-499/501", 500, "The received request contained 500 bytes, which does not meet this requirement."),
        ("bytes 0-9/10", 9, "There were 9 byte(s) in the request body.  There should have been 10 byte(s)"),
        # Source: RFC 9110, Content-Range: the last byte is not before the first, and inside the whole.
        ("bytes 5-4/10", 0, "Invalid Content-Range"),
        ("bytes 0-9/9", 10, "Invalid Content-Range"),
        ("bytes 0-9", 10, "Invalid Content-Range"),
    ],
)
def test_a_wrong_chunk_is_refused_and_nothing_of_it_kept(
    base_url: str, content_range: str, size: int, said: str
) -> None:
    location = start_session(base_url, "chunks")
    refused = requests.put(location, data=b"x" * size, headers={"Content-Range": content_range}, timeout=10)
    assert (refused.status_code, said in refused.text) == (400, True), refused.text
    assert send(location, "bytes */*") == (308, None)


def test_a_large_chunk_need_not_be_a_multiple(base_url: str) -> None:
    """unsure: the page says multiples of 256 KiB, the recorded refusal only recommends them."""
    location = start_session(base_url, "odd")
    assert send(location, f"bytes 0-{LEAST}/*", b"x" * (LEAST + 1)) == (308, f"bytes=0-{LEAST}")


def test_a_client_that_cannot_read_a_308_asks_for_200(base_url: str) -> None:
    """The Go client does.  Source: what another imitation measured of the service."""
    asked = {"Content-Range": "bytes */*", "X-GUploader-No-308": "yes"}
    answer = requests.put(start_session(base_url, "go"), headers=asked, timeout=10)
    assert (answer.status_code, answer.headers["X-HTTP-Status-Code-Override"]) == (200, "308")


def test_a_session_outlives_the_process(tmp_path: Path) -> None:
    with serving_bucket(tmp_path) as before:
        location = urlsplit(start_session(before, "resumed"))
        total = LEAST + 10
        assert send(location.geturl(), f"bytes 0-{LEAST - 1}/{total}", FIRST) == (308, f"bytes=0-{LEAST - 1}")
    with serving_bucket(tmp_path) as after:
        resumed = f"{after}{location.path}?{location.query}"
        assert send(resumed, f"bytes */{total}") == (308, f"bytes=0-{LEAST - 1}")
        assert send(resumed, f"bytes {LEAST}-{total - 1}/{total}", CONTENT) == (200, None)
        assert media(after, "resumed").content == FIRST + CONTENT


def test_a_connection_that_breaks_inside_a_chunk_keeps_what_has_come(base_url: str) -> None:
    location = start_session(base_url, "broken")
    parts = urlsplit(location)
    with socket.create_connection((parts.hostname, parts.port), timeout=10) as connection:
        head = f"PUT {parts.path}?{parts.query} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
        connection.sendall(f"{head}Content-Length: 10\r\nContent-Range: bytes 0-9/10\r\n\r\n0123".encode())
        wait_until(lambda: send(location, "bytes */10") == (308, "bytes=0-3"), "four bytes have come")
    assert send(location, "bytes 4-9/10", b"456789") == (200, None)
    assert media(base_url, "broken").content == CONTENT


def test_a_precondition_given_at_the_start_of_a_session_holds_at_its_end(base_url: str) -> None:
    location = start_session(base_url, "raced", ifGenerationMatch="0")
    put(base_url, "raced", b"the other one")
    assert send(location, "bytes 0-9/10", CONTENT) == (412, None)
    assert media(base_url, "raced").content == b"the other one"
    assert send(location, "bytes */10") == (404, None)


def test_a_cancelled_session_is_gone(base_url: str) -> None:
    location = start_session(base_url, "cancelled")
    assert requests.delete(location, timeout=10).status_code == 499
    assert send(location, "bytes */*") == (404, None)


def test_a_wrong_checksum_at_the_end_of_a_session_makes_no_object(base_url: str) -> None:
    location = start_session(base_url, "wrong")
    refused = requests.put(location, data=CONTENT, headers={"X-Goog-Hash": "crc32c=AAAAAA=="}, timeout=10)
    assert refused.status_code == 400
    assert 'Provided CRC32C "AAAAAA=="' in refused.json()["error"]["message"]
    assert media(base_url, "wrong").status_code == 404
