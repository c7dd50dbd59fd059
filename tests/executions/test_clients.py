"""The real clients against the local face: google-cloud-workflows over REST, and gcloud."""

import asyncio
import json
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


async def test_gcloud_deploys_executes_waits_lists_and_cancels(tmp_path: Path) -> None:
    require_gcloud()
    async with a_face(tmp_path) as face:
        await asyncio.to_thread(use_gcloud, face, gcloud_environment(face.url, tmp_path / "gcloud"), tmp_path)


def use_gcloud(face: Face, variables: dict[str, str], folder: Path) -> None:
    source = folder / "w.yaml"

    def run(*words: str) -> Any:
        place = [] if words[-1].endswith("-last") else ["--location=us-central1"]
        done = gcloud(variables, "workflows", *words, *place, "--format=json")
        assert done.returncode == 0, done.stderr.decode()
        return json.loads(done.stdout or "null")

    source.write_text(returning("${[1, 2]}"))
    deployed = run("deploy", "w", f"--source={source}", "--set-env-vars=A=b", "--service-account=me@demo.iam")
    assert (deployed["state"], deployed["userEnvVars"]) == ("ACTIVE", {"A": "b"})
    ran = run("run", "w", '--data={"a": 1}')
    assert (ran["state"], json.loads(ran["result"]), ran["argument"]) == ("SUCCEEDED", [1, 2], '{"a":1}')
    source.write_text(SLEEP)
    assert run("deploy", "w", f"--source={source}")["revisionId"].startswith("000002-")
    executed = gcloud(variables, "workflows", "execute", "w", "--location=us-central1")
    assert b"Created [" in executed.stderr
    listed = run("executions", "list", "w")
    assert [one["state"] for one in listed] == ["ACTIVE", "SUCCEEDED"]
    newest = listed[0]["name"].rpartition("/")[2]
    assert run("executions", "cancel", newest, "--workflow=w")["state"] == "CANCELLED"
    assert run("executions", "describe", newest, "--workflow=w")["state"] == "CANCELLED"
    assert run("describe", "w")["name"] == WORKFLOW
    assert run("executions", "describe-last")["state"] == "CANCELLED"
    assert run("executions", "wait-last")["state"] == "CANCELLED"
    assert run("executions", "wait", newest, "--workflow=w")["state"] == "CANCELLED"
    paged = run("executions", "list", "w", "--page-size=1")
    assert [one["name"] for one in paged] == [one["name"] for one in listed]
    assert [one["state"] for one in run("executions", "list", "w", "--filter=state=SUCCEEDED")] == ["SUCCEEDED"]
    assert [one["name"] for one in run("list")] == [WORKFLOW]
    for words, said in (
        (["describe", "none"], b"NOT_FOUND"),
        (["execute", "none"], b"NOT_FOUND"),
        (["executions", "describe", "none", "--workflow=w"], b"NOT_FOUND"),
        (["executions", "cancel", newest, "--workflow=w"], b"FAILED_PRECONDITION"),
        (["execute", "w", "--data=notjson"], b"INVALID_ARGUMENT"),
        (["deploy", "w", f"--source={source}", "--set-env-vars=GOOGLE_X=1"], b"INVALID_ARGUMENT"),
    ):
        wrong = gcloud(variables, "workflows", *words, "--location=us-central1")
        assert (wrong.returncode, said in wrong.stderr) == (1, True), wrong.stderr.decode()
    source.write_text("main:\n  - a:\n      retrun: 1\n")
    refused = gcloud(variables, "workflows", "deploy", "w", f"--source={source}", "--location=us-central1")
    assert refused.returncode == 1
    assert b"[INVALID_ARGUMENT] main.yaml:3:7: unexpected 'retrun'" in refused.stderr
    run("delete", "w")
    assert run("list") == []
