"""The data of all connectors: what our faces serve stands in it, and what Google publishes compiles with it."""

import re
from pathlib import Path

import pytest

from local.workflows.compile.workflow import compile_workflow
from local.workflows.effects import HttpCall
from local.workflows.errors import WorkflowSyntaxError
from local.workflows.stdlib import connectors

# Written by hand from the REST references of Cloud Tasks, Cloud Storage, Workflows and Workflow Executions.
SERVED = """
cloudtasks.v2.projects.locations.queues.create POST cloudtasks.googleapis.com/v2/{+parent}/queues
cloudtasks.v2.projects.locations.queues.delete DELETE cloudtasks.googleapis.com/v2/{+name}
cloudtasks.v2.projects.locations.queues.get GET cloudtasks.googleapis.com/v2/{+name}
cloudtasks.v2.projects.locations.queues.list GET cloudtasks.googleapis.com/v2/{+parent}/queues
cloudtasks.v2.projects.locations.queues.patch PATCH cloudtasks.googleapis.com/v2/{+name}
cloudtasks.v2.projects.locations.queues.pause POST cloudtasks.googleapis.com/v2/{+name}:pause
cloudtasks.v2.projects.locations.queues.purge POST cloudtasks.googleapis.com/v2/{+name}:purge
cloudtasks.v2.projects.locations.queues.resume POST cloudtasks.googleapis.com/v2/{+name}:resume
cloudtasks.v2.projects.locations.queues.tasks.create POST cloudtasks.googleapis.com/v2/{+parent}/tasks
cloudtasks.v2.projects.locations.queues.tasks.delete DELETE cloudtasks.googleapis.com/v2/{+name}
cloudtasks.v2.projects.locations.queues.tasks.get GET cloudtasks.googleapis.com/v2/{+name}
cloudtasks.v2.projects.locations.queues.tasks.list GET cloudtasks.googleapis.com/v2/{+parent}/tasks
cloudtasks.v2.projects.locations.queues.tasks.run POST cloudtasks.googleapis.com/v2/{+name}:run
storage.v1.buckets.delete DELETE storage.googleapis.com/storage/v1/b/{bucket}
storage.v1.buckets.get GET storage.googleapis.com/storage/v1/b/{bucket}
storage.v1.buckets.insert POST storage.googleapis.com/storage/v1/b
storage.v1.buckets.list GET storage.googleapis.com/storage/v1/b
storage.v1.buckets.patch PATCH storage.googleapis.com/storage/v1/b/{bucket}
storage.v1.objects.compose POST storage.googleapis.com/storage/v1/b/{destinationBucket}/o/{destinationObject}/compose
storage.v1.objects.copy POST storage.googleapis.com/storage/v1/b/{sourceBucket}/o/{sourceObject}/copyTo/b/{destinationBucket}/o/{destinationObject}
storage.v1.objects.delete DELETE storage.googleapis.com/storage/v1/b/{bucket}/o/{object}
storage.v1.objects.get GET storage.googleapis.com/storage/v1/b/{bucket}/o/{object}
storage.v1.objects.insert POST storage.googleapis.com/upload/storage/v1/b/{bucket}/o
storage.v1.objects.list GET storage.googleapis.com/storage/v1/b/{bucket}/o
storage.v1.objects.patch PATCH storage.googleapis.com/storage/v1/b/{bucket}/o/{object}
storage.v1.objects.rewrite POST storage.googleapis.com/storage/v1/b/{sourceBucket}/o/{sourceObject}/rewriteTo/b/{destinationBucket}/o/{destinationObject}
workflows.v1.projects.locations.workflows.create POST workflows.googleapis.com/v1/{+parent}/workflows
workflows.v1.projects.locations.workflows.delete DELETE workflows.googleapis.com/v1/{+name}
workflows.v1.projects.locations.workflows.get GET workflows.googleapis.com/v1/{+name}
workflows.v1.projects.locations.workflows.list GET workflows.googleapis.com/v1/{+parent}/workflows
workflows.v1.projects.locations.workflows.patch PATCH workflows.googleapis.com/v1/{+name}
workflows.v1.projects.locations.operations.get GET workflows.googleapis.com/v1/{+name}
workflowexecutions.v1.projects.locations.workflows.executions.cancel POST workflowexecutions.googleapis.com/v1/{+name}:cancel
workflowexecutions.v1.projects.locations.workflows.executions.create POST workflowexecutions.googleapis.com/v1/{+parent}/executions
workflowexecutions.v1.projects.locations.workflows.executions.get GET workflowexecutions.googleapis.com/v1/{+name}
workflowexecutions.v1.projects.locations.workflows.executions.list GET workflowexecutions.googleapis.com/v1/{+parent}/executions
workflowexecutions.v1.projects.locations.workflows.executions.callbacks.list GET workflowexecutions.googleapis.com/v1/{+parent}/callbacks
workflowexecutions.v1.projects.locations.workflows.executions.stepEntries.get GET workflowexecutions.googleapis.com/v1/{+name}
workflowexecutions.v1.projects.locations.workflows.executions.stepEntries.list GET workflowexecutions.googleapis.com/v1/{+parent}/stepEntries
"""  # noqa: E501 -- a table

# What files call that Google publishes: connector, then the names of its arguments.  The names are facts; no line of
# those files is here.  W: workflows-samples, src/connectors; D: workflows-demos; G: guides of the Workflows docs.
PUBLISHED = """
W-bigquery bigquery.v2.datasets.insert projectId body
W-bigquery bigquery.v2.jobs.insert projectId body
W-bigquery bigquery.v2.tables.delete projectId datasetId tableId
W-bigquery bigquery.v2.datasets.delete projectId datasetId
W-firestore firestore.v1.projects.databases.documents.createDocument collectionId parent query body
W-firestore firestore.v1.projects.databases.documents.get name
W-firestore firestore.v1.projects.databases.exportDocuments name body
W-firestore firestore.v1.projects.databases.documents.delete name
W-secretmanager secretmanager.v1.projects.secrets.addVersionString secret_id project_id data
W-secretmanager secretmanager.v1.projects.secrets.versions.accessString secret_id version project_id
W-secretmanager secretmanager.v1.projects.secrets.versions.access name
W-run run.v1.namespaces.services.create location parent body
W-run run.v1.namespaces.services.get name location
W-run run.v1.namespaces.services.delete location name
W-compute compute.v1.instances.insert project zone body
W-compute compute.v1.instances.start instance project zone
W-compute compute.v1.instances.stop instance project zone
W-compute compute.v1.instances.get instance project zone
W-compute compute.v1.instances.delete instance project zone
W-container container.v1.projects.zones.clusters.create body
W-container container.v1.projects.zones.clusters.delete projectId zone clusterId name
W-container container.v1.projects.zones.clusters.get projectId zone clusterId name
W-dataflow dataflow.v1b3.projects.locations.templates.create projectId location body
W-dataflow storage.v1.objects.delete bucket object
W-documentai documentai.v1.projects.locations.processors.process name location body
W-integrations integrations.v1.projects.locations.integrations.list location parent
W-sqladmin sqladmin.v1beta4.instances.insert project body
W-sqladmin sqladmin.v1beta4.databases.insert project instance body
W-sqladmin sqladmin.v1beta4.databases.get project instance database
W-sqladmin sqladmin.v1beta4.databases.delete project instance database
W-sqladmin sqladmin.v1beta4.instances.delete project instance
W-aiplatform aiplatform.v1.projects.locations.customJobs.create parent region body
W-aiplatform aiplatform.v1.projects.locations.customJobs.delete name region
W-sheets sheets.v4.spreadsheets.create body connector_params
W-sheets sheets.v4.spreadsheets.values.update spreadsheetId range valueInputOption includeValuesInResponse body
W-sheets sheets.v4.spreadsheets.batchUpdate spreadsheetId body connector_params
W-sheets sheets.v4.spreadsheets.get spreadsheetId ranges includeGridData connector_params
W-spanner spanner.v1.projects.instances.databases.sessions.create database
W-spanner spanner.v1.projects.instances.databases.sessions.commit session body
W-spanner spanner.v1.projects.instances.databases.sessions.delete name
W-cloudbuild cloudbuild.v1.projects.builds.create projectId parent body
W-storage storage.v1.objects.insert bucket uploadType name body
W-storage storage.v1.objects.get bucket object alt
W-storagetransfer storagetransfer.v1.transferJobs.create body
W-storagetransfer storagetransfer.v1.transferJobs.patch jobName body
W-storagetransfer storagetransfer.v1.transferJobs.run jobName body
W-translate translate.v2.languages.list target
W-translate translate.v2.translations.translate q target format source
W-translate translate.v3.projects.locations.glossaries.create parent body
W-translate translate.v3.projects.locations.glossaries.list parent
W-translate translate.v3.projects.locations.glossaries.delete name
W-workflows workflows.v1.projects.locations.workflows.create parent workflowId body
D-screenshot-jobs run.v1.namespaces.jobs.create location parent body
D-screenshot-jobs run.v1.namespaces.jobs.run location name
D-screenshot-jobs run.v1.namespaces.jobs.delete location name
D-state-management-firestore firestore.v1.projects.databases.documents.patch name updateMask body
D-state-management-firestore firestore.v1.projects.databases.documents.get name mask
D-batch/primegen storage.v1.buckets.insert query body
D-batch/primegen storage.v1.buckets.delete bucket
D-batch-translation translate.v3beta1.projects.locations.batchTranslateText parent body
D-vertexai aiplatform.v1.projects.locations.endpoints.streamGenerateContent model region body
G-batch batch.v1.projects.locations.jobs.create parent jobId body
"""


@pytest.mark.parametrize("row", SERVED.split("\n")[1:-1])
def test_what_a_face_serves_is_in_the_data_with_the_same_call(row: str) -> None:
    name, verb, url = row.split(" ")
    found = connectors.find(f"googleapis.{name}")
    assert found is not None
    assert (found.verb, found.url, found.is_served) == (verb, f"https://{url}", True)


@pytest.mark.parametrize("row", PUBLISHED.split("\n")[1:-1])
def test_what_google_publishes_compiles(row: str) -> None:
    _, name, *arguments = row.split(" ")
    given = "".join(f"\n        {one}: ${{x}}" for one in arguments)
    compile_workflow(f"main:\n  params: [x]\n  steps:\n  - a:\n      call: googleapis.{name}\n      args:{given}\n")


def test_a_connector_without_a_face_here_is_not_served() -> None:
    found = connectors.find("googleapis.compute.v1.instances.insert")
    assert found is not None
    assert (found.is_served, found.ends, found.has_body) == (False, "status", True)


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("workflows.v1.projects.locations.workflows.patch", "operation"),
        ("workflows.v1.projects.locations.operations.get", ""),
        ("compute.v1.zoneOperations.wait", "status"),
        ("compute.v1.zoneOperations.get", ""),
        ("sqladmin.v1.instances.insert", "status"),
        ("container.v1.projects.locations.clusters.create", "status"),
        ("run.v2.projects.locations.jobs.create", "operation"),
        ("storage.v1.buckets.insert", ""),
    ],
)
def test_it_is_known_how_an_answer_says_that_it_has_ended(name: str, ends: str) -> None:
    found = connectors.find(f"googleapis.{name}")
    assert found is not None
    assert found.ends == ends


@pytest.mark.parametrize(
    ("call", "args", "timeout_s"),
    [
        ("storage.v1.buckets.get", "{bucket: b}", 1800.0),
        ("storage.v1.buckets.get", "{bucket: b, connector_params: {timeout: 5}}", 5.0),
        ("storage.v1.buckets.get", "{bucket: b, connector_params: {timeout: 9999}}", 1800.0),
        ("workflows.v1.projects.locations.workflows.delete", "{name: n, connector_params: {timeout: 5}}", 1800.0),
    ],
)
def test_a_request_may_take_half_an_hour_or_what_its_timeout_says(call: str, args: str, timeout_s: float) -> None:
    # Source: "Understand connectors": of an operation, the timeout bounds the whole and not a single request.
    effect = next(compile_workflow(f"main: [{{a: {{call: googleapis.{call}, args: {args}}}}}]").run(None, {}))
    assert isinstance(effect, HttpCall)
    assert effect.timeout_s == timeout_s


def test_names_that_only_begin_like_a_connector_are_none() -> None:
    for name in (
        "googleapis",
        "googleapis.storage",
        "googleapis.storage.v1",
        "googleapis.storage.v1.buckets",
        "x.y.z.w",
    ):
        assert connectors.find(name) is None
    assert connectors.suggestion("googleapis.zzzz.v9.nothing.like.it") == []


def test_a_workflow_without_connectors_does_not_read_the_data(monkeypatch: pytest.MonkeyPatch) -> None:
    connectors.find.cache_clear()
    connectors.text.cache_clear()
    monkeypatch.setattr(connectors, "DATA", Path("nowhere"))
    compile_workflow("main: [{a: {call: sys.log, args: {data: 1}}}, {b: {return: '${len(\"x\")}'}}]")
    with pytest.raises(FileNotFoundError):
        compile_workflow("main: [{a: {call: googleapis.storage.v1.buckets.get, args: {bucket: b}}}]")


def test_a_version_that_does_not_exist_is_told_with_one_that_does() -> None:
    with pytest.raises(WorkflowSyntaxError, match=re.escape("'googleapis.storage.v2.buckets.get'; did you mean")):
        compile_workflow("main: [{a: {call: googleapis.storage.v2.buckets.get}}]")
