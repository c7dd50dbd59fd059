"""How long a new request waits for both queues: the real client's calls, over HTTP, and what is made of the answers."""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from math import inf
from typing import Any
from urllib.parse import parse_qs

import pytest

from ingress.backlog import Backlog, Fetch, QueueStats, stats_fetchers
from ingress.config import read_config
from tests.ingress.function import environment
from tests.ingress.test_backlog import a_request
from tests.servers import serving

REQUESTS, REPLIES = "create-image-queue", "reply-discord-queue"

Answer = Callable[[], tuple[int, Any]]  # of Cloud Tasks: status and body


@contextmanager
def fetchers(told: Mapping[str, Answer], now_s: Callable[[], float]) -> Iterator[tuple[tuple[Fetch, Fetch], list[str]]]:
    """The real client's, and the paths that it asked for.  told: what is answered for each queue."""
    asked: list[str] = []

    class Told(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            status, answer = told[self.path.partition("?")[0].rpartition("/")[2]]()
            body = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with serving(Told) as url:
        yield stats_fetchers(read_config(environment(url)), now_s), asked


async def test_the_age_of_an_answer_is_counted_from_the_question() -> None:
    """Of the real client, against a queue that takes its time."""
    clock = {"s": 100.0}

    def slowly() -> tuple[int, dict[str, object]]:
        clock["s"] += 7
        return 200, {"state": "RUNNING", "rateLimits": {"maxDispatchesPerSecond": 2}, "stats": {"tasksCount": "9"}}

    with fetchers({REQUESTS: slowly, REPLIES: slowly}, lambda: clock["s"]) as ((requests, replies), _):
        assert await requests() == QueueStats(9, 2.0, 100.0)
        assert await replies() == QueueStats(9, 2.0, 107.0)


@pytest.mark.parametrize(
    ("told", "requests", "replies"),
    [
        ({"state": "RUNNING"}, (9, 2.0), (9, 2.0)),
        ({"state": "PAUSED"}, (9, 0.0), (9, inf)),
        ({"state": "DISABLED"}, (9, 0.0), (9, inf)),
        ({"state": "RUNNING", "stats": {"tasksCount": "9", "effectiveExecutionRate": 0.5}}, (9, 0.5), (9, 2.0)),
        ({"state": "RUNNING", "stats": {"tasksCount": "9", "effectiveExecutionRate": 50}}, (9, 2.0), (9, 2.0)),
        ({"state": "PAUSED", "stats": {"tasksCount": "9", "effectiveExecutionRate": 0.5}}, (9, 0.0), (9, inf)),
        ({"state": "RUNNING", "stats": {}}, (0, 2.0), (0, 2.0)),
        ({"state": "RUNNING", "rateLimits": {}}, (9, 0.0), (9, inf)),
    ],
    ids=str,
)
async def test_a_paused_queue_of_requests_is_never_taken_for_one_that_moves_and_one_of_replies_holds_up_nobody(
    told: dict[str, object], requests: tuple[int, float], replies: tuple[int, float]
) -> None:
    """Of the real client: a queue keeps its rate while it is paused.  Source: Cloud Tasks, "Queue.State".

    While Discord is down, the queue of replies runs far below its limit.  That is not how long new requests wait.
    """
    queue = {"rateLimits": {"maxDispatchesPerSecond": 2}, "stats": {"tasksCount": "9"}, **told}
    with fetchers({REQUESTS: lambda: (200, queue), REPLIES: lambda: (200, queue)}, lambda: 7.0) as (fetch, asked):
        assert [await one() for one in fetch] == [QueueStats(*requests, 7.0), QueueStats(*replies, 7.0)]
    assert [path.partition("?")[0] for path in asked] == [
        f"/v2beta3/projects/demo/locations/us-central1/queues/{name}" for name in (REQUESTS, REPLIES)
    ]
    assert [parse_qs(path.partition("?")[2])["readMask"] for path in asked] == [["state,rateLimits,stats"]] * 2


def a_queue(tasks: int, per_s: float, state: str = "RUNNING") -> Answer:
    queue = {"state": state, "rateLimits": {"maxDispatchesPerSecond": per_s}, "stats": {"tasksCount": str(tasks)}}
    return lambda: (200, queue)


def refuses() -> tuple[int, dict[str, object]]:
    return 403, {"error": {"code": 403, "message": "told by the test", "status": "PERMISSION_DENIED"}}


@pytest.mark.parametrize(
    ("requests", "replies", "wait_s"),
    [
        (a_queue(0, 2), a_queue(0, 10), 0),
        (a_queue(60, 2), a_queue(0, 10), 30),
        (a_queue(0, 2), a_queue(60, 10), 6),
        (a_queue(60, 2), a_queue(60, 10), 36),
        (a_queue(0, 2, "PAUSED"), a_queue(60, 10), inf),
        (a_queue(60, 2), a_queue(60, 10, "PAUSED"), 30),
        (a_queue(60, 2), refuses, 30),
        (refuses, a_queue(60, 10), 6),
        (refuses, refuses, 0),
    ],
)
async def test_a_new_request_waits_for_the_requests_and_then_for_the_replies(
    requests: Answer, replies: Answer, wait_s: float, capsys: pytest.CaptureFixture[str]
) -> None:
    with fetchers({REQUESTS: requests, REPLIES: replies}, lambda: 100.0) as (fetch, asked):
        backlog = Backlog(*fetch, look_every_s=5, now_s=lambda: 100.0)
        await a_request(backlog)
        assert backlog.wait_s() == wait_s
    assert len(asked) == 2, "one look is a call for each queue"
    unknown = [name for name, told in (("requests", requests), ("replies", replies)) if told is refuses]
    said = sorted(json.loads(line)["message"].partition(":")[0] for line in capsys.readouterr().out.splitlines())
    assert said == sorted(f"the number of {name} that wait is unknown" for name in unknown)


async def test_stats_of_one_queue_that_cannot_be_had_leave_what_was_told_before(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = {"s": 100.0}
    told = {REQUESTS: a_queue(60, 2), REPLIES: a_queue(60, 10)}
    with fetchers(told, lambda: clock["s"]) as (fetch, _):
        backlog = Backlog(*fetch, look_every_s=5, now_s=lambda: clock["s"])
        await a_request(backlog)
        told.update({REQUESTS: a_queue(20, 2), REPLIES: refuses})
        clock["s"] = 105.0
        await a_request(backlog)
        assert backlog.wait_s() == 16
        clock["s"] = 160.5
        assert backlog.wait_s() == 10, "what was told of the replies is too old now"
    assert "replies" in capsys.readouterr().out


async def test_a_request_that_is_enqueued_makes_the_line_of_requests_longer_and_that_of_replies_not() -> None:
    with fetchers({REQUESTS: a_queue(60, 2), REPLIES: a_queue(60, 10)}, lambda: 100.0) as (fetch, _):
        backlog = Backlog(*fetch, look_every_s=5, now_s=lambda: 100.0)
        await a_request(backlog)
        for _ in range(4):
            backlog.note_enqueued()
        assert backlog.wait_s() == 38
