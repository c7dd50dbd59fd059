"""A data folder that is older, damaged or another's: what is easy is brought over, the rest is told in one sentence."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from local.data.disk import UnusableFile
from local.data.sqlite import Sqlite
from local.data.sqlite_file import Layout
from local.storage.database import Database as Index
from local.tasks.store import TaskStore
from tests.command import mando
from tests.system.up import four_free_ports


def a_file(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
        connection.commit()
    return path


def test_another_shape_without_a_number_is_refused(tmp_path: Path) -> None:
    path = a_file(tmp_path / "tasks.sqlite", "CREATE TABLE task (name TEXT); INSERT INTO task VALUES ('t1');")
    with pytest.raises(UnusableFile, match=r"tasks\.sqlite was written by an older mando"):
        TaskStore(path)


def test_a_newer_layout_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "tasks.sqlite"
    TaskStore(path).close()
    a_file(path, "PRAGMA user_version = 9")
    with pytest.raises(UnusableFile, match=r"written by a newer mando \(layout 9"):
        TaskStore(path)


def test_a_step_that_fails_changes_nothing(tmp_path: Path) -> None:
    first = Layout(b"test", 1, "CREATE TABLE t (a INTEGER)")

    def broken(connection: sqlite3.Connection) -> None:
        connection.execute("ALTER TABLE t ADD COLUMN b INTEGER")
        connection.execute("INSERT INTO nowhere VALUES (1)")

    Sqlite(tmp_path / "t.sqlite", first).close()
    with pytest.raises(UnusableFile, match="no such table: nowhere"):
        Sqlite(tmp_path / "t.sqlite", Layout(b"test", 2, "CREATE TABLE t (a INTEGER, b INTEGER)", {1: broken}))
    Sqlite(tmp_path / "t.sqlite", first).close()


def test_a_file_is_whole_before_it_has_its_name(tmp_path: Path) -> None:
    """A process that was killed while it made the file leaves a draft, which is no file of ours yet."""
    (tmp_path / "tasks.sqlite.new").write_bytes(b"half a file")
    TaskStore(tmp_path / "tasks.sqlite").close()
    assert [path.name for path in tmp_path.iterdir()] == ["tasks.sqlite"]


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-5000])


def garbled(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:12000] = b"\xa5" * (12000 - 4096)
    path.write_bytes(content)


def a_text(path: Path) -> None:
    path.write_text("to do: buy milk\n")


def a_directory(path: Path) -> None:
    path.unlink()
    path.mkdir()


def of_another_part(path: Path) -> None:
    path.unlink()
    Index(path).close()


def a_dangling_link(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.with_name("nowhere"))


def a_wal_without_its_file(path: Path) -> None:
    path.unlink()
    path.with_name(path.name + "-wal").write_bytes(b"\x37\x7f\x06\x82" * 100)


DAMAGES: list[tuple[Callable[[Path], None], str]] = [
    (emptied, "is empty"),
    (truncated, "is damaged"),
    (garbled, "is damaged"),
    (a_text, "is damaged: file is not a database"),
    (a_directory, "is a directory"),
    (of_another_part, "belongs to another program"),
    (a_dangling_link, "is a link to nothing"),
    (a_wal_without_its_file, "is missing, but tasks.sqlite-wal"),
]


@pytest.mark.parametrize(("damage", "words"), DAMAGES)
def test_what_is_wrong_with_a_file_is_one_sentence_that_says_what_to_do(
    tmp_path: Path, damage: Callable[[Path], None], words: str
) -> None:
    path = tmp_path / "tasks.sqlite"
    TaskStore(path).close()
    damage(path)
    before = {each: each.is_file() and each.read_bytes() for each in tmp_path.iterdir()}
    with pytest.raises(UnusableFile) as told:
        TaskStore(path)
    assert words in str(told.value)
    assert str(path) in str(told.value)
    assert "move it away" in str(told.value) or "remove the link" in str(told.value)
    kept = {each: each.is_file() and each.read_bytes() for each in tmp_path.iterdir()}
    assert {name: kept[name] for name in before} == before


def test_a_wal_of_another_file_is_told_apart_and_not_written_into_this_one(tmp_path: Path) -> None:
    path, other = tmp_path / "tasks.sqlite", tmp_path / "other"
    TaskStore(path).close()
    database = Index(other)
    for name in range(50):
        database.run("INSERT INTO buckets VALUES (?, ?, '')", f"b{name}", "x" * 3000)
    shutil.copy(f"{other}-wal", f"{path}-wal")
    database.close()
    before = path.read_bytes()
    with pytest.raises(UnusableFile, match=r"tasks\.sqlite-wal does not belong to tasks\.sqlite"):
        TaskStore(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize("name", ["workflows.sqlite", "discord.sqlite", "objects/index.sqlite", "tasks.sqlite"])
def test_mando_up_says_so_and_ends_with_2(tmp_path: Path, name: str) -> None:
    (tmp_path / name).parent.mkdir(exist_ok=True)
    a_text(tmp_path / name)
    said_by_mando_up(tmp_path, name)


@pytest.mark.parametrize("name", ["issuer.pem", "discord.key", "seal.key"])
@pytest.mark.parametrize("content", [b"", b"\xff\x00 no key", None])
def test_a_key_that_is_none_is_named(tmp_path: Path, name: str, content: bytes | None) -> None:
    if content is None:
        (tmp_path / name).mkdir()
    else:
        (tmp_path / name).write_bytes(content)
    said_by_mando_up(tmp_path, name)


def said_by_mando_up(folder: Path, name: str) -> None:
    ended = mando("up", "--port", str(four_free_ports()), "--data", str(folder))
    assert ended.returncode == 2
    assert ended.stderr.startswith(f"mando up: {folder / name} ")
    assert "move it away" in ended.stderr
    assert ended.stderr.count("\n") == 1
    assert ended.stdout == ""
