"""An edit of the YAML changes what a restarted `mando up` does."""

import re
from datetime import datetime
from pathlib import Path
from typing import Any

import requests

from local.project import STEPS_URL
from tests.servers import wait_until
from tests.system.up import PLACE, Up, copy_of_sources, edited, four_free_ports, mando_of, mando_up


def test_a_lower_rate_in_queue_yaml_slows_a_restarted_queue(tmp_path: Path) -> None:
    root = copy_of_sources(tmp_path / "sources")
    edited(root, "queue.yaml", r"rate: \d+/s", "rate: 4/s")
    edited(root, "queue.yaml", r"bucket_size: \d+", "bucket_size: 1")
    with mando_up(tmp_path / "data", root) as up:
        ids = [up.interact()["id"] for _ in range(5)]
        done = [up.ended(interaction_id) for interaction_id in ids]
    starts = sorted(datetime.fromisoformat(execution["createTime"]) for execution in done)
    assert (starts[-1] - starts[0]).total_seconds() >= 0.95 * 4 / 4


def test_a_longer_backoff_in_the_workflow_makes_a_restarted_one_wait_longer(tmp_path: Path) -> None:
    root = copy_of_sources(tmp_path / "sources")
    waited_s = []
    edited(root, "workflows/mando.yaml", r"mistake_retries: \d+", "mistake_retries: 1")
    for delay_s in (0.2, 1.5):
        edited(root, "workflows/mando.yaml", r"mistake_wait_s: [\d.]+", f"mistake_wait_s: {delay_s}")
        with mando_up(tmp_path / "data", root) as up:
            broken = {"target": "reply", "kind": "garbage", "count": 2}
            requests.post(f"{up.base}/faults", json=broken, timeout=10).raise_for_status()
            sent = up.interact()
            execution = up.ended(sent["id"])
            shown = up.reply(sent)["content"]
        assert execution["state"] == "FAILED"
        assert "Something went wrong" in shown
        waited_s.append(duration_s(execution))
    assert waited_s[0] >= 0.2
    assert waited_s[1] >= 1.5
    assert waited_s[0] < waited_s[1]


def duration_s(execution: dict[str, Any]) -> float:
    began, ended = (datetime.fromisoformat(execution[name]) for name in ("startTime", "endTime"))
    return (ended - began).total_seconds()


def test_a_second_workflow_file_or_a_second_queue_is_not_deployed_under_its_name(tmp_path: Path) -> None:
    """A file in workflows/ and an entry in queue.yaml are all that it takes; the same file deploys to the cloud."""
    root = copy_of_sources(tmp_path / "sources")
    (root / "workflows" / "second.yaml").write_text(
        "main: {steps: [{tell: {return: '${sys.get_env(\"STEPS_URL\")}'}}]}"
    )
    with (root / "queue.yaml").open("a") as file:
        file.write("- {name: second-queue, rate: 3/s}\n")
    with mando_up(tmp_path / "data", root) as up:
        listed = up.get(f"v1/{PLACE}/workflows")["workflows"]
        queues = up.get(f"v2/{PLACE}/queues")["queues"]
        started = requests.post(f"{up.base}/v1/{PLACE}/workflows/second/executions", json={}, timeout=10).json()
        ended = wait_until(lambda: _ended(up, started["name"]), "the execution ends", 10)
    assert [one["name"].rpartition("/")[2] for one in listed] == ["mando", "second"]
    assert [one["name"].rpartition("/")[2] for one in queues] == [
        "create-image-queue",
        "reply-discord-queue",
        "second-queue",
        "urgent-reply-queue",
    ]
    assert ended is not None
    assert ended["result"] == f'"{STEPS_URL}"'
    printed = mando_of(root, "deploy", "--dry-run").stdout
    assert "gcloud workflows deploy second --source=workflows/second.yaml" in printed


def _ended(up: Up, name: str) -> Any:
    execution = up.get(f"v1/{name}")
    return execution if execution["state"] != "ACTIVE" else None


def test_a_wrong_second_workflow_is_said_without_its_file(tmp_path: Path) -> None:
    root = copy_of_sources(tmp_path / "sources")
    (root / "workflows" / "second.yaml").write_text("main: {steps: [{tell: {retrun: 1}}]}")
    assert "workflows/second.yaml:1:23: a step needs one of" in up_that_ends(root, tmp_path / "data")


def test_a_wrong_workflow_is_said_with_its_place_and_nothing_starts(tmp_path: Path) -> None:
    root = copy_of_sources(tmp_path / "sources")
    edited(root, "workflows/mando.yaml", r"call: http\.post", "call: http.pots")
    process = up_that_ends(root, tmp_path / "data")
    assert re.search(r"\d+:\d+: unknown function or subworkflow 'http\.pots'", process)
    assert "Traceback" not in process


def test_a_wrong_queue_yaml_is_said_with_its_place_and_nothing_starts(tmp_path: Path) -> None:
    root = copy_of_sources(tmp_path / "sources")
    edited(root, "queue.yaml", r"rate: \d+/s", "rate: 5/fortnight")
    assert "queue.yaml:6:9: expected a rate like 5/s" in up_that_ends(root, tmp_path / "data")


def test_a_wrong_command_definition_is_said_and_nothing_starts(tmp_path: Path) -> None:
    root = copy_of_sources(tmp_path / "sources")
    edited(root, "deploy/command.json", r'"name": "mando"', '"name": "Man do"')
    said = up_that_ends(root, tmp_path / "data")
    assert "command.json is no command that Discord would take" in said
    assert "Traceback" not in said


def up_that_ends(root: Path, data: Path) -> str:
    """What `mando up` says when it cannot start."""
    ended = mando_of(root, "up", "--port", str(four_free_ports()), "--data", str(data))
    assert ended.returncode == 2
    assert "ready" not in ended.stdout
    return ended.stderr
