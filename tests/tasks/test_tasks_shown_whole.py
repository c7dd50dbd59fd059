"""Tasks as the service shows them, compared whole: nothing is lost, added, or in another's place.

Source: Cloud Tasks v2, Task; google.rpc.Code; recorded from the real service.
"""

import base64
from pathlib import Path
from typing import Any

import pytest
from grpc import StatusCode

from local.http.api_error import ApiError
from local.tasks.rules import QueueConfig, RetryConfig
from local.tasks.task import AttemptResult, HttpRequest, LastAttempt, Task, Token
from local.tasks.task_resource import new_task, task_json
from local.tasks.wire import duration, instant, whole_instant
from tests.tasks.face import QUEUE, a_face

NOW_S = 2_000_000_000.75  # 2033-05-18T03:33:20.75Z
DEFAULT_RETRY = {
    "maxAttempts": 100,
    "maxRetryDuration": "0s",
    "minBackoff": "0.1s",
    "maxBackoff": "3600s",
    "maxDoublings": 16,
}
RETRY = {"maxAttempts": 9, "maxRetryDuration": "10s", "minBackoff": "1.5s", "maxBackoff": "12s", "maxDoublings": 13}
TASK: dict[str, Any] = {
    "httpRequest": {
        "url": "http://x/y",
        "httpMethod": "PUT",
        "headers": {"User-Agent": "Google-Cloud-Tasks", "X-Mine": "1"},
        "body": "eA==",
        "oidcToken": {"serviceAccountEmail": "a@b", "audience": "you"},
    },
    "scheduleTime": "2033-05-18T03:34:20.500000Z",
    "dispatchDeadline": "15.5s",
    "retryConfig": RETRY,
}
COUNTS = {"createTime": "2033-05-18T03:33:20Z", "dispatchCount": 0, "responseCount": 0}


@pytest.mark.parametrize("view", ["", "BASIC", "FULL"])
async def test_a_task_is_shown_with_a_field_less_or_its_body_to_who_did_not_ask(tmp_path: Path, view: str) -> None:
    async with a_face(tmp_path) as face:
        face.store.put_queue(QueueConfig(QUEUE, state="PAUSED"))
        face.dispatcher.now_s = lambda: NOW_S
        http = dict(TASK["httpRequest"])
        if view != "FULL":
            http.pop("body")
        name = f"{QUEUE}/tasks/t"
        expected = {"name": name, **TASK, "httpRequest": http, **COUNTS, "view": view or "BASIC"}
        asked = {"responseView": view} if view else {}
        assert await face.post(f"{QUEUE}/tasks", {"task": {"name": name, **TASK}, **asked}) == expected
        assert await face.ask("GET", name, **asked) == (200, expected)
        assert await face.ask("GET", f"{QUEUE}/tasks", **asked) == (200, {"tasks": [expected]})
        running = await face.post(f"{name}:run", asked)
        times = {"scheduleTime": "2033-05-18T03:33:20.750000Z", "dispatchTime": "2033-05-18T03:33:20.750000Z"}
        first = {"firstAttempt": {"dispatchTime": times["dispatchTime"]}, "lastAttempt": times}
        assert running == {**expected, **first, "dispatchCount": 1}


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ({}, None),
        (
            {"oidcToken": {"serviceAccountEmail": "a"}},
            {"oidcToken": {"serviceAccountEmail": "a", "audience": "http://x"}},
        ),
        (
            {"oidcToken": {"serviceAccountEmail": "a", "audience": "b"}},
            {"oidcToken": {"serviceAccountEmail": "a", "audience": "b"}},
        ),
        (
            {"oauthToken": {"serviceAccountEmail": "a"}},
            {"oauthToken": {"serviceAccountEmail": "a", "scope": "https://www.googleapis.com/auth/cloud-platform"}},
        ),
        (
            {"oauthToken": {"serviceAccountEmail": "a", "scope": "b"}},
            {"oauthToken": {"serviceAccountEmail": "a", "scope": "b"}},
        ),
    ],
)
async def test_a_task_is_sent_with_another_token_or_one_that_it_did_not_ask_for(
    tmp_path: Path, given: dict[str, Any], shown: dict[str, Any] | None
) -> None:
    async with a_face(tmp_path) as face:
        face.store.put_queue(QueueConfig(QUEUE, state="PAUSED"))
        made = await face.post(f"{QUEUE}/tasks", {"task": {"httpRequest": {"url": "http://x", **given}}})
        agent = {"User-Agent": "Google-Cloud-Tasks"}
        assert made["httpRequest"] == {"url": "http://x", "httpMethod": "POST", "headers": agent, **(shown or {})}
        assert made["dispatchDeadline"] == "600s"


FAILED = {"scheduleTime": "2033-05-18T03:33:23.750000Z", "dispatchTime": "2033-05-18T03:33:24.750000Z"}
ANSWERED = {**FAILED, "responseTime": "2033-05-18T03:33:25.750000Z"}


@pytest.mark.parametrize(
    ("result", "status"),
    [
        (None, None),
        (AttemptResult(503), {"code": 14, "message": "UNAVAILABLE(14): HTTP status code 503"}),
        (AttemptResult(None, "it broke"), {"code": 14, "message": "UNAVAILABLE(14): it broke"}),
        (AttemptResult(None, "late", timed_out=True), {"code": 4, "message": "DEADLINE_EXCEEDED(4): late"}),
    ],
)
def test_how_an_attempt_ended_is_shown_otherwise(result: AttemptResult | None, status: dict[str, Any] | None) -> None:
    last = LastAttempt(NOW_S + 3, NOW_S + 4, NOW_S + 5 if result else None, result)
    token = Token("OAUTH", "a", "b")
    request = HttpRequest("http://x", token=token, deadline_s=15.5)
    task = Task(1, QUEUE, "t", request, NOW_S, NOW_S + 1, 4, 3, 2, NOW_S + 2, last, RetryConfig(max_attempts=3))
    assert task_json(task, full=True) == {
        "name": f"{QUEUE}/tasks/t",
        "httpRequest": {
            "url": "http://x",
            "httpMethod": "POST",
            "headers": {"User-Agent": "Google-Cloud-Tasks"},
            "oauthToken": {"serviceAccountEmail": "a", "scope": "b"},
        },
        "scheduleTime": "2033-05-18T03:33:21.750000Z",
        "createTime": "2033-05-18T03:33:20Z",
        "dispatchDeadline": "15.5s",
        "dispatchCount": 4,
        "responseCount": 3,
        "view": "FULL",
        "firstAttempt": {"dispatchTime": "2033-05-18T03:33:22.750000Z"},
        "lastAttempt": {**ANSWERED, "responseStatus": status} if status else FAILED,
        "retryConfig": {**DEFAULT_RETRY, "maxAttempts": 3},
    }


CODES = {
    400: "INVALID_ARGUMENT",
    401: "UNAUTHENTICATED",
    403: "PERMISSION_DENIED",
    404: "NOT_FOUND",
    409: "ABORTED",
    429: "RESOURCE_EXHAUSTED",
    499: "CANCELLED",
    500: "INTERNAL",
    501: "UNIMPLEMENTED",
    503: "UNAVAILABLE",
    504: "DEADLINE_EXCEEDED",
}


def test_an_answer_is_shown_with_the_code_of_another() -> None:
    for status in range(300, 600):
        name = CODES.get(status, "UNKNOWN")
        last = LastAttempt(0.0, 0.0, 0.0, AttemptResult(status))
        shown = task_json(Task(1, QUEUE, "t", HttpRequest(""), 0.0, 0.0, last=last), full=False)
        number = StatusCode[name].value[0]
        assert shown["lastAttempt"]["responseStatus"] == {
            "code": number,
            "message": f"{name}({number}): HTTP status code {status}",
        }


def test_an_instant_or_a_duration_is_written_otherwise() -> None:
    """Source: protobuf's JSON of Timestamp and Duration; createTime is cut, not rounded."""
    written = [duration(seconds) for seconds in (0, 0.1, 1, 10, 100.5, 1e-9)]
    assert written == ["0s", "0.1s", "1s", "10s", "100.5s", "0.000000001s"]
    assert (instant(0.5), whole_instant(1.999)) == ("1970-01-01T00:00:00.500000Z", "1970-01-01T00:00:01Z")


MISSING = object()


@pytest.mark.parametrize(
    ("method", "body", "is_taken"),
    [
        *[(method, "eA==", method in ("POST", "PUT", "PATCH")) for method in
          ("POST", "GET", "HEAD", "PUT", "DELETE", "PATCH", "OPTIONS")],
        *[(method, MISSING, True) for method in ("GET", "HEAD", "DELETE", "OPTIONS")],
        *[("GET", "", True), ("HTTP_METHOD_UNSPECIFIED", "eA==", True)],
    ],
)  # fmt: skip
def test_a_body_is_taken_with_a_method_that_has_none_or_refused_with_one_that_has(
    method: str, body: Any, is_taken: bool
) -> None:
    """Source: Cloud Tasks v2, HttpRequest.body; recorded from the real service."""
    given = {"url": "http://x", "httpMethod": method, **({} if body is MISSING else {"body": base64.b64decode(body)})}
    try:
        made = new_task(QUEUE, {"httpRequest": given}, NOW_S)
    except ApiError:
        assert not is_taken
    else:
        assert is_taken
        assert made.request.method == ("POST" if method == "HTTP_METHOD_UNSPECIFIED" else method)


@pytest.mark.parametrize(
    ("name", "value", "is_kept"),
    [
        *[("X-Mine", "1", True), ("Content-Type", "a/b", True), ("Authorization", "Bearer x", True)],
        *[("Host", "x", False), ("content-length", "1", False), ("USER-AGENT", "x", False)],
        *[("X-Google-A", "1", False), ("x-appengine-b", "1", False), ("X-CloudTasks-C", "1", False)],
        *[("X-Googlea", "1", True), ("a b", "1", None), ("", "1", None)],
        *[("a", "ä", None), ("ä", "a", None), ("a", "1\n2", None), ("a", "\x7f", None)],
    ],
)
def test_a_header_that_the_service_sets_itself_is_kept_or_another_is_lost(
    name: str, value: str, is_kept: bool | None
) -> None:
    """None: it cannot be sent.  Source: Cloud Tasks v2, HttpRequest.headers."""
    given = {"httpRequest": {"url": "http://x", "headers": {name: value}}}
    if is_kept is None:
        with pytest.raises(ApiError):
            new_task(QUEUE, given, NOW_S)
    else:
        assert new_task(QUEUE, given, NOW_S).request.headers == ({name: value} if is_kept else {})


@pytest.mark.parametrize(("ahead_s", "is_taken"), [(-1, True), (0, True), (2_592_000, True), (2_592_000.5, False)])
def test_a_task_for_a_later_month_is_taken_or_one_of_yesterday_keeps_its_time(ahead_s: float, is_taken: bool) -> None:
    """Source: Cloud Tasks, CreateTask: 30 days; a time that has passed is now."""
    given = {"httpRequest": {"url": "http://x"}, "scheduleTime": NOW_S + ahead_s}
    if not is_taken:
        with pytest.raises(ApiError, match=r"scheduleTime, 2033-06-17T03:33:21\+00:00, is too far in the future"):
            new_task(QUEUE, given, NOW_S)
    else:
        assert new_task(QUEUE, given, NOW_S).schedule_s == NOW_S + max(0, ahead_s)


def test_the_size_of_a_task_leaves_out_its_headers_or_its_name() -> None:
    """Source: Cloud Tasks, "Quotas and limits": 1 MB a task."""
    headers = {"a" * 10: "b" * 100, "c" * 20: "d" * 200}
    name, url = "t" * 50, "http://x/" + "y" * 500
    rest = len(QUEUE) + 50 + len(url) + 330
    for over in (0, 1):
        http = {"url": url, "headers": headers, "body": b"x" * (1024 * 1024 - rest + over)}
        given = {"name": f"{QUEUE}/tasks/{name}", "httpRequest": http}
        if over:
            with pytest.raises(ApiError, match="Task size too large"):
                new_task(QUEUE, given, NOW_S)
        else:
            assert new_task(QUEUE, given, NOW_S).task_id == name


def test_headers_are_measured_without_their_names() -> None:
    """Source: Cloud Tasks v2, HttpRequest.headers: 80 KB in all."""
    for over in (0, 1):
        given = {"url": "http://x", "headers": {"a" * 100: "", "b" * 100: "c" * (80 * 1024 - 200 + over)}}
        if over:
            with pytest.raises(ApiError, match="smaller than 80 KB"):
                new_task(QUEUE, {"httpRequest": given}, NOW_S)
        else:
            assert len(new_task(QUEUE, {"httpRequest": given}, NOW_S).request.headers) == 2


async def test_two_tasks_without_a_name_get_the_same_or_one_that_is_too_long(tmp_path: Path) -> None:
    """Source: recorded from the real service, a number of up to 20 digits."""
    async with a_face(tmp_path) as face:
        face.store.put_queue(QueueConfig(QUEUE, state="PAUSED"))
        made = [(await face.create(QUEUE))["name"].rpartition("/")[2] for _ in range(20)]
        assert len({int(number) for number in made}) == 20
        assert all(int(number) < 2**64 for number in made)
