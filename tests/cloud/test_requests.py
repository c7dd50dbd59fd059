"""What Google's front end makes of a request: unknown fields, values of another type, no JSON, query parameters.

Source of the texts, unless a case names another: answers of Google APIs that people recorded and published (Gemini,
Docs, Gmail, Cloud Messaging, Pub/Sub), which share one front end, and the tests of protobuf's ProtoStreamObjectWriter.
"""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import pytest
from google.api_core import exceptions
from google.cloud import tasks_v2
from google.cloud.tasks_v2.services.cloud_tasks.transports import CloudTasksGrpcTransport
from google.protobuf.field_mask_pb2 import FieldMask

from local.project import PLACE
from local.server import LocalCloud
from tests.system.up import four_free_ports

QUEUE, WORKFLOW = f"{PLACE}/queues/q", f"{PLACE}/workflows/w"
SOURCE = "main: {params: [x], steps: [{r: {return: '${x}'}}]}"
UNKNOWN = "Invalid JSON payload received. Unknown name "
TASK = "type.googleapis.com/google.cloud.tasks.v2."


class Cloud:
    def __init__(self, port: int, session: aiohttp.ClientSession) -> None:
        self.port = port
        self._session = session

    async def ask(self, method: str, path: str, body: object = None, **sent: Any) -> tuple[int, dict[str, Any]]:
        if body is not None:
            sent["data"] = body if isinstance(body, bytes) else json.dumps(body)
            sent["headers"] = {"Content-Type": "application/json", **sent.get("headers", {})}
        url = f"http://127.0.0.1:{self.port}/{path}"
        async with self._session.request(method, url, **sent) as answer:
            return answer.status, await answer.json()

    async def refused(self, method: str, path: str, body: object = None, **sent: Any) -> str:
        """The message of a 400, whose detail says the same."""
        status, answer = await self.ask(method, path, body, **sent)
        assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT"), answer
        (detail,) = answer["error"]["details"]
        assert detail["@type"] == "type.googleapis.com/google.rpc.BadRequest"
        said: str = answer["error"]["message"]
        assert "\n".join(one["description"] for one in detail["fieldViolations"]) == said
        return said


@pytest.fixture
async def cloud(data: Path) -> AsyncIterator[Cloud]:
    port = four_free_ports()
    async with LocalCloud(data, port, "http://127.0.0.1:1") as local, aiohttp.ClientSession() as session:
        await local.begin(commands=[])
        found = Cloud(port, session)
        assert (await found.ask("POST", f"v2/{PLACE}/queues", {"name": QUEUE}))[0] == 200
        await found.ask("POST", f"v2/{QUEUE}:pause")
        made = await found.ask("POST", f"v1/{PLACE}/workflows?workflowId=w", {"sourceContents": SOURCE})
        assert "response" in made[1]
        yield found


async def test_a_misspelt_field_is_refused_wherever_it_stands(cloud: Cloud) -> None:
    executions, tasks = f"v1/{WORKFLOW}/executions", f"v2/{QUEUE}/tasks"
    for path, body, unknown in (
        (executions, {"argumnet": "1"}, "\"argumnet\" at 'execution'"),
        (executions, {"Argument": "1"}, "\"Argument\" at 'execution'"),
        (tasks, {"sheduleTime": "x"}, '"sheduleTime"'),
        (tasks, {"task": {"sheduleTime": "x"}}, "\"sheduleTime\" at 'task'"),
        (tasks, {"task": {"http_request": {"uri": "x"}}}, "\"uri\" at 'task.http_request'"),
        (tasks + "/t:run", {"view": "FULL"}, '"view"'),
        (f"v2/{PLACE}/queues", {"rateLimits": {"burst": 1}}, "\"burst\" at 'queue.rate_limits'"),
        (f"v2beta3/{PLACE}/queues", {"stats": {"x": 1}}, "\"x\" at 'queue.stats'"),
        (f"v2/{PLACE}/queues", {"taskTtl": "864000s"}, "\"taskTtl\" at 'queue'"),
        (f"v1/{PLACE}/workflows?workflowId=x", {"source": "x"}, "\"source\" at 'workflow'"),
        (f"{executions}/e:cancel", {"force": True}, '"force"'),
    ):
        assert await cloud.refused("POST", path, body) == f"{UNKNOWN}{unknown}: Cannot find field."
    both = await cloud.refused("POST", tasks, {"a": 1, "task": {"b": 2}})
    assert both == f'{UNKNOWN}"a": Cannot find field.\n{UNKNOWN}"b" at \'task\': Cannot find field.'


async def test_known_fields_are_taken_in_either_case_by_name_or_number_and_null_is_nothing(cloud: Cloud) -> None:
    named = {"argument": '{"b": 1, "a": 2}', "call_log_level": 1, "execution_history_level": "EXECUTION_HISTORY_BASIC"}
    body = {**named, "labels": None, "disableConcurrencyQuotaOverflowBuffering": "false"}
    status, made = await cloud.ask("POST", f"v1/{WORKFLOW}/executions", body)
    assert (status, made["argument"], made["callLogLevel"]) == (200, '{"a":2,"b":1}', "LOG_ALL_CALLS")
    for nothing in (b"", b"{}", b' {"argument": null} ', gzip.compress(b"{}")):
        coded = {"Content-Encoding": "gzip"} if nothing.startswith(b"\x1f") else {}
        status, made = await cloud.ask("POST", f"v1/{WORKFLOW}/executions", nothing, headers=coded)
        # Source: recorded, an execution without an argument shows null.
        assert (status, made["argument"]) == (200, "null")
    # A time as a map of its fields (unsure): protobuf's reader takes it.
    task = {"http_request": {"url": "http://x", "http_method": "2"}, "dispatch_deadline": {"seconds": "20"}}
    _, made = await cloud.ask("POST", f"v2/{QUEUE}/tasks", {"task": task})
    assert (made["httpRequest"]["httpMethod"], made["dispatchDeadline"]) == ("GET", "20s")


async def test_query_parameters_are_those_of_the_method_and_of_all_apis(cloud: Cloud) -> None:
    common = {"alt": "json", "$alt": "json;enum-encoding=int", "prettyPrint": "false", "fields": "name", "key": "k"}
    assert (await cloud.ask("GET", f"v1/{WORKFLOW}", params={**common, "quotaUser": "u", "$.xgafv": "2"}))[0] == 200
    assert (await cloud.ask("GET", f"v1/{PLACE}/workflows", params={"page_size": "1", "pageToken": ""}))[0] == 200
    bind = "Cannot bind query parameter."
    for path, query, said in (
        (f"v1/{WORKFLOW}", "foo=1", f"{UNKNOWN}\"foo\": {bind} Field 'foo' could not be found in request message."),
        (f"v2/{QUEUE}", "readMask=a", f"{UNKNOWN}\"readMask\": {bind} Field 'readMask' could not be found in"),
        (f"v2/{QUEUE}/tasks", "pageSize=many", "Invalid value at 'page_size' (TYPE_INT32), \"many\""),
        (
            f"v1/{WORKFLOW}/executions",
            "view=ALL",
            "Invalid value at 'view' (type.googleapis.com/google.cloud.workflows.executions.v1.ExecutionView), \"ALL\"",
        ),
        (f"v2/{QUEUE}/tasks", "responseView=ALL", f"Invalid value at 'response_view' ({TASK}Task.View), \"ALL\""),
    ):
        assert (await cloud.refused("GET", f"{path}?{query}")).startswith(said)
    assert (await cloud.refused("PATCH", f"v2/{QUEUE}?queue=x", {})).endswith(
        f"{bind} 'queue' is a message type. Parameters can only be bound to primitive types."
    )


async def test_an_update_mask_names_fields_of_the_resource(cloud: Cloud) -> None:
    for path in (f"v1/{WORKFLOW}", f"v2/{QUEUE}"):
        said = await cloud.refused("PATCH", f"{path}?updateMask=name,colour", {})
        assert said.startswith("Invalid field path 'colour' in update_mask")
    assert "sourceContents.x" in await cloud.refused("PATCH", f"v1/{WORKFLOW}?updateMask=sourceContents.x", {})

    async def updated(mask: str, **body: Any) -> dict[str, Any]:
        _, answer = await cloud.ask("PATCH", f"v1/{WORKFLOW}?updateMask={mask}", body)
        return {**answer["response"], "revision": answer["response"]["revisionId"][:6]}

    labels = {"a": "1", "b": "2"}
    first = await updated("description,labels,user_env_vars", description="d", labels=labels, userEnvVars={"E": "1"})
    assert (first["description"], first["labels"], first["sourceContents"]) == ("d", labels, SOURCE)
    # An output-only field changes nothing (unsure); a map's member is named by its key.
    second = await updated("labels.a,state,description", labels={"a": "3", "b": "4"}, state="UNAVAILABLE")
    assert (second["labels"], "description" in second, second["state"]) == ({"a": "3", "b": "2"}, False, "ACTIVE")
    # Source: Workflows v1, UpdateWorkflowRequest: without a mask the entire workflow is updated; AIP-134 for *.
    for mask in ("", "*"):
        whole = await updated(mask, sourceContents=SOURCE, description=mask)
        assert ("labels" in whole, "userEnvVars" in whole, whole["revision"]) == (False, False, "000001")


async def test_a_broken_source_ends_the_operation_which_is_found_again(cloud: Cloud) -> None:
    broken = {"sourceContents": "main: [{a: {retrun: 1}}]"}
    for method, path in (
        ("POST", f"{PLACE}/workflows?workflowId=new"),
        ("PATCH", f"{WORKFLOW}?updateMask=sourceContents"),
    ):
        status, operation = await cloud.ask(method, f"v1/{path}", broken)
        assert (status, operation["done"], operation["error"]["code"]) == (200, True, 3)
        assert operation["error"]["message"].startswith("main.yaml:1:12: a step needs one of")
        assert (await cloud.ask("GET", f"v1/{operation['name']}"))[1] == operation
        assert (await cloud.ask("GET", f"v1/{PLACE}/operations?pageSize=1"))[1]["operations"] == [operation]
    assert (await cloud.ask("GET", f"v1/{PLACE}/workflows/new"))[0] == 404
    assert (await cloud.ask("GET", f"v1/{WORKFLOW}"))[1]["sourceContents"] == SOURCE
    assert (await cloud.ask("DELETE", f"v1/{operation['name']}")) == (200, {})
    assert (await cloud.ask("GET", f"v1/{operation['name']}"))[0] == 404


async def test_a_path_that_no_method_has_is_not_found_as_json(cloud: Cloud) -> None:
    for method, path in (("GET", "v2/projects"), ("PUT", f"v1/{WORKFLOW}"), ("POST", f"v2/{QUEUE}:fly")):
        status, answer = await cloud.ask(method, path)
        assert (status, answer["error"]["status"]) == (404, "NOT_FOUND")


async def test_the_detail_of_a_refusal_travels_over_grpc(cloud: Cloud) -> None:
    def ask() -> exceptions.GoogleAPICallError:
        with grpc.insecure_channel(f"127.0.0.1:{cloud.port + 3}") as channel:
            client = tasks_v2.CloudTasksClient(transport=CloudTasksGrpcTransport(channel=channel))
            with pytest.raises(exceptions.InvalidArgument) as refused:
                client.update_queue(queue=tasks_v2.Queue(name=QUEUE), update_mask=FieldMask(paths=["colour"]))
            return refused.value

    refused = await asyncio.to_thread(ask)
    assert [one.field for one in refused.details[0].field_violations] == ["update_mask"]
