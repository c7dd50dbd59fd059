"""How Cloud Tasks is called, whole, and what each of its errors means.  Its service is not asked."""

import asyncio
import json
import threading

import pytest
import requests
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.auth.exceptions import RefreshError
from google.cloud import tasks_v2beta3
from google.protobuf import json_format
from google.protobuf.field_mask_pb2 import FieldMask

from ingress.backlog import Backlog, QueueStats, stats_fetchers
from ingress.config import read_config
from service.cloud_tasks import already_exists, client_arguments, describe
from tests.ingress.function import environment
from tests.ingress.test_config import QUEUE, REPLY_QUEUE, without
from tests.virtual_time import VirtualLoop, in_virtual_time


@pytest.mark.parametrize("environ", [without("CLOUD_TASKS_ENDPOINT"), environment("")], ids=["missing", "empty"])
def test_in_the_cloud_the_client_is_left_to_find_googles_address_and_its_credentials(environ: dict[str, str]) -> None:
    config = read_config(environ)
    assert config.tasks_endpoint is None
    assert client_arguments(config.tasks_endpoint) == {}


def test_on_one_machine_the_client_speaks_rest_to_the_address_that_is_set_and_shows_no_credentials() -> None:
    arguments = client_arguments(read_config(environment("http://127.0.0.1:8080")).tasks_endpoint)
    assert isinstance(arguments.pop("credentials"), AnonymousCredentials)
    assert arguments == {"transport": "rest", "client_options": {"api_endpoint": "http://127.0.0.1:8080"}}


def conflict(body: bytes) -> exceptions.Conflict:
    """As the client raises it over REST."""
    response = requests.Response()
    response.status_code, response._content = 409, body
    return exceptions.Conflict("x", response=response)


@pytest.mark.parametrize(
    ("error", "is_there"),
    [
        (exceptions.AlreadyExists("x"), True),
        (conflict(json.dumps({"error": {"status": "ALREADY_EXISTS"}}).encode()), True),
        (exceptions.Aborted("x"), False),
        (exceptions.Conflict("x"), False),
        *((conflict(body), False) for body in (b"", b"<html>", b"{}", b"[]", b"[{}]", b'{"error": {}}', b"null")),
        *((conflict(body), False) for body in (b'{"error": {"status": "ABORTED"}}', b'{"error": "ALREADY_EXISTS"}')),
        (exceptions.NotFound("ALREADY_EXISTS"), False),
        (ValueError("ALREADY_EXISTS"), False),
    ],
    ids=repr,
)
def test_a_task_is_taken_for_there_only_where_the_queue_says_so(error: Exception, is_there: bool) -> None:
    """Source: google.rpc.Code, whose HTTP mapping gives 409 to ALREADY_EXISTS and to ABORTED."""
    assert already_exists(error) is is_there


def test_an_error_is_one_short_line_of_the_log() -> None:
    assert describe(ValueError("a\n b\t  c")) == "ValueError: a b c"
    assert describe(ValueError("x" * 5000)) == "ValueError: " + "x" * 288


# What google-cloud-tasks, its transport or its parser may raise.
FAILURES: list[Exception] = [
    exceptions.GoogleAPIError("x"),
    RefreshError("x"),
    OSError("x"),
    requests.ConnectionError("x"),
    json_format.ParseError("x"),
    ValueError("x"),
    AttributeError("x"),
    TypeError("x"),
]


@pytest.mark.parametrize("error", FAILURES, ids=lambda error: type(error).__name__)
def test_no_error_of_the_question_is_told_to_the_member_who_asked_for_a_picture(
    error: Exception, capsys: pytest.CaptureFixture[str]
) -> None:
    def fetch() -> QueueStats:
        raise error

    backlog = Backlog(fetch, fetch, look_every_s=5)

    async def ask() -> None:
        async with backlog.refresh_meanwhile(float("inf")):
            pass

    asyncio.run(ask())
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert sorted(lines, key=lambda line: line["message"]) == [
        {"severity": "WARNING", "message": f"the number of {what} that wait is unknown: {type(error).__name__}: x"}
        for what in ("replies", "requests")
    ]
    assert backlog.wait_s() == 0


def test_the_question_for_the_line_is_asked_once_and_given_up_after_a_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """The client itself would ask again, and go on for longer than the line is looked at."""
    asked: list[dict[str, object]] = []

    def get_queue(_: object, request: tasks_v2beta3.GetQueueRequest, **arguments: object) -> tasks_v2beta3.Queue:
        asked.append({"request": request, **arguments})
        return tasks_v2beta3.Queue()

    monkeypatch.setattr(tasks_v2beta3.CloudTasksClient, "get_queue", get_queue)
    for fetch in stats_fetchers(read_config(environment("http://127.0.0.1:8080"))):
        fetch()
    mask = FieldMask(paths=["state", "rate_limits", "stats"])
    assert asked == [
        {"request": tasks_v2beta3.GetQueueRequest(name=name, read_mask=mask), "timeout": 1.0, "retry": None}
        for name in (QUEUE, REPLY_QUEUE)
    ]


@pytest.mark.parametrize(("deadline_s", "waits_s"), [(-5, 0), (0, 0), (0.3, 0.3), (0.999, 0.999), (1, 1), (2.5, 1)])
def test_who_asks_for_the_line_waits_for_a_second_at_most_and_not_beyond_the_deadline(
    deadline_s: float, waits_s: float
) -> None:
    """Whoever looks at the threads sees which one asks."""
    released, names = threading.Event(), []

    def fetch() -> QueueStats:
        names.append(threading.current_thread().name)
        released.wait(30)
        return QueueStats(0, 1.0, 0.0)

    async def ask(loop: VirtualLoop) -> float:
        loop.now_s = 128.0
        backlog = Backlog(fetch, fetch, look_every_s=5, now_s=loop.time)
        async with backlog.refresh_meanwhile(loop.now_s + deadline_s):
            pass
        waited_s = round(loop.now_s - 128, 3)
        released.set()
        for line in (backlog._requests, backlog._replies):
            assert line._refreshing is not None
            await asyncio.wrap_future(line._refreshing)
        return waited_s

    assert in_virtual_time(ask) == waits_s
    assert sorted(names) == ["backlog_0", "backlog_1"], "the two calls are made at the same time"
