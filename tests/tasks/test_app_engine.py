"""Tasks for App Engine: what is accepted and shown, what the service gets, and how its answers are taken.

Source: Cloud Tasks v2, AppEngineHttpRequest and AppEngineRouting; headers as recorded from the real service.
"""

import asyncio
import base64
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from local.appengine.service import FRONT_HEADER, Service, timeout_s
from local.http.outgoing import outgoing_session
from local.tasks.sender import Sender
from local.tasks.task import AppEngineRequest, AttemptResult, Task
from tests.issuer import issuer
from tests.tasks.face import PARENT, QUEUE, Face, a_face
from tests.wire import a_wire

AGENT = "AppEngine-Google; (+http://code.google.com/appengine)"
HOST = "demo.uc.r.appspot.com"


@pytest.fixture
async def face(tmp_path: Path) -> AsyncIterator[Face]:
    async with a_face(tmp_path) as face:
        await face.post(f"{PARENT}/queues", {"name": QUEUE, "retryConfig": {"minBackoff": "0s", "maxBackoff": "0s"}})
        yield face


async def create(face: Face, request: dict[str, Any], version: str = "v2", **task: Any) -> tuple[int, dict[str, Any]]:
    body = {"task": {"appEngineHttpRequest": request, **task}, "responseView": "FULL"}
    return await face.ask("POST", f"../{version}/{QUEUE}/tasks", body)


async def shown(face: Face, request: dict[str, Any], version: str = "v2", **task: Any) -> dict[str, Any]:
    status, made = await create(face, request, version, **task)
    assert status == 200, made
    return made


@pytest.mark.parametrize("version", ["v2", "v2beta3"])
@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ({"content-type": "application/json"}, {"content-type": "application/json"}),
        ({"X-Mixed-Case": "a"}, {"X-Mixed-Case": "a", "Content-Type": "application/octet-stream"}),
    ],
)
async def test_a_task_is_shown_with_its_defaults(
    face: Face, version: str, sent: dict[str, str], kept: dict[str, str]
) -> None:
    await face.post(f"{QUEUE}:pause")
    body = base64.b64encode(b"seventeen letters").decode()
    made = await shown(face, {"headers": sent, "body": body}, version)
    assert made["appEngineHttpRequest"] == {
        "httpMethod": "POST",
        "relativeUri": "/",
        "appEngineRouting": {"host": HOST},
        "headers": {"User-Agent": AGENT, "Content-Length": "17", **kept},
        "body": body,
    }
    assert (made["dispatchDeadline"], made["view"], "httpRequest" in made) == ("600s", "FULL", False)
    _, again = await face.ask("GET", f"../{version}/{made['name']}")
    assert again["appEngineHttpRequest"] == {
        name: value for name, value in made["appEngineHttpRequest"].items() if name != "body"
    }


async def test_a_task_without_a_body_announces_none(face: Face) -> None:
    made = await shown(face, {"httpMethod": "GET", "relativeUri": "/a?b=c"})
    request = made["appEngineHttpRequest"]
    assert (request["headers"], request["httpMethod"], request["relativeUri"]) == (
        *({"User-Agent": AGENT}, "GET"),
        "/a?b=c",
    )


@pytest.mark.parametrize(
    ("routing", "host"),
    [
        ({}, HOST),
        ({"service": "s"}, f"s.{HOST}"),
        ({"version": "v"}, f"v.{HOST}"),
        ({"instance": "i"}, f"i.{HOST}"),
        ({"service": "s", "version": "v"}, f"v.s.{HOST}"),
        ({"service": "s", "version": "v", "instance": "i"}, f"i.v.s.{HOST}"),
        ({"service": "s", "host": "mine.example"}, f"s.{HOST}"),
    ],
)
async def test_a_host_is_made_of_the_routing(face: Face, routing: dict[str, str], host: str) -> None:
    """Source: Cloud Scheduler v1, AppEngineRouting.host; it is output only."""
    made = await shown(face, {"relativeUri": "/target", "appEngineRouting": routing})
    asked = {name: value for name, value in routing.items() if name != "host"}
    assert made["appEngineHttpRequest"]["appEngineRouting"] == {**asked, "host": host}
    await face.arrived(1)
    assert face.arrivals[0][2]["Host"] == host


async def test_the_queues_routing_replaces_the_tasks(face: Face) -> None:
    """Source: Queue.app_engine_routing_override; unsure: that the task is shown with its own."""
    override = {"appEngineRoutingOverride": {"version": "2"}}
    await face.ask("PATCH", QUEUE, override, updateMask="appEngineRoutingOverride")
    made = await shown(face, {"relativeUri": "/target", "appEngineRouting": {"service": "s"}})
    assert made["appEngineHttpRequest"]["appEngineRouting"]["host"] == f"s.{HOST}"
    await face.arrived(1)
    assert face.arrivals[0][2]["Host"] == f"2.{HOST}"


@pytest.mark.parametrize(
    ("request_", "said"),
    [
        ({"relativeUri": "target"}, "must begin with '/'"),
        ({"relativeUri": "http://x/"}, "must begin with '/'"),
        ({"relativeUri": "/a b"}, "must not contain spaces"),
        ({"relativeUri": "/" + "a" * 2083}, "at most 2083 characters"),
        ({"httpMethod": "PATCH", "body": "eA=="}, "HTTP request body is not allowed with"),
        ({"httpMethod": "GET", "body": "eA=="}, "HTTP request body is not allowed with"),
        ({"headers": {"a b": "1"}}, "Invalid value at 'task.app_engine_http_request.headers': the header 'a b'"),
        ({"relativeUrl": "/"}, "Unknown name \"relativeUrl\" at 'task.app_engine_http_request'"),
        ({"body": "A" * 1_400_000}, "Task size too large"),
    ],
)
async def test_what_the_documentation_forbids_is_refused(face: Face, request_: dict[str, Any], said: str) -> None:
    """Source: AppEngineHttpRequest.relative_uri and .body; CreateTask; unsure: the words."""
    status, answer = await create(face, request_)
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert said in answer["error"]["message"]
    assert face.store.depth(QUEUE) == 0


@pytest.mark.parametrize(
    ("given", "kept"),
    [("0s", "600s"), ("15s", "15s"), ("86415s", "86415s"), ("14s", None), ("86416s", None), ("-1s", None)],
)
async def test_a_deadline_may_be_a_day(face: Face, given: str, kept: str | None) -> None:
    """Source: Task.dispatch_deadline."""
    status, answer = await create(face, {"relativeUri": "/target"}, dispatchDeadline=given)
    if kept is not None:
        assert (status, answer["dispatchDeadline"]) == (200, kept)
        return
    assert (status, answer["error"]["message"]) == (400, "Task.dispatchDeadline must be between [15s, 24h15s].")


async def test_each_attempt_is_told_of_the_one_before(face: Face) -> None:
    """Recorded: an answer of 5xx counts as an execution, too, and the reason is the same for every status."""
    face.answers = [503, 404, 429, 500, web.Response(status=302, headers={"Location": "/target/there"})]
    before = [None, "503", "404", "429", "500", "302"]
    made = await shown(face, {"relativeUri": "/target/here", "headers": {"X-AppEngine-TaskName": "forged"}})
    await face.arrived(6)
    for number, (previous, (_, path, headers, _)) in enumerate(zip(before, face.arrivals, strict=True)):
        told = {name: value for name, value in headers.items() if name.startswith("X-AppEngine-")}
        assert abs(float(told.pop("X-AppEngine-TaskETA")) - 2e9) < 1e9
        expected = {
            "X-AppEngine-QueueName": "create-image-queue",
            "X-AppEngine-TaskName": made["name"].rpartition("/")[2],
            "X-AppEngine-TaskRetryCount": str(number),
            "X-AppEngine-TaskExecutionCount": str(number),
        }
        if previous is not None:
            expected |= {"X-AppEngine-TaskPreviousResponse": previous, "X-AppEngine-TaskRetryReason": "App Error"}
        assert (path, headers["User-Agent"], told) == ("/target/here", AGENT, expected)


A_TASK = Task(1, QUEUE, "t", AppEngineRequest(), 0.0, 1000.5)


async def attempted(request: AppEngineRequest, service: Service) -> AttemptResult:
    async with outgoing_session() as session:
        sender = Sender(session, issuer(), "http://127.0.0.1:1", app_engine=service)
        return await asyncio.wait_for(sender.send(replace(A_TASK, request=request)), 10)


@pytest.mark.parametrize(("own_s", "services_s"), [(0.0, 0.05), (600.0, 0.05), (0.05, 600.0)])
async def test_the_shorter_deadline_ends_an_attempt(own_s: float, services_s: float) -> None:
    """Source: Task.dispatch_deadline: the handler does not run for longer than the service's timeout."""
    async with a_wire(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") as wire:
        result = await attempted(AppEngineRequest(deadline_s=own_s), Service(wire.url, services_s))
    assert result == AttemptResult(None, "no answer within 0.05 s", timed_out=True)


async def test_a_time_out_is_told_as_an_instance_that_was_not_there(face: Face) -> None:
    """Recorded.  The execution count stays."""
    sender = face.dispatcher._send.__self__  # type: ignore[attr-defined]
    async with a_wire(lambda _: b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") as wire:
        sender.app_engine = Service(wire.url, 0.05)
        await shown(face, {"relativeUri": "/target"})
        while len(wire.heads) < 2:
            await asyncio.sleep(0.01)
        headers = wire.headers()
    told = [headers[f"x-appengine-task{name}"] for name in ("previousresponse", "retryreason", "executioncount")]
    assert told == ["0", "Instance Unavailable", "0"]


async def test_no_client_sets_what_only_the_service_may() -> None:
    """Source: AppEngineHttpRequest.headers; the agent is appended."""
    given = {"user-agent": "mine", "X-Mine": "1", "X-CloudTasks-TaskName": "passes"}
    async with a_wire() as wire:
        service = Service(wire.url)
        await attempted(AppEngineRequest(headers=given, body=b"x"), service)
        got = wire.headers()
    assert (got["user-agent"], got["x-mine"], got["x-cloudtasks-taskname"]) == (f"mine {AGENT}", "1", "passes")
    assert (got["host"], got["content-type"], got["content-length"]) == (HOST, "application/octet-stream", "1")
    assert got[FRONT_HEADER.lower()] == service.secret


async def test_what_a_client_may_not_set_is_dropped_and_not_refused(face: Face) -> None:
    names = ("Host", "host", "CONTENT-LENGTH", "X-Google-A", "x-appengine-queuename", "X-AppEngine-Mine")
    made = await shown(face, {"headers": dict.fromkeys(names, "1"), "httpMethod": "GET"})
    assert made["appEngineHttpRequest"]["headers"] == {"User-Agent": AGENT}


async def test_a_wait_that_the_service_asks_for_is_the_queues_own_business(face: Face) -> None:
    """unsure: only HttpRequest's documentation speaks of Retry-After."""
    face.answers = [web.Response(status=429, headers={"Retry-After": "3600"})]
    await shown(face, {"relativeUri": "/target"})
    await face.arrived(2)


@pytest.mark.parametrize(("is_http", "status"), [(False, 503), (True, 503), (True, 429)])
async def test_an_overloaded_target_slows_its_queue_and_another_answer_frees_it(
    face: Face, is_http: bool, status: int
) -> None:
    """Source: AppEngineHttpRequest, HttpRequest: these throttle; v2beta3, QueueStats.effective_execution_rate."""
    now_s = 1_000_000.0
    face.dispatcher.now_s = lambda: now_s

    async def make() -> None:
        if is_http:
            task = {"httpRequest": {"url": f"{face.url}/target"}, "scheduleTime": "1970-01-01T00:00:00Z"}
            await face.post(f"{QUEUE}/tasks", {"task": task})
        else:
            await shown(face, {"relativeUri": "/target"}, scheduleTime="1970-01-01T00:00:00Z")

    async def rate() -> float:
        _, queue = await face.ask("GET", f"../v2beta3/{QUEUE}", readMask="stats")
        return float(queue["stats"]["effectiveExecutionRate"])

    face.answers = [status]
    await make()
    await face.arrived(2)
    assert await rate() == 250
    now_s += 1
    await make()
    await face.arrived(3)
    async with asyncio.timeout(10):
        while await rate() != 500:
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(
    ("scaling", "limit_s"),
    [("", 600), ("automatic_scaling: {}", 600), ("basic_scaling: {}", 86400), ("manual_scaling: {}", 86400)],
)
def test_the_time_of_a_request_depends_on_the_scaling(scaling: str, limit_s: float) -> None:
    """Source: Cloud Tasks, "Create App Engine task handlers", timeouts."""
    assert timeout_s(f"runtime: python313\n{scaling}") == limit_s


async def test_a_project_without_a_service_repeats_the_task() -> None:
    async with outgoing_session() as session:
        result = await Sender(session, issuer(), "http://127.0.0.1:1").send(A_TASK)
    assert result == AttemptResult(None, "the project has no App Engine service")
