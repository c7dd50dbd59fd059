"""Every connector against the face that it is for: Cloud Tasks, Cloud Storage, Workflows and Workflow Executions."""

import json
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from local.executions.data.workflows import Settings
from local.executions.engine.live import LivePerformer
from local.project import PLACE
from local.server import LocalCloud
from local.workflows.effects import HttpCall, HttpFailure
from tests.running import until
from tests.system.up import four_free_ports

WORKFLOW = f"{PLACE}/workflows/w"

TASKS = """
main:
  steps:
  - names:
      assign:
      - place: projects/demo/locations/us-central1
      - queue: ${place + "/queues/q"}
      - task: ${queue + "/tasks/t"}
      - code: 0
  - create:
      call: googleapis.cloudtasks.v2.projects.locations.queues.create
      args: {parent: "${place}", body: {name: "${queue}"}}
      result: made
  - pause: {call: googleapis.cloudtasks.v2.projects.locations.queues.pause, args: {name: "${queue}"}, result: paused}
  - patch:
      call: googleapis.cloudtasks.v2.projects.locations.queues.patch
      args: {name: "${queue}", updateMask: retryConfig.maxAttempts, body: {retryConfig: {maxAttempts: 7}}}
  - get: {call: googleapis.cloudtasks.v2.projects.locations.queues.get, args: {name: "${queue}"}, result: got}
  - list: {call: googleapis.cloudtasks.v2.projects.locations.queues.list, args: {parent: "${place}"}, result: listed}
  - create_task:
      call: googleapis.cloudtasks.v2.projects.locations.queues.tasks.create
      args: {parent: "${queue}", body: {task: {name: "${task}", httpRequest: {url: "http://127.0.0.1:1/"}}}}
  - get_task: {call: googleapis.cloudtasks.v2.projects.locations.queues.tasks.get, args: {name: "${task}"}, result: t}
  - run_task: {call: googleapis.cloudtasks.v2.projects.locations.queues.tasks.run, args: {name: "${task}"}}
  - list_tasks:
      call: googleapis.cloudtasks.v2.projects.locations.queues.tasks.list
      args: {parent: "${queue}"}
      result: tasks
  - delete_task: {call: googleapis.cloudtasks.v2.projects.locations.queues.tasks.delete, args: {name: "${task}"}}
  - purge: {call: googleapis.cloudtasks.v2.projects.locations.queues.purge, args: {name: "${queue}"}}
  - resume: {call: googleapis.cloudtasks.v2.projects.locations.queues.resume, args: {name: "${queue}"}, result: again}
  - delete: {call: googleapis.cloudtasks.v2.projects.locations.queues.delete, args: {name: "${queue}"}}
  - gone:
      try: {call: googleapis.cloudtasks.v2.projects.locations.queues.get, args: {name: "${queue}"}}
      except: {as: e, steps: [{code: {assign: [code: "${e.code}"]}}]}
  - done:
      return:
      - ${made.name == queue}
      - ${paused.state}
      - ${got.retryConfig.maxAttempts}
      - ${len(listed.queues) > 0}
      - ${t.name == task}
      - ${len(tasks.tasks)}
      - ${again.state}
      - ${code}
"""
STORAGE = """
main:
  steps:
  - no_code: {assign: [code: 0, unfound: 0]}
  - bucket:
      call: googleapis.storage.v1.buckets.insert
      args: {query: {project: demo}, predefinedAcl: private, projection: full, body: {name: from-a-workflow}}
  - describe: {call: googleapis.storage.v1.buckets.get, args: {bucket: from-a-workflow}, result: bucket}
  - label: {call: googleapis.storage.v1.buckets.patch, args: {bucket: from-a-workflow, body: {labels: {a: b}}}}
  - buckets: {call: googleapis.storage.v1.buckets.list, args: {project: demo}, result: buckets}
  - write:
      call: googleapis.storage.v1.objects.insert
      args: {bucket: from-a-workflow, name: a/b.json, body: {x: 1}, ifGenerationMatch: "0"}
      result: written
  - twice:
      try:
        call: googleapis.storage.v1.objects.insert
        args: {bucket: from-a-workflow, name: a/b.json, body: {x: 1}, ifGenerationMatch: "0"}
      except: {as: e, steps: [{code: {assign: [code: "${e.code}"]}}]}
  - patch:
      call: googleapis.storage.v1.objects.patch
      args: {bucket: from-a-workflow, object: a%2Fb.json, body: {cacheControl: no-store}}
      result: patched
  - copy:
      call: googleapis.storage.v1.objects.copy
      args:
        sourceBucket: from-a-workflow
        sourceObject: a%2Fb.json
        destinationBucket: from-a-workflow
        destinationObject: copied
  - rewrite:
      call: googleapis.storage.v1.objects.rewrite
      args:
        sourceBucket: from-a-workflow
        sourceObject: a%2Fb.json
        destinationBucket: from-a-workflow
        destinationObject: rewritten
      result: rewritten
  - compose:
      call: googleapis.storage.v1.objects.compose
      args:
        destinationBucket: from-a-workflow
        destinationObject: composed
        body: {sourceObjects: [{name: copied}, {name: rewritten}]}
  - get: {call: googleapis.storage.v1.objects.get, args: {bucket: from-a-workflow, object: composed}, result: composed}
  - read:
      call: googleapis.storage.v1.objects.get
      args: {bucket: from-a-workflow, object: '${text.url_encode("a/b.json")}', alt: media}
      result: x
  - not_encoded:
      try: {call: googleapis.storage.v1.objects.get, args: {bucket: from-a-workflow, object: a/b.json}}
      except: {as: e, steps: [{unfound: {assign: [unfound: "${e.code}"]}}]}
  - list: {call: googleapis.storage.v1.objects.list, args: {bucket: from-a-workflow}, result: objects}
  - empty:
      for:
        value: object
        in: ${objects.items}
        steps:
        - one:
            call: googleapis.storage.v1.objects.delete
            args: {bucket: from-a-workflow, object: "${text.url_encode(object.name)}"}
  - delete: {call: googleapis.storage.v1.buckets.delete, args: {bucket: from-a-workflow}}
  - done:
      return:
      - ${bucket.name}
      - ${len(buckets.items) > 0}
      - ${written.size}
      - ${code}
      - ${patched.cacheControl}
      - ${rewritten.done}
      - ${composed.size}
      - ${x}
      - ${len(objects.items)}
      - ${unfound}
"""
EXECUTIONS = """
main:
  steps:
  - place: {assign: [place: projects/demo/locations/us-central1, it: "${place + \\"/workflows/other\\"}", code: 0]}
  - none_yet: {assign: [failed: null]}
  - create:
      call: googleapis.workflows.v1.projects.locations.workflows.create
      args: {parent: "${place}", workflowId: other, body: {sourceContents: "main: [{r: {return: 7}}]"}}
      result: made
  - patch:
      call: googleapis.workflows.v1.projects.locations.workflows.patch
      args: {name: "${it}", updateMask: description, body: {description: changed}}
      result: patched
  - get: {call: googleapis.workflows.v1.projects.locations.workflows.get, args: {name: "${it}"}, result: got}
  - list: {call: googleapis.workflows.v1.projects.locations.workflows.list, args: {parent: "${place}"}, result: listed}
  - run:
      call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run
      args: {workflow_id: other, argument: {x: 1}}
      result: ran
  - map: {call: experimental.executions.map, args: {workflow_id: other, arguments: [1, 2]}, result: mapped}
  - sleepy:
      call: googleapis.workflows.v1.projects.locations.workflows.patch
      args:
        name: ${it}
        updateMask: sourceContents
        body: {sourceContents: "main: [{s: {call: sys.sleep, args: {seconds: 600}}}]"}
  - without_body:
      call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.create
      args: {parent: "${it}"}
      result: bare
  - stop_it:
      call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.cancel
      args: {name: "${bare.name}"}
  - begin:
      call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.create
      args: {parent: "${it}", body: {argument: "1"}}
      result: begun
  - look:
      call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.get
      args: {name: "${begun.name}", view: FULL}
      result: seen
  - callbacks:
      call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.callbacks.list
      args: {parent: "${begun.name}"}
      result: callbacks
  - cancel:
      call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.cancel
      args: {name: "${begun.name}"}
      result: cancelled
  - all:
      call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.list
      args: {parent: "${it}", filter: 'state="SUCCEEDED"'}
      result: all
  - entries:
      call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.stepEntries.list
      args: {parent: "${all.executions[0].name}"}
      result: entries
  - entry:
      call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.stepEntries.get
      args: {name: "${entries.stepEntries[0].name}"}
      result: entry
  - failing:
      call: googleapis.workflows.v1.projects.locations.workflows.patch
      args: {name: "${it}", updateMask: sourceContents, body: {sourceContents: "main: [{r: {raise: boom}}]"}}
  - child:
      try:
        call: googleapis.workflowexecutions.v1.projects.locations.workflows.executions.run
        args: {workflow_id: other}
      except: {as: e, steps: [{keep: {assign: [failed: "${[e.message, e.tags, e.operation.state]}"]}}]}
  - delete: {call: googleapis.workflows.v1.projects.locations.workflows.delete, args: {name: "${it}"}}
  - operation:
      try:
        call: googleapis.workflows.v1.projects.locations.operations.get
        args: {name: "${place + \\"/operations/none\\"}"}
      except: {as: e, steps: [{code: {assign: [code: "${e.code}"]}}]}
  - done:
      return:
      - ${made.state}
      - ${patched.description}
      - ${got.revisionId == made.revisionId}
      - ${len(listed.workflows)}
      - ${ran}
      - ${mapped}
      - ${seen.argument}
      - ${callbacks}
      - ${cancelled.state}
      - ${len(all.executions)}
      - ${entry.stepType}
      - ${code}
      - ${failed}
"""


@pytest.fixture
async def cloud(tmp_path: Path) -> AsyncIterator[LocalCloud]:
    async with LocalCloud(tmp_path, four_free_ports(), "http://127.0.0.1:1") as cloud:
        yield cloud


async def result_of(cloud: LocalCloud, source: str) -> Any:
    service = cloud.executions
    service.deployments.deploy(WORKFLOW, Settings(source))
    name = service.create(WORKFLOW, None)["name"]
    await until(lambda: not service.is_running(name))
    execution = service.get(name)
    assert execution["state"] == "SUCCEEDED", execution["error"]
    await service.stop()
    return json.loads(execution["result"])


async def test_connectors_of_cloud_tasks(cloud: LocalCloud) -> None:
    assert await result_of(cloud, TASKS) == [True, "PAUSED", 7, True, True, 1, "RUNNING", 404]


async def test_connectors_of_cloud_storage(cloud: LocalCloud) -> None:
    found = await result_of(cloud, STORAGE)
    assert found == ["from-a-workflow", True, "7", 412, "no-store", True, "14", {"x": 1}, 4, 404]


async def test_connectors_of_workflows_and_executions(cloud: LocalCloud) -> None:
    found = await result_of(cloud, EXECUTIONS)
    failed = ["Execution failed or cancelled.", ["OperationError"], "FAILED"]
    assert found == ["ACTIVE", "changed", True, 2, 7, [7, 7], "1", {}, "CANCELLED", 3, "STEP_RETURN", 404, failed]


async def test_where_nothing_listens_the_error_says_what_to_start_or_to_stub() -> None:
    call = HttpCall("GET", "https://storage.googleapis.com/storage/v1/b/b", {}, None, 5.0)
    async with aiohttp.ClientSession() as session:
        performer = LivePerformer(session, lambda _: "token", "http://127.0.0.1:1", lambda *_: None)
        failure = await performer.perform(call)
        elsewhere = await performer.perform(replace(call, url="http://127.0.0.1:1/"))
    assert isinstance(failure, HttpFailure)
    assert failure.kind == "ConnectionFailedError"
    for part in ("nothing listens at http://127.0.0.1:1", "`mando up`", "--stub FILE"):
        assert part in failure.message
    assert isinstance(elsewhere, HttpFailure)
    assert "mando up" not in elsewhere.message
