"""Executions from their beginning to their end, across revisions, cancellation and restarts."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest

from local.executions.data.pages import Query
from local.executions.data.workflows import Settings
from local.http.api_error import ApiError
from tests.executions.face import PARENT, WORKFLOW, Face, a_face
from tests.running import until

CALL = """
main:
  params: [argument]
  steps:
    - call:
        call: http.post
        args:
          url: ${sys.get_env("TARGET") + "/a"}
          auth: {type: OIDC, audience: me}
          body: ${argument}
        result: answer
    - done:
        return: ${answer.body}
"""
SLEEP = """
main:
  steps:
    - sleep:
        call: sys.sleep
        args: {seconds: 600}
"""


def revisions(face: Face) -> list[int]:
    """The numbers of the workflow's revisions."""
    return [one.number for one in face.service.registry.revisions(WORKFLOW, Query.of({}, {}, 10, 10)).items]


def returning(value: str) -> str:
    return f"main:\n  steps:\n  - a:\n      return: {value}\n"


async def test_an_execution_calls_with_its_token_and_keeps_its_result(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(CALL)
        execution = await face.run('{"x": "ü"}')
    assert execution["state"] == "SUCCEEDED"
    assert json.loads(execution["result"]) == {"authorization": "Bearer token-for-None", "got": '{"x":"ü"}'}
    assert execution["startTime"] <= execution["endTime"]
    assert float(execution["duration"].removesuffix("s")) >= 0


async def test_the_built_in_variables_are_there(tmp_path: Path) -> None:
    """Source: Workflows, "Built-in environment variables"."""
    names = ["LOCATION", "PROJECT_ID", "PROJECT_NUMBER", "SERVICE_ACCOUNT_NAME"]
    names += ["WORKFLOW_EXECUTION_ID", "WORKFLOW_ID", "WORKFLOW_REVISION_ID"]
    source = returning("[" + ", ".join(f"'${{sys.get_env(\"GOOGLE_CLOUD_{name}\")}}'" for name in names) + "]")
    async with a_face(tmp_path) as face:
        face.deploy(source)
        by_default = await face.run()
        face.service.deployments.deploy(WORKFLOW, Settings(source, "me@demo.iam.gserviceaccount.com"))
        execution = await face.run()
    default, chosen = json.loads(by_default["result"]), json.loads(execution["result"])
    assert default[3] == "default@demo.iam.gserviceaccount.com"
    account, name = "me@demo.iam.gserviceaccount.com", execution["name"].rpartition("/")[2]
    assert chosen == ["us-central1", "demo", "1", account, name, "w", execution["workflowRevisionId"]]


async def test_an_uncaught_error_is_kept_with_its_place(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy("main:\n  steps:\n  - look:\n      return: ${{}.missing}\n")
        execution = await face.run()
    assert execution["state"] == "FAILED"
    assert json.loads(execution["error"]["payload"])["tags"] == ["KeyError", "LookupError"]
    assert 'in step "look", routine "main", line: 4' in execution["error"]["context"]
    assert "result" not in execution


async def test_a_new_revision_arises_only_from_a_change_and_running_executions_keep_theirs(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(returning("1"))
        first = face.service.create(WORKFLOW, None)
        face.deploy(returning("1"))
        assert revisions(face) == [1]
        face.deploy(returning("2"))
        assert revisions(face) == [2, 1]
        assert (await face.ended(first["name"]))["result"] == "1"
        assert (await face.run())["result"] == "2"


async def test_a_wrong_source_is_refused_and_the_last_good_revision_stays(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(returning("1"))
        with pytest.raises(ApiError, match=r"main\.yaml:4:7: unexpected 'retrun'"):
            face.deploy("main:\n  steps:\n  - a:\n      retrun: 1\n")
        assert (await face.run())["result"] == "1"


async def test_a_cancelled_execution_ends_at_once_and_only_once(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(SLEEP)
        name = face.service.create(WORKFLOW, None)["name"]
        await asyncio.sleep(0)
        assert (await face.service.cancel(name))["state"] == "CANCELLED"
        await until(lambda: not face.service.is_running(name))
        with pytest.raises(ApiError, match="not active"):
            await face.service.cancel(name)
        assert face.service.get(name)["state"] == "CANCELLED"


async def test_what_a_process_left_unfinished_the_next_one_finishes(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(SLEEP)
        name = face.service.create(WORKFLOW, None)["name"]
        revision = face.service.registry.newest(WORKFLOW)
        assert revision is not None
    async with a_face(tmp_path) as face:
        assert face.service.is_running(name)
        kept = face.service.get(name)
        assert (kept["state"], kept["workflowRevisionId"]) == ("ACTIVE", revision.revision_id)


async def test_an_operation_that_ended_with_an_error_is_found_after_a_restart(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face, aiohttp.ClientSession() as session:
        url = f"{face.url}/v1/{PARENT}/workflows?workflowId=w"
        async with session.post(url, json={"sourceContents": "main: []"}) as answer:
            operation = await answer.json()
        assert operation["error"]["code"] == 3
    async with a_face(tmp_path) as face, aiohttp.ClientSession() as session:
        async with session.get(f"{face.url}/v1/{operation['name']}") as answer:
            assert await answer.json() == operation
        assert face.service.registry.newest(WORKFLOW) is None


async def test_results_and_arguments_are_compact_with_sorted_keys(tmp_path: Path) -> None:
    """Source: recorded from the real service, as is the null of an execution without an argument."""
    async with a_face(tmp_path) as face:
        face.deploy("main: {params: [a], steps: [{r: {return: '${a}'}}]}")
        given = await face.run('{"b": [1, 2.0],  "a": "ü"}')
        assert (given["argument"], given["result"]) == ('{"a":"ü","b":[1,2.0]}',) * 2
        nothing = await face.run()
        assert (nothing["argument"], nothing["result"]) == ("null", "null")


@pytest.mark.parametrize(
    ("argument", "message"), [("{", "not valid JSON"), ('"' + "x" * 33_000 + '"', "larger than 32768 bytes")]
)
async def test_a_wrong_argument_is_refused(tmp_path: Path, argument: str, message: str) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(returning("1"))
        with pytest.raises(ApiError, match=message):
            face.service.create(WORKFLOW, argument)


async def test_two_thousand_sleeping_executions_keep_nobody_waiting(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        face.deploy(SLEEP)
        names = [face.service.create(WORKFLOW, None)["name"] for _ in range(2_000)]
        await until(lambda: all(face.service.is_running(name) for name in names))
        face.deploy(returning("1"))
        assert (await face.run())["state"] == "SUCCEEDED"
