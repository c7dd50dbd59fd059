"""Workflows, revisions, operations, executions and step entries over REST: what is missing, what is shown."""

from pathlib import Path
from typing import Any

import pytest

from tests.executions.face import PARENT, WORKFLOW, Face, a_face
from tests.executions.test_lists import ask
from tests.executions.test_service import SLEEP, returning
from tests.running import until

NOBODY = "00000000-0000-0000-0000-000000000000"


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{PARENT}/workflows/none"),
        ("PATCH", f"{PARENT}/workflows/none"),
        ("DELETE", f"{PARENT}/workflows/none"),
        ("GET", f"{PARENT}/workflows/none:listRevisions"),
        ("GET", f"{PARENT}/workflows/none/executions"),
        ("POST", f"{PARENT}/workflows/none/executions"),
        ("GET", f"{PARENT}/operations/none"),
        ("DELETE", f"{PARENT}/operations/none"),
        ("GET", f"{WORKFLOW}/executions/{NOBODY}"),
        ("POST", f"{WORKFLOW}/executions/{NOBODY}:cancel"),
        ("POST", f"{WORKFLOW}/executions/{NOBODY}:deleteExecutionHistory"),
        ("GET", f"{WORKFLOW}/executions/{NOBODY}/stepEntries"),
        ("GET", f"{WORKFLOW}/executions/{NOBODY}/stepEntries/1"),
        ("GET", "EXECUTION/stepEntries/0"),
        ("GET", "EXECUTION/stepEntries/2"),
    ],
)
async def test_what_is_not_there_is_shown_or_breaks_something(tmp_path: Path, method: str, path: str) -> None:
    """Source: google.rpc.Code, NOT_FOUND."""
    async with a_face(tmp_path) as face:
        face.deploy(returning("1"))
        name = (await face.run())["name"]
        body: dict[str, Any] | None = {} if method in ("POST", "PATCH") else None
        status, answer = await ask(face, path.replace("EXECUTION", name), method, json=body)
        assert (status, answer["error"]["status"]) == (404, "NOT_FOUND")
        assert (await ask(face, f"{name}/stepEntries/1"))[0] == 200


async def deploy(face: Face, workflow: str, **more: Any) -> dict[str, Any]:
    """The Workflow as its operation answers it."""
    body = {"sourceContents": returning("1"), **more}
    status, operation = await ask(face, f"{PARENT}/workflows?workflowId={workflow}", "POST", json=body)
    assert status == 200, operation
    response: dict[str, Any] = operation["response"]
    return response


async def test_a_deleted_workflow_takes_another_with_it_or_leaves_something(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        for workflow in ("w", "w2"):
            await deploy(face, workflow)
            await face.ended(face.service.create(f"{PARENT}/workflows/{workflow}", None)["name"])
        face.deploy(SLEEP)
        running = face.service.create(WORKFLOW, None)["name"]
        await until(lambda: face.service.history(running))
        assert (await ask(face, WORKFLOW, "DELETE"))[0] == 200
        await until(lambda: not face.service.is_running(running))
        _, left = await ask(face, f"{PARENT}/workflows")
        assert [one["name"] for one in left["workflows"]] == [f"{PARENT}/workflows/w2"]
        _, others = await ask(face, f"{PARENT}/workflows/w2/executions")
        assert len(others["executions"]) == 1
        assert (await ask(face, f"{others['executions'][0]['name']}/stepEntries"))[1]["totalSize"] == 1
        await deploy(face, "w")
        assert (await ask(face, f"{WORKFLOW}/executions"))[1] == {}
        _, revisions = await ask(face, f"{WORKFLOW}:listRevisions")
        assert len(revisions["workflows"]) == 1
        for table, count in (("executions", 1), ("histories", 1), ("journal", 0), ("callbacks", 0), ("revisions", 2)):
            kept = face.service._database.rows(f"SELECT * FROM {table}")
            assert len(kept) == count, table


async def test_a_place_shows_what_is_of_another(tmp_path: Path) -> None:
    elsewhere = PARENT.replace("us-central1", "us-central12")
    async with a_face(tmp_path) as face:
        await deploy(face, "b")
        await deploy(face, "a")
        body = {"sourceContents": returning("1")}
        await ask(face, f"{elsewhere}/workflows?workflowId=c", "POST", json=body)
        _, here = await ask(face, f"{PARENT}/workflows")
        assert [one["name"].rpartition("/")[2] for one in here["workflows"]] == ["a", "b"]
        _, there = await ask(face, f"{elsewhere}/workflows")
        assert [one["name"].rpartition("/")[2] for one in there["workflows"]] == ["c"]
        _, operations = await ask(face, f"{PARENT}/operations")
        targets = [one["metadata"]["target"].rpartition("/")[2] for one in operations["operations"]]
        assert targets == ["a", "b"], "the newest first, and none of another place"


async def test_an_update_changes_what_its_mask_does_not_name(tmp_path: Path) -> None:
    """Source: Workflows v1, projects.locations.workflows.patch, updateMask."""
    async with a_face(tmp_path) as face:
        first = await deploy(face, "w", labels={"a": "1", "b": "2"}, userEnvVars={"A": "1", "B": "2"}, description="d")
        given = {"labels": {"a": "9"}, "userEnvVars": {"B": "9"}, "description": "new", "callLogLevel": "LOG_ALL_CALLS"}
        url = f"{WORKFLOW}?updateMask=labels.a,userEnvVars.B"
        _, operation = await ask(face, url, "PATCH", json=given)
        changed = operation["response"]
        assert (changed["labels"], changed["userEnvVars"]) == ({"a": "9", "b": "2"}, {"A": "1", "B": "9"})
        assert (changed["description"], changed.get("callLogLevel")) == ("d", first.get("callLogLevel"))
        _, operation = await ask(face, f"{WORKFLOW}?updateMask=labels.a,description", "PATCH", json={})
        assert operation["response"]["labels"] == {"b": "2"}
        assert "description" not in operation["response"]
        _, operation = await ask(face, f"{WORKFLOW}?updateMask=labels", "PATCH", json=given)
        assert operation["response"]["labels"] == {"a": "9"}
        assert operation["response"]["sourceContents"] == returning("1")


@pytest.mark.parametrize("change", [{"labels": {"x": "y"}}, {"description": "other"}, {"userEnvVars": {"A": "1"}}])
async def test_a_change_that_runs_nothing_else_makes_a_revision(tmp_path: Path, change: dict[str, Any]) -> None:
    """Source: Workflows v1, Workflow.revisionId: a new one arises from a change of the source or of the account."""
    async with a_face(tmp_path) as face:
        first = await deploy(face, "w")
        _, operation = await ask(face, f"{WORKFLOW}?updateMask={','.join(change)}", "PATCH", json=change)
        assert operation["response"]["revisionId"] == first["revisionId"]
        body = {"serviceAccount": "projects/demo/serviceAccounts/other@demo.iam.gserviceaccount.com"}
        _, operation = await ask(face, f"{WORKFLOW}?updateMask=serviceAccount", "PATCH", json=body)
        assert operation["response"]["revisionId"] > first["revisionId"]
        assert operation["response"]["createTime"] == first["createTime"]


async def test_a_short_view_shows_what_only_the_full_one_may(tmp_path: Path) -> None:
    """Source: Workflow Executions v1, ExecutionView: BASIC has name, start, end, duration, state and revision."""
    async with a_face(tmp_path) as face:
        face.deploy(returning("1"))
        name = (await face.run("5"))["name"]
        basic = {"name", "startTime", "endTime", "duration", "state", "workflowRevisionId"}
        full = basic | {"createTime", "argument", "result", "status"}
        assert set((await ask(face, name))[1]) >= full
        assert set((await ask(face, f"{name}?view=FULL"))[1]) >= full
        assert set((await ask(face, f"{name}?view=BASIC"))[1]) == basic
        for view, shown in (("", basic), ("?view=BASIC", basic), ("?view=FULL", full)):
            (one,) = (await ask(face, f"{WORKFLOW}/executions{view}"))[1]["executions"]
            assert set(one) >= shown
            assert ("argument" in one) == (shown == full)


async def test_a_history_is_deleted_while_its_execution_runs(tmp_path: Path) -> None:
    """Source: Workflow Executions v1, executions.deleteExecutionHistory: for finished executions."""
    async with a_face(tmp_path) as face:
        face.deploy(SLEEP)
        name = face.service.create(WORKFLOW, None)["name"]
        await until(lambda: face.service.history(name))
        status, refused = await ask(face, f"{name}:deleteExecutionHistory", "POST")
        assert (status, refused["error"]["status"]) == (400, "FAILED_PRECONDITION")
        await face.service.cancel(name)
        await until(lambda: not face.service.is_running(name))
        assert len(face.service.history(name)) == 1
        assert (await ask(face, f"{name}:deleteExecutionHistory", "POST")) == (200, {})
        assert face.service.history(name) == []


@pytest.mark.parametrize(
    "taken",
    [
        {"labels": {"a" * 63: "b" * 63}},
        {"labels": {f"a{number}": "" for number in range(64)}},
        {"userEnvVars": {f"A{number}": "" for number in range(20)}},
        {"description": "x" * 1000},
    ],
)
async def test_a_deployment_at_its_limit_is_refused(tmp_path: Path, taken: dict[str, Any]) -> None:
    """The other side of test_a_deployment_that_breaks_a_rule_is_refused.  Source: Workflows v1, Workflow."""
    async with a_face(tmp_path) as face:
        assert taken.items() <= (await deploy(face, "w", **taken)).items()
