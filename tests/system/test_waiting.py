"""What must wait on a running `mando up`: which task is made for it, where, and what the queue does with it."""

import base64
import json
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

import schemas
from tests.chaos.promise import break_next, mend, settle
from tests.servers import wait_until
from tests.system.test_yaml import edited
from tests.system.up import PLACE, Up, copy_of_sources, mando, mando_up

QUEUES = f"v2/{PLACE}/queues"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with mando_up(tmp_path_factory.mktemp("waiting") / "data") as running:
        yield running


def order(up: Up, queue: str, verb: str) -> None:
    requests.post(f"{up.base}/{QUEUES}/{queue}:{verb}", json={}, timeout=10).raise_for_status()


def the_task(up: Up, queue: str) -> dict[str, Any]:
    """The one task of the queue, whole."""
    (task,) = up.get(f"{QUEUES}/{queue}/tasks?responseView=FULL")["tasks"]
    found: dict[str, Any] = task
    return found


def body_of(task: dict[str, Any]) -> Any:
    return json.loads(base64.b64decode(task["httpRequest"]["body"]))


def test_a_reply_that_must_wait_is_a_call_of_the_step_by_the_workflows_account(up: Up) -> None:
    order(up, "reply-discord-queue", "pause")
    break_next(up, target="discord", kind="503")
    sent = up.interact()
    execution = up.ended(sent["id"])
    task = the_task(up, "reply-discord-queue")
    assert (execution["state"], json.loads(execution["result"])["waits_in"]) == (
        "SUCCEEDED",
        task["name"].rpartition("/")[2],
    )
    assert task["name"].endswith(f"/{execution['name'].rpartition('/')[2]}-{sent['id']}"), "another execution's differs"
    http = task["httpRequest"]
    assert (http["url"], http["httpMethod"]) == (f"http://127.0.0.1:{up.port + 2}/reply-discord", "POST")
    assert http["oidcToken"] == {
        "serviceAccountEmail": "mando-workflow@demo.iam.gserviceaccount.com",
        "audience": "mando-steps",
    }
    assert (http["headers"]["X-Dedup-Key"], http["headers"]["Content-Type"]) == (sent["id"], "application/json")
    waiting = schemas.check("reply", body_of(task))
    assert waiting["request"] == json.loads(execution["argument"])
    assert waiting["picture"]["object"] in up.objects()
    mend(up)
    order(up, "reply-discord-queue", "resume")
    tally = settle(up, [sent["id"]])
    assert (tally.pictures, tally.broken) == (1, [])


def test_a_reply_that_waits_is_replayed_in_the_outage_and_both_tasks_show_one_picture(up: Up) -> None:
    before = up.objects().keys()
    order(up, "reply-discord-queue", "pause")
    break_next(up, target="discord", kind="503")
    sent = up.interact()
    done = mando("replay", up.ended(sent["id"])["name"], "--port", str(up.port))
    assert ": SUCCEEDED, waits in the task " in done.stdout, done.stderr
    tasks = up.get(f"{QUEUES}/reply-discord-queue/tasks?responseView=FULL")["tasks"]
    assert len(tasks) == 2
    assert body_of(tasks[0]) == body_of(tasks[1])
    mend(up)
    order(up, "reply-discord-queue", "resume")
    tally = settle(up, [sent["id"]])
    assert (tally.pictures, tally.broken) == (1, [])
    assert len(up.objects().keys() - before) == 1


def test_a_drawing_that_must_wait_is_another_execution_of_the_same_request(up: Up) -> None:
    break_next(up, target="generate", kind="503")
    sent = up.interact()
    wait_until(lambda: up.executions(sent["id"]), "the execution begins")
    order(up, "create-image-queue", "pause")
    execution = up.ended(sent["id"])
    task = the_task(up, "create-image-queue")
    assert json.loads(execution["result"])["waits_in"] == task["name"].rpartition("/")[2]
    http = task["httpRequest"]
    assert http["url"] == f"https://workflowexecutions.googleapis.com/v1/{PLACE}/workflows/mando/executions"
    assert http["oauthToken"]["serviceAccountEmail"] == "mando-tasks@demo.iam.gserviceaccount.com"
    assert json.loads(body_of(task)["argument"]) == json.loads(execution["argument"])
    mend(up)
    order(up, "create-image-queue", "resume")
    tally = settle(up, [sent["id"]])
    assert (tally.pictures, tally.broken) == (1, [])
    assert len(up.executions(sent["id"])) == 2


def test_a_task_waits_as_long_as_discord_asks_where_that_is_longer_than_the_queues_own_wait(tmp_path: Path) -> None:
    """A 429 of /faults asks for 1.5 s; the step gives the queue whole seconds, and up to half as much more."""
    root = copy_of_sources(tmp_path / "sources")
    edited(root, "queue.yaml", r"(- name: reply-discord-queue[\s\S]*?min_backoff_seconds:) \d+", r"\1 0.1")
    with mando_up(tmp_path / "data", root) as up:
        break_next(up, target="discord", kind="429")
        sent = up.interact()

        def a_refused_task() -> dict[str, Any] | None:
            found = up.get(f"{QUEUES}/reply-discord-queue/tasks").get("tasks", [])
            return found[0] if found and "responseStatus" in found[0].get("lastAttempt", {}) else None

        task = wait_until(a_refused_task, "Discord refuses the task's call too", 30)
        mend(up)
        assert task is not None
        assert task["lastAttempt"]["responseStatus"]["message"].endswith("HTTP status code 429")
        answered, due = (
            datetime.fromisoformat(task[at] if at in task else task["lastAttempt"][at])
            for at in ("responseTime", "scheduleTime")
        )
        assert 1 <= (due - answered).total_seconds() <= 3.1
        tally = settle(up, [sent["id"]])
        assert (tally.pictures, tally.broken) == (1, [])
