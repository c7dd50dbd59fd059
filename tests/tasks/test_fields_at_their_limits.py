"""What a task, a queue and queue.yaml may say: the last value that is taken, and the first that is refused."""

import base64
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from local.tasks.queue_yaml import QueueYamlError, read_queue_yaml
from local.tasks.rules import MAX_AHEAD_S, QueueConfig
from tests.tasks.face import PARENT, QUEUE, Face, a_face
from tests.tasks.test_store import a_store, put

URL = "http://x/"


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    async with a_face(tmp_path) as face:
        face.store.put_queue(QueueConfig(QUEUE, state="PAUSED"))
        yield face


def at(seconds_ahead: float) -> str:
    return datetime.fromtimestamp(2_000_000_000 + seconds_ahead, UTC).isoformat()


def a_body(size: int) -> dict[str, Any]:
    """A task whose queue, name, URL and body are so large in all."""
    rest = len(QUEUE) + len("t") + len(URL)
    body = base64.b64encode(b"x" * (size - rest)).decode()
    return {"name": f"{QUEUE}/tasks/t", "httpRequest": {"url": URL, "body": body}}


# Source: Cloud Tasks v2, Task and HttpRequest; recorded from the real service.
@pytest.mark.parametrize(
    ("taken", "refused"),
    [
        ({"dispatchDeadline": "15s"}, {"dispatchDeadline": "14.999s"}),
        ({"dispatchDeadline": "1800s"}, {"dispatchDeadline": "1800.001s"}),
        ({"scheduleTime": at(MAX_AHEAD_S)}, {"scheduleTime": at(MAX_AHEAD_S + 1)}),
        ({"httpRequest": {"url": URL + "y" * (2083 - 9)}}, {"httpRequest": {"url": URL + "y" * (2084 - 9)}}),
        ({"name": f"{QUEUE}/tasks/" + "n" * 500}, {"name": f"{QUEUE}/tasks/" + "n" * 501}),
        ({"name": f"{QUEUE}/tasks/a-Z_9"}, {"name": f"{QUEUE}/tasks/a.b"}),
        ({"retryConfig": {"maxAttempts": -1}}, {"retryConfig": {"maxAttempts": -2}}),
        (a_body(1024 * 1024), a_body(1024 * 1024 + 1)),
        (
            {"httpRequest": {"url": URL, "headers": {"a": "x" * (80 * 1024 - 1)}}},
            {"httpRequest": {"url": URL, "headers": {"a": "x" * (80 * 1024)}}},
        ),
        (
            {"httpRequest": {"url": URL, "httpMethod": "PATCH", "body": "eA=="}},
            {"httpRequest": {"url": URL, "httpMethod": "DELETE", "body": "eA=="}},
        ),
        ({"httpRequest": {"url": "HTTPS://x"}}, {"httpRequest": {"url": "ftp://x"}}),
        (
            {"httpRequest": {"url": URL, "oauthToken": {"serviceAccountEmail": "a"}}},
            {"httpRequest": {"url": URL, "oauthToken": {"serviceAccountEmail": ""}}},
        ),
    ],
)
async def test_a_task_at_its_limit_is_refused_or_one_above_is_taken(
    face: Face, taken: dict[str, Any], refused: dict[str, Any]
) -> None:
    face.dispatcher.now_s = lambda: 2_000_000_000.0
    for wrong in (True, False):
        task = {"httpRequest": {"url": URL}, **(refused if wrong else taken)}
        status, answer = await face.ask("POST", f"{QUEUE}/tasks", {"task": task})
        assert status == (400 if wrong else 200), answer
    assert face.store.depth(QUEUE) == 1


# Source: Cloud Tasks v2, RateLimits and RetryConfig; recorded from the real service.
@pytest.mark.parametrize(
    ("group", "taken", "refused"),
    [
        ("rateLimits", {"maxDispatchesPerSecond": 500}, {"maxDispatchesPerSecond": 500.1}),
        ("rateLimits", {"maxDispatchesPerSecond": 0}, {"maxDispatchesPerSecond": -0.1}),
        ("rateLimits", {"maxConcurrentDispatches": 5000}, {"maxConcurrentDispatches": 5001}),
        ("rateLimits", {"maxConcurrentDispatches": 0}, {"maxConcurrentDispatches": -1}),
        ("retryConfig", {"maxAttempts": -1}, {"maxAttempts": -2}),
        ("retryConfig", {"maxDoublings": 0}, {"maxDoublings": -1}),
        ("retryConfig", {"minBackoff": "0s"}, {"minBackoff": "-0.1s"}),
        ("retryConfig", {"maxRetryDuration": "0s"}, {"maxRetryDuration": "-1s"}),
        ("retryConfig", {"minBackoff": "5s", "maxBackoff": "5s"}, {"minBackoff": "5.1s", "maxBackoff": "5s"}),
        ("stackdriverLoggingConfig", {"samplingRatio": 1}, {"samplingRatio": 1.01}),
        ("stackdriverLoggingConfig", {"samplingRatio": 0}, {"samplingRatio": -0.01}),
    ],
)
async def test_a_queue_at_its_limit_is_refused_or_one_above_is_taken(
    face: Face, group: str, taken: dict[str, Any], refused: dict[str, Any]
) -> None:
    for given, expected in ((refused, 400), (taken, 200)):
        status, answer = await face.ask("POST", f"{PARENT}/queues", {"name": f"{QUEUE}-2", group: given})
        assert status == expected, answer
    shown = answer.get(group, {})
    defaults = {"maxConcurrentDispatches": 1000, "samplingRatio": None}
    assert {name: shown.get(name) for name in taken} == {
        name: value or defaults.get(name, value) for name, value in taken.items()
    }


# Source: Cloud Tasks v2beta3, Queue.task_ttl and tombstone_ttl.
@pytest.mark.parametrize(
    ("taken", "refused"),
    [
        ({"taskTtl": "864000s"}, {"taskTtl": "863999s"}),
        ({"taskTtl": "315360000s"}, {"taskTtl": "315360001s"}),
        ({"tombstoneTtl": "3600s"}, {"tombstoneTtl": "3599s"}),
        ({"tombstoneTtl": "777600s"}, {"tombstoneTtl": "777601s"}),
    ],
)
async def test_a_life_at_its_limit_is_refused_or_one_above_is_taken(
    face: Face, taken: dict[str, Any], refused: dict[str, Any]
) -> None:
    for given, expected in ((refused, 400), (taken, 200)):
        status, answer = await face.ask("PATCH", f"../v2beta3/{QUEUE}-2", {"name": f"{QUEUE}-2", **given})
        assert status == expected, answer
    assert taken.items() <= answer.items()


def queue_yaml(line: str) -> QueueConfig:
    found = {"name": "q", "rate": "1/s"} | dict([line.split(": ", 1)])
    text = "queue:\n- " + "\n  ".join(f"{name}: {value}" for name, value in found.items()) + "\n"
    (queue,) = read_queue_yaml(text, "queue.yaml", PARENT).queues
    return queue


# Source: "queue.yaml reference".
@pytest.mark.parametrize(
    ("taken", "refused"),
    [
        ("rate: 500/s", "rate: 500.1/s"),
        ("rate: 30000/m", "rate: 30060/m"),
        ("bucket_size: 500", "bucket_size: 501"),
        ("bucket_size: 1", "bucket_size: -1"),
        ("name: " + "n" * 100, "name: " + "n" * 101),
        ("retry_parameters: {task_age_limit: 1s}", "retry_parameters: {task_age_limit: 0.9s}"),
        ("retry_parameters: {task_retry_limit: 0}", "retry_parameters: {task_retry_limit: -1}"),
        ("retry_parameters: {max_doublings: 1}", "retry_parameters: {max_doublings: -1}"),
        ("retry_parameters: {min_backoff_seconds: 0.1}", "retry_parameters: {min_backoff_seconds: -0.1}"),
        (
            "retry_parameters: {min_backoff_seconds: 2, max_backoff_seconds: 2}",
            "retry_parameters: {min_backoff_seconds: 2.1, max_backoff_seconds: 2}",
        ),
    ],
)
def test_a_line_of_queue_yaml_at_its_limit_is_refused_or_one_above_is_taken(taken: str, refused: str) -> None:
    queue_yaml(taken)
    with pytest.raises(QueueYamlError):
        queue_yaml(refused)


@pytest.mark.parametrize(
    ("age", "seconds"), [("1s", 1), ("1.9s", 1), ("90s", 90), ("14m", 840), ("0.5h", 1800), ("2h", 7200), ("1d", 86400)]
)
def test_an_age_of_queue_yaml_is_another(age: str, seconds: int) -> None:
    queue = queue_yaml(f"retry_parameters: {{task_age_limit: {age}, task_retry_limit: 3}}")
    assert (queue.retry.max_retry_duration_s, queue.retry.max_attempts) == (seconds, 4)


async def test_the_place_of_a_queue_has_another_name(face: Face) -> None:
    """Source: Cloud Tasks v2, projects.locations.list."""
    location = {
        "name": PARENT,
        "locationId": "us-central1",
        "labels": {"cloud.googleapis.com/region": "us-central1"},
    }
    assert await face.ask("GET", "projects/demo/locations") == (200, {"locations": [location]})
    assert await face.ask("GET", PARENT) == (200, location)
    assert (await face.ask("GET", "projects/demo/locations/mars"))[0] == 404


def test_tasks_that_came_later_expire_in_the_place_of_the_oldest(tmp_path: Path) -> None:
    store = a_store(tmp_path)
    for created_s in range(5):
        put(store, f"t{created_s}", now_s=created_s)
    assert [store.expire(QUEUE, 3, 100, limit=2) for _ in range(3)] == [2, 1, 0]
    assert [task.task_id for task in store.page(QUEUE, 0, 10)] == ["t3", "t4"]
    store.close()
