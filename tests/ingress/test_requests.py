"""What the ingress answers over real HTTP, under functions-framework as in the cloud."""

import hashlib
import json
import socket
import threading
import time
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests
from nacl.public import SealedBox

import schemas
from ingress.limits import read_limits
from tests.ingress.function import DISCORD, STEPS_KEY, RecordingQueue, an_ingress
from tests.interactions import an_interaction
from tests.servers import free_port, serving

PING = json.dumps({"type": 1}).encode()


def test_a_ping_is_answered_with_a_pong(url: str) -> None:
    answer = DISCORD.post(url, {"type": 1, "id": "1", "application_id": "2", "token": "t", "version": 1})
    assert (answer.status_code, answer.json()) == (200, {"type": 1})
    assert answer.headers["Content-Type"] == "application/json"


def test_mando_becomes_one_task_and_a_deferred_reply_however_often_it_is_delivered(url: str) -> None:
    interaction = an_interaction("1310000000000000002", words="my \n cat\x00", symmetry=8)
    answers = [DISCORD.post(url, interaction) for _ in range(2)]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(200, {"type": 5})] * 2
    (task,) = [task for name, task in RecordingQueue.tasks.items() if name.endswith("-1310000000000000002")]
    name = str(task["name"]).rpartition("/")[2]
    assert name == hashlib.sha256(b"1310000000000000002").hexdigest()[:16] + "-1310000000000000002"
    http = task["httpRequest"]
    assert isinstance(http, dict)
    assert http["url"].startswith("https://workflowexecutions.googleapis.com/v1/projects/demo/")
    request = json.loads(json.loads(b64decode(http["body"]))["argument"])
    assert request["options"] == {"words": "my cat", "symmetry": 8}
    assert (
        SealedBox(STEPS_KEY).decrypt(urlsafe_b64decode(request["sealed_token"] + "==")).decode() == interaction["token"]
    )
    assert schemas.check("request", request)
    assert http["oauthToken"] == {"serviceAccountEmail": "mando-tasks@demo.iam.gserviceaccount.com"}


@pytest.mark.parametrize(
    "changes",
    [
        {"X-Signature-Ed25519": "00" * 64},
        {"X-Signature-Ed25519": ""},
        {"X-Signature-Ed25519": "zz" * 64},
        {"X-Signature-Ed25519": "ab" * 63},
        {"X-Signature-Ed25519": "ab" * 63 + "a"},
        {"X-Signature-Ed25519": None},
        {"X-Signature-Timestamp": None},
        {"X-Signature-Timestamp": "now"},
        {"X-Signature-Timestamp": "²"},
        {"X-Signature-Timestamp": "9" * 5000},
    ],
    ids=["wrong", "empty", "no hex", "short", "odd", "missing", "no time", "a word", "a digit of another kind", "huge"],
)
def test_a_signature_that_is_wrong_missing_or_garbled_is_rejected_with_401(
    url: str, changes: dict[str, str | None]
) -> None:
    body = json.dumps(an_interaction()).encode()
    headers: dict[str, str | bytes | None] = {**DISCORD.headers(body)}
    headers |= {name: value.encode() if value is not None else None for name, value in changes.items()}
    answer = requests.post(url, data=body, headers=headers, timeout=30)
    assert answer.status_code == 401


def test_the_digits_of_a_signature_may_be_capitals(url: str) -> None:
    headers = DISCORD.headers(PING)
    headers["X-Signature-Ed25519"] = headers["X-Signature-Ed25519"].upper()
    assert requests.post(url, data=PING, headers=headers, timeout=30).status_code == 200


def test_a_timestamp_may_have_leading_zeros(url: str) -> None:
    headers = DISCORD.headers(PING, timestamp=f"00{int(time.time())}")
    assert requests.post(url, data=PING, headers=headers, timeout=30).status_code == 200


@pytest.mark.parametrize("spelt", ["+{}", "-{}", "{}.0", "{}000", "{}e0", "0x{:x}", "{:_}", "{} 0"])
def test_a_timestamp_is_whole_seconds_in_digits_also_if_it_is_signed(url: str, spelt: str) -> None:
    """Source: Discord, "Validating Security Request Headers"; what is no such number is no time that can be fresh."""
    headers = DISCORD.headers(PING, timestamp=spelt.format(int(time.time())))
    assert requests.post(url, data=PING, headers=headers, timeout=30).status_code == 401


def test_a_body_changed_after_signing_is_rejected_with_401(url: str) -> None:
    body = json.dumps(an_interaction()).encode()
    assert requests.post(url, data=body + b" ", headers=DISCORD.headers(body), timeout=30).status_code == 401


@pytest.mark.parametrize("age_s", [301, -301, 86400])
def test_a_stale_timestamp_is_rejected_with_401(url: str, age_s: float) -> None:
    assert DISCORD.post(url, an_interaction(), age_s=age_s + (1 if age_s > 0 else -1)).status_code == 401


@pytest.mark.parametrize("age_s", [290, -290])
def test_clocks_may_differ_by_less_than_five_minutes(url: str, age_s: float) -> None:
    assert DISCORD.post(url, {"type": 1}, age_s=age_s).status_code == 200


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        (b"\xff\xfe\xfa", "not UTF-8"),
        (b'{"type": NaN}', "NaN"),
        (b"[" * 60_000, "nested too deeply"),
        (b'{"type": ' + b"1" * 5000 + b"}", "digits"),
        (b"[]", "no JSON object"),
        (b"null", "no JSON object"),
        (b'"interaction"', "no JSON object"),
    ],
)
def test_a_signed_body_that_is_no_json_object_is_rejected_with_400_and_what_is_wrong(
    url: str, body: bytes, message: str
) -> None:
    """Source: Discord sends JSON objects only ("Interaction Object")."""
    answer = DISCORD.post(url, body)
    assert (answer.status_code, message in answer.text) == (400, True), answer.text
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
def test_any_other_method_is_rejected_with_405(url: str, method: str) -> None:
    answer = requests.request(method, url, timeout=30)
    assert (answer.status_code, answer.headers["Allow"]) == (405, "POST")


def test_a_body_over_256_kib_is_rejected_with_413_whether_it_says_its_length_or_not(url: str) -> None:
    body = b" " * (256 * 1024 + 1)
    headers = DISCORD.headers(body)
    assert requests.post(url, data=body, headers=headers, timeout=30).status_code == 413
    assert requests.post(url, data=iter([body]), headers=headers, timeout=30).status_code == 413


def test_the_largest_allowed_body_is_read(url: str) -> None:
    assert DISCORD.post(url, json.dumps({"type": 1}).encode().ljust(256 * 1024)).status_code == 200


def test_many_at_once_by_one_member_get_no_more_than_their_share(url: str) -> None:
    asks = [an_interaction(str(1310000000000000300 + number), user="3003") for number in range(20)]
    with ThreadPoolExecutor(20) as threads:
        answers = [answer.json() for answer in threads.map(lambda one: DISCORD.post(url, one), asks)]
    refused = [answer["data"]["content"] for answer in answers if answer["type"] == 4]
    assert [answer for answer in answers if answer["type"] != 4] == [{"type": 5}] * read_limits().per_minute
    assert all("That was a lot of mandalas" in words for words in refused)
    assert len([name for name in RecordingQueue.tasks if "-13100000000000003" in name]) == read_limits().per_minute


@contextmanager
def a_silent_queue() -> Iterator[str]:
    """Takes connections and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        yield f"http://127.0.0.1:{silent.getsockname()[1]}"


def test_a_queue_that_is_down_or_silent_makes_the_member_no_promise_and_is_not_waited_for() -> None:
    """The member is told so each time: what the queue did not take counts towards nobody's share.

    The silent one never answers, so whoever waited for it would get no answer in the 10 s that DISCORD has patience.
    """
    with a_silent_queue() as silent:
        for address, times in [(silent, 1), (f"http://127.0.0.1:{free_port()}", read_limits().per_minute + 1)]:
            process, url = an_ingress(address)
            with process:
                for number in range(times):
                    answer = DISCORD.post(url, an_interaction(f"131000000000000100{number}"))
                    assert answer.status_code == 200
                    assert (answer.json()["type"], answer.json()["data"]["flags"]) == (4, 64)
                    assert "busy" in answer.json()["data"]["content"]


class HalfSilentQueue(RecordingQueue):
    """Says nothing to the first call for a task, and answers the others; never tells how long the line is."""

    tasks: dict[str, dict[str, object]] = {}  # noqa: RUF012 -- one server, one dict
    asked: set[str] = set()  # noqa: RUF012
    over = threading.Event()

    def do_POST(self) -> None:  # noqa: N802 -- http.server's name
        if "first" not in self.asked:
            self.asked.add("first")
            self.over.wait(60)  # longer than DISCORD has patience: whoever waits for it gets no answer
            self.close_connection = True
        else:
            super().do_POST()

    def do_GET(self) -> None:  # noqa: N802 -- http.server's name
        self.asked.add("stats")
        self.over.wait(60)
        self.close_connection = True


def test_a_call_to_the_queue_that_is_lost_costs_the_member_no_mandala() -> None:
    with serving(HalfSilentQueue) as queue_url:
        process, url = an_ingress(queue_url)
        with process:
            answer = DISCORD.post(url, an_interaction("1310000000000000201"))
        HalfSilentQueue.over.set()
    assert answer.json() == {"type": 5}
    assert len(HalfSilentQueue.tasks) == 1
    assert HalfSilentQueue.asked == {"first", "stats"}
