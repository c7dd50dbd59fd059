"""Hundreds of clients that send slowly keep neither /health nor the workflow waiting.  Behind gunicorn, over TCP."""

import pytest
import requests

from tests.slow_clients import OF_EACH_KIND, Slow, answered_beside, holding, kinds_of
from tests.steps.service import PICTURE, Steps

pytestmark = pytest.mark.usefixtures("quiet")


def reply(steps: Steps) -> None:
    answer = steps.post("/reply-discord", {"request": steps.request(), "picture": PICTURE})
    assert answer.status_code == 200, answer.text


@pytest.mark.parametrize("part", ["head", "body"])
def test_beside_many_slow_clients_a_call_is_answered_before_any_of_them_is_gone(steps: Steps, part: str) -> None:
    def call() -> None:
        assert requests.get(f"http://127.0.0.1:{steps.port}/health", timeout=10).status_code == 200
        reply(steps)

    answered_beside(steps.port, kinds_of(part), call, OF_EACH_KIND)


def test_the_workflow_itself_may_be_too_slow_and_holds_no_thread_meanwhile(steps: Steps) -> None:
    """Who may call has its token checked at once; the thread is taken when the body is there."""
    head = f"POST /generate-image HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer {steps.token()}\r\n"
    head += "Content-Type: application/json\r\nX-Dedup-Key: 1310000000000000001\r\nContent-Length: 1000\r\n\r\n{"
    answered_beside(steps.port, {"a body": Slow(head.encode())}, lambda: reply(steps), 50)
    with holding(steps.port, Slow(head.encode()), 5) as clients:
        assert all(client.recv(65536).startswith(b"HTTP/1.1 408 ") for client in clients)
