"""All writes of one round of the event loop are one transaction, and none of them suffers from another."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.data.sqlite import DuplicateKey
from local.executions.data.database import Database, Statement


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(tmp_path / "executions.sqlite")
    yield database
    database.close()


def _adding(name: str) -> Statement:
    return "INSERT INTO callbacks VALUES (?, 'e', 'GET')", (name,)


def _names(database: Database) -> list[str]:
    return [name for (name,) in database.rows("SELECT name FROM callbacks ORDER BY name")]


async def test_many_writes_at_once_are_one_transaction(database: Database) -> None:
    statements: list[str] = []
    database._connection.set_trace_callback(statements.append)
    await asyncio.gather(*(database.committed(_adding(f"{number:02}")) for number in range(20)))
    assert statements.count("COMMIT") == 1
    assert len(_names(database)) == 20


async def test_more_than_a_part_are_all_written_in_their_order(database: Database) -> None:
    kept = "INSERT INTO callback_requests (callback, request) VALUES ('c', ?)"
    await asyncio.gather(*(database.committed((kept, (number,))) for number in range(1100)))
    rows = database.rows("SELECT request FROM callback_requests ORDER BY number")
    assert [int(request) for (request,) in rows] == list(range(1100))


async def test_the_writes_of_one_are_in_another_order_where_some_are_alike(database: Database) -> None:
    gone: Statement = "DELETE FROM callbacks WHERE name <> ?", ("b",)
    await asyncio.gather(database.committed(_adding("a"), _adding("b"), gone), database.committed(_adding("c"), gone))
    assert _names(database) == ["b"]
    await database.committed(gone, _adding("a"))
    assert _names(database) == ["a", "b"]


async def test_a_write_that_fails_does_not_undo_the_others(database: Database) -> None:
    await database.committed(_adding("b"))
    ends = await asyncio.gather(*(database.committed(_adding(name)) for name in "abc"), return_exceptions=True)
    assert [type(end) for end in ends] == [type(None), DuplicateKey, type(None)]
    assert _names(database) == ["a", "b", "c"]


async def test_what_is_cancelled_before_the_commit_is_not_written(database: Database) -> None:
    tasks = [asyncio.create_task(database.committed(_adding(name))) for name in "ab"]
    await asyncio.sleep(0)
    tasks[0].cancel()
    await asyncio.wait(tasks)
    assert _names(database) == ["b"]
