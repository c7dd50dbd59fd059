"""A data folder that is older, damaged or another's: what is easy is brought over, the rest is told in one sentence."""

import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from local.contents import Contents
from local.discord.store import Store
from local.disk import UnusableFile
from local.executions.database import Database
from local.executions.store import ExecutionStore
from local.sqlite import Sqlite
from local.sqlite_file import Layout
from local.storage.database import Database as Index
from local.tasks.store import TaskStore
from tests.system.up import four_free_ports, mando

# The tables of an earlier version, in which layouts had no number.
EXECUTIONS_BEFORE = """
CREATE TABLE revisions (workflow TEXT NOT NULL, revision_id TEXT NOT NULL, number INTEGER NOT NULL,
    resource TEXT NOT NULL, PRIMARY KEY (workflow, revision_id));
CREATE TABLE operations (name TEXT PRIMARY KEY, resource TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE executions (number INTEGER PRIMARY KEY AUTOINCREMENT, workflow TEXT NOT NULL, name TEXT NOT NULL UNIQUE,
    state TEXT NOT NULL, resource TEXT NOT NULL);
CREATE TABLE histories (name TEXT PRIMARY KEY, entries TEXT NOT NULL);
CREATE TABLE journal (execution TEXT NOT NULL, position INTEGER NOT NULL, effect INTEGER NOT NULL, at TEXT NOT NULL,
    outcome TEXT NOT NULL, PRIMARY KEY (execution, position)) WITHOUT ROWID;
CREATE TABLE callbacks (name TEXT PRIMARY KEY, execution TEXT NOT NULL, method TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE callback_requests (number INTEGER PRIMARY KEY AUTOINCREMENT, callback TEXT NOT NULL,
    request TEXT NOT NULL);
INSERT INTO operations VALUES ('o', '{"name": "o", "metadata": {"createTime": "2026-11-01T00:00:00.5Z"}}');
INSERT INTO executions (workflow, name, state, resource) VALUES
    ('w', 'done', 'SUCCEEDED', '{"name": "done", "endTime": "2026-11-01T00:00:00.5Z"}'), ('w', 'now', 'ACTIVE', '{}');
INSERT INTO histories VALUES ('done', '[{"entryId": "1"}]');
INSERT INTO journal VALUES ('done', 1, 0, '2026-11-01T00:00:00Z', 'null');
"""
DISCORD_BEFORE = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE commands (name TEXT PRIMARY KEY, definition TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE guild_commands (name TEXT PRIMARY KEY, definition TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE interactions (id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, body BLOB NOT NULL, state TEXT NOT NULL,
    original_id INTEGER, acknowledged_status INTEGER, acknowledged_ms REAL) STRICT;
CREATE TABLE messages (id INTEGER PRIMARY KEY, revision INTEGER NOT NULL UNIQUE, made_at_revision INTEGER NOT NULL,
    deleted INTEGER NOT NULL, interaction_id INTEGER, nonce TEXT, message TEXT NOT NULL) STRICT;
CREATE TABLE files (id INTEGER PRIMARY KEY, message_id INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE INDEX files_of_message ON files (message_id);
INSERT INTO files VALUES (7, 1, x'89504e47'), (8, 1, x'89504e47');
"""


def a_file(path: Path, script: str) -> Path:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(script)
        connection.commit()
    return path


def test_what_was_before_numbers_is_brought_over(tmp_path: Path) -> None:
    database = Database(a_file(tmp_path / "workflows.sqlite", EXECUTIONS_BEFORE))
    store = ExecutionStore(database)
    assert store.history("done") == [{"entryId": "1"}]
    assert store.oldest_end_s() == pytest.approx(1793491200.5)
    assert [row[0] for row in database.rows("SELECT created_s FROM operations")] == [pytest.approx(1793491200.5)]
    assert database.rows("SELECT name FROM executions ORDER BY number") == [("done",), ("now",)]
    assert database.rows("SELECT 1 FROM journal") == []
    database.close()
    Database(tmp_path / "workflows.sqlite").close()


def test_a_journal_without_what_its_outcomes_answer_gets_room_for_it(tmp_path: Path) -> None:
    path = tmp_path / "workflows.sqlite"
    Database(path).close()
    a_file(
        path,
        "ALTER TABLE journal DROP COLUMN kind; ALTER TABLE journal DROP COLUMN digest; PRAGMA user_version = 1;"
        "INSERT INTO journal VALUES ('e', 1, 0, '2026-11-01T00:00:00Z', 'null');",
    )
    database = Database(path)
    assert database.rows("SELECT * FROM journal") == [("e", 1, 0, "2026-11-01T00:00:00Z", "null", None, None)]
    database.close()


def test_discords_files_come_out_of_the_table_and_the_same_bytes_lie_there_once(tmp_path: Path) -> None:
    path = a_file(tmp_path / "discord.sqlite", DISCORD_BEFORE)
    Store(path, Contents(tmp_path / "contents"), on_change=lambda _: None).close()
    files = [tmp_path / "discord.files" / name for name in ("7", "8")]
    assert [file.read_bytes() for file in files] == [b"\x89PNG", b"\x89PNG"]
    assert files[0].stat().st_ino == files[1].stat().st_ino


def test_executions_that_wait_in_an_older_folder_are_not_lost_silently(tmp_path: Path) -> None:
    waiting = EXECUTIONS_BEFORE + "INSERT INTO journal VALUES ('now', 1, 0, '2026-11-01T00:00:00Z', 'null');"
    path = a_file(tmp_path / "workflows.sqlite", waiting)
    before = path.read_bytes()
    with pytest.raises(UnusableFile, match="1 of its executions have begun and not ended") as told:
        Database(path)
    assert f"move {tmp_path} away" in str(told.value)
    assert path.read_bytes() == before


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
