"""The form without a workflow: two queues, whose tasks call the steps over HTTP or as App Engine tasks."""

import base64
import contextlib
import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.chaos.promise import answered, break_next, mend, settle
from tests.command import mando
from tests.servers import wait_until
from tests.system.up import PLACE, Up, mando_up, sources_with_short_waits

Json = dict[str, object]


@pytest.fixture(scope="module")
def of_app_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with of_form(tmp_path_factory.mktemp("app-engine"), []) as running:
        yield running


@pytest.fixture(scope="module", params=["app-engine", "http"])
def up(request: pytest.FixtureRequest, of_app_engine: Up, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    if request.param == "app-engine":
        yield of_app_engine
        return
    with of_form(tmp_path_factory.mktemp("http"), ["--tasks", "http"]) as running:
        yield running


def of_form(folder: Path, tasks: list[str]) -> contextlib.AbstractContextManager[Up]:
    root = sources_with_short_waits(folder / "sources")
    return mando_up(folder / "data", root, options=["--form", "queues", *tasks])


def test_each_member_gets_one_picture_and_no_execution_is_started(up: Up) -> None:
    sent = mando("send", "--port", str(up.port), "--count", "6", "--rate", "20")
    assert sent.returncode == 0, sent.stderr
    summary = json.loads(sent.stdout.splitlines()[-1])["summary"]
    assert (summary["sent"], summary["picture"], summary["visible_replies"]) == (6, 6, 6)
    assert up.get(f"v1/{PLACE}/workflows/mando/executions") == {}
    assert up.get("ops/state")["form"].endswith("without a workflow.")


def test_a_delivery_again_shows_nothing_new(up: Up) -> None:
    before = len(up.objects())
    sent = up.interact(deliveries=2)
    tally = settle(up, [sent["id"]])
    assert (tally.pictures, tally.broken, len(up.objects()) - before) == (1, [], 1)


def test_an_outage_of_discord_and_one_of_a_queue_are_waited_out(up: Up) -> None:
    break_next(up, target="discord", kind="503")
    sent = [up.interact()["id"] for _ in range(3)]
    wait_until(lambda: sorted(_rounds(up))[:1] >= [2] and len(_rounds(up)) == 3, "each reply waits in a second task")
    mend(up)
    break_next(up, target="storage", kind="503", count=2)
    sent += [up.interact()["id"] for _ in range(3)]
    tally = settle(up, sent)
    assert (tally.pictures, tally.failure_replies, tally.broken) == (6, 0, [])


def _rounds(up: Up) -> list[int]:
    """Of each reply that waits: the number of its task."""
    tasks = up.get(f"v2/{PLACE}/queues/reply-discord-queue/tasks").get("tasks", [])
    return [int(found[1]) if (found := re.search("-r([0-9]+)$", task["name"])) else 1 for task in tasks]


def to_steps(up: Up, **headers: str) -> requests.Response:
    """A call from outside, without a token."""
    return requests.post(f"http://127.0.0.1:{up.port + 2}/reply-discord", json={}, headers=headers, timeout=30)


@pytest.mark.parametrize("name", ["X-AppEngine-QueueName", "x-appengine-queuename"])
def test_a_call_from_elsewhere_pretends_to_be_a_task(of_app_engine: Up, name: str) -> None:
    """Source: App Engine, "Request headers and responses": removed from incoming requests."""
    answer = to_steps(of_app_engine, **{name: "reply-discord-queue", "X-AppEngine-TaskName": "t"})
    assert (answer.status_code, answer.json()["kind"]) == (401, "caller")


def test_a_task_of_another_queue_of_the_project_is_not_ours(of_app_engine: Up) -> None:
    """The steps see the true name of its queue."""
    up = of_app_engine
    answered(up, [up.interact()["id"]])  # so that only the tasks below are refused
    log = up.data / "steps.log"
    before = len(log.read_text())
    place = f"{up.base}/v2/{PLACE}/queues"
    queue = {"name": f"{PLACE}/queues/other", "retryConfig": {"maxAttempts": 1}}
    requests.post(place, json=queue, timeout=30).raise_for_status()
    for name in ("other", "reply-discord-queue"):
        request = {
            "relativeUri": "/reply-discord",
            "headers": {"X-AppEngine-QueueName": "reply-discord-queue", "Content-Type": "application/json"},
            "body": base64.b64encode(b"{}").decode(),
        }
        task = {"task": {"name": f"{PLACE}/queues/{name}/tasks/t", "appEngineHttpRequest": request}}
        requests.post(f"{place}/{name}/tasks", json=task, timeout=30).raise_for_status()
    wait_until(
        lambda: {400, 401} <= set(_statuses(log.read_text()[before:])), "both tasks are refused, each for its reason"
    )
    requests.post(f"{place}/reply-discord-queue:purge", json={}, timeout=30).raise_for_status()


def _statuses(log: str) -> list[int]:
    entries = [json.loads(line) for line in log.splitlines() if line.startswith("{")]
    return [one["status"] for one in entries if "status" in one]
