"""A file of the local Discord from before layouts had numbers."""

import sqlite3
from contextlib import closing
from pathlib import Path

from local.data.content_pool import ContentPool
from local.discord.data.store import Store
from tests.cloud.test_layouts import a_file

# The tables of an earlier version, in which layouts had no number.
DISCORD_BEFORE = """
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE commands (name TEXT PRIMARY KEY, definition TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE guild_commands (name TEXT PRIMARY KEY, definition TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE interactions (id INTEGER PRIMARY KEY, token TEXT NOT NULL UNIQUE, body BLOB NOT NULL, state TEXT NOT NULL,
    original_id INTEGER, acknowledged_status INTEGER, acknowledged_ms REAL) STRICT;
CREATE TABLE messages (id INTEGER PRIMARY KEY, revision INTEGER NOT NULL UNIQUE, made_at_revision INTEGER NOT NULL,
    deleted INTEGER NOT NULL, interaction_id INTEGER, nonce TEXT, message TEXT NOT NULL) STRICT;
CREATE TABLE files (id INTEGER PRIMARY KEY, message_id INTEGER NOT NULL, bytes BLOB NOT NULL) STRICT;
CREATE INDEX messages_of_interaction ON messages (interaction_id) WHERE interaction_id IS NOT NULL;
CREATE INDEX messages_by_nonce ON messages (nonce) WHERE nonce IS NOT NULL;
CREATE INDEX files_of_message ON files (message_id);
INSERT INTO files VALUES (7, 1, x'89504e47'), (8, 1, x'89504e47');
"""


def shape(path: Path) -> set[tuple[str, str]]:
    """The tables and indices."""
    with closing(sqlite3.connect(path)) as connection:
        return set(connection.execute("SELECT type, name FROM sqlite_master").fetchall())


def test_files_stay_in_the_table_or_lose_their_message_or_lie_there_twice(tmp_path: Path) -> None:
    path = a_file(tmp_path / "discord.sqlite", DISCORD_BEFORE)
    (tmp_path / "discord.files").mkdir()
    (tmp_path / "discord.files" / "7").write_bytes(b"half")  # a process was killed amid it
    Store(path, ContentPool(tmp_path / "contents"), on_change=lambda _: None).close()
    files = [tmp_path / "discord.files" / name for name in ("7", "8")]
    assert [file.read_bytes() for file in files] == [b"\x89PNG", b"\x89PNG"]
    assert files[0].stat().st_ino == files[1].stat().st_ino
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("SELECT * FROM files ORDER BY id").fetchall() == [(7, 1), (8, 1)]
    new = tmp_path / "new.sqlite"
    Store(new, ContentPool(tmp_path / "contents"), on_change=lambda _: None).close()
    assert shape(path) == shape(new)
