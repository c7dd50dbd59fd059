"""A SQLite file on a disk that is full: SQLite itself refuses, as it does where the file system has no room."""

from collections.abc import Iterator
from contextlib import contextmanager

from local.data.sqlite import Sqlite

_EVERYTHING = 2**30


@contextmanager
def full(database: Sqlite) -> Iterator[None]:
    """Until the block ends the file cannot grow by a single page; what fits into its last pages is still taken."""
    _limit(database, 1)
    try:
        yield
    finally:
        _limit(database, _EVERYTHING)


def _limit(database: Sqlite, pages: int) -> None:
    """Source: SQLite, "PRAGMA max_page_count": never less than the file has."""
    database.rows(f"PRAGMA max_page_count = {pages}")
