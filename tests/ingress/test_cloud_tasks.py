"""How Cloud Tasks is called, whole, and what each of its errors means.  Its service is not asked."""

import asyncio
import json
from http.server import BaseHTTPRequestHandler
from typing import ClassVar

import pytest
from google.auth.credentials import Credentials
from google.auth.exceptions import RefreshError

from ingress.backlog import Backlog, QueueStats, stats_fetchers
from ingress.config import read_config
from service import cloud_tasks
from service.cloud_tasks import CallFailed, CloudTasks, already_exists, describe, is_final
from tests.ingress.function import environment
from tests.ingress.test_config import QUEUE, REPLY_QUEUE, without
from tests.servers import serving
from tests.virtual_time import VirtualLoop, in_virtual_time


class Known(Credentials):
    """As google-auth finds them on a host: the n-th token is t-n, where they can be refreshed."""

    def __init__(self, *, can_be_refreshed: bool = True) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.tokens, self.can_be_refreshed = 0, can_be_refreshed

    def refresh(self, _: object) -> None:
        if not self.can_be_refreshed:
            raise RefreshError("told by the test")
        self.tokens += 1
        self.token = f"t-{self.tokens}"


class Google(BaseHTTPRequestHandler):
    """Believes only the second token."""

    seen: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.seen.append(self.headers["Authorization"])
        body = b'{"state": "RUNNING"}'
        self.send_response(200 if self.seen[-1] == "Bearer t-2" else 401)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None: ...


@pytest.mark.parametrize("environ", [without("CLOUD_TASKS_ENDPOINT"), environment("")], ids=["missing", "empty"])
async def test_where_no_metadata_server_is_google_is_called_with_the_credentials_that_there_are(
    environ: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A token is kept while it is valid; after a refusal there is another one."""
    config, asked = read_config(environ), []
    assert config.tasks_endpoint is None
    assert cloud_tasks._GOOGLE == "https://cloudtasks.googleapis.com"

    def default(scopes: list[str]) -> tuple[Known, str]:
        asked.append(scopes)
        return Known(), "demo"

    monkeypatch.setattr("google.auth.default", default)
    Google.seen = []
    with serving(Google) as url:
        monkeypatch.setattr(cloud_tasks, "_GOOGLE", url)
        tasks = CloudTasks(config.tasks_endpoint, calls_at_once=200)
        assert asked == [], "nothing is fetched before the first call"
        with pytest.raises(CallFailed, match="401"):
            await tasks.get_queue(QUEUE, "state", 30)
        for _ in range(2):
            assert await tasks.get_queue(QUEUE, "state", 30) == {"state": "RUNNING"}
    assert asked == [["https://www.googleapis.com/auth/cloud-platform"]]
    assert Google.seen == ["Bearer t-1", "Bearer t-2", "Bearer t-2"]


async def test_credentials_that_give_no_token_are_a_failure_as_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("google.auth.default", lambda scopes: (Known(can_be_refreshed=False), "demo"))
    with pytest.raises(cloud_tasks.FAILURES, match="told by the test"):
        await CloudTasks(None, calls_at_once=1).get_queue(QUEUE, "state", 30)


STATUSES = {  # Source: google.rpc.Code, and its HTTP mapping
    *((400, name) for name in ("INVALID_ARGUMENT", "FAILED_PRECONDITION", "OUT_OF_RANGE")),
    *((401, "UNAUTHENTICATED"), (403, "PERMISSION_DENIED"), (404, "NOT_FOUND"), (409, "ABORTED")),
    *((409, "ALREADY_EXISTS"), (429, "RESOURCE_EXHAUSTED"), (499, "CANCELLED")),
    *((500, name) for name in ("INTERNAL", "UNKNOWN", "DATA_LOSS")),
    *((501, "UNIMPLEMENTED"), (503, "UNAVAILABLE"), (504, "DEADLINE_EXCEEDED")),
}


@pytest.mark.parametrize(("status", "name"), sorted(STATUSES), ids=str)
def test_only_what_a_second_call_would_hear_again_is_final_and_only_one_code_says_that_the_task_is_there(
    status: int, name: str
) -> None:
    error = CallFailed(status, name, "told by the test")
    assert is_final(error) == (status in (400, 403, 404))
    assert already_exists(error) == (name == "ALREADY_EXISTS")


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (json.dumps({"error": {"status": "ALREADY_EXISTS"}}).encode(), "ALREADY_EXISTS"),
        (b'{"error": {"status": "ABORTED", "message": "x"}}', "ABORTED"),
        *((body, "") for body in (b"", b"<html>", b"{}", b"[]", b"[{}]", b'{"error": {}}', b"null", b"\xff")),
        *((body, "") for body in (b'{"error": {"status": 6}}', b'{"error": "ALREADY_EXISTS"}', b'{"error": null}')),
    ],
    ids=repr,
)
async def test_an_answer_of_any_form_is_a_failure_with_the_reason_that_it_names(body: bytes, reason: str) -> None:
    class Refusing(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(409)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None: ...

    with serving(Refusing) as url, pytest.raises(CallFailed) as caught:
        await CloudTasks(url, calls_at_once=2).get_queue(QUEUE, "state", timeout_s=30)
    assert (caught.value.status, caught.value.reason) == (409, reason)
    assert already_exists(caught.value) == (reason == "ALREADY_EXISTS")


@pytest.mark.parametrize("error", [CallFailed(404, "ALREADY_EXISTS", "x"), ValueError("ALREADY_EXISTS")], ids=repr)
def test_another_error_with_that_name_is_not_taken_for_a_task_that_is_there(error: Exception) -> None:
    assert not already_exists(error)


def test_an_error_is_one_short_line_of_the_log() -> None:
    assert describe(ValueError("a\n b\t  c")) == "ValueError: a b c"
    assert describe(ValueError("x" * 5000)) == "ValueError: " + "x" * 288


# What a call, its credentials or the parsing of its answer may raise.
FAILURES: list[Exception] = [
    OSError("x"),
    TimeoutError("x"),
    ValueError("x"),
    KeyError("x"),
    AttributeError("x"),
    TypeError("x"),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
async def test_no_error_of_the_question_is_told_to_the_member_who_asked_for_a_picture(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    async def fetch() -> QueueStats:
        raise error

    backlog = Backlog(fetch, fetch, look_every_s=5)
    async with backlog.refresh_meanwhile(float("inf")):
        pass
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(lines, key=lambda line: line["message"]) == [
        {"severity": "WARNING", "message": f"the number of {what} that wait is unknown: {describe(error)}"}
        for what in ("replies", "requests")
    ]
    assert backlog.wait_s() == 0


async def test_the_question_for_the_line_is_given_up_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, str, float]] = []

    async def get_queue(_: CloudTasks, queue: str, read_mask: str, timeout_s: float) -> dict[str, object]:
        asked.append((queue, read_mask, timeout_s))
        return {}

    monkeypatch.setattr(CloudTasks, "get_queue", get_queue)
    for fetch in stats_fetchers(read_config(environment("http://127.0.0.1:8080"))):
        await fetch()
    assert asked == [(name, "state,rateLimits,stats", 1.0) for name in (QUEUE, REPLY_QUEUE)]


@pytest.mark.parametrize(("deadline_s", "waits_s"), [(-5, 0), (0, 0), (0.3, 0.3), (0.999, 0.999), (1, 1), (2.5, 1)])
def test_who_asks_for_the_line_waits_for_a_second_at_most_and_not_beyond_the_deadline(
    deadline_s: float, waits_s: float
) -> None:
    asked: list[float] = []

    async def ask(loop: VirtualLoop) -> float:
        loop.now_s = 128.0
        released = asyncio.Event()

        async def fetch() -> QueueStats:
            asked.append(loop.now_s)
            await released.wait()
            return QueueStats(0, 1.0, 0.0)

        backlog = Backlog(fetch, fetch, look_every_s=5, now_s=loop.time)
        async with backlog.refresh_meanwhile(loop.now_s + deadline_s):
            pass
        waited_s = round(loop.now_s - 128, 3)
        released.set()
        for line in (backlog._requests, backlog._replies):
            assert line._refreshing is not None
            await line._refreshing
        return waited_s

    assert in_virtual_time(ask) == waits_s
    assert asked == [128.0, 128.0], "the two calls are made at the same time"
