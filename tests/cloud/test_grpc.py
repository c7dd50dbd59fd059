"""The Google clients over gRPC: the executions client, which speaks nothing else, and those of tasks and workflows."""

import asyncio
import base64
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import grpc
import pytest
from google.api_core import exceptions
from google.cloud import tasks_v2, workflows_v1
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport
from google.cloud.workflows import executions_v1
from google.cloud.workflows.executions_v1.services.executions.transports import ExecutionsGrpcTransport
from google.cloud.workflows_v1.services.workflows.transports import WorkflowsGrpcTransport
from google.protobuf.field_mask_pb2 import FieldMask

from local.project import PLACE
from local.server import LocalCloud
from tests.system.up import four_free_ports

WORKFLOW, QUEUE = f"{PLACE}/workflows/w", f"{PLACE}/queues/q"
SOURCE = "main: {params: [x], steps: [{s: {call: sys.sleep, args: {seconds: '${x.s}'}}}, {r: {return: '${x}'}}]}"

Use = Callable[[Callable[[grpc.Channel], None]], "asyncio.Future[None]"]


@pytest.fixture
async def use(tmp_path: Path) -> AsyncIterator[Use]:
    """Runs what uses a channel, in a thread of its own."""
    port = four_free_ports()
    async with LocalCloud(tmp_path, port, "http://127.0.0.1:1") as cloud:
        await cloud.begin(commands=[])
        channel = grpc.insecure_channel(f"127.0.0.1:{port + 3}")
        yield lambda what: asyncio.ensure_future(asyncio.to_thread(what, channel))
        channel.close()


async def test_workflows_are_deployed_and_executions_run_are_listed_and_cancelled(use: Use) -> None:
    await use(use_workflows)


def use_workflows(channel: grpc.Channel) -> None:
    workflows = workflows_v1.WorkflowsClient(transport=WorkflowsGrpcTransport(channel=channel))
    made = workflows.create_workflow(
        parent=PLACE, workflow=workflows_v1.Workflow(source_contents=SOURCE), workflow_id="w"
    ).result()
    assert (made.name, made.state.name) == (WORKFLOW, "ACTIVE")
    described = workflows_v1.Workflow(name=WORKFLOW, description="d")
    changed = workflows.update_workflow(workflow=described, update_mask=FieldMask(paths=["description"])).result()
    assert (changed.description, changed.source_contents) == ("d", SOURCE)
    assert [one.name for one in workflows.list_workflows(parent=PLACE)] == [WORKFLOW]

    executions = executions_v1.ExecutionsClient(transport=ExecutionsGrpcTransport(channel=channel))
    begun = [
        executions.create_execution(
            parent=WORKFLOW, execution=executions_v1.Execution(argument=argument, labels={"a": "b"})
        )
        for argument in ('{"s": 600}', '{"s": 0}')
    ]
    cancelled = executions.cancel_execution(name=begun[0].name)
    assert cancelled.state == executions_v1.Execution.State.CANCELLED
    while (done := executions.get_execution(name=begun[1].name)).state == executions_v1.Execution.State.ACTIVE:
        pass
    assert (done.state.name, done.result, dict(done.labels)) == ("SUCCEEDED", '{"s":0}', {"a": "b"})
    assert str(done.start_time) <= str(done.end_time)
    listed = executions.list_executions(executions_v1.ListExecutionsRequest(parent=WORKFLOW, page_size=1))
    assert [one.name for one in listed] == [begun[1].name, begun[0].name]
    full = executions_v1.ListExecutionsRequest(
        parent=WORKFLOW, view=executions_v1.ExecutionView.FULL, filter='state="CANCELLED"'
    )
    assert [one.argument for one in executions.list_executions(full)] == ['{"s":600}']
    with pytest.raises(exceptions.FailedPrecondition):
        executions.cancel_execution(name=begun[0].name)
    with pytest.raises(exceptions.InvalidArgument, match="not valid JSON"):
        executions.create_execution(parent=WORKFLOW, execution=executions_v1.Execution(argument="{"))
    workflows.delete_workflow(name=WORKFLOW).result()
    with pytest.raises(exceptions.NotFound):
        executions.get_execution(name=begun[0].name)


async def test_queues_and_tasks(use: Use) -> None:
    await use(use_tasks)


def use_tasks(channel: grpc.Channel) -> None:
    tasks = tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
    made = tasks.create_queue(parent=PLACE, queue=tasks_v2.Queue(name=QUEUE))
    assert made.name == QUEUE
    assert tasks.pause_queue(name=QUEUE).state == tasks_v2.Queue.State.PAUSED
    slower = tasks_v2.Queue(name=QUEUE, rate_limits=tasks_v2.RateLimits(max_dispatches_per_second=3))
    mask = FieldMask(paths=["rate_limits.max_dispatches_per_second"])
    assert tasks.update_queue(queue=slower, update_mask=mask).rate_limits.max_dispatches_per_second == 3
    task = tasks_v2.Task(
        name=f"{QUEUE}/tasks/t", http_request=tasks_v2.HttpRequest(url="http://127.0.0.1:1/", body=b"\x00\xff")
    )
    assert tasks.create_task(parent=QUEUE, task=task).name == task.name
    with pytest.raises(exceptions.AlreadyExists):
        tasks.create_task(parent=QUEUE, task=task)
    full = tasks.get_task(tasks_v2.GetTaskRequest(name=task.name, response_view=tasks_v2.Task.View.FULL))
    assert full.http_request.body == b"\x00\xff", base64.b64encode(full.http_request.body)
    assert [one.name for one in tasks.list_tasks(parent=QUEUE)] == [task.name]
    to_app_engine = tasks_v2.Task(
        app_engine_http_request=tasks_v2.AppEngineHttpRequest(
            relative_uri="/x", app_engine_routing=tasks_v2.AppEngineRouting(version="2"), body=b"\x00"
        )
    )
    kept = tasks.create_task(parent=QUEUE, task=to_app_engine)
    assert kept.app_engine_http_request.app_engine_routing.host == "2.demo.uc.r.appspot.com"
    assert (kept.app_engine_http_request.http_method.name, kept.dispatch_deadline.seconds) == ("POST", 600)
    tasks.delete_task(name=kept.name)
    tasks.delete_task(name=task.name)
    with pytest.raises(exceptions.NotFound):
        tasks.get_task(name=task.name)
    tasks.purge_queue(name=QUEUE)
    assert tasks.resume_queue(name=QUEUE).state == tasks_v2.Queue.State.RUNNING
    assert QUEUE in [one.name for one in tasks.list_queues(parent=PLACE)]
    tasks.delete_queue(name=QUEUE)
    with pytest.raises(exceptions.NotFound):
        tasks.get_queue(name=QUEUE)


async def test_a_method_that_nobody_serves_says_so(use: Use) -> None:
    def ask(channel: grpc.Channel) -> None:
        tasks = tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
        with pytest.raises(exceptions.MethodNotImplemented):
            tasks.get_iam_policy({"resource": QUEUE})

    await use(ask)
