"""The real clients against the local face: google-cloud-workflows over REST, and gcloud."""

import asyncio
import json
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from google.api_core import exceptions
from google.auth.credentials import AnonymousCredentials
from google.cloud import workflows_v1
from google.protobuf.field_mask_pb2 import FieldMask

from cli.env import gcloud_environment
from tests.executions.face import PARENT, WORKFLOW, Face, a_face
from tests.executions.test_service import SLEEP, returning
from tests.gcloud import gcloud, require_gcloud


async def test_the_python_client_deploys_updates_lists_and_deletes(tmp_path: Path) -> None:
    async with a_face(tmp_path) as face:
        await asyncio.to_thread(use_the_client, face)


def use_the_client(face: Face) -> None:
    client = workflows_v1.WorkflowsClient(
        transport="rest", credentials=AnonymousCredentials(), client_options={"api_endpoint": face.url}
    )
    workflow = workflows_v1.Workflow(source_contents=returning("1"), user_env_vars={"A": "b"})
    made = client.create_workflow(parent=PARENT, workflow=workflow, workflow_id="w").result()
    assert (made.name, made.state, made.revision_id[:7]) == (WORKFLOW, workflows_v1.Workflow.State.ACTIVE, "000001-")
    changed = workflows_v1.Workflow(name=WORKFLOW, source_contents=returning("2"))
    updated = client.update_workflow(workflow=changed, update_mask=FieldMask(paths=["source_contents"])).result()
    assert updated.revision_id.startswith("000002-")
    assert dict(updated.user_env_vars) == {"A": "b"}
    assert [one.name for one in client.list_workflows(parent=PARENT)] == [WORKFLOW]
    wrong = workflows_v1.Workflow(source_contents="main:\n  - a:\n      retrun: 1\n")
    # Source: recorded, a broken source ends the operation and not the call.
    broken = client.create_workflow(parent=PARENT, workflow=wrong, workflow_id="x")
    with pytest.raises(exceptions.InvalidArgument, match=r"main\.yaml:3:7: unexpected 'retrun'"):
        broken.result()
    with pytest.raises(exceptions.NotFound):
        client.get_workflow(name=f"{PARENT}/workflows/x")
    client.delete_workflow(name=WORKFLOW).result()
    with pytest.raises(exceptions.NotFound):
        client.get_workflow(name=WORKFLOW)


class Gcloud:
    """`gcloud workflows` against the face, with a source file; the words are those after it."""

    def __init__(self, face: Face, folder: Path) -> None:
        self._variables = gcloud_environment(face.url, folder / "gcloud")
        self._source = folder / "w.yaml"

    async def run(self, *words: str) -> Any:
        """What it prints as JSON; None where it prints nothing."""
        place = [] if words[-1].endswith("-last") else ["--location=us-central1"]
        done = await self._asked(*words, *place, "--format=json")
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout or "null")

    async def said(self, status: int, *words: str) -> str:
        """What it says on stderr; AssertionError where it ends with another status."""
        done = await self._asked(*words, "--location=us-central1")
        assert done.returncode == status, done.stderr.decode()
        return done.stderr.decode()

    def source(self, text: str) -> str:
        self._source.write_text(text)
        return f"--source={self._source}"

    async def _asked(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        return await asyncio.to_thread(gcloud, self._variables, "workflows", *words)


Cloud = tuple[Face, Gcloud]


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[Cloud]:
    require_gcloud()
    async with a_face(tmp_path) as face:
        yield face, Gcloud(face, tmp_path)


async def test_gcloud_deploys_runs_updates_and_deletes(cloud: Cloud) -> None:
    _, gcloud = cloud
    settings = ("--set-env-vars=A=b", "--service-account=me@demo.iam")
    deployed = await gcloud.run("deploy", "w", gcloud.source(returning("${[1, 2]}")), *settings)
    assert (deployed["state"], deployed["userEnvVars"]) == ("ACTIVE", {"A": "b"})
    ran = await gcloud.run("run", "w", '--data={"a": 1}')
    assert (ran["state"], json.loads(ran["result"]), ran["argument"]) == ("SUCCEEDED", [1, 2], '{"a":1}')
    assert (await gcloud.run("deploy", "w", gcloud.source(SLEEP)))["revisionId"].startswith("000002-")
    await gcloud.run("delete", "w")
    assert await gcloud.run("list") == []


async def test_gcloud_executes_cancels_describes_and_waits(cloud: Cloud) -> None:
    face, gcloud = cloud
    face.deploy(SLEEP)
    assert "Created [" in await gcloud.said(0, "execute", "w")
    (one,) = await gcloud.run("executions", "list", "w")
    assert one["state"] == "ACTIVE"
    newest = one["name"].rpartition("/")[2]
    assert (await gcloud.run("executions", "cancel", newest, "--workflow=w"))["state"] == "CANCELLED"
    assert (await gcloud.run("executions", "describe", newest, "--workflow=w"))["state"] == "CANCELLED"
    assert (await gcloud.run("executions", "wait", newest, "--workflow=w"))["state"] == "CANCELLED"
    assert "FAILED_PRECONDITION" in await gcloud.said(1, "executions", "cancel", newest, "--workflow=w")


async def test_gcloud_describes_and_waits_for_the_last_one_that_it_executed(cloud: Cloud) -> None:
    face, gcloud = cloud
    face.deploy(SLEEP)
    await gcloud.said(0, "execute", "w")
    ((_, _, one),) = face.service.store.unfinished()
    await face.service.cancel(one["name"])
    for words in ("describe-last", "wait-last"):
        told = await gcloud.run("executions", words)
        assert (told["name"], told["state"]) == (one["name"], "CANCELLED")


async def test_gcloud_lists_pages_and_filters(cloud: Cloud) -> None:
    face, gcloud = cloud
    face.deploy(returning("1"))
    succeeded = (await face.run())["name"]
    face.deploy(SLEEP)
    active = face.service.create(WORKFLOW, None)["name"]
    listed = await gcloud.run("executions", "list", "w")
    assert [(one["name"], one["state"]) for one in listed] == [(active, "ACTIVE"), (succeeded, "SUCCEEDED")]
    paged = await gcloud.run("executions", "list", "w", "--page-size=1")
    assert [one["name"] for one in paged] == [active, succeeded]
    filtered = await gcloud.run("executions", "list", "w", "--filter=state=SUCCEEDED")
    assert [one["name"] for one in filtered] == [succeeded]
    assert [one["name"] for one in await gcloud.run("list")] == [WORKFLOW]
    assert (await gcloud.run("describe", "w"))["name"] == WORKFLOW


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["describe", "none"], "NOT_FOUND"),
        (["execute", "none"], "NOT_FOUND"),
        (["executions", "describe", "none", "--workflow=w"], "NOT_FOUND"),
        (["execute", "w", "--data=notjson"], "INVALID_ARGUMENT"),
        (["deploy", "w", "SOURCE", "--set-env-vars=GOOGLE_X=1"], "INVALID_ARGUMENT"),
    ],
)
async def test_gcloud_is_refused_and_says_why(cloud: Cloud, words: list[str], said: str) -> None:
    face, gcloud = cloud
    face.deploy(SLEEP)
    source = gcloud.source(SLEEP)
    assert said in await gcloud.said(1, *(source if word == "SOURCE" else word for word in words))


async def test_gcloud_says_where_a_source_is_broken(cloud: Cloud) -> None:
    _, gcloud = cloud
    said = await gcloud.said(1, "deploy", "w", gcloud.source("main:\n  - a:\n      retrun: 1\n"))
    assert "[INVALID_ARGUMENT] main.yaml:3:7: unexpected 'retrun'" in said
