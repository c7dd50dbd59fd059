"""Tasks over REST: what is refused and in which words, what is shown, pages."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from local.googleapi.fields import Reader
from local.googleapi.methods import TASKS, methods
from local.http.api_error import ApiError
from local.tasks.rules import QueueConfig
from local.tasks.task_resource import new_task
from local.tasks.wire import duration, instant
from tests.tasks.face import QUEUE, Face, a_face

HTTP: dict[str, Any] = {"url": "http://x"}
FAR = (datetime.now(UTC) + timedelta(days=31)).isoformat()


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    async with a_face(tmp_path) as face:
        face.store.put_queue(QueueConfig(QUEUE, state="PAUSED"))
        yield face


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({"dispatchDeadline": "14s"}, "Task.dispatchDeadline must be between [15s, 30m]."),
        ({"dispatchDeadline": "1801s"}, "Task.dispatchDeadline must be between [15s, 30m]."),
        ({"dispatchDeadline": "1h"}, "Invalid value at 'task.dispatch_deadline'"),
        ({"scheduleTime": FAR}, "is too far in the future. Schedule time must be no more than 720h in the future."),
        ({"scheduleTime": "tomorrow"}, "Invalid value at 'task.schedule_time'"),
        ({"scheduleTime": "2026-02-31T00:00:00Z"}, "Invalid value at 'task.schedule_time'"),
        ({"name": "t"}, 'Task name must be formatted: "projects/<PROJECT_ID>/'),
        ({"retryConfig": {"maxAttempts": -2}}, "RetryConfig.maxAttempts must be greater or equal to -1."),
        (
            {"httpRequest": {**HTTP, "httpMethod": "BREW"}},
            '(type.googleapis.com/google.cloud.tasks.v2.HttpMethod), "BREW"',
        ),
        ({"httpRequest": {**HTTP, "httpMethod": True}}, "Invalid value at 'task.http_request.http_method'"),
        ({"httpRequest": {**HTTP, "httpMethod": "GET", "body": "eA=="}}, "HTTP request body is not allowed with"),
        ({"httpRequest": {**HTTP, "body": "%"}}, "Base64 decoding failed"),
        ({"httpRequest": {**HTTP, "body": "A" * 1_400_000}}, "Task size too large"),
        ({"httpRequest": {"url": "http://x/" + "y" * 2083}}, "HttpRequest.url must be at most 2083 characters."),
        (
            {"httpRequest": {**HTTP, "headers": {"a": 1}}},
            "Invalid value at 'task.http_request.headers[0].value' (TYPE_STRING), 1",
        ),
        ({"httpRequest": {**HTTP, "headers": {"a b": "1"}}}, "the header 'a b' cannot be sent"),
        ({"httpRequest": {**HTTP, "headers": {"a": "1\r\nb: 2"}}}, "the header 'a' cannot be sent"),
        ({"httpRequest": {**HTTP, "headers": {"a": "x" * 90_000}}}, "headers must be smaller than 80 KB"),
        ({"httpRequest": {**HTTP, "oidcToken": {"audience": "x"}}}, "service account email"),
        (
            {"httpRequest": {**HTTP, "oidcToken": {"serviceAccountEmail": "a"}, "oauthToken": {"scope": "b"}}},
            "oneof field 'authorization_header' is already set. Cannot set 'oauthToken'",
        ),
        ({"appEngineHttpRequest": {}}, "oneof field 'message_type' is already set. Cannot set 'appEngineHttpRequest'"),
    ],
)
async def test_a_wrong_task_is_refused_with_the_reason(face: Face, task: dict[str, Any], message: str) -> None:
    status, answer = await face.ask("POST", f"{QUEUE}/tasks", {"task": {"httpRequest": HTTP, **task}})
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert message in answer["error"]["message"]
    assert face.store.depth(QUEUE) == 0


async def test_a_task_is_shown_as_it_was_given_and_its_body_only_in_full(face: Face) -> None:
    made = await face.create(
        QUEUE,
        "t",
        headers={"X-miXed": "a", "user-agent": "mine", "Host": "evil", "X-CloudTasks-QueueName": "forged"},
        body="eA",
        oauthToken={"serviceAccountEmail": "a@b"},
    )
    assert made["httpRequest"]["headers"] == {"User-Agent": "Google-Cloud-Tasks", "X-miXed": "a"}
    assert made["httpRequest"]["oauthToken"]["scope"] == "https://www.googleapis.com/auth/cloud-platform"
    assert (made["view"], made["dispatchDeadline"], made["dispatchCount"]) == ("BASIC", "600s", 0)
    assert "body" not in made["httpRequest"]
    assert len(made["createTime"]) == len("2026-01-01T00:00:00Z")
    _, full = await face.ask("GET", f"{QUEUE}/tasks/t", responseView="FULL")
    assert (full["view"], full["httpRequest"]["body"]) == ("FULL", base64.b64encode(b"x").decode())


async def test_tasks_are_listed_by_pages_in_the_order_of_their_creation(face: Face) -> None:
    for number in range(5):
        await face.create(QUEUE, f"t{9 - number}")
    found, query = [], {"pageSize": "2"}
    while True:
        _, page = await face.ask("GET", f"{QUEUE}/tasks", **query)
        found += [one["name"].rpartition("/")[2] for one in page["tasks"]]
        if "nextPageToken" not in page:
            break
        query["pageToken"] = page["nextPageToken"]
    assert found == ["t9", "t8", "t7", "t6", "t5"]
    for token in ("-1", "x", "9" * 30):
        assert (await face.ask("GET", f"{QUEUE}/tasks", pageToken=token))[0] == 400


async def test_a_task_that_never_was_is_told_apart_from_one_that_is_gone(face: Face) -> None:
    await face.create(QUEUE, "t")
    assert (await face.ask("DELETE", f"{QUEUE}/tasks/t")) == (200, {})
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", ":run")):
        status, gone = await face.ask(method, f"{QUEUE}/tasks/t{path}")
        assert (status, gone["error"]["message"][:26]) == (404, "The task no longer exists,")
        status, never = await face.ask(method, f"{QUEUE}/tasks/u{path}")
        assert (status, never["error"]["message"]) == (404, "Requested entity was not found.")


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
FIELDS = ("name", "scheduleTime", "dispatchDeadline", "httpRequest", "retryConfig")
HTTP_FIELDS = ("url", "httpMethod", "headers", "body", "oidcToken", "oauthToken")


# A busy machine makes the JSON slowly, which says nothing of ours.
@settings(suppress_health_check=[HealthCheck.too_slow], deadline=None)
@given(st.dictionaries(st.sampled_from(FIELDS), JSON), st.dictionaries(st.sampled_from(HTTP_FIELDS), JSON))
def test_any_json_is_a_task_or_a_refusal(task: dict[str, Any], http: dict[str, Any]) -> None:
    reader = Reader()
    read = reader.message(
        methods()[f"/{TASKS}/CreateTask"].fields, {"task": {"httpRequest": {**HTTP, **http}, **task}}, ""
    )
    try:
        reader.check()
        new_task(QUEUE, read["task"], now_s=1.8e9)
    except ApiError as error:
        assert error.code == 400


@given(st.floats(0, 4e9))
def test_instants_and_durations_are_read_as_they_are_written(seconds: float) -> None:
    written = {"scheduleTime": instant(seconds), "dispatchDeadline": duration(seconds)}
    read = Reader().message(methods()[f"/{TASKS}/CreateTask"].fields, {"task": written}, "")["task"]
    assert read["scheduleTime"] == pytest.approx(seconds, abs=2e-6)
    assert read["dispatchDeadline"] == pytest.approx(seconds, abs=1e-6)
