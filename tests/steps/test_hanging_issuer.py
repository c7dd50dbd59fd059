"""A certificate endpoint that hangs: neither /health nor a call whose certificate is known waits for it."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from steps.certificates import FETCH_WITHIN_S, PAUSE_S
from tests.servers import wait_until
from tests.steps.service import PICTURE, Neighbours, Steps, serving_steps
from tests.steps.test_forged_tokens import unsigned

CALLS = 16


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    event = threading.Event()
    monkeypatch.setattr(Neighbours, "certificates_wait_for", event)
    monkeypatch.setattr(
        Neighbours, "issuer", getattr(Neighbours, "issuer", None), raising=False
    )  # for what runs after us
    yield event
    event.set()


@pytest.fixture
def fresh(tmp_path: Path, held: threading.Event) -> Iterator[Steps]:
    """Steps that have no certificates yet."""
    with serving_steps(tmp_path) as steps:
        yield steps


def timed(call: Callable[[], requests.Response]) -> tuple[requests.Response, float]:
    began_s = time.monotonic()
    answer = call()
    return answer, time.monotonic() - began_s


def test_while_the_issuer_hangs_the_steps_are_well_and_whoever_is_known_is_served(
    fresh: Steps, held: threading.Event
) -> None:
    def health() -> requests.Response:
        return requests.get(f"http://127.0.0.1:{fresh.port}/health", timeout=10)

    def reply(token: str | None = None) -> requests.Response:
        return fresh.post("/reply-discord", {"request": fresh.request(), "picture": PICTURE}, token=token)

    unknown = unsigned(fresh, {"alg": "RS256", "kid": "cd" * 20})
    with ThreadPoolExecutor(2 * CALLS) as threads:
        nonsense = [threads.submit(timed, lambda: reply("a.b.c")) for _ in range(4)]
        waiting = [threads.submit(timed, lambda: reply(unknown)) for _ in range(CALLS)]
        for _ in range(5):
            answer, took_s = timed(health)
            assert answer.status_code == 200
            assert took_s < FETCH_WITHIN_S, "it waited for the fetch"
        for one in nonsense:
            answer, took_s = one.result()
            assert (answer.status_code, answer.json()["kind"]) == (401, "caller")
            assert took_s < FETCH_WITHIN_S, "it waited for the fetch"
        for one in waiting:
            answer, took_s = one.result()
            assert (answer.status_code, answer.json()["kind"]) == (503, "certificates")
            assert took_s < FETCH_WITHIN_S + 12, "the issuer hangs for 30 s; the rest is for a machine under load"
    held.set()
    wait_until(lambda: reply().status_code == 200, "the certificates are known", PAUSE_S + 20)
    held.clear()
    with ThreadPoolExecutor(CALLS) as threads:
        hostile = [threads.submit(timed, lambda: reply(unknown)) for _ in range(CALLS)]
        for _ in range(5):
            answer, took_s = timed(reply)
            assert answer.status_code == 200
            assert took_s < FETCH_WITHIN_S, "it waited for a fetch"
        assert [one.result()[0].status_code for one in hostile] == [401] * CALLS
