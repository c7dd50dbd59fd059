"""Lists of queues and of tasks: pages just below, at and above what there is and what may be asked for."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from local.http.api_error import ApiError
from local.tasks import queues_api, tasks_api
from local.tasks.queues_api import page_size
from local.tasks.rules import QueueConfig
from local.tasks.task import HttpRequest, NewTask
from tests.tasks.face import PARENT, QUEUE, Face, a_face


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    async with a_face(tmp_path) as face:
        for number in (3, 1, 0, 4, 2):
            state = "RUNNING" if number in (1, 2) else "PAUSED"
            face.store.put_queue(QueueConfig(f"{QUEUE}-{number}", state=state))  # type: ignore[arg-type]
        face.store.put_queue(QueueConfig("projects/demo/locations/europe-west1/queues/a"))
        face.store.put_queue(QueueConfig(QUEUE.replace("demo", "demo-2")))
        yield face


async def pages(face: Face, path: str, kind: str, **query: str) -> list[list[str]]:
    """The last digits of the names, page by page; a page without any is {}."""
    found: list[list[str]] = []
    while True:
        status, page = await face.ask("GET", path, **query)
        assert status == 200, page
        assert page.keys() <= {kind, "nextPageToken"}
        assert page.get(kind) != []
        found.append([one["name"][-1] for one in page.get(kind, [])])
        if "nextPageToken" not in page:
            return found
        query["pageToken"] = page["nextPageToken"]


def cut(names: str, size: int) -> list[list[str]]:
    return [list(names[begin : begin + size]) for begin in range(0, len(names), size)] or [[]]


@pytest.mark.parametrize("size", [1, 2, 4, 5, 6])
async def test_a_page_holds_one_too_many_or_follows_the_last(face: Face, size: int) -> None:
    face.store.put_queue(QueueConfig(QUEUE, state="PAUSED"))
    for number in range(5):
        await face.create(QUEUE, f"t{number}")
    assert await pages(face, f"{QUEUE}/tasks", "tasks", pageSize=str(size)) == cut("01234", size)
    face.store.delete_queue(QUEUE, 0.0)
    assert await pages(face, f"{PARENT}/queues", "queues", pageSize=str(size)) == cut("01234", size)
    running = await pages(face, f"{PARENT}/queues", "queues", pageSize=str(size), filter="state=RUNNING")
    assert running == cut("12", size)


async def test_an_empty_list_or_another_place_shows_something(face: Face) -> None:
    assert await pages(face, "projects/demo/locations/asia-east1/queues", "queues") == [[]]
    assert await pages(face, "projects/demo/locations/europe-west1/queues", "queues") == [["a"]]
    assert await pages(face, f"{PARENT}/queues", "queues", filter='state: "DISABLED"') == [[]]
    assert await pages(face, f"{QUEUE}-1/tasks", "tasks") == [[]]


@pytest.mark.parametrize(
    ("asked", "size"),
    [({}, 10), ({"pageSize": 0}, 10), ({"pageSize": 1}, 1), ({"pageSize": 10}, 10), ({"pageSize": 11}, 10)],
)
def test_a_page_is_longer_than_it_may_be_or_than_was_asked_for(asked: dict[str, Any], size: int) -> None:
    """Source: AIP-158."""
    assert page_size(asked, 10) == size


def test_a_negative_page_is_shown() -> None:
    with pytest.raises(ApiError, match="page_size must not be negative: -1"):
        page_size({"pageSize": -1}, 10)


async def test_the_longest_page_is_another_than_the_services(face: Face) -> None:
    """Source: Cloud Tasks v2, ListTasksRequest.page_size and ListQueuesRequest.page_size."""
    assert (tasks_api._PAGE, queues_api._PAGE) == (1000, 9800)
    face.store.put_queue(QueueConfig(QUEUE, state="PAUSED"))
    with face.store.transaction():
        for number in range(1001):
            face.store.create(QUEUE, NewTask(f"t{number}", HttpRequest("http://x"), 0.0), 0.0)
    for query in ({}, {"pageSize": "1001"}):
        _, page = await face.ask("GET", f"{QUEUE}/tasks", **query)
        assert (len(page["tasks"]), "nextPageToken" in page) == (1000, True)


@pytest.mark.parametrize(("token", "status"), [("9" * 18, 200), ("9" * 19, 400), ("", 200), ("1.5", 400)])
async def test_a_page_token_that_is_no_number_of_ours_breaks_something(face: Face, token: str, status: int) -> None:
    assert (await face.ask("GET", f"{QUEUE}-1/tasks", pageToken=token))[0] == status


CALLS = {
    ("GET", ""): 200,
    ("GET", "/tasks"): 200,
    ("POST", "/tasks"): 400,
    ("GET", "/tasks/t"): 404,
    ("DELETE", "/tasks/t"): 404,
    ("POST", "/tasks/t:run"): 404,
    ("PATCH", ""): 200,
    ("POST", ":pause"): 200,
    ("POST", ":resume"): 200,
    ("POST", ":purge"): 200,
    ("DELETE", ""): 200,
}


@pytest.mark.parametrize("version", ["v2", "v2beta3"])
async def test_a_call_is_known_in_one_version_only_or_says_another_state(face: Face, version: str) -> None:
    states = []
    for (method, path), expected in CALLS.items():
        status, answer = await face.ask(method, f"../{version}/{QUEUE}-1{path}", {} if method != "GET" else None)
        assert status == expected, (method, path, answer)
        states.append(answer.get("state"))
    assert states == ["RUNNING", *[None] * 5, "RUNNING", "PAUSED", "RUNNING", "RUNNING", None]
    assert (await face.ask("GET", f"../{version}/{PARENT}/queues"))[0] == 200
    assert (await face.ask("GET", f"../{version}/projects/demo/locations"))[0] == 200
    status, answer = await face.ask("DELETE", f"../{version}/{QUEUE}-1")
    assert (status, answer["error"]["message"]) == (404, "Requested entity was not found.")
