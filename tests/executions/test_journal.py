"""What was done stays done: an execution goes on from its journal when its process ends or is killed."""

import json
import random
import sqlite3
import sys
from collections import Counter
from functools import partial
from multiprocessing.process import BaseProcess
from pathlib import Path

from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st

from local.executions.data.database import Database
from local.executions.data.executions import ExecutionStore
from local.executions.data.outcomes import Result, from_text, to_text
from local.workflows.effects import CallbackRequest, ConnectorResult, HttpFailure, HttpResponse
from local.workflows.errors import WorkflowError
from tests.executions.face import WORKFLOW, a_face
from tests.executions.killed import CALLS, EXECUTIONS, main
from tests.forked import forked
from tests.running import served, until

STEPS = """
main:
  steps:
  - first: {call: http.post, args: {url: '${sys.get_env("TARGET") + "/first"}'}}
  - id: {assign: [id: "${uuid.generate()}", at: "${sys.now()}"]}
  - pause: {call: sys.sleep, args: {seconds: 600}}
  - last: {call: http.post, args: {url: '${sys.get_env("TARGET") + "/last"}', body: "${id}"}}
  - done: {return: ["${id}", "${at}"]}
"""
KILLS = 6


async def test_what_is_recorded_is_not_done_again_and_a_wait_goes_on_from_its_beginning(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(STEPS)
        name = face.service.create(WORKFLOW, None)["name"]
        await until(lambda: any(one["step"] == "pause" for one in face.service.history(name)))
        assert face.calls == ["/target/first"]
        before, address = face.service.history(name), face.url
    with sqlite3.connect(tmp_path / "executions.sqlite") as database:
        told = [json.loads(row[0]) for row in database.execute("SELECT outcome FROM journal ORDER BY position")]
        # ten minutes pass while nothing runs
        database.execute("UPDATE journal SET at = '2026-01-01T00:00:00.000000Z' WHERE position = 3")
        database.execute("UPDATE executions SET resource = replace(resource, '2026', '2025')")
    async with a_face(tmp_path, port=int(address.rpartition(":")[2])) as face:
        execution = await face.ended(name)
        assert face.calls == ["/target/last"]
        after = face.service.history(name)
    assert json.loads(execution["result"]) == told[1:]
    assert [one["step"] for one in after] == ["first", "id", "pause", "last", "done"]
    assert after[1]["createTime"] == before[1]["createTime"]
    assert after[2]["createTime"].startswith("2026-01-01")


async def test_a_cancelled_execution_stays_so(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(STEPS)
        name = face.service.create(WORKFLOW, None)["name"]
        await until(lambda: any(one["step"] == "pause" for one in face.service.history(name)))
        await face.service.cancel(name)
    async with a_face(tmp_path) as face:
        assert face.service.get(name)["state"] == "CANCELLED"
        assert not face.service.is_running(name)


async def test_killed_at_any_moment_every_execution_ends_and_no_recorded_step_is_done_twice(tmp_path: Path) -> None:
    seed = random.randrange(1_000_000)
    sys.stdout.write(f"seed {seed}\n")
    dice = random.Random(seed)
    calls: Counter[str] = Counter()
    reached: Counter[str] = Counter()
    repeated: list[str] = []
    path = tmp_path / "executions.sqlite"

    async def target(request: web.Request) -> web.Response:
        """Each call says which execution and which effect of it; the journal must not know its outcome yet.

        An effect comes after the outcome of the one before it, but 3, 4 and 5, which are side by side.
        """
        execution, effect = request.query["execution"], int(request.query["effect"])
        place = 3 if effect in (3, 4, 5) else effect
        if place < reached[execution]:
            repeated.append(str(request.rel_url))
        reached[execution] = place
        with sqlite3.connect(path) as journal:
            query = "SELECT 1 FROM journal JOIN executions ON number = execution WHERE name LIKE ? AND effect = ?"
            if journal.execute(query, (f"%/{execution}", effect)).fetchone():
                repeated.append(str(request.rel_url))
        calls[str(request.rel_url)] += 1
        return web.json_response(effect)

    app = web.Application()
    app.router.add_post("/", target)
    async with served(app) as url:
        for _ in range(KILLS):
            async with forked(main, path, url) as process:
                enough = calls.total() + dice.randint(1, EXECUTIONS * CALLS // KILLS)
                await until(partial(_is_time_to_kill, calls, enough, process))
        async with forked(main, path, url) as process:
            await until(lambda: process.exitcode is not None)
            assert process.exitcode == 0
    database = Database(path)
    ended = database.rows("SELECT state FROM executions")
    assert ExecutionStore(database).unfinished() == []
    database.close()
    assert ended == [("SUCCEEDED",)] * EXECUTIONS
    assert repeated == []
    assert len(calls) == EXECUTIONS * CALLS
    assert calls.total() < len(calls) + KILLS * EXECUTIONS * 2, "only what was under way may be called again"


def _is_time_to_kill(calls: Counter[str], enough: int, process: BaseProcess) -> bool:
    return calls.total() >= enough or process.exitcode is not None


TEXTS = st.text(st.characters(codec=None), max_size=20)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXTS | st.binary(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXTS, inner, max_size=3),
    max_leaves=10,
)
MAPS = st.dictionaries(TEXTS, TEXTS, max_size=3)
OUTCOMES: st.SearchStrategy[Result] = st.one_of(
    st.none(),
    st.floats(allow_nan=False),
    TEXTS,
    st.builds(HttpResponse, st.integers(100, 599), MAPS, st.binary()),
    st.builds(HttpFailure, st.sampled_from(["ConnectionError", "TimeoutError"]), TEXTS),
    st.builds(CallbackRequest, st.integers(0), TEXTS, TEXTS, TEXTS, MAPS, MAPS, st.binary()),
    st.builds(ConnectorResult, VALUES),
)


@given(OUTCOMES)
def test_an_outcome_is_read_as_it_was_written(outcome: Result) -> None:
    assert from_text(to_text(outcome)) == outcome


@given(VALUES, st.booleans())
def test_an_error_is_read_as_it_was_written(payload: object, raised: bool) -> None:
    read = from_text(to_text(WorkflowError(payload, raised=raised)))  # type: ignore[arg-type]
    assert isinstance(read, WorkflowError)
    assert (read.payload, read.raised) == (payload, raised)
