"""The step entries of an execution over the REST face, while it runs and afterwards."""

import json
from pathlib import Path
from typing import Any

import aiohttp

from tests.executions.face import Face, a_face
from tests.executions.test_service import SLEEP
from tests.running import until

FAILING = """
main:
  steps:
    - count:
        assign:
          - n: 41
    - look:
        return: ${n.missing}
"""


async def entries(face: Face, name: str, query: str = "") -> dict[str, Any]:
    async with aiohttp.ClientSession() as session, session.get(f"{face.url}/v1/{name}/stepEntries{query}") as answer:
        shown: dict[str, Any] = await answer.json()
        return shown


async def test_an_execution_keeps_what_each_step_did_and_how_it_ended(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(FAILING)
        execution = await face.run()
        shown = await entries(face, execution["name"])
        page = await entries(face, execution["name"], "?pageSize=1")
        rest = await entries(face, execution["name"], f"?pageSize=1&pageToken={page['nextPageToken']}")
    async with a_face(tmp_path) as face:
        assert await entries(face, execution["name"]) == shown
    steps = [(one["step"], one["stepType"], one["state"]) for one in shown["stepEntries"]]
    assert steps == [("count", "STEP_ASSIGN", "STATE_SUCCEEDED"), ("look", "STEP_RETURN", "STATE_FAILED")]
    assert "TypeError" in json.loads(shown["stepEntries"][1]["exception"]["payload"])["tags"]
    assert page["stepEntries"] + rest["stepEntries"] == shown["stepEntries"]
    assert "variableData" not in shown["stepEntries"][0]


async def test_variables_are_kept_when_they_are_asked_for(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(FAILING)
        level = "EXECUTION_HISTORY_DETAILED"
        name = face.service.create("projects/demo/locations/us-central1/workflows/w", None, executionHistoryLevel=level)
        await face.ended(name["name"])
        shown = await entries(face, name["name"])
    assert shown["stepEntries"][1]["variableData"]["variables"]["n"] == 41


async def test_a_running_execution_shows_the_step_that_it_is_in(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(SLEEP)
        name = face.service.create("projects/demo/locations/us-central1/workflows/w", None)["name"]
        await until(lambda: face.service.history(name))
        (entry,) = (await entries(face, name))["stepEntries"]
        async with aiohttp.ClientSession() as session, session.get(f"{face.url}/v1/{name}/stepEntries/1") as answer:
            assert await answer.json() == entry
    assert (entry["step"], entry["state"]) == ("sleep", "STATE_IN_PROGRESS")
