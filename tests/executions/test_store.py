"""What is kept of executions and operations: in which order, until when, and what goes with what."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from local.executions.data.database import Database, Statement
from local.executions.data.executions import ENTRIES_A_PART, ExecutionStore
from local.executions.data.workflows import WorkflowRegistry
from tests.executions.face import PARENT, WORKFLOW, a_face, write
from tests.executions.test_lists import ask
from tests.executions.test_service import SLEEP, returning
from tests.running import until

OTHER = f"{PARENT}/workflows/other"
_OF = "JOIN executions ON number = execution"
TABLES = {
    "executions": "SELECT name FROM executions ORDER BY name",
    "histories": f"SELECT name FROM histories {_OF} ORDER BY name",
    "journal": f"SELECT name FROM journal {_OF} ORDER BY name",
    "callbacks": "SELECT execution FROM callbacks ORDER BY execution",
}


def second(number: int) -> str:
    return f"1970-01-01T00:00:0{number}.000000Z"


@pytest.fixture
def database() -> Iterator[Database]:
    database = Database(Path(":memory:"))
    yield database
    database.close()


def begin(database: Database, name: str, workflow: str = WORKFLOW, state: str = "ACTIVE") -> tuple[int, dict[str, Any]]:
    """An execution, with its number and a row in every table: an outcome, an address, a request and a step entry."""
    execution = {"name": name, "state": state, "createTime": second(int(name[-1]))}
    number = ExecutionStore(database).insert(workflow, execution)
    write(database, ExecutionStore.put_history(number, 0, [{"entryId": "1"}]))
    database.run("INSERT INTO journal VALUES (?, 1, 0, '', 'null', NULL, NULL)", number)
    database.run("INSERT INTO callbacks VALUES (?, ?, 'POST')", f"{name}/c", name)
    database.run("INSERT INTO callback_requests (callback, request) VALUES (?, '{}')", f"{name}/c")
    return number, execution


def end(database: Database, name: str, ended: int, workflow: str = WORKFLOW) -> None:
    number, execution = begin(database, name, workflow)
    done = execution | {"state": "SUCCEEDED", "endTime": second(ended)}
    write(database, *ExecutionStore.finish(number, done))


def kept(database: Database) -> dict[str, list[str]]:
    """Table → whose rows are in it."""
    found = {table: [row[0] for row in database.rows(whose)] for table, whose in TABLES.items()}
    rows = database.rows("SELECT callback FROM callback_requests ORDER BY callback")
    return found | {"callback_requests": [row[0].removesuffix("/c") for row in rows]}


def test_what_only_an_execution_needs_that_runs_outlives_its_end_or_goes_with_another(database: Database) -> None:
    end(database, "e1", 1)
    begin(database, "e2")
    running = {key: ["e2"] for key in ("journal", "callbacks", "callback_requests")}
    assert kept(database) == {"executions": ["e1", "e2"], "histories": ["e1", "e2"], **running}


def test_a_deleted_workflow_leaves_a_row_or_takes_one_of_another(database: Database) -> None:
    begin(database, "e1")
    end(database, "e2", 1)
    begin(database, "o3", OTHER)
    ExecutionStore(database).delete_all(WORKFLOW)
    assert kept(database) == {key: ["o3"] for key in (*TABLES, "callback_requests")}


@pytest.mark.parametrize(
    ("before_s", "most", "gone", "executions", "operations"),
    [
        (1, 10, 0, ["e1", "e2", "e3", "e9"], ["1", "2", "3"]),
        (1.001, 10, 2, ["e2", "e3", "e9"], ["2", "3"]),
        (3, 10, 4, ["e3", "e9"], ["3"]),
        (9, 1, 2, ["e2", "e3", "e9"], ["2", "3"]),
        (9, 2, 4, ["e3", "e9"], ["3"]),
        (9, 10, 6, ["e9"], []),
    ],
)
def test_what_is_forgotten_is_too_young_too_much_or_still_runs(
    database: Database, before_s: float, most: int, gone: int, executions: list[str], operations: list[str]
) -> None:
    """The oldest first, whatever the order in which they were made; what ended at that very instant stays."""
    registry, store = WorkflowRegistry(database), ExecutionStore(database)
    for number in (3, 1, 2):
        end(database, f"e{number}", number)
        registry.put_operation({"name": f"{number}", "metadata": {"createTime": second(number)}})
    begin(database, "e9")
    assert store.forget(before_s, most) == gone
    assert kept(database)["executions"] == kept(database)["histories"] == executions
    assert [row[0] for row in database.rows("SELECT name FROM operations ORDER BY name")] == operations
    ended = [number for number in (1, 2, 3) if f"e{number}" in executions]
    assert store.oldest_end_s() == (ended[0] if ended else None)


def test_the_oldest_that_runs_is_another_or_has_ended(database: Database) -> None:
    store = ExecutionStore(database)
    assert store.oldest_unfinished_s() is None
    end(database, "e1", 9)
    assert (store.oldest_unfinished_s(), store.unfinished()) == (None, [])
    (first, queued), (number, active) = begin(database, "e2", state="QUEUED"), begin(database, "e3", OTHER)
    assert store.oldest_unfinished_s() == 2
    assert store.unfinished() == [(first, WORKFLOW, queued), (number, OTHER, active)]
    assert store.counts(WORKFLOW) == {"QUEUED": 1, "SUCCEEDED": 1}
    write(database, store.update(number, active | {"state": "FAILED"}))
    assert store.counts(OTHER) == {"FAILED": 1}
    assert store.get("e3") == active | {"state": "FAILED"}
    assert store.get("e4") is None


def test_the_parts_of_a_history_come_in_another_order_or_one_of_them_twice(database: Database) -> None:
    store = ExecutionStore(database)
    first, other = (store.insert(WORKFLOW, {"name": name, "state": "ACTIVE"}) for name in ("e1", "e2"))
    for part in (2, 0, 1, 0):  # the first once more: its process was killed before the end was kept
        write(database, store.put_history(first, part, [{"entryId": f"{part}"}]))
    write(database, store.put_history(other, 0, [{"entryId": "other"}]))
    assert [one["entryId"] for one in store.history("e1")] == ["0", "1", "2"]
    store.delete_history("e1")
    assert (store.history("e1"), len(store.history("e2"))) == ([], 1)


async def test_a_long_history_is_kept_at_a_stretch_or_in_another_order(tmp_path: Path) -> None:
    """Others get their turn after each part."""
    count = 2 * ENTRIES_A_PART
    source = f"main: [{{f: {{for: {{value: v, range: [1, {count}], steps: [{{a: {{assign: [x: 1]}}}}]}}}}}}]"
    turns: list[int] = []
    async with a_face(tmp_path) as face:
        face.deploy(source)
        put = face.service.store.put_history
        turn = 0

        def count_turns() -> None:
            nonlocal turn
            turn += 1
            handle[0] = loop.call_soon(count_turns)

        def noted(*given: Any) -> Statement:
            turns.append(turn)
            return put(*given)

        loop = asyncio.get_running_loop()
        handle = [loop.call_soon(count_turns)]
        face.service.store.put_history = noted  # type: ignore[method-assign, assignment]
        execution = await face.run()
        handle[0].cancel()
        _, page = await ask(face, f"{execution['name']}/stepEntries", params={"pageSize": "1000"})
        assert page["totalSize"] == 2 * count + 1
        assert [one["entryId"] for one in page["stepEntries"]] == [f"{number + 1}" for number in range(1000)]
    assert len(turns) == len(set(turns)) == 5


async def test_after_a_restart_another_execution_begins_first(tmp_path: Path) -> None:
    async with a_face(tmp_path, max_concurrent=1) as face:
        face.deploy(SLEEP)
        names = [face.service.create(WORKFLOW, None)["name"] for _ in range(3)]
        await until(lambda: face.service.history(names[0]))
    async with a_face(tmp_path, max_concurrent=1) as face:
        for place, name in enumerate(names):
            await until(lambda name=name: face.service.history(name))  # type: ignore[misc]
            states = [face.service.get(one)["state"] for one in names[place:]]
            assert states == ["ACTIVE", "QUEUED", "QUEUED"][: len(states)]
            await face.service.cancel(name)


async def test_a_clock_that_went_back_makes_a_duration_below_nothing(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(returning("1"))
        revision = face.service.registry.newest(WORKFLOW)
        assert revision is not None
        later = {"createTime": "2999-01-01T00:00:00.000000Z", "startTime": "2999-01-01T00:00:00.000000Z"}
        name = f"{WORKFLOW}/executions/e"
        execution = {"name": name, "state": "ACTIVE", "workflowRevisionId": revision.revision_id, **later}
        face.service.store.insert(WORKFLOW, execution)
        await face.service.start()
        ended = await face.ended(name)
    assert (ended["state"], ended["duration"]) == ("SUCCEEDED", "0.000000s")


@pytest.mark.parametrize("state", ["ACTIVE", "QUEUED"])
async def test_an_execution_of_a_deleted_revision_runs_or_stops_the_others(tmp_path: Path, state: str) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(returning("1"))
        lost = {"name": f"{WORKFLOW}/executions/e", "state": state, "createTime": second(1), "startTime": second(1)}
        face.service.store.insert(WORKFLOW, lost | {"workflowRevisionId": "000009-abc"})
        await face.service.start()
        await until(lambda: not face.service.is_running(lost["name"]))
        assert face.service.history(lost["name"]) == []
        assert (await face.run())["result"] == "1"
