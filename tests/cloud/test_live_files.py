"""A saved file is put into force once, a broken one leaves the last good one, and half-written ones are waited for."""

import os
from pathlib import Path

import pytest

from local.live_files import BrokenFile, LiveFile


def a_file(path: Path, text: str = "1") -> tuple[LiveFile, list[str]]:
    """A file that holds a number, and what was put into force so far."""
    applied: list[str] = []

    def apply(text: str) -> str:
        if not text.isdigit():
            raise BrokenFile(f"{text!r} is no number")
        applied.append(text)
        return text

    path.write_text(text)
    return LiveFile(path, apply), applied


def save(file: LiveFile, text: str, moment: int) -> None:
    file.path.write_text(text)
    os.utime(file.path, (moment, moment))


def test_a_save_is_put_into_force_once_it_has_come_to_rest(tmp_path: Path) -> None:
    file, applied = a_file(tmp_path / "f")
    file.load()
    save(file, "2", 1)
    assert [file.reload(), file.reload(), file.reload()] == [False, True, False]
    assert (applied, file.in_force, file.problem) == (["1", "2"], "2", None)


def test_a_broken_file_leaves_the_last_good_one_in_force(tmp_path: Path) -> None:
    file, applied = a_file(tmp_path / "f")
    file.load()
    save(file, "two", 1)
    assert [file.reload(), file.reload(), file.reload()] == [False, True, False]
    assert (applied, file.in_force, file.problem) == (["1"], "1", "'two' is no number")
    save(file, "3", 2)
    assert [file.reload(), file.reload()] == [False, True]
    assert (file.in_force, file.problem) == ("3", None)


def test_a_file_that_is_gone_for_a_moment_is_no_news(tmp_path: Path) -> None:
    file, _ = a_file(tmp_path / "f")
    file.load()
    file.path.unlink()
    assert [file.reload(), file.reload()] == [False, False]
    assert file.problem is None


@pytest.mark.parametrize("content", [b"\xff\xfe", None])
def test_what_cannot_be_read_is_said(tmp_path: Path, content: bytes | None) -> None:
    file, _ = a_file(tmp_path / "f")
    file.path.unlink()
    if content is not None:
        file.path.write_bytes(content)
    with pytest.raises(BrokenFile, match=r"cannot read|not UTF-8"):
        file.load()
