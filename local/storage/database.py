"""The index of buckets, objects and upload sessions: one SQLite file beside the contents.  It decides what exists."""

from pathlib import Path

from local.data.sqlite import Sqlite
from local.data.sqlite_file import Layout

_SCHEMA = """
CREATE TABLE buckets (
    name TEXT PRIMARY KEY,
    resource TEXT NOT NULL,
    policy TEXT NOT NULL
) STRICT;
CREATE TABLE objects (
    bucket TEXT NOT NULL,
    name TEXT NOT NULL,
    generation INTEGER NOT NULL UNIQUE,
    metageneration INTEGER NOT NULL,
    size INTEGER NOT NULL,
    md5_hash TEXT,
    crc32c TEXT NOT NULL,
    created TEXT NOT NULL,
    updated TEXT NOT NULL,
    settings TEXT NOT NULL,
    component_count INTEGER,
    PRIMARY KEY (bucket, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE sessions (
    id TEXT PRIMARY KEY,
    bucket TEXT NOT NULL,
    name TEXT NOT NULL,
    settings TEXT NOT NULL,
    preconditions TEXT NOT NULL,
    checksums TEXT NOT NULL,
    created TEXT NOT NULL,
    generation INTEGER
) STRICT;
"""

# Files from before layouts had versions have the same tables.
_LAYOUT = Layout(b"mobj", 1, _SCHEMA, {0: lambda _: None})


class Database(Sqlite):
    """The index.  Any thread may use it."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, _LAYOUT)
