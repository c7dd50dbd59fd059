"""The real Python client against the local face, over REST."""

import asyncio
from pathlib import Path

import aiohttp
import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import tasks_v2
from google.protobuf.field_mask_pb2 import FieldMask

from local.tasks.rules import QueueConfig
from tests.tasks.face import PARENT, QUEUE, Face, a_face


def client(face: Face) -> tasks_v2.CloudTasksClient:
    return tasks_v2.CloudTasksClient(
        transport="rest", credentials=AnonymousCredentials(), client_options={"api_endpoint": face.url}
    )


def a_task(face: Face, name: str | None = None) -> tasks_v2.Task:
    request = tasks_v2.HttpRequest(url=f"{face.url}/target", http_method=tasks_v2.HttpMethod.POST, body=b"hello")
    return tasks_v2.Task(name=f"{QUEUE}/tasks/{name}" if name else "", http_request=request)


async def test_the_python_client_creates_lists_and_deletes(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        await asyncio.to_thread(use_the_client, face)


def use_the_client(face: Face) -> None:
    tasks = client(face)
    made = tasks.create_queue(parent=PARENT, queue=tasks_v2.Queue(name=QUEUE))
    assert made.rate_limits.max_dispatches_per_second == 500
    assert tasks.pause_queue(name=QUEUE).state == tasks_v2.Queue.State.PAUSED
    created = tasks.create_task(parent=QUEUE, task=a_task(face, "t1"))
    assert (created.name, created.http_request.body) == (f"{QUEUE}/tasks/t1", b"")
    with pytest.raises(exceptions.Conflict, match="Requested entity already exists"):
        tasks.create_task(parent=QUEUE, task=a_task(face, "t1"))
    for _ in range(4):
        tasks.create_task(parent=QUEUE, task=a_task(face))
    assert len(list(tasks.list_tasks(request={"parent": QUEUE, "page_size": 2}))) == 5
    full = tasks.get_task(request={"name": f"{QUEUE}/tasks/t1", "response_view": tasks_v2.Task.View.FULL})
    assert full.http_request.body == b"hello"
    tasks.delete_task(name=f"{QUEUE}/tasks/t1")
    with pytest.raises(exceptions.NotFound, match="existed recently"):
        tasks.get_task(name=f"{QUEUE}/tasks/t1")
    with pytest.raises(exceptions.Conflict):
        tasks.create_task(parent=QUEUE, task=a_task(face, "t1"))
    queue = tasks_v2.Queue(name=QUEUE, rate_limits=tasks_v2.RateLimits(max_dispatches_per_second=7))
    updated = tasks.update_queue(queue=queue, update_mask=FieldMask(paths=["rate_limits.max_dispatches_per_second"]))
    assert (updated.rate_limits.max_dispatches_per_second, updated.rate_limits.max_concurrent_dispatches) == (7, 1000)
    tasks.purge_queue(name=QUEUE)
    assert list(tasks.list_tasks(parent=QUEUE)) == []
    tasks.delete_queue(name=QUEUE)
    with pytest.raises(exceptions.NotFound, match="Queue does not exist"):
        tasks.create_task(parent=QUEUE, task=a_task(face))


@pytest.mark.parametrize(
    ("task", "message"),
    [
        ({}, "HttpRequest.url is required."),
        ("later", "Invalid value at 'task'"),
        (
            {"httpRequest": []},
            "Unknown name \"httpRequest\" at 'task': Proto field is not repeating, cannot start list.",
        ),
        ({"httpRequest": "http://x"}, "Invalid value at 'task.http_request'"),
        ({"httpRequest": {"url": "ftp://x"}}, "must start with 'http://' or 'https://'"),
        ({"name": f"{QUEUE}/tasks/a b", "httpRequest": {"url": "http://x"}}, 'Task ID "a b" can contain only'),
        ({"name": "projects/x/queues/y/tasks/z", "httpRequest": {"url": "http://x"}}, "must be the same as"),
    ],
)
async def test_a_wrong_task_is_refused_in_googles_words(tmp_path: Path, task: object, message: str) -> None:
    async with a_face(tmp_path) as face, aiohttp.ClientSession() as session:
        face.store.put_queue(QueueConfig(QUEUE))
        async with session.post(f"{face.url}/v2/{QUEUE}/tasks", json={"task": task}) as answer:
            error = (await answer.json())["error"]
        async with session.post(f"{face.url}/v2/{QUEUE}/tasks", data=b"{") as answer:
            assert (answer.status, (await answer.json())["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert (error["code"], error["status"]) == (400, "INVALID_ARGUMENT")
    assert message in error["message"]
