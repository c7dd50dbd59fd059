"""A SQLite file on a disk that is full: SQLite itself refuses, as on a full file system."""

from collections.abc import Iterator
from contextlib import contextmanager

from local.data.sqlite import Sqlite

_EVERYTHING = 2**30


@contextmanager
def full(database: Sqlite) -> Iterator[None]:
    """In the block the file cannot grow by a page.  A write that fits into its last pages still succeeds."""
    _limit(database, 1)
    try:
        yield
    finally:
        _limit(database, _EVERYTHING)


def _limit(database: Sqlite, pages: int) -> None:
    """Source: SQLite, "PRAGMA max_page_count": never less than the file has."""
    database.rows(f"PRAGMA max_page_count = {pages}")
