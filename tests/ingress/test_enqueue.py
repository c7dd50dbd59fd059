"""The task is put into the queue by two calls at most, with the real client over real HTTP."""

import asyncio
import json
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler

import pytest

from ingress import enqueue
from ingress.config import read_config
from ingress.enqueue import QueueUnavailable, TaskQueue
from ingress.luck import Luck
from service.step_tasks import task_id
from tests.ingress.function import environment
from tests.interactions import a_request
from tests.running import until
from tests.servers import free_port, serving, wait_until

REQUEST = a_request()
NAME = f"projects/demo/locations/us-central1/queues/create-image-queue/tasks/{task_id(REQUEST.interaction_id)}"

Answer = tuple[int, object]  # status and body; status 0 closes the connection without a word
HELD: Answer = (200, {"name": NAME})


def error(status: int, name: str) -> Answer:
    return status, {"error": {"code": status, "message": "told by the test", "status": name}}


class Queue:
    """Answers the n-th call as told, after its event if it has one; counts the calls."""

    def __init__(self, *answers: Answer, held_back: dict[int, threading.Event] | None = None) -> None:
        self.answers = answers
        self.held_back = held_back or {}
        self.calls = 0
        self._lock = threading.Lock()

    def handler(self) -> type[BaseHTTPRequestHandler]:
        queue = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                with queue._lock:
                    number, queue.calls = queue.calls, queue.calls + 1
                if number in queue.held_back:
                    queue.held_back[number].wait(10)
                status, content = queue.answers[number]
                if status == 0:
                    self.close_connection = True
                    return
                body = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: object) -> None: ...

        return Handler


@pytest.fixture(autouse=True)
def short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine an answer may take its time: only where one is held back a second call comes soon."""
    monkeypatch.setattr(enqueue, "SECOND_CALL_AFTER_S", 30.0)
    monkeypatch.setattr(enqueue, "PAUSE_S", 0.01)


@pytest.fixture
def held_back(short_waits: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    monkeypatch.setattr(enqueue, "SECOND_CALL_AFTER_S", 0.1)
    event = threading.Event()
    yield event
    event.set()


def put(url: str, within_s: float = 30.0) -> str:
    queue = TaskQueue(read_config(environment(url)), Luck())
    return asyncio.run(queue.enqueue(REQUEST, time.monotonic() + within_s))


@pytest.mark.parametrize("answer", [HELD, error(409, "ALREADY_EXISTS")], ids=["held", "already there"])
def test_a_good_answer_needs_no_second_call(answer: Answer) -> None:
    queue = Queue(answer)
    with serving(queue.handler()) as url:
        assert put(url) == NAME
    assert queue.calls == 1


def test_each_call_says_whether_attempts_succeed_now() -> None:
    """Ten of twenty are refused."""
    luck = Luck()
    with serving(Queue(*[error(503, "UNAVAILABLE"), HELD] * 10).handler()) as url:
        tasks = TaskQueue(read_config(environment(url)), luck)
        for _ in range(10):
            asyncio.run(tasks.enqueue(REQUEST, time.monotonic() + 30))
    told = Luck()
    for number in range(20):
        told.note(is_good=number % 2 == 1)
    assert luck.attempts() == told.attempts() > 2


@pytest.mark.parametrize("second", [HELD, error(409, "ALREADY_EXISTS")], ids=["held", "already there"])
@pytest.mark.parametrize(
    "first",
    [
        (0, None),
        error(409, "ABORTED"),
        (409, b"<html>conflict</html>"),
        (409, ["ALREADY_EXISTS"]),
        (409, {"error": "ALREADY_EXISTS"}),
        (409, {"error": {"status": None}}),
        error(429, "RESOURCE_EXHAUSTED"),
        error(500, "INTERNAL"),
        error(503, "UNAVAILABLE"),
        (502, b"<html>" + b"x" * 5000),
        (503, {"error": "a text where an object is expected"}),
        (503, {"error": {"details": ["a text where an object is expected"]}}),
        (200, b"<html>a page</html>"),
        (200, b""),
        (200, {}),
        (200, {"name": "another"}),
        (200, {"name": 5}),
    ],
    ids=str,
)
def test_what_is_no_good_answer_gets_a_second_call(first: Answer, second: Answer) -> None:
    queue = Queue(first, second)
    with serving(queue.handler()) as url:
        assert put(url) == NAME
    assert queue.calls == 2


@pytest.mark.parametrize(
    "answer", [error(400, "INVALID_ARGUMENT"), error(403, "PERMISSION_DENIED"), error(404, "NOT_FOUND")]
)
def test_what_another_call_would_hear_again_is_asked_once(answer: Answer) -> None:
    queue = Queue(answer)
    with serving(queue.handler()) as url, pytest.raises(QueueUnavailable, match="told by the test"):
        put(url)
    assert queue.calls == 1


def test_two_calls_are_enough_and_the_last_failure_is_said_in_one_short_line() -> None:
    queue = Queue(error(503, "UNAVAILABLE"), (502, b"<html>\n" + b"x" * 5000))
    with serving(queue.handler()) as url, pytest.raises(QueueUnavailable) as caught:
        put(url)
    assert queue.calls == 2
    assert str(caught.value).startswith("CallFailed: 502: <html>")
    assert len(str(caught.value)) <= 300
    assert "\n" not in str(caught.value)


def test_a_call_that_hangs_gets_a_second_one_beside_it(held_back: threading.Event) -> None:
    queue = Queue(HELD, HELD, held_back={0: held_back})
    with serving(queue.handler()) as url:
        assert put(url) == NAME
        held_back.set()


def test_the_first_good_answer_counts_also_if_it_is_the_slow_firsts(held_back: threading.Event) -> None:
    queue = Queue(HELD, error(503, "UNAVAILABLE"), held_back={0: held_back})
    with serving(queue.handler()) as url, ThreadPoolExecutor(1) as thread:
        answer = thread.submit(put, url)
        while queue.calls < 2:
            time.sleep(0.01)
        held_back.set()
        assert answer.result(60) == NAME


def test_no_answer_is_waited_for_beyond_the_deadline(held_back: threading.Event) -> None:
    queue = Queue(HELD, HELD, held_back={0: held_back, 1: held_back})
    with serving(queue.handler()) as url:
        began_s = time.monotonic()
        with pytest.raises(QueueUnavailable, match="no answer in time"):
            put(url, within_s=0.4)
        assert time.monotonic() - began_s >= 0.4
        assert not held_back.is_set(), "it waited until there was an answer"
        held_back.set()


def test_nothing_is_sent_once_the_deadline_has_passed() -> None:
    queue = Queue(HELD, HELD)
    with serving(queue.handler()) as url, pytest.raises(QueueUnavailable):
        put(url, within_s=0.0)
    assert queue.calls == 0


def test_a_queue_that_cannot_be_reached_is_unavailable_at_once() -> None:
    began_s = time.monotonic()
    with pytest.raises(QueueUnavailable, match="ConnectionRefusedError"):
        put(f"http://127.0.0.1:{free_port()}", within_s=100)
    assert time.monotonic() - began_s < 50


async def test_calls_that_hang_are_bounded_and_the_next_member_is_told_at_once(
    held_back: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A queue that sends a byte now and then outlives the client's own time-out."""
    calls: list[str] = []

    class Drip(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            calls.append(self.path)
            self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Long: ")
            while not held_back.wait(0.02):
                self.wfile.write(b"x")
            self.close_connection = True

        def log_message(self, *_: object) -> None: ...

    monkeypatch.setattr(enqueue, "MAX_CALLS", 4)
    with serving(Drip) as url:
        tasks = TaskQueue(read_config(environment(url)), Luck())
        deadline_s = time.monotonic() + 4  # a machine that stalls has made all calls by then
        both = [asyncio.create_task(tasks.enqueue(REQUEST, deadline_s)) for _ in range(2)]
        await asyncio.to_thread(wait_until, lambda: len(calls) == 4, "all calls have come")
        began_s = time.monotonic()
        with pytest.raises(QueueUnavailable, match="4 calls are under way"):
            await tasks.enqueue(REQUEST, time.monotonic() + 100)
        assert time.monotonic() - began_s < 50
        for one in both:
            with pytest.raises(QueueUnavailable, match="no answer in time"):
                await one
        await until(lambda: not tasks._calls)  # each gives up, though bytes still come
        held_back.set()
    assert len(calls) == 4
