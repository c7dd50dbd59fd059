"""The oldest of the bucket go first, and only those that are old enough."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from local.storage import aging
from local.storage.checksums import Checksums
from local.storage.conditions import Preconditions
from local.storage.objects import ObjectStore
from local.storage.resource import Settings
from local.storage.sessions import UploadSessions
from tests.storage.test_objects import put

START = datetime(2026, 11, 23, 10, 44, tzinfo=UTC)
START_S = START.timestamp()


@pytest.fixture
def store(tmp_path: Path) -> Iterator[ObjectStore]:
    """Four objects, one a second."""
    opened = ObjectStore(tmp_path, now=lambda: START)
    opened.buckets.ensure("pictures")
    for number, name in enumerate("dbca"):
        opened.now = lambda number=number: START + timedelta(seconds=number)  # type: ignore[misc]
        put(opened, name, name.encode())
    yield opened
    opened.close()


def names(store: ObjectStore) -> list[str]:
    return [found.name for found in store.names("pictures", "", None, 10, after=False)]


def test_the_oldest_is_another_or_there_is_one_where_nothing_is(tmp_path: Path, store: ObjectStore) -> None:
    assert aging.oldest_s(store) == START_S
    store.delete("pictures", "d")
    assert aging.oldest_s(store) == START_S + 1
    empty = ObjectStore(tmp_path / "empty")
    assert aging.oldest_s(empty) is None
    empty.close()


@pytest.mark.parametrize(
    ("before_s", "most", "gone", "left"),
    [
        (0.0, 9, 0, "abcd"),
        (0.000001, 9, 1, "abc"),
        (1.0, 9, 1, "abc"),
        (1.5, 9, 2, "ac"),
        (1.5, 1, 1, "abc"),
        (3.0, 2, 2, "ac"),
        (9.0, 9, 4, ""),
    ],
)
def test_a_younger_one_goes_or_an_older_one_stays(
    store: ObjectStore, before_s: float, most: int, gone: int, left: str
) -> None:
    assert aging.forget(store, START_S + before_s, most) == gone
    assert names(store) == list(left)


def test_an_object_that_was_just_replaced_goes_in_the_place_of_the_old_one(
    store: ObjectStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = store.database.rows

    def and_somebody_else_writes(statement: str, *values: object) -> list[tuple[object, ...]]:
        found = rows(statement, *values)
        if "generation < ?" in statement:
            put(store, "d", b"new")
            store.delete("pictures", "b")
        return found

    monkeypatch.setattr(store.database, "rows", and_somebody_else_writes)
    assert aging.forget(store, START_S + 2.5, 9) == 3
    assert names(store) == ["a", "d"]


@pytest.mark.parametrize(("before_s", "is_over"), [(-1.0, False), (0.0, False), (1.0, True)])
def test_an_upload_that_began_later_is_over_or_an_old_one_goes_on(
    store: ObjectStore, before_s: float, is_over: bool
) -> None:
    store.now = lambda: START
    session = UploadSessions(store).start("pictures", "big", Settings(), Preconditions(), Checksums())
    aging.forget(store, START_S + before_s, 0)
    assert (store.incoming / session).exists() != is_over
    assert (store.database.row("SELECT 1 FROM sessions") is None) == is_over


@pytest.mark.parametrize("how", ["forgotten", "after a restart"])
def test_an_upload_that_ended_long_ago_stops_the_start_or_the_forgetting(tmp_path: Path, how: str) -> None:
    """Its file went with its end; only a row is left of it."""
    store = ObjectStore(tmp_path, now=lambda: START)
    store.buckets.ensure("pictures")
    sessions = UploadSessions(store)
    session = sessions.get(sessions.start("pictures", "a", Settings(), Preconditions(), Checksums()))
    sessions.finish(session, Checksums())
    later = START + timedelta(days=7, seconds=1)
    if how == "forgotten":
        aging.forget(store, later.timestamp(), 9)
    else:
        store.close()
        store = ObjectStore(tmp_path, now=lambda: later)
    assert store.database.rows("SELECT * FROM sessions") == []
    store.close()
