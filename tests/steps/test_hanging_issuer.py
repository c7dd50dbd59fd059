"""A certificate endpoint that hangs: neither /health nor a call whose certificate is known waits for it."""

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from steps.certificates import PAUSE_S
from tests.servers import wait_until
from tests.steps.service import PICTURE, Neighbours, Steps, serving_steps
from tests.steps.test_forged_tokens import unsigned

CALLS = 16


@pytest.fixture
def held(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """The issuer answers nobody before this event, which the test sets."""
    event = threading.Event()
    monkeypatch.setattr(Neighbours, "certificates_wait_for", event)
    monkeypatch.setattr(Neighbours, "is_asked", threading.Event())
    monkeypatch.setattr(
        Neighbours, "issuer", getattr(Neighbours, "issuer", None), raising=False
    )  # for what runs after us
    yield event
    event.set()


def health(steps: Steps) -> requests.Response:
    return requests.get(f"http://127.0.0.1:{steps.port}/health", timeout=20)


def reply(steps: Steps, token: str | None = None) -> requests.Response:
    return steps.post("/reply-discord", {"request": steps.request(), "picture": PICTURE}, token=token)


def of_an_unknown_key(steps: Steps) -> str:
    return unsigned(steps, {"alg": "RS256", "kid": "cd" * 20})


def calls(threads: ThreadPoolExecutor, steps: Steps, token: str) -> list[Future[requests.Response]]:
    return [threads.submit(reply, steps, token) for _ in range(CALLS)]


def test_while_the_issuer_hangs_the_steps_are_well_and_whoever_is_known_is_served(
    tmp_path: Path, held: threading.Event
) -> None:
    """Steps without certificates, whose fetch ends when the test lets it: whoever waits for it is answered later."""
    with serving_steps(tmp_path, fetch_within_s=90) as steps, ThreadPoolExecutor(CALLS) as threads:
        waiting = calls(threads, steps, of_an_unknown_key(steps))
        assert Neighbours.is_asked.wait(20)
        assert [health(steps).status_code for _ in range(5)] == [200] * 5
        nonsense = reply(steps, "a.b.c")
        assert (nonsense.status_code, nonsense.json()["kind"]) == (401, "caller")
        assert not any(one.done() for one in waiting)
        held.set()
        assert [one.result().status_code for one in waiting] == [401] * CALLS
        held.clear()
        hostile = calls(threads, steps, of_an_unknown_key(steps))
        assert [reply(steps).status_code for _ in range(5)] == [200] * 5
        assert [one.result().status_code for one in hostile] == [401] * CALLS


def test_whoever_needs_a_certificate_of_an_issuer_that_hangs_is_told_to_come_again(
    tmp_path: Path, held: threading.Event
) -> None:
    with serving_steps(tmp_path, fetch_within_s=1) as steps, ThreadPoolExecutor(CALLS) as threads:
        for one in calls(threads, steps, of_an_unknown_key(steps)):
            answer = one.result()
            assert (answer.status_code, answer.json()["kind"]) == (503, "certificates")
        held.set()
        wait_until(lambda: reply(steps).status_code == 200, "the certificates are known", PAUSE_S + 20)
