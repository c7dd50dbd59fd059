"""Hostile requests over real HTTP: only five statuses come back, never a traceback, and only /mando starts.

What is signed and a JSON object is Discord's, and always gets an answer that Discord takes.
"""

import http.client
import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ingress.function import DISCORD, RecordingQueue, environment
from tests.interactions import an_interaction
from tests.servers import BIN, free_port, running, serving

STATUSES = {200, 400, 401, 405, 413}
ANSWERS = {1, 4, 5, 8}  # Source: Discord, "Interaction Callback Type"
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(), max_size=30),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=12,
)
Header = tuple[str, bytes]


@contextmanager
def watched(log: Path) -> Iterator[str]:
    """The address of an ingress whose output goes into a file."""
    with serving(RecordingQueue) as queue_url:
        port = free_port()
        program = f'exec "$0" --target=handle_request --host=127.0.0.1 --port={port} > {log} 2>&1'
        command = ["sh", "-c", program, str(BIN / "functions-framework")]
        with running(command, environment(queue_url), f"http://127.0.0.1:{port}"):
            yield f"http://127.0.0.1:{port}"


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    log = tmp_path_factory.mktemp("fuzz") / "log"
    with watched(log) as url:
        yield url
    said = log.read_text(errors="replace")
    assert "Traceback" not in said
    assert "CRITICAL" not in said


def post(url: str, body: bytes, headers: Sequence[Header], method: str = "POST") -> int:
    """The status of the answer to exactly these headers, also if a name occurs twice."""
    return answer_to(url, body, headers, method)[0]


def answer_to(url: str, body: bytes, headers: Sequence[Header], method: str = "POST") -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(url).netloc, timeout=30)
    try:
        connection.putrequest(method, "/", skip_accept_encoding=True)
        for name, value in headers:
            connection.putheader(name, value)
        connection.putheader("Content-Length", str(len(body)))
        connection.endheaders(body)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def signed(body: bytes) -> list[Header]:
    return [(name, value.encode()) for name, value in DISCORD.headers(body).items()]


MANY = settings(deadline=None, max_examples=120, suppress_health_check=[HealthCheck.function_scoped_fixture])


def is_answered(url: str, interaction: object) -> bool:
    """With one of the answers that Discord knows; a message is one that can be read, and for the member alone."""
    body = json.dumps(interaction).encode()
    status, content = answer_to(url, body, signed(body))
    if status != 200:
        return False
    answer = json.loads(content)
    if answer["type"] == 4:
        assert answer["data"]["flags"] == 64
        assert 0 < len(answer["data"]["content"]) <= 2000
    return answer["type"] in ANSWERS


@given(JSON)
@MANY
def test_signed_json_is_answered_if_it_is_an_object_and_refused_if_not(url: str, value: object) -> None:
    assert is_answered(url, value) == isinstance(value, dict)


@given(st.dictionaries(st.sampled_from(sorted(an_interaction())), JSON), st.integers(0, 7) | JSON)
@MANY
def test_any_object_with_discords_names_is_answered(url: str, interaction: dict[str, object], kind: object) -> None:
    assert is_answered(url, {**interaction, "type": kind})


@given(st.data())
@MANY
def test_an_interaction_with_anything_in_any_place_is_answered(url: str, data: st.DataObject) -> None:
    interaction = an_interaction(
        str(data.draw(st.integers(0, 10**19))),
        user=str(data.draw(st.integers(0, 10**19))),
        words="x",
        symmetry=6,
        palette="dusk",
    )
    place: object = interaction
    while isinstance(place, dict | list) and place:
        keys: list[object] = sorted(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):  # type: ignore[call-overload]
            place[key] = data.draw(JSON)  # type: ignore[call-overload]
            break
        place = place[key]  # type: ignore[call-overload]
    assert is_answered(url, interaction)


@given(st.binary(max_size=300))
@MANY
def test_signed_bytes_of_any_kind_are_answered_or_refused(url: str, body: bytes) -> None:
    assert post(url, body, signed(body)) in STATUSES


VALUES = st.binary(max_size=200).map(lambda value: value.translate(None, b"\r\n\x00"))


@given(VALUES, VALUES)
@MANY
def test_no_header_but_discords_own_opens_the_door(url: str, signature: bytes, timestamp: bytes) -> None:
    headers = [("X-Signature-Ed25519", signature), ("X-Signature-Timestamp", timestamp)]
    assert post(url, json.dumps({"type": 1}).encode(), headers) in {400, 401}


SIGN, TIME = "X-Signature-Ed25519", "X-Signature-Timestamp"
OTHER = b"00" * 64
PING = json.dumps({"type": 1}).encode()
GOOD = dict(signed(PING))
SIGNATURE, TIMESTAMP = GOOD[SIGN], GOOD[TIME]


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ([(SIGN, SIGNATURE[:-1]), (TIME, TIMESTAMP)], PING),
        ([(SIGN, SIGNATURE * 2), (TIME, TIMESTAMP)], PING),
        ([(SIGN, SIGNATURE), (SIGN, OTHER), (TIME, TIMESTAMP)], PING),
        ([(SIGN, OTHER), (SIGN, SIGNATURE), (TIME, TIMESTAMP)], PING),
        ([(SIGN, SIGNATURE), (TIME, TIMESTAMP + b"9")], PING),
        ([(SIGN, SIGNATURE), (TIME, b"-" + TIMESTAMP)], PING),
        ([(SIGN, SIGNATURE), (TIME, "١٢٣".encode())], PING),
        ([(SIGN, SIGNATURE), (TIME, b"9" * 5000)], PING),
        ([(SIGN, b"f" * 7_000), (TIME, TIMESTAMP)], PING),
        ([(SIGN, SIGNATURE), (TIME, TIMESTAMP)], PING + b" "),
        ([(SIGN, SIGNATURE.upper()), (TIME, b" " + TIMESTAMP + b" x")], PING),
        ([], PING),
        ([("Content-Encoding", b"gzip"), *((name, value) for name, value in GOOD.items())], b"\x1f\x8b" + bytes(50)),
    ],
)  # fmt: skip
def test_each_way_to_spoil_a_signature_is_401(url: str, headers: list[Header], body: bytes) -> None:
    assert post(url, body, headers) == 401


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 60_000,
        b'{"type":' * 8_000,
        b'{"type": ' + b"9" * 50_000 + b"}",
        b'{"type": 1e999999}',
        b'{"type": NaN}',
        b'{"type": 2, "type": 1}',
        json.dumps(an_interaction()).encode("utf-16"),
        b"\xef\xbb\xbf" + PING,
        json.dumps(an_interaction(words="\ud800")).encode(),
        json.dumps(an_interaction(words="../../etc/passwd\x00\r\n" * 9)).encode(),
        b"",
        b"null",
    ],
)
def test_signed_but_hostile_content_is_answered_or_refused(url: str, body: bytes) -> None:
    assert post(url, body, signed(body)) in STATUSES


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE", "OPTIONS", "PATCH", "PROPFIND"])
def test_other_methods_are_refused(url: str, method: str) -> None:
    assert post(url, PING, list(GOOD.items()), method) == 405


def test_a_method_that_nobody_knows_is_no_request(url: str) -> None:
    """Source: llhttp, which reads the heads and knows the registered methods; RFC 9110 would have 501 or 405."""
    assert post(url, PING, list(GOOD.items()), "BREW") == 400


def test_a_genuine_interaction_that_is_replayed_within_its_window_starts_nothing_twice(url: str) -> None:
    body = json.dumps(an_interaction("1310000000000000777", user="777")).encode()
    headers = signed(body)
    before = len(RecordingQueue.tasks)
    assert [post(url, body, headers) for _ in range(20)] == [200] * 20
    assert len(RecordingQueue.tasks) == before + 1


def test_a_refusal_costs_the_work_of_an_answer(url: str) -> None:
    """Nobody is asked for a request that is not signed, and nothing of it is read: what is no JSON is refused alike."""
    for number in range(60):
        body = json.dumps(an_interaction(str(1320000000000000000 + number), user=str(8_800_000 + number))).encode()
        unsigned = [(name, b"0" * 128) for name in GOOD]
        before = len(RecordingQueue.tasks)
        assert [post(url, sent, unsigned) for sent in (body, body[:-1], b"")] == [401] * 3
        assert len(RecordingQueue.tasks) == before
        assert post(url, body, signed(body)) == 200
        assert len(RecordingQueue.tasks) == before + 1
