"""What must wait on a running `mando up`: which task is made for it, where, and what the queue does with it."""

import base64
import itertools
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests

import schemas
from local.auth import TokenIssuer
from local.http.hosts import to_local
from local.project import STEPS_URL
from tests.chaos.outage import drawing_fails_in_a_paused_queue
from tests.chaos.promise import break_next, mend, settle
from tests.command import mando
from tests.servers import wait_until
from tests.system.up import (
    PLACE,
    Up,
    edited,
    mando_up,
    pause,
    resume,
    sources_with_short_waits,
    the_task,
)

QUEUES = f"v2/{PLACE}/queues"


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    folder = tmp_path_factory.mktemp("waiting")
    with mando_up(folder / "data", sources_with_short_waits(folder / "sources")) as running:
        yield running


def body_of(task: dict[str, Any]) -> Any:
    return json.loads(base64.b64decode(task["httpRequest"]["body"]))


def test_a_reply_that_must_wait_is_a_call_of_the_step_by_the_workflows_account(up: Up) -> None:
    pause(up, "reply-discord-queue")
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
    assert (http["url"], http["httpMethod"]) == (f"{STEPS_URL}/reply-discord", "POST")
    assert http["oidcToken"] == {
        "serviceAccountEmail": "mando-workflow@demo.iam.gserviceaccount.com",
        "audience": "mando-steps",
    }
    assert (http["headers"]["X-Dedup-Key"], http["headers"]["Content-Type"]) == (sent["id"], "application/json")
    waiting = schemas.check("reply", body_of(task))
    assert waiting["request"] == json.loads(execution["argument"])
    assert waiting["picture"]["object"] in up.objects()
    mend(up)
    resume(up, "reply-discord-queue")
    tally = settle(up, [sent["id"]])
    assert (tally.pictures, tally.broken) == (1, [])


def test_a_reply_that_waits_is_replayed_in_the_outage_and_both_tasks_show_one_picture(up: Up) -> None:
    before = up.objects().keys()
    pause(up, "reply-discord-queue")
    break_next(up, target="discord", kind="503")
    sent = up.interact()
    done = mando("replay", up.ended(sent["id"])["name"], "--port", str(up.port))
    assert ": SUCCEEDED, waits in the task " in done.stdout, done.stderr
    tasks = up.get(f"{QUEUES}/reply-discord-queue/tasks?responseView=FULL")["tasks"]
    assert len(tasks) == 2
    assert body_of(tasks[0]) == body_of(tasks[1])
    mend(up)
    resume(up, "reply-discord-queue")
    tally = settle(up, [sent["id"]])
    assert (tally.pictures, tally.broken) == (1, [])
    assert len(up.objects().keys() - before) == 1


def test_a_drawing_that_must_wait_is_another_execution_of_the_same_request(up: Up) -> None:
    sent = drawing_fails_in_a_paused_queue(up)
    execution = up.ended(sent["id"])
    task = the_task(up, "create-image-queue")
    assert json.loads(execution["result"])["waits_in"] == task["name"].rpartition("/")[2]
    http = task["httpRequest"]
    assert http["url"] == f"https://workflowexecutions.googleapis.com/v1/{PLACE}/workflows/mando/executions"
    assert http["oauthToken"]["serviceAccountEmail"] == "mando-tasks@demo.iam.gserviceaccount.com"
    assert json.loads(body_of(task)["argument"]) == json.loads(execution["argument"])
    mend(up)
    resume(up, "create-image-queue")
    tally = settle(up, [sent["id"]])
    assert (tally.pictures, tally.broken) == (1, [])
    assert len(up.executions(sent["id"])) == 2


def tasks_of(up: Up, sent: dict[str, Any]) -> list[dict[str, Any]]:
    """The tasks that are to show this reply, whole."""
    queues = ("reply-discord-queue", "urgent-reply-queue")
    tasks = [up.get(f"{QUEUES}/{name}/tasks?responseView=FULL").get("tasks", []) for name in queues]
    return [task for task in itertools.chain(*tasks) if sent["id"] in task["name"]]


def round_of(task: dict[str, Any]) -> int:
    found = re.search(r"-r([0-9]+)$", task["name"])
    return int(found[1]) if found else 1


def in_round(up: Up, sent: dict[str, Any], number: int) -> dict[str, Any]:
    """The task of that round, or of a later one, of a reply that cannot be shown."""

    def find() -> dict[str, Any] | None:
        found = [task for task in tasks_of(up, sent) if round_of(task) >= number]
        return found[-1] if found else None

    task = wait_until(find, f"the reply is in round {number}", 60)
    assert task is not None
    return task


def deliver_again(up: Up, task: dict[str, Any], name: str) -> requests.Response:
    """As Cloud Tasks may do with a task of that name and the same body."""
    token = TokenIssuer(up.data / "issuer.pem").id_token(
        "mando-steps", "mando-steps@demo.iam.gserviceaccount.com", datetime.now(UTC)
    )
    return requests.post(
        to_local(task["httpRequest"]["url"], up.base),
        data=base64.b64decode(task["httpRequest"]["body"]),
        headers={
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "X-Dedup-Key": task["httpRequest"]["headers"]["X-Dedup-Key"],
            "X-CloudTasks-TaskName": name,
            "X-CloudTasks-TaskRetryCount": "0",
        },
        timeout=60,
    )


def test_a_reply_goes_from_task_to_task_through_an_outage_and_is_shown_once(up: Up) -> None:
    before = up.objects().keys()
    break_next(up, target="discord", kind="503")
    sent = up.interact()
    first = json.loads(up.ended(sent["id"])["result"])["waits_in"]
    task = in_round(up, sent, 3)
    pause(up, "reply-discord-queue")
    wait_until(lambda: len(tasks_of(up, sent)) == 1, "no task is under way")
    (task,) = tasks_of(up, sent)
    queue, _, name = task["name"].rpartition("/tasks/")
    assert queue.endswith("/reply-discord-queue")
    assert re.fullmatch(rf"{first}-r([3-9]|[1-9][0-9]+)", name)
    number = round_of(task)
    http = task["httpRequest"]
    assert (http["url"], http["httpMethod"]) == (f"{STEPS_URL}/reply-discord", "POST")
    assert http["oidcToken"] == {
        "serviceAccountEmail": "mando-steps@demo.iam.gserviceaccount.com",
        "audience": "mando-steps",
    }
    waiting = schemas.check("reply", body_of(task))
    assert waiting["request"] == json.loads(up.executions(sent["id"])[0]["argument"])
    (shown,) = [one for one in up.get("ops/state")["latest"] if one["name"] == up.executions(sent["id"])[0]["name"]]
    assert shown["waits"] == {"queue": "reply-discord-queue", "until": task["scheduleTime"]}

    again = deliver_again(up, task, f"{first}-r{number - 1}")
    assert (again.status_code, again.json()) == (202, {"waits_in": name})
    assert [one["name"] for one in tasks_of(up, sent)] == [task["name"]], "the task that was delivered twice"
    mend(up)
    resume(up, "reply-discord-queue")
    tally = settle(up, [sent["id"]])
    assert (tally.pictures, tally.broken) == (1, [])
    assert len(up.objects().keys() - before) == 1
    lines = [json.loads(line) for line in (up.data / "steps.log").read_text().splitlines()]
    said = [line for line in lines if line.get("interaction_id") == sent["id"] and line["status"] == 202]
    assert [line["severity"] for line in said] == ["INFO"] * number
    assert said[0]["message"].startswith("/reply-discord waits in reply-discord-queue until 20")
    assert said[0]["message"].endswith(f"Z, as {first}-r2: Discord answered 503/0")


def test_where_cloud_tasks_takes_no_task_the_queue_repeats_the_one_that_is_there(up: Up) -> None:
    pause(up, "reply-discord-queue")
    break_next(up, target="discord", kind="503")
    sent = up.interact()
    first = json.loads(up.ended(sent["id"])["result"])["waits_in"]
    break_next(up, target="reply_queue", kind="503")
    resume(up, "reply-discord-queue")

    def a_repeated_task() -> bool:
        (task,) = tasks_of(up, sent)
        return bool(task["name"].endswith(first) and int(task.get("responseCount", 0)) >= 2)

    wait_until(a_repeated_task, "Cloud Tasks repeats the first task", 60)
    mend(up)
    tally = settle(up, [sent["id"]])
    assert (tally.pictures, tally.broken) == (1, [])


def test_near_the_tokens_end_a_reply_waits_in_the_urgent_queue_and_both_are_tried(tmp_path: Path) -> None:
    root = sources_with_short_waits(tmp_path / "sources")
    edited(root, "deploy/deployment.yaml", r"last_word_s: \d+", "last_word_s: 899")  # it is near at once
    with mando_up(tmp_path / "data", root) as up:
        break_next(up, target="discord", kind="503")
        sent = up.interact()
        task = in_round(up, sent, 2)
        assert "/queues/urgent-reply-queue/tasks/" in task["name"]
        mend(up)
        tally = settle(up, [sent["id"]])
        assert (tally.pictures, tally.failure_replies, tally.broken) == (1, 0, [])


def test_a_reply_is_put_off_for_as_long_as_discord_asks(up: Up) -> None:
    """A 429 of /faults asks for 1.5 s; the step waits up to half as long more."""
    break_next(up, target="discord", kind="429")
    sent = up.interact()
    ended = datetime.fromisoformat(up.ended(sent["id"])["endTime"])
    task = in_round(up, sent, 2)
    mend(up)
    created, due = (datetime.fromisoformat(task[at]) for at in ("createTime", "scheduleTime"))
    assert (due - ended).total_seconds() >= 2 * 1.5 - 0.1, "the execution put it off, and then its first task"
    assert (due - created).total_seconds() <= 3.3, "createTime has whole seconds"
    tally = settle(up, [sent["id"]])
    assert (tally.pictures, tally.broken) == (1, [])
