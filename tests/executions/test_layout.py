"""A file of workflows and executions from before layouts had numbers: what is easy is brought over, whole."""

from contextlib import closing
from pathlib import Path

import pytest

from local.data.disk import UnusableFile
from local.executions.data.database import Database
from local.executions.data.executions import ExecutionStore
from tests.cloud.test_layouts import a_file
from tests.executions.face import WORKFLOW, a_face, write
from tests.running import until

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
CREATE INDEX by_workflow ON executions (workflow, number);
CREATE INDEX unfinished ON executions (state, number) WHERE state IN ('ACTIVE', 'QUEUED');
CREATE UNIQUE INDEX one_outcome ON journal (execution, effect);
CREATE INDEX callbacks_by_execution ON callbacks (execution);
CREATE INDEX requests_by_callback ON callback_requests (callback, number);
INSERT INTO operations VALUES ('o', '{"name": "o", "metadata": {"createTime": "2026-11-01T00:00:00.5Z"}}');
INSERT INTO executions (workflow, name, state, resource) VALUES
    ('w', 'done', 'SUCCEEDED', '{"name": "done", "endTime": "2026-11-01T00:00:00.5Z"}'), ('w', 'now', 'ACTIVE', '{}');
INSERT INTO histories VALUES ('done', '[{"entryId": "1"}]');
INSERT INTO journal VALUES ('done', 1, 0, '2026-11-01T00:00:00Z', 'null');
"""


def shape(database: Database) -> set[tuple[str, str]]:
    """The tables and indices."""
    return {(row[0], row[1]) for row in database.rows("SELECT type, name FROM sqlite_master")}


def test_what_was_before_numbers_is_lost_or_brought_over_in_another_shape(tmp_path: Path) -> None:
    more = """
    INSERT INTO executions (workflow, name, state, resource) VALUES ('w', 'waits', 'QUEUED', '{}'),
        ('w', 'failed', 'FAILED', '{"endTime": "2026-11-01T00:00:01Z"}');
    """
    database = Database(a_file(tmp_path / "workflows.sqlite", EXECUTIONS_BEFORE + more))
    store = ExecutionStore(database)
    ended = database.rows("SELECT name, ended_s FROM executions ORDER BY number")
    assert [row[0] for row in ended] == ["done", "now", "waits", "failed"]
    assert [row[1] and round(row[1], 3) for row in ended] == [1793491200.5, None, None, 1793491201.0]
    assert store.history("done") == [{"entryId": "1"}]
    write(database, store.put_history(1, 1, [{"entryId": "2"}]))
    assert [one["entryId"] for one in store.history("done")] == ["1", "2"]
    assert [row[0] for row in database.rows("SELECT created_s FROM operations")] == [pytest.approx(1793491200.5)]
    assert database.rows("SELECT 1 FROM journal") == []
    with closing(Database(Path(":memory:"))) as new:
        assert shape(database) == shape(new)
    database.close()
    Database(tmp_path / "workflows.sqlite").close()


WAITS = """
main:
  params: [seconds]
  steps:
  - id: {assign: [id: "${uuid.generate()}"]}
  - wait: {call: sys.sleep, args: {seconds: "${seconds}"}}
  - done: {return: "${id}"}
"""
# To layout 2, where journals and histories are kept by the name of their execution.
BY_NAME = """
DROP TABLE journal; DROP TABLE histories;
CREATE TABLE histories (name TEXT NOT NULL, part INTEGER NOT NULL, entries TEXT NOT NULL, PRIMARY KEY (name, part));
CREATE TABLE journal (execution TEXT NOT NULL, position INTEGER NOT NULL, effect INTEGER NOT NULL, at TEXT NOT NULL,
    outcome TEXT NOT NULL, kind TEXT, digest INTEGER, PRIMARY KEY (execution, position)) WITHOUT ROWID;
CREATE UNIQUE INDEX one_outcome ON journal (execution, effect);
PRAGMA user_version = 2;
"""


def test_a_journal_without_what_its_outcomes_answer_gets_room_for_it(tmp_path: Path) -> None:
    path = tmp_path / "workflows.sqlite"
    Database(path).close()
    a_file(
        path,
        f"{BY_NAME} ALTER TABLE journal DROP COLUMN kind; ALTER TABLE journal DROP COLUMN digest;"
        "PRAGMA user_version = 1;"
        "INSERT INTO executions (workflow, name, state, resource) VALUES ('w', 'e', 'ACTIVE', '{}');"
        "INSERT INTO journal VALUES ('e', 1, 0, '2026-11-01T00:00:00Z', 'null');",
    )
    database = Database(path)
    assert database.rows("SELECT * FROM journal") == [(1, 1, 0, "2026-11-01T00:00:00Z", "null", None, None)]
    database.close()


async def test_what_was_kept_by_name_is_lost_or_goes_to_another_execution(tmp_path: Path) -> None:
    """One goes on from its journal, and one that has ended shows its history."""
    async with a_face(tmp_path) as face:
        face.deploy(WAITS)
        ended, waits = (face.service.create(WORKFLOW, seconds)["name"] for seconds in ("0", "600"))
        await face.ended(ended)
        await until(lambda: any(one["step"] == "wait" for one in face.service.history(waits)))
        entries, begun = face.service.history(ended), face.service.history(waits)
    path = tmp_path / "executions.sqlite"
    of = "JOIN executions ON number = execution"
    a_file(
        path,
        f"CREATE TEMP TABLE h AS SELECT name, part, entries FROM histories {of};"
        f"CREATE TEMP TABLE j AS SELECT name, position, effect, at, outcome, kind, digest FROM journal {of};"
        f"{BY_NAME} INSERT INTO histories SELECT * FROM h; INSERT INTO journal SELECT * FROM j;"
        "INSERT INTO journal VALUES ('of none', 1, 0, '', 'null', NULL, NULL);",
    )
    async with a_face(tmp_path) as face:
        await until(lambda: len(face.service.history(waits)) == len(begun))
        assert face.service.history(waits) == begun
        assert face.service.history(ended) == entries
    with closing(Database(path)) as migrated, closing(Database(Path(":memory:"))) as new:
        assert shape(migrated) == shape(new)
        assert migrated.rows("SELECT execution, position FROM journal") == [(2, 1)]


@pytest.mark.parametrize("state", ["ACTIVE", "QUEUED"])
@pytest.mark.parametrize("outcomes", [1, 2])
def test_executions_that_wait_in_an_older_folder_are_lost_silently(tmp_path: Path, state: str, outcomes: int) -> None:
    waiting = f"INSERT INTO executions (workflow, name, state, resource) VALUES ('w', 'e', '{state}', '{{}}');"
    for position in range(outcomes):
        waiting += f"INSERT INTO journal VALUES ('e', {position}, {position}, '2026-11-01T00:00:00Z', 'null');"
    path = a_file(tmp_path / "workflows.sqlite", EXECUTIONS_BEFORE + waiting)
    before = path.read_bytes()
    with pytest.raises(UnusableFile, match="1 of its executions have begun and not ended") as told:
        Database(path)
    assert f"move {tmp_path} away" in str(told.value)
    assert path.read_bytes() == before
