"""200 clients that send slowly keep neither /health nor the workflow waiting.  Behind gunicorn, over TCP."""

import time

import pytest
import requests

from service.slow_clients import REQUEST_WITHIN_S
from tests.slow_clients import holding, kinds, seconds_until_closed
from tests.steps.service import PICTURE, Steps

pytestmark = pytest.mark.usefixtures("quiet")

CLIENTS = 200


@pytest.mark.parametrize("kind", kinds())
def test_beside_many_slow_clients_a_call_is_answered_within_a_second(steps: Steps, kind: str) -> None:
    with holding(steps.port, kinds()[kind], CLIENTS) as clients:
        for _ in range(3):
            began_s = time.monotonic()
            assert requests.get(f"http://127.0.0.1:{steps.port}/health", timeout=10).status_code == 200
            assert time.monotonic() - began_s < 1
            began_s = time.monotonic()
            answer = steps.post("/reply-discord", {"request": steps.request(), "picture": PICTURE})
            assert answer.status_code == 200, answer.text
            assert time.monotonic() - began_s < 1
        seconds_until_closed(clients, 2 * REQUEST_WITHIN_S + 2)


def test_the_workflow_itself_may_be_too_slow_and_holds_no_thread_meanwhile(steps: Steps) -> None:
    """Who may call has its token checked at once; the thread is taken when the body is there."""
    head = f"POST /generate-image HTTP/1.1\r\nHost: door\r\nAuthorization: Bearer {steps.token()}\r\n"
    head += "Content-Type: application/json\r\nX-Dedup-Key: 1310000000000000001\r\nContent-Length: 1000\r\n\r\n{"
    slow = kinds()["one byte of a body"].__class__(head.encode())
    with holding(steps.port, slow, 50) as clients:
        began_s = time.monotonic()
        assert steps.post("/reply-discord", {"request": steps.request(), "picture": PICTURE}).status_code == 200
        assert time.monotonic() - began_s < 1
        assert all(client.recv(65536).startswith(b"HTTP/1.1 408 ") for client in clients)
