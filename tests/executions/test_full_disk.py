"""Executions on a disk that is full for a while: they wait, and nothing is done twice."""

import asyncio
from itertools import pairwise, repeat
from pathlib import Path

import aiohttp
import pytest

from local.data.disk import DiskUnavailable
from local.executions.data.executions import ExecutionStore
from local.executions.data.workflows import Revision
from local.executions.engine import service
from tests.executions.face import WORKFLOW, Face, a_face
from tests.full_disk import full
from tests.running import until

BIG = "x" * 20_000  # an outcome that needs pages of its own
CALLS = f"""
main:
  steps:
  - one: {{call: http.post, args: {{url: '${{sys.get_env("TARGET") + "/one"}}', body: {BIG}}}}}
  - two: {{call: http.post, args: {{url: '${{sys.get_env("TARGET") + "/two"}}', body: {BIG}}}}}
  - side_by_side:
      parallel:
        for:
          value: v
          range: [3, 5]
          steps:
          - call: {{call: http.post, args: {{url: '${{sys.get_env("TARGET") + "/" + string(v)}}', body: {BIG}}}}}
  - done: {{return: done}}
"""


async def waits(face: Face, calls: int) -> None:
    """The calls were made, and the store has been asked in vain for what came of them."""
    await until(lambda: len(face.calls) == calls)
    await asyncio.sleep(0.15)  # the first wait of the backoff


async def test_an_execution_goes_on_when_there_is_room_again_and_no_call_is_made_twice(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(CALLS)
        name = face.service.create(WORKFLOW, None)["name"]
        with full(face.service.registry._database):
            await waits(face, 1)
            assert face.service.get(name)["state"] == "ACTIVE"
            assert face.calls == ["/target/one"]
        execution = await face.ended(name)
    assert (execution["state"], execution["result"]) == ("SUCCEEDED", '"done"')
    assert sorted(face.calls) == [f"/target/{one}" for one in (3, 4, 5, "one", "two")]


async def test_it_goes_on_after_a_restart_too(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(CALLS)
        name = face.service.create(WORKFLOW, None)["name"]
        with full(face.service.registry._database):
            await waits(face, 1)
            await face.service.stop()
        port = int(face.url.rpartition(":")[2])
    async with a_face(tmp_path, port=port) as face:
        execution = await face.ended(name)
        assert execution["state"] == "SUCCEEDED"
        assert face.calls[0] == "/target/one", "what could not be kept is done again"


async def test_an_end_that_cannot_be_kept_at_once_is_kept_later(tmp_path: Path) -> None:
    source = f"main: {{params: [x], steps: [{{done: {{return: {BIG}}}}}]}}"
    async with a_face(tmp_path) as face:
        face.deploy(source)
        name = face.service.create(WORKFLOW, None)["name"]
        with full(face.service.registry._database):
            await asyncio.sleep(0.15)
            assert face.service.get(name)["state"] == "ACTIVE"
            assert face.service.is_running(name), "somebody still runs it"
        assert (await face.ended(name))["state"] == "SUCCEEDED"


async def test_an_execution_that_cannot_be_read_is_given_up_or_asked_for_all_the_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It goes on from its journal, as after a crash: what it had claimed may be claimed again."""
    monkeypatch.setattr(service, "backoffs_s", lambda: repeat(0.03))
    logged: list[str] = []
    monkeypatch.setattr(service, "log_waiting_for_disk", lambda error: logged.append(str(error)))
    async with a_face(tmp_path) as face:
        face.deploy("main: [{a: {return: 1}}]")
        revision, ended = face.service.registry.revision, face.service._callbacks.end
        tries_s: list[float] = []
        given_back: list[str] = []

        def unreadable(*given: str) -> Revision | None:
            tries_s.append(asyncio.get_running_loop().time())
            if len(tries_s) < 3:
                raise DiskUnavailable("for a while")
            return revision(*given)

        def end(execution: str) -> None:
            given_back.append(execution)
            ended(execution)

        face.service.registry.revision = unreadable  # type: ignore[method-assign, assignment]
        face.service._callbacks.end = end  # type: ignore[method-assign]
        execution = await face.run()
    assert (execution["state"], execution["result"]) == ("SUCCEEDED", "1")
    assert len(tries_s) == 3
    assert all(later - before >= 0.03 for before, later in pairwise(tries_s))
    assert given_back == [execution["name"]] * 3, "at each try, and at its end"
    assert logged == ["for a while"] * 2


async def test_what_cannot_be_kept_is_refused_with_503_and_nothing_of_it_is_there(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(CALLS)
        async with aiohttp.ClientSession() as session:
            with full(face.service.registry._database):
                asked = {"argument": f'"{BIG}"'}
                async with session.post(f"{face.url}/v1/{WORKFLOW}/executions", json=asked) as answer:
                    refused = await answer.json()
                assert (answer.status, refused["error"]["status"]) == (503, "UNAVAILABLE")
                assert "full" in refused["error"]["message"]
            async with session.post(f"{face.url}/v1/{WORKFLOW}/executions", json=asked) as answer:
                assert answer.status == 200
        store = ExecutionStore(face.service.registry._database)
        assert store.counts(WORKFLOW) == {"ACTIVE": 1}


async def test_the_journal_of_an_execution_goes_with_its_end(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(CALLS)
        await face.run()
        database = face.service.registry._database
        assert database.rows("SELECT * FROM journal") == []
        assert len(database.rows("SELECT * FROM histories")) == 1
