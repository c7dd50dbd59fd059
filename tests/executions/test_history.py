"""The step entries of an execution over the REST face, while it runs and afterwards."""

import json
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local.executions.data.workflows import Settings
from tests.executions.face import WORKFLOW, Face, a_face
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


@pytest.mark.parametrize(
    ("of_workflow", "of_execution", "are_kept"),
    [
        ("EXECUTION_HISTORY_DETAILED", None, True),
        ("EXECUTION_HISTORY_DETAILED", "EXECUTION_HISTORY_BASIC", False),
        ("EXECUTION_HISTORY_BASIC", "EXECUTION_HISTORY_DETAILED", True),
        ("EXECUTION_HISTORY_BASIC", None, False),
    ],
)
async def test_the_level_of_the_workflow_counts_although_the_execution_has_one_or_not_at_all(
    tmp_path: Path, of_workflow: str, of_execution: str | None, are_kept: bool
) -> None:
    """Source: Workflow Executions v1, Execution.executionHistoryLevel: it overrides the workflow's."""
    async with a_face(tmp_path) as face:
        face.service.deployments.deploy(WORKFLOW, Settings(FAILING, history_level=of_workflow))
        level: dict[str, Any] = {} if of_execution is None else {"executionHistoryLevel": of_execution}
        name = face.service.create(WORKFLOW, None, **level)["name"]
        await face.ended(name)
        shown = (await entries(face, name))["stepEntries"]
    assert ["variableData" in one for one in shown] == [are_kept] * 2


async def test_a_running_execution_shows_the_step_that_it_is_in(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(SLEEP)
        name = face.service.create("projects/demo/locations/us-central1/workflows/w", None)["name"]
        await until(lambda: face.service.history(name))
        (entry,) = (await entries(face, name))["stepEntries"]
        async with aiohttp.ClientSession() as session, session.get(f"{face.url}/v1/{name}/stepEntries/1") as answer:
            assert await answer.json() == entry
    assert (entry["step"], entry["state"]) == ("sleep", "STATE_IN_PROGRESS")
