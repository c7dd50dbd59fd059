"""An edit of the YAML changes what a `mando up` that is started after it does."""

import re
import shutil
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import requests

from local.deployed import deploy_files
from local.live_files import BrokenFile
from local.project import STEPS_URL
from local.server import LocalCloud
from tests.servers import ROOT, wait_until
from tests.system.up import PLACE, Up, copy_of_sources, edited, four_free_ports, mando_of, mando_up


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Our sources with edits of an operator: another rate, another backoff, a second workflow, a second queue.

    A file in workflows/ and an entry in queue.yaml are all that it takes; the same files deploy to the cloud.
    """
    root = copy_of_sources(tmp_path_factory.mktemp("edited"))
    edited(root, "queue.yaml", r"rate: \d+/s", "rate: 4/s")
    edited(root, "queue.yaml", r"bucket_size: \d+", "bucket_size: 1")
    edited(root, "workflows/mando.yaml", r"mistake_retries: \d+", "mistake_retries: 1")
    edited(root, "workflows/mando.yaml", r"mistake_wait_s: 1 ", "mistake_wait_s: 2.5 ")
    (root / "workflows" / "second.yaml").write_text(
        "main: {steps: [{tell: {return: '${sys.get_env(\"STEPS_URL\")}'}}]}"
    )
    with (root / "queue.yaml").open("a") as file:
        file.write("- {name: second-queue, rate: 3/s}\n")
    return root


@pytest.fixture(scope="module")
def up(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Up]:
    with mando_up(tmp_path_factory.mktemp("up") / "data", root) as running:
        yield running


def test_a_lower_rate_in_queue_yaml_slows_the_queue(up: Up) -> None:
    ids = [up.interact()["id"] for _ in range(5)]
    done = [up.ended(interaction_id) for interaction_id in ids]
    starts = sorted(datetime.fromisoformat(execution["createTime"]) for execution in done)
    assert (starts[-1] - starts[0]).total_seconds() >= 0.95 * 4 / 4


def test_a_longer_backoff_in_the_workflow_makes_an_execution_wait_longer(up: Up) -> None:
    """Ours waits for 1 s before the same two calls."""
    broken = {"target": "reply", "kind": "garbage", "count": 2}
    requests.post(f"{up.base}/faults", json=broken, timeout=30).raise_for_status()
    sent = up.interact()
    execution = up.ended(sent["id"])
    assert execution["state"] == "FAILED"
    assert "Something went wrong" in up.reply(sent)["content"]
    entries = up.get(f"v1/{execution['name']}/stepEntries?pageSize=1000")["stepEntries"]
    first, again, *_ = [one for one in entries if one["step"] == "send"]
    waited = datetime.fromisoformat(again["createTime"]) - datetime.fromisoformat(first["updateTime"])
    assert waited.total_seconds() >= 2.5


def test_a_second_workflow_file_or_a_second_queue_is_not_deployed_under_its_name(root: Path, up: Up) -> None:
    listed = up.get(f"v1/{PLACE}/workflows")["workflows"]
    queues = up.get(f"v2/{PLACE}/queues")["queues"]
    started = requests.post(f"{up.base}/v1/{PLACE}/workflows/second/executions", json={}, timeout=30).json()
    ended = wait_until(lambda: _ended(up, started["name"]), "the execution ends", 30)
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


@pytest.mark.parametrize(
    ("file", "text", "said"),
    [
        (
            "workflows/second.yaml",
            "main: {steps: [{tell: {retrun: 1}}]}",
            "workflows/second.yaml:1:23: a step needs one of",
        ),
        ("queue.yaml", "queue:\n- name: q\n  rate: 5/fortnight\n", "queue.yaml:3:9: expected a rate like 5/s"),
    ],
)
async def test_a_wrong_second_workflow_or_queue_yaml_is_said_with_its_place(
    tmp_path: Path, file: str, text: str, said: str
) -> None:
    for name in ("data", "workflows"):
        (tmp_path / name).mkdir()
    for name in ("workflows/mando.yaml", "queue.yaml"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / file).write_text(text)
    async with LocalCloud(tmp_path / "data", four_free_ports(), "http://127.0.0.1:1") as cloud:
        with pytest.raises(BrokenFile, match=f"^{re.escape(said)}"):
            deploy_files(cloud, tmp_path)


def test_a_wrong_workflow_is_said_with_its_place_and_nothing_starts(tmp_path: Path) -> None:
    root = copy_of_sources(tmp_path / "sources")
    edited(root, "workflows/mando.yaml", r"call: http\.post", "call: http.pots")
    process = up_that_ends(root, tmp_path / "data")
    assert re.search(r"\d+:\d+: unknown function or subworkflow 'http\.pots'", process)
    assert "Traceback" not in process


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
