"""The texts that can be tuned are the same from a folder and from a commit; what is no text is said."""

import subprocess
from pathlib import Path

import pytest

from tests.servers import ROOT
from tuning.sources import NoSources, UnreadableFile, from_folder, from_git


def a_project(folder: Path) -> Path:
    (folder / "workflows").mkdir()
    (folder / "workflows" / "mando.yaml").write_text("main: {}\n")
    (folder / "queue.yaml").write_bytes("\N{BYTE ORDER MARK}queue:\r\n".encode())
    (folder / "other.yaml").write_text("no\n")
    return folder


def git(folder: Path, *words: str) -> None:
    command = ["git", "-C", str(folder), "-c", "user.name=t", "-c", "user.email=t@example.com", *words]
    subprocess.run(command, check=True, capture_output=True)


def test_all_files_that_can_be_tuned_are_read_and_no_other(tmp_path: Path) -> None:
    assert from_folder(a_project(tmp_path)) == {"workflows/mando.yaml": "main: {}\n", "queue.yaml": "queue:\n"}


def test_our_own_folder_has_every_kind_of_file() -> None:
    needed = {"app.yaml", "deploy/deployment.yaml", "ingress/limits.yaml", "queue.yaml", "schemas/error.json"}
    assert needed < set(from_folder(ROOT))


def test_a_commit_has_the_texts_of_its_time(tmp_path: Path) -> None:
    before = from_folder(a_project(tmp_path))
    for words in (["init", "-q"], ["add", "."], ["commit", "-qm", "all"]):
        git(tmp_path, *words)
    (tmp_path / "queue.yaml").write_text("queue: []\n")
    assert from_git("HEAD", tmp_path) == before
    assert from_folder(tmp_path) != before


@pytest.mark.parametrize("ref", ["no-such-branch", "--help", "", "HEAD:queue.yaml"])
def test_what_is_no_commit_is_said(ref: str, tmp_path: Path) -> None:
    git(a_project(tmp_path), "init", "-q")
    with pytest.raises(NoSources) as caught:
        from_git(ref, tmp_path)
    assert str(caught.value)


def test_a_folder_without_any_of_the_files_is_said(tmp_path: Path) -> None:
    with pytest.raises(NoSources, match=r"holds none of workflows/\*\.yaml"):
        from_folder(tmp_path)
    with pytest.raises(NoSources, match="is no folder"):
        from_folder(tmp_path / "nowhere")


@pytest.mark.parametrize(("content", "what"), [(b"\xff\xfe", "is not UTF-8"), (b"a" * (2**20 + 1), "larger than")])
def test_a_file_that_is_no_text_is_said_with_its_name(content: bytes, what: str, tmp_path: Path) -> None:
    (a_project(tmp_path) / "queue.yaml").write_bytes(content)
    with pytest.raises(UnreadableFile, match=f"queue.yaml: the file .*{what}|queue.yaml: the file {what}"):
        from_folder(tmp_path)
