"""Lists as AIP-160 and AIP-132 have them: filters, orders, pages; and what a deployment must not say."""

from pathlib import Path
from typing import Any

import aiohttp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.executions.data.database import Database
from local.executions.data.executions import EXECUTION_FIELDS
from local.executions.data.filters import FilterError, parse_filter
from tests.executions.face import PARENT, WORKFLOW, Face, a_face
from tests.executions.test_service import SLEEP, returning
from tests.running import until

FAIL = "main: [{f: {raise: bad}}]"


async def ask(face: Face, path: str, method: str = "GET", **sent: Any) -> tuple[int, dict[str, Any]]:
    async with aiohttp.ClientSession() as session, session.request(method, f"{face.url}/v1/{path}", **sent) as answer:
        return answer.status, await answer.json()


async def listed(face: Face, **query: str) -> list[str]:
    """The arguments of the executions that the query finds, all pages."""
    found: list[str] = []
    token = ""
    while True:
        asked = {"view": "FULL", "pageToken": token, **query}
        status, page = await ask(face, f"{WORKFLOW}/executions", params=asked)
        assert status == 200, page
        found += [one["argument"] for one in page.get("executions", [])]
        token = page.get("nextPageToken", "")
        if not token:
            return found


async def test_executions_are_found_by_what_they_are(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(returning("1"))
        for argument, labels in (("1", {}), ("2", {"team": "red"})):
            await face.ended(face.service.create(WORKFLOW, argument, labels=labels)["name"])
        face.deploy(FAIL)
        failed = await face.ended(face.service.create(WORKFLOW, "3")["name"])
        assert await listed(face) == ["3", "2", "1"]
        assert await listed(face, pageSize="1") == ["3", "2", "1"]
        assert await listed(face, filter='state="FAILED"') == ["3"]
        assert await listed(face, filter="NOT state=FAILED") == ["2", "1"]
        assert await listed(face, filter="state=FAILED OR labels.team=red") == ["3", "2"]
        assert await listed(face, filter="labels.team:*") == ["2"]
        assert await listed(face, filter=f'startTime>="{failed["startTime"]}"') == ["3"]
        assert await listed(face, filter='startTime>"2999-01-01T00:00:00Z"') == []
        assert await listed(face, filter="workflowRevisionID = 000002*") == ["3"]
        assert await listed(face, filter="stepName = f") == ["3"]
        assert await listed(face, filter=f"executionID={failed['name'].rpartition('/')[2]}") == ["3"]
        assert await listed(face, filter="duration < 100s AND state = SUCCEEDED", orderBy="startTime") == ["1", "2"]
        for wrong in ("state=NONE", "colour=red", "state", "(state=FAILED", "startTime>noon"):
            status, refused = await ask(face, f"{WORKFLOW}/executions", params={"filter": wrong})
            assert (status, "Invalid filter" in refused["error"]["message"]) == (400, True)
        status, _ = await ask(face, f"{WORKFLOW}/executions", params={"orderBy": "state sideways"})
        assert status == 400


async def test_step_entries_are_filtered_ordered_and_skipped(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy("main: [{a: {assign: [x: 1]}}, {b: {call: sys.now}}, {c: {raise: bad}}]")
        name = (await face.run())["name"]

        async def steps(**query: str) -> list[str]:
            _, page = await ask(face, f"{name}/stepEntries", params=query)
            return [one["step"] for one in page.get("stepEntries", [])]

        assert await steps() == ["a", "b", "c"]
        assert await steps(filter='state="FAILED"') == ["c"]
        assert await steps(filter="entryId>1", orderBy="entryId desc") == ["c", "b"]
        assert await steps(skip="2") == ["c"]
        assert (await ask(face, f"{name}:deleteExecutionHistory", "POST"))[0] == 200
        assert await steps() == []


async def test_a_workflows_labels_are_its_executions_labels_unless_they_say_otherwise(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        body = {"sourceContents": returning("1"), "labels": {"team": "red", "a": "b"}}
        await ask(face, f"{PARENT}/workflows?workflowId=w", "POST", json=body)
        _, execution = await ask(face, f"{WORKFLOW}/executions", "POST", json={"labels": {"team": "blue"}})
        assert execution["labels"] == {"team": "blue", "a": "b"}


@pytest.mark.parametrize(
    "body",
    [
        {"labels": {"Upper": "x"}},
        {"labels": {"1": "x"}},
        {"labels": {"a": "x" * 64}},
        {"labels": {f"a{number}": "" for number in range(65)}},
        {"labels": {"a": 1}},
        {"labels": [1]},
        {"callLogLevel": "LOUD"},
        {"executionHistoryLevel": 7},
        {"userEnvVars": {"GOOGLE_X": "1"}},
        {"userEnvVars": {"": "1"}},
        {"userEnvVars": {"A": "x" * 5000}},
        {"userEnvVars": {f"A{number}": "" for number in range(21)}},
        {"description": "x" * 1001},
        {"sourceContents": 1},
    ],
)
async def test_a_deployment_that_breaks_a_rule_is_refused(tmp_path: Path, body: dict[str, Any]) -> None:
    async with a_face(tmp_path) as face:
        given = {"sourceContents": returning("1"), **body}
        status, refused = await ask(face, f"{PARENT}/workflows?workflowId=w", "POST", json=given)
        assert (status, refused["error"]["status"]) == (400, "INVALID_ARGUMENT")


async def test_too_many_executions_queue_and_begin_in_their_order(tmp_path: Path) -> None:
    async with a_face(tmp_path, max_concurrent=1) as face:
        face.deploy(SLEEP)
        first = face.service.create(WORKFLOW, "1")["name"]
        await until(lambda: face.service.history(first))
        second = face.service.create(WORKFLOW, "2")
        assert (second["state"], "startTime" in second) == ("QUEUED", False)
        refused = {"argument": "3", "disableConcurrencyQuotaOverflowBuffering": True}
        assert (await ask(face, f"{WORKFLOW}/executions", "POST", json=refused))[0] == 429
        await face.service.cancel(first)
        await until(lambda: face.service.get(second["name"])["state"] == "ACTIVE")
        assert face.service.get(second["name"])["startTime"] >= second["createTime"]


async def test_to_delete_a_workflow_ends_its_executions(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(SLEEP)
        name = face.service.create(WORKFLOW, None)["name"]
        await until(lambda: face.service.history(name))
        assert (await ask(face, WORKFLOW, "DELETE"))[0] == 200
        await until(lambda: not face.service.is_running(name))
        assert (await ask(face, name))[0] == 404


@given(st.text(max_size=60) | st.from_regex(r"[a-zA-Z=<>():\"'* ]{0,40}", fullmatch=True))
def test_any_filter_is_understood_or_refused_with_its_column(text: str) -> None:
    try:
        condition = parse_filter(text, EXECUTION_FIELDS)
    except FilterError as error:
        assert str(error).startswith("column ")
    else:
        database = Database(Path(":memory:"))
        database.rows(f"SELECT 1 FROM (SELECT '{{}}' AS resource) WHERE {condition.sql}", *condition.values)
        database.close()
