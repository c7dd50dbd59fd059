"""deploy/deployment.yaml: gcloud and the programs get the same numbers, and a wrong one ends both with a message."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from deploy.call import Call
from service.deployment import (
    BUCKET_TIMEOUT_S,
    DISCORD_TIMEOUT_S,
    INGRESS_ANSWERS_WITHIN_S,
    INGRESS_REQUESTS,
    STEPS_THREADS,
)
from tests.deploy.project import CALLS
from tests.servers import ROOT

NUMBERS = yaml.safe_load((ROOT / "deploy" / "deployment.yaml").read_text())


def started(folder: Path, module: str, old: str, new: str) -> subprocess.CompletedProcess[str]:
    """That module imported by a process of its own, with one edit of the file."""
    for room in ("deploy", "schemas", "service"):
        shutil.copytree(ROOT / room, folder / room, ignore=shutil.ignore_patterns("__pycache__"))
    for name in ("app.yaml", "queue.yaml"):
        shutil.copy(ROOT / name, folder)
    file = folder / "deploy" / "deployment.yaml"
    assert file.read_text().count(old) == 1
    file.write_text(file.read_text().replace(old, new))
    command = [sys.executable, "-c", f"import {module}"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)


def test_the_programs_have_the_numbers_of_the_file() -> None:
    assert (NUMBERS["ingress"]["concurrency"], NUMBERS["steps"]["threads"]) == (INGRESS_REQUESTS, STEPS_THREADS)
    assert NUMBERS["ingress"]["answer_within_s"] == INGRESS_ANSWERS_WITHIN_S
    for name, timeout_s in (("bucket_timeout_s", BUCKET_TIMEOUT_S), ("discord_timeout_s", DISCORD_TIMEOUT_S)):
        assert tuple(NUMBERS["steps"][name].values()) == timeout_s


def test_gcloud_gets_the_numbers_of_the_file() -> None:
    (words,) = [call.command for call in CALLS if isinstance(call, Call) and call.purpose == "the ingress"]
    for name in ("memory", "cpu", "concurrency", "min_instances", "max_instances", "timeout"):
        assert f"--{name.replace('_', '-')}={NUMBERS['ingress'][name]}" in words
    variables = ",".join(f"{name}={value}" for name, value in NUMBERS["ingress"]["environment"].items())
    assert f"--set-env-vars={variables}" in words


@pytest.mark.parametrize(
    ("old", "new"), [("threads: 20", "threads: many"), ("threads: 20", "thread: 20"), ("workflows: ", "workflows: [")]
)
@pytest.mark.parametrize("module", ["service.deployment", "deploy.calls"])
def test_a_wrong_number_is_one_line_and_exit_code_2(module: str, old: str, new: str, tmp_path: Path) -> None:
    ended = started(tmp_path, module, old, new)
    assert ended.returncode == 2
    assert ended.stderr.startswith(
        ("mando: cannot read deploy/deployment.yaml: ", "mando deploy: deploy/deployment.yaml")
    )
    assert "Traceback" not in ended.stderr
