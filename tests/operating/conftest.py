"""One `mando up` with short waits and low limits for all situations but those that restart it."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.gcloud import require_gcloud
from tests.system.up import Up, edited, mando_up, sources_with_short_waits


@pytest.fixture(scope="package")
def sources(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with one commit, in which an operator edits and commits."""
    require_gcloud()
    root = sources_with_short_waits(tmp_path_factory.mktemp("operating"))
    edited(root, "ingress/limits.yaml", r"look_every_s: \d+", "look_every_s: 0.1")
    edited(root, "ingress/limits.yaml", r"tell_after_s: \d+", "tell_after_s: 2")
    edited(root, "ingress/limits.yaml", r"refuse_after_s: \d+", "refuse_after_s: 20")
    subprocess.run(["git", "init", "-q", "-b", "main"], cwd=root, check=True)
    commit(root)
    return root


@pytest.fixture(scope="package")
def up(sources: Path) -> Iterator[Up]:
    with mando_up(sources / ".mando", sources) as up:
        yield up


def commit(root: Path) -> None:
    subprocess.run(["git", "add", "."], cwd=root, check=True)
    who = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    subprocess.run(["git", *who, "commit", "-q", "-m", "an edit"], cwd=root, check=True)
