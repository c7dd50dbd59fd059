"""The tasks that the steps make for a reply, compared whole; by the local Cloud Tasks; and where it takes none."""

import asyncio
import base64
import json
import socket
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from nacl.public import PrivateKey

from local.tasks.rules import QueueConfig
from schemas.picture import Picture
from schemas.reply import Failure, Reply
from schemas.request import Request
from service.step_tasks import StepTasks, task_id
from steps.errors import RetryableError
from steps.reply_queues import ReplyQueues
from tests.servers import ROOT
from tests.steps.scripted import Answer, Scripted, json_answer
from tests.steps.service import AUDIENCE, OWN_ACCOUNT, PICTURE, QUEUES, request_body
from tests.tasks.face import PARENT, a_face

NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
AT = NOW + timedelta(seconds=7.25)
DRAWN = Picture.from_checked(PICTURE)
REQUEST = Request.from_json(request_body(PrivateKey.generate(), NOW))
WRITTEN: dict[str, Any] = yaml.safe_load((ROOT / "tests" / "outgoing" / "reply_task.yaml").read_text())


def queues_at(endpoint: str, *, on_app_engine: bool = False, parent: str = QUEUES) -> ReplyQueues:
    tasks = StepTasks("" if on_app_engine else "https://steps.example", AUDIENCE, OWN_ACCOUNT)
    return ReplyQueues(tasks, f"{parent}/reply-discord-queue", f"{parent}/urgent-reply-queue", endpoint)


@pytest.mark.parametrize("result", [DRAWN, "undrawable", "unavailable"])
@pytest.mark.parametrize("kind", WRITTEN)
def test_a_task_that_differs_in_anything_from_what_was_written_down_is_seen(
    script: Scripted, kind: str, result: Picture | Failure
) -> None:
    reply, name = Reply(REQUEST, result), task_id("77")
    script.answers = [json_answer(200, {"name": "x"})]
    queues = queues_at(script.url, on_app_engine="App Engine" in kind)
    if "first" in kind:
        queues.put(reply)
    else:
        made = queues.put_off(reply, f"{name}-r2", AT, is_urgent=kind == "urgent")
        assert made == WRITTEN[kind]["task"]["name"].replace("NAME", name)
    (asked,) = script.asked
    body = base64.b64encode(json.dumps(reply.to_json(), ensure_ascii=False).encode()).decode()
    expected = json.loads(json.dumps(WRITTEN[kind]).replace("NAME", name).replace("BODY", body))
    assert {"call": f"{asked.method} {asked.path}", **json.loads(asked.body)} == expected
    assert Reply.from_json(json.loads(base64.b64decode(body))) == reply


async def test_what_is_put_twice_is_one_task_of_each_name(tmp_path: Path) -> None:
    """Also where the task has run: its name is not free for days."""
    reply, first = Reply(REQUEST, DRAWN), task_id("77")
    async with a_face(tmp_path) as face:
        for name in ("reply-discord-queue", "urgent-reply-queue"):
            face.store.put_queue(QueueConfig(f"{PARENT}/queues/{name}", state="PAUSED"))
        queues = queues_at(face.url, parent=f"{PARENT}/queues")

        def put() -> None:
            queues.put(reply)
            queues.put_off(reply, f"{first}-r2", AT, is_urgent=False)
            queues.put_off(reply, f"{first}-r3", AT, is_urgent=True)

        await asyncio.to_thread(put)
        _, gone = await face.ask("DELETE", f"{PARENT}/queues/reply-discord-queue/tasks/{first}")
        assert gone == {}
        await asyncio.to_thread(put)
        names = [
            task["name"].rpartition("/queues/")[2]
            for name in ("reply-discord-queue", "urgent-reply-queue")
            for task in (await face.ask("GET", f"{PARENT}/queues/{name}/tasks"))[1]["tasks"]
        ]
    assert names == [f"reply-discord-queue/tasks/{first}-r2", f"urgent-reply-queue/tasks/{first}-r3"]


def google_says(status: int, name: str) -> Answer:
    return json_answer(status, {"error": {"code": status, "message": "told by the test", "status": name}})


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (google_says(404, "NOT_FOUND"), "CallFailed: 404 NOT_FOUND: told by the test"),
        (google_says(403, "PERMISSION_DENIED"), "CallFailed: 403 PERMISSION_DENIED: told by the test"),
        (google_says(429, "RESOURCE_EXHAUSTED"), "CallFailed: 429 RESOURCE_EXHAUSTED: told by the test"),
        (google_says(503, "UNAVAILABLE"), "CallFailed: 503 UNAVAILABLE: told by the test"),
        (google_says(409, "ABORTED"), "CallFailed: 409 ABORTED: told by the test"),
        (Answer(200, b"<html>"), "JSONDecodeError"),
        (Answer(closes=True), "ConnectionError"),
    ],
)
def test_a_queue_that_takes_no_task_is_an_error_that_may_pass(script: Scripted, answer: Answer, said: str) -> None:
    script.answers = [answer]
    queues = queues_at(script.url)
    with pytest.raises(RetryableError, match=f"Cloud Tasks did not take the reply: {said}") as caught:
        queues.put(Reply(REQUEST, "undrawable"))
    assert (caught.value.kind, caught.value.retry_after_s) == ("queue", None)
    assert REQUEST.sealed_token not in str(caught.value)
    with pytest.raises(RetryableError, match=f"Cloud Tasks did not take the reply: {said}"):
        queues.put_off(Reply(REQUEST, DRAWN), "x-r2", AT, is_urgent=True)


def test_a_task_that_is_there_already_is_as_good_as_made(script: Scripted) -> None:
    script.answers = [google_says(409, "ALREADY_EXISTS")]
    queues = queues_at(script.url)
    queues.put(Reply(REQUEST, DRAWN))
    assert queues.put_off(Reply(REQUEST, DRAWN), "x-r2", AT, is_urgent=True).endswith("urgent-reply-queue/tasks/x-r2")


def test_a_queue_that_hangs_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("steps.reply_queues._TIMEOUT_S", 0.2)  # seconds of the test, too
    with socket.create_server(("127.0.0.1", 0)) as silent:
        queues = queues_at(f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(RetryableError, match="Cloud Tasks did not take the reply: TimeoutError: no answer within"):
            queues.put_off(Reply(REQUEST, DRAWN), "x-r2", AT, is_urgent=False)
