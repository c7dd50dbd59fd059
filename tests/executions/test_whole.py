"""Workflows, operations and executions compared whole: all that is shown of them, and no more."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.executions.face import PARENT, WORKFLOW, Face, a_face
from tests.executions.test_lists import FAIL, ask
from tests.executions.test_service import SLEEP, returning
from tests.running import until

TYPE = "type.googleapis.com/google.cloud.workflows.v1."
EMPTY = {"@type": "type.googleapis.com/google.protobuf.Empty"}
# What differs from run to run → what it looks like.
_MASKS = (
    (r'"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z"', '"TIME"'),
    (r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", "UUID"),
    (r'"(\d{6})-[0-9a-f]{3}"', r'"\1-REV"'),
    (r'"\d+\.\d{6}s"', '"SECONDS"'),
)

GIVEN = {
    "description": "draws",
    "labels": {"team": "red"},
    "serviceAccount": "me@demo.iam.gserviceaccount.com",
    "sourceContents": returning("1"),
    "callLogLevel": "LOG_NONE",
    "userEnvVars": {"A": "b"},
    "cryptoKeyName": "projects/demo/locations/l/keyRings/r/cryptoKeys/k",
    "executionHistoryLevel": "EXECUTION_HISTORY_BASIC",
}
# Source: Workflows v1, Workflow.
ALL_OF_A_WORKFLOW = GIVEN | {
    "name": WORKFLOW,
    "state": "ACTIVE",
    "revisionId": "000001-REV",
    "createTime": "TIME",
    "updateTime": "TIME",
    "revisionCreateTime": "TIME",
    "serviceAccount": "projects/demo/serviceAccounts/me@demo.iam.gserviceaccount.com",
}
LEAST_OF_A_WORKFLOW = {
    "name": WORKFLOW,
    "state": "ACTIVE",
    "revisionId": "000001-REV",
    "createTime": "TIME",
    "updateTime": "TIME",
    "revisionCreateTime": "TIME",
    "sourceContents": returning("1"),
    "callLogLevel": "CALL_LOG_LEVEL_UNSPECIFIED",
    "executionHistoryLevel": "EXECUTION_HISTORY_LEVEL_UNSPECIFIED",
}


def masked(answer: Any) -> Any:
    text = json.dumps(answer)
    for shape, word in _MASKS:
        text = re.sub(shape, word, text)
    return json.loads(text)


def operation(verb: str, **outcome: Any) -> dict[str, Any]:
    """Source: Workflows v1, OperationMetadata; google.longrunning, Operation."""
    metadata = {"@type": TYPE + "OperationMetadata", "createTime": "TIME", "endTime": "TIME", "apiVersion": "v1"}
    return {
        "name": f"{PARENT}/operations/operation-UUID",
        "done": True,
        "metadata": metadata | {"target": WORKFLOW, "verb": verb},
        **outcome,
    }


async def test_a_workflow_or_the_operation_that_made_it_hides_something(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        _, made = await ask(face, f"{PARENT}/workflows?workflowId=w", "POST", json=GIVEN)
        assert masked(made) == operation("create", response={"@type": TYPE + "Workflow", **ALL_OF_A_WORKFLOW})
        times = {made["metadata"][name] for name in ("createTime", "endTime")}
        assert len(times) == 1, "it is done when it is answered"
        assert masked(await ask(face, WORKFLOW)) == [200, ALL_OF_A_WORKFLOW]
        for path in (f"{PARENT}/workflows", f"{WORKFLOW}:listRevisions"):
            assert masked(await ask(face, path)) == [200, {"workflows": [ALL_OF_A_WORKFLOW]}]
        assert await ask(face, made["name"]) == (200, made)
        assert await ask(face, f"{PARENT}/operations") == (200, {"operations": [made]})
        _, deleted = await ask(face, WORKFLOW, "DELETE")
        assert masked(deleted) == operation("delete", response=EMPTY)


async def test_a_workflow_of_which_only_the_source_is_said_shows_something_else(tmp_path: Path) -> None:
    """The fields whose default is nothing are left out, as Google does."""
    async with a_face(tmp_path) as face:
        body = {"sourceContents": returning("1")}
        _, made = await ask(face, f"{PARENT}/workflows?workflowId=w", "POST", json=body)
        assert masked(made["response"]) == {"@type": TYPE + "Workflow", **LEAST_OF_A_WORKFLOW}
        face.service.deployments.deploy(WORKFLOW, face.service.registry.newest(WORKFLOW).settings)  # type: ignore[union-attr]
        assert masked(await ask(face, WORKFLOW)) == [200, LEAST_OF_A_WORKFLOW], "as `mando up` deploys it"


async def test_an_update_without_a_mask_leaves_what_it_does_not_say(tmp_path: Path) -> None:
    """Source: Workflows v1, projects.locations.workflows.patch: without a mask all fields are updated."""
    async with a_face(tmp_path) as face:
        await ask(face, f"{PARENT}/workflows?workflowId=w", "POST", json=GIVEN)
        _, first = await ask(face, WORKFLOW)
        _, updated = await ask(face, WORKFLOW, "PATCH", json={"sourceContents": returning("1")})
        second = LEAST_OF_A_WORKFLOW | {"revisionId": "000002-REV"}  # another account
        assert masked(updated) == operation("update", response={"@type": TYPE + "Workflow", **second})
        shown = updated["response"]
        assert shown["createTime"] == first["createTime"] < shown["updateTime"] == shown["revisionCreateTime"]
        _, again = await ask(face, f"{WORKFLOW}?updateMask=description", "PATCH", json={"description": "x"})
        assert again["response"]["updateTime"] > shown["updateTime"]
        assert again["response"]["revisionCreateTime"] == shown["revisionCreateTime"]
        assert (await ask(face, WORKFLOW))[1]["description"] == "x"


async def test_a_broken_source_ends_more_than_its_operation(tmp_path: Path) -> None:
    """Source: recorded; google.rpc.Code, INVALID_ARGUMENT."""
    async with a_face(tmp_path) as face:
        _, made = await ask(face, f"{PARENT}/workflows?workflowId=w", "POST", json={"sourceContents": "main: []"})
        assert masked(made) == operation("create", error={"code": 3, "message": made["error"]["message"]})
        assert made["error"]["message"].startswith("main.yaml:1:")
        assert (await ask(face, WORKFLOW))[0] == 404
        await ask(face, f"{PARENT}/workflows?workflowId=w", "POST", json=GIVEN)
        _, updated = await ask(face, f"{WORKFLOW}?updateMask=sourceContents", "PATCH", json={"sourceContents": "main:"})
        assert masked(updated) == operation("update", error={"code": 3, "message": updated["error"]["message"]})
        assert masked(await ask(face, WORKFLOW)) == [200, ALL_OF_A_WORKFLOW]


async def test_a_deleted_operation_is_still_there_or_takes_another_with_it(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        names = []
        for workflow in ("a", "b"):
            body = {"sourceContents": returning("1")}
            names.append((await ask(face, f"{PARENT}/workflows?workflowId={workflow}", "POST", json=body))[1]["name"])
        assert await ask(face, names[0], "DELETE") == (200, {})
        assert [(await ask(face, name))[0] for name in names] == [404, 200]


async def test_an_older_revision_is_shown_as_the_newest_or_not_at_all(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(returning("1"))
        face.deploy(returning("2"))
        _, listed = await ask(face, f"{WORKFLOW}:listRevisions")
        newest, oldest = (one["revisionId"] for one in listed["workflows"])
        for query, value in (("", "2"), (f"?revisionId={newest}", "2"), (f"?revisionId={oldest}", "1")):
            _, shown = await ask(face, WORKFLOW + query)
            assert shown["sourceContents"] == returning(value), query
        status, refused = await ask(face, f"{WORKFLOW}?revisionId=000003-abc")
        assert (status, refused["error"]["status"]) == (404, "NOT_FOUND")
        status, refused = await ask(face, f"{PARENT}/workflows?workflowId=w", "POST", json=GIVEN)
        assert (status, refused["error"]["status"]) == (409, "ALREADY_EXISTS")


# Source: Workflow Executions v1, Execution.
BEGUN = {
    "name": f"{WORKFLOW}/executions/UUID",
    "createTime": "TIME",
    "startTime": "TIME",
    "state": "ACTIVE",
    "argument": "null",
    "workflowRevisionId": "000001-REV",
}
ENDED = BEGUN | {"endTime": "TIME", "duration": "SECONDS"}
CANCELLED = {"payload": '"Execution cancelled"', "context": "Execution cancelled"}


def status(step: str) -> dict[str, Any]:
    return {"currentSteps": [{"routine": "main", "step": step}]}


async def both_views(face: Face, name: str) -> tuple[Any, Any]:
    return masked((await ask(face, name))[1]), masked((await ask(face, f"{name}?view=BASIC"))[1])


def basic(execution: dict[str, Any]) -> dict[str, Any]:
    """Source: Workflow Executions v1, ExecutionView, BASIC."""
    names = ("name", "startTime", "endTime", "duration", "state", "workflowRevisionId")
    return {name: execution[name] for name in names if name in execution}


@pytest.mark.parametrize(
    ("source", "end"),
    [
        (returning("1"), {"state": "SUCCEEDED", "result": "1", "status": status("a")}),
        (FAIL, {"state": "FAILED", "status": status("f")}),
    ],
)
async def test_an_execution_that_ended_hides_how(tmp_path: Path, source: str, end: dict[str, Any]) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(source)
        name = (await face.run())["name"]
        full, short = await both_views(face, name)
        error = full.pop("error", None)
    assert full == ENDED | end
    assert short == basic(full)
    assert ((error or {}).get("payload"), "result" in full) == (('"bad"', False) if source == FAIL else (None, True))


async def test_an_execution_says_something_else_while_it_waits_runs_and_is_cancelled(tmp_path: Path) -> None:
    asked = {
        "argument": "[1]",
        "labels": {"team": "blue"},
        "callLogLevel": "LOG_ERRORS_ONLY",
        "executionHistoryLevel": "EXECUTION_HISTORY_DETAILED",
    }
    async with a_face(tmp_path, max_concurrent=1) as face:
        face.deploy(SLEEP)
        at_once = asked | {"disableConcurrencyQuotaOverflowBuffering": True}
        _, first = await ask(face, f"{WORKFLOW}/executions", "POST", json=at_once)
        assert masked(first) == BEGUN | at_once
        assert first["createTime"] == first["startTime"]
        _, second = await ask(face, f"{WORKFLOW}/executions", "POST", json={"callLogLevel": "LOG_ALL_CALLS"})
        queued = {name: value for name, value in BEGUN.items() if name != "startTime"} | {"state": "QUEUED"}
        assert masked(second) == queued | {"callLogLevel": "LOG_ALL_CALLS"}
        await until(lambda: face.service.history(first["name"]))
        full, short = await both_views(face, first["name"])
        assert full == BEGUN | at_once | {"status": status("sleep")}
        assert short == basic(full)
        ends = {"state": "CANCELLED", "error": CANCELLED}
        _, cancelled = await ask(face, f"{second['name']}:cancel", "POST")
        assert masked(cancelled) == queued | ends | {
            "callLogLevel": "LOG_ALL_CALLS",
            "endTime": "TIME",
            "duration": "SECONDS",
        }
        assert cancelled["duration"] == "0.000000s", "it never began"
        _, cancelled = await ask(face, f"{first['name']}:cancel", "POST")
        assert masked(cancelled) == ENDED | at_once | ends | {"status": status("sleep")}


async def test_levels_that_are_not_specified_are_shown(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(SLEEP)
        levels = {
            "callLogLevel": "CALL_LOG_LEVEL_UNSPECIFIED",
            "executionHistoryLevel": "EXECUTION_HISTORY_LEVEL_UNSPECIFIED",
            "disableConcurrencyQuotaOverflowBuffering": False,
        }
        _, made = await ask(face, f"{WORKFLOW}/executions", "POST", json=levels)
        assert masked(made) == BEGUN


async def test_an_environment_lacks_a_variable_or_has_one_of_another_workflow(tmp_path: Path) -> None:
    """Source: Workflows, "Built-in environment variables"."""
    names = [
        *("PROJECT_ID", "PROJECT_NUMBER", "LOCATION", "SERVICE_ACCOUNT_NAME", "WORKFLOW_ID"),
        *("WORKFLOW_REVISION_ID", "WORKFLOW_EXECUTION_ID", "WORKFLOW_EXECUTION_ATTEMPT"),
    ]
    lines = "".join(f'      - ${{sys.get_env("GOOGLE_CLOUD_{name}")}}\n' for name in names)
    async with a_face(tmp_path) as face:
        face.deploy(f"main:\n  steps:\n  - r:\n      return:\n{lines}")
        result = masked(json.loads((await face.run())["result"]))
    account = "default@demo.iam.gserviceaccount.com"
    assert result == ["demo", "1", "us-central1", account, "w", "000001-REV", "UUID", "1"]
