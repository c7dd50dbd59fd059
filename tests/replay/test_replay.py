"""Replays against a running `mando up`: one, in bulk, and by every command of docs/replaying.md with gcloud."""

import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.command import mando
from tests.gcloud import require_gcloud
from tests.servers import ROOT, wait_until
from tests.system.shell import in_shell
from tests.system.up import PLACE, Up, mando_up


@pytest.fixture(scope="module")
def up(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with mando_up(tmp_path_factory.mktemp("replay")) as up:
        yield up


def a_failure(up: Up) -> dict[str, Any]:
    """An interaction whose picture was lost on the way: the member has been told so."""
    fault = {"target": "generate", "kind": "400", "count": 1}
    requests.post(f"{up.base}/faults", json=fault, timeout=30).raise_for_status()
    sent = up.interact()
    assert up.ended(sent["id"])["state"] == "FAILED"
    assert "image" not in json.dumps(up.reply(sent)["embeds"])
    return sent


def shows_a_picture(up: Up, sent: dict[str, Any]) -> bool:
    return bool(up.reply(sent)["embeds"][0]["image"]["url"])


def replay(up: Up, *words: str) -> subprocess.CompletedProcess[str]:
    return mando("replay", *words, "--port", str(up.port))


def test_a_failed_request_is_delivered_in_place(up: Up) -> None:
    sent = a_failure(up)
    failed = up.ended(sent["id"])["name"]
    done = replay(up, failed.rpartition("/")[2])
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith(": SUCCEEDED\n")
    assert shows_a_picture(up, sent)
    labels = {one["labels"]["replay-of"] for one in up.executions(sent["id"]) if "labels" in one}
    assert labels == {failed.rpartition("/")[2]}
    assert replay(up, "--failed", "--since", "1h").stdout == "0 replayed\n"


def test_all_that_failed_is_replayed_once(up: Up) -> None:
    lost = [a_failure(up) for _ in range(3)]
    assert up.ended(up.interact()["id"])["state"] == "SUCCEEDED"
    done = replay(up, "--failed", "--since", "10m", "--rate", "20")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "3 replayed, 3 SUCCEEDED")
    assert all(shows_a_picture(up, sent) for sent in lost)


def test_a_replay_that_fails_again_says_why(up: Up) -> None:
    sent = a_failure(up)
    fault = {"target": "generate", "kind": "400", "count": 1}
    requests.post(f"{up.base}/faults", json=fault, timeout=30).raise_for_status()
    done = replay(up, up.ended(sent["id"])["name"])
    assert done.returncode == 1
    assert "FAILED, " in done.stdout
    assert replay(up, "--failed").returncode == 0


def test_a_replay_after_the_tokens_life_posts_the_picture_to_the_channel_once(up: Up) -> None:
    sent = up.interact(user_id="77")
    argument = json.loads(up.ended(sent["id"])["argument"])
    late = json.dumps({**argument, "expires_at": "2026-01-01T00:00:00Z"})
    names = []
    for _ in range(2):
        url = f"{up.base}/v1/{PLACE}/workflows/mando/executions"
        names.append(requests.post(url, json={"argument": late}, timeout=30).json()["name"])
    wait_until(lambda: all(up.get(f"v1/{name}")["state"] == "SUCCEEDED" for name in names), "both replays end")
    original, posted = up.get(f"api/client/interactions/{sent['id']}")["messages"]
    assert original["content"] == ""
    assert posted["content"] == "<@77>"
    assert posted["embeds"][0]["image"]["url"]
    assert posted["embeds"][0]["title"] == original["embeds"][0]["title"]


REPLIES = f"v2/{PLACE}/queues/reply-discord-queue"


@pytest.fixture
def paused(up: Up) -> Iterator[None]:
    """Replies that wait stay in the queue."""
    requests.post(f"{up.base}/{REPLIES}:pause", json={}, timeout=30).raise_for_status()
    yield
    requests.post(f"{up.base}/{REPLIES}:resume", json={}, timeout=30).raise_for_status()


def a_reply_that_waits(up: Up) -> tuple[dict[str, Any], str]:
    """An interaction, and the task that its reply waits in: Discord was down for longer than the workflow retries."""
    fault = {"target": "discord", "kind": "503", "count": 3}
    requests.post(f"{up.base}/faults", json=fault, timeout=30).raise_for_status()
    sent = up.interact()
    ended = up.ended(sent["id"])
    assert ended["state"] == "SUCCEEDED"
    return sent, json.loads(ended["result"])["waits_in"]


def waiting_tasks(up: Up) -> list[str]:
    return [task["name"].rpartition("/")[2] for task in up.get(f"{REPLIES}/tasks").get("tasks", [])]


@pytest.mark.usefixtures("paused")
def test_a_reply_that_waits_is_replayed_and_its_task_shows_nothing_new(up: Up) -> None:
    sent, task = a_reply_that_waits(up)
    assert waiting_tasks(up) == [task]
    done = replay(up, "--waiting", "--since", "5m")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 replayed, 1 SUCCEEDED"), done.stderr
    shown = up.reply(sent)
    assert shown["embeds"][0]["image"]["url"]
    assert replay(up, "--waiting").stdout == "0 replayed\n"
    requests.post(f"{up.base}/{REPLIES}:resume", json={}, timeout=30).raise_for_status()
    wait_until(lambda: waiting_tasks(up) == [], "the task is done")
    again = up.reply(sent)
    assert (again["id"], again["embeds"][0]["title"]) == (shown["id"], shown["embeds"][0]["title"])
    assert len(again["embeds"]) == 1


def test_a_reply_that_is_in_its_second_task_or_a_later_one_is_replayed_and_shown_once(up: Up) -> None:
    """The execution names the first task, which is gone."""
    fault = {"target": "discord", "kind": "503"}
    requests.post(f"{up.base}/faults", json=fault, timeout=30).raise_for_status()
    sent = up.interact()
    first = json.loads(up.ended(sent["id"])["result"])["waits_in"]
    wait_until(lambda: any(name.startswith(f"{first}-r") for name in waiting_tasks(up)), "the second task waits", 60)
    requests.post(f"{up.base}/{REPLIES}:pause", json={}, timeout=30).raise_for_status()
    wait_until(lambda: len(waiting_tasks(up)) == 1, "no task is under way")
    requests.delete(f"{up.base}/faults", timeout=30).raise_for_status()
    done = replay(up, "--waiting", "--since", "5m")
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, "1 replayed, 1 SUCCEEDED"), done.stderr
    shown = up.reply(sent)
    assert shown["embeds"][0]["image"]["url"]
    requests.post(f"{up.base}/{REPLIES}:resume", json={}, timeout=30).raise_for_status()
    wait_until(lambda: waiting_tasks(up) == [], "the task is done")
    assert up.reply(sent)["id"] == shown["id"]


@pytest.mark.usefixtures("paused")
def test_replies_that_were_purged_are_delivered_by_a_replay(up: Up) -> None:
    sent, task = a_reply_that_waits(up)
    requests.post(f"{up.base}/{REPLIES}:purge", json={}, timeout=30).raise_for_status()
    wait_until(lambda: waiting_tasks(up) == [], "the queue is empty")
    assert not up.reply(sent)["embeds"]
    failed = replay(up, "--failed")
    assert (failed.returncode, failed.stdout) == (0, "0 replayed\n"), "it has not failed: it waits"
    assert task.endswith(f"-{sent['id']}")
    assert replay(up, task.removesuffix(f"-{sent['id']}")).returncode == 0
    assert shows_a_picture(up, sent)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "name one execution, or say --failed or --waiting"),
        (["x", "--failed"], "name one execution, or say --failed or --waiting"),
        (["x", "--waiting"], "name one execution, or say --failed or --waiting"),
        (["--failed", "--waiting"], "name one execution, or say --failed or --waiting"),
        (["x"], "'x' is no execution"),
        (["00000000-0000-0000-0000-000000000000"], "not found"),
        (["--failed", "--workflow", "none"], "workflow projects/demo/locations/us-central1/workflows/none not found"),
        (["--failed", "--since", "soon"], "'soon' is no duration"),
    ],
)
def test_what_cannot_be_replayed_is_said_in_one_line(up: Up, words: list[str], said: str) -> None:
    done = replay(up, *words)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


def test_without_a_mando_up_it_says_so() -> None:
    done = mando("replay", "--failed", "--port", "1")
    assert (done.returncode, "start it with `mando up`" in done.stderr) == (2, True)


def test_every_command_of_the_runbook_works(up: Up, tmp_path: Path) -> None:
    require_gcloud()
    lost = [a_failure(up), a_failure(up)]
    page = (ROOT / "docs" / "replaying.md").read_text()
    commands = re.findall(r"^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)
    assert len(commands) == 8
    ran = in_shell(up, tmp_path, commands)
    assert ran.returncode == 0, ran.stderr
    assert "SUCCEEDED" in ran.stdout
    assert ran.stdout.splitlines()[-1] == "1 replayed, 1 SUCCEEDED"
    assert all(shows_a_picture(up, sent) for sent in lost)


def test_the_queued_executions_are_counted_as_the_page_on_tuning_says(up: Up, tmp_path: Path) -> None:
    require_gcloud()
    page = (ROOT / "docs" / "tuning.md").read_text()
    command = next(line for line in page.splitlines() if line.startswith("gcloud "))
    assert up.ended(up.interact()["id"])["state"] == "SUCCEEDED"
    ran = in_shell(up, tmp_path, ['eval "$(mando env)"', command])
    assert (ran.returncode, ran.stdout.strip()) == (0, "0"), ran.stderr
