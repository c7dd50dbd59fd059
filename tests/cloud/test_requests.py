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
from hypothesis import given
from hypothesis import strategies as st

from local.api_error import ApiError
from local.googleapi.fields import Reader, read_mask
from local.googleapi.methods import EXECUTIONS, METHODS, TASKS, TASKS_BETA, WORKFLOWS
from local.googleapi.payload import read_payload
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
async def cloud(tmp_path: Path) -> AsyncIterator[Cloud]:
    port = four_free_ports()
    async with LocalCloud(tmp_path, port, "http://127.0.0.1:1") as local, aiohttp.ClientSession() as session:
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


CREATE_TASK = METHODS[f"/{TASKS}/CreateTask"].fields


def said_of(task: object) -> str:
    reader = Reader()
    reader.message(CREATE_TASK, {"task": task}, "")
    with pytest.raises(ApiError) as refused:
        reader.check()
    return str(refused.value)


@pytest.mark.parametrize(
    ("task", "said"),
    [
        ("later", f"Invalid value at 'task' ({TASK}Task), \"later\""),
        ([{}], f"{UNKNOWN}\"task\": Proto field is not repeating, cannot start list."),
        ({"name": 5}, "Invalid value at 'task.name' (TYPE_STRING), 5"),
        ({"name": {}}, "Invalid value at 'task' (name), Starting an object on a scalar field"),
        ({"dispatchCount": "x"}, "Invalid value at 'task.dispatch_count' (TYPE_INT32), \"x\""),
        ({"dispatchCount": 1.5}, "Invalid value at 'task.dispatch_count' (TYPE_INT32), 1.5"),
        ({"dispatchCount": 2**31}, f"Invalid value at 'task.dispatch_count' (TYPE_INT32), {2**31}"),
        (
            {"httpRequest": {"httpMethod": "BREW"}},
            f"Invalid value at 'task.http_request.http_method' ({TASK}HttpMethod), \"BREW\"",
        ),
        (
            {"httpRequest": {"headers": {"a": "b", "c": 1}}},
            "Invalid value at 'task.http_request.headers[1].value' (TYPE_STRING), 1",
        ),
        (
            {"httpRequest": {"headers": ["a"]}},
            "Invalid value at 'task.http_request.headers' (Map), Cannot bind a list to map for field 'headers'.",
        ),
        (
            {"httpRequest": {"body": "%"}},
            "Invalid value at 'task.http_request.body' (TYPE_BYTES), Base64 decoding failed for \"%\"",
        ),
        (
            {"httpRequest": {"oidcToken": {}, "oauthToken": {}}},
            "Invalid value at 'task.http_request' (oneof), oneof field 'authorization_header' is already set."
            " Cannot set 'oauthToken'",
        ),
        (
            {"scheduleTime": "tomorrow"},
            "Invalid value at 'task.schedule_time' (type.googleapis.com/google.protobuf.Timestamp),"
            " Field 'scheduleTime', Invalid time format: tomorrow",
        ),
        (
            {"dispatch_deadline": "10d"},
            "Invalid value at 'task.dispatch_deadline' (type.googleapis.com/google.protobuf.Duration),"
            " Field 'dispatch_deadline', Illegal duration format; duration must end with 's'",
        ),
    ],
)  # fmt: skip
def test_a_value_of_another_type_is_refused_in_googles_words(task: object, said: str) -> None:
    assert said_of(task) == said


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (b"null", 'Unknown name "": Root element must be a message.'),
        (b"[]", 'Unknown name "": Root element must be a message.'),
        (b'{"argument": x}', 'Unexpected token.\n{"argument": x}\n             ^'),
        (b'{"a" 1}', 'Expected : between key:value pair.\n{"a" 1}\n     ^'),
        (b'{"a": 1 "b": 2}', 'Expected , or } after key:value pair.\n{"a": 1 "b": 2}\n        ^'),
        (b'{"a": [1 2]}', 'Expected , or ] after array value.\n{"a": [1 2]}\n         ^'),
        (b"{1: 2}", "Expected an object key or }.\n{1: 2}\n ^"),
        (b"{", "Unexpected end of string. Expected an object key or }.\n{\n ^"),
        (b"{}EXTRA", "Parsing terminated before end of input.\n{}EXTRA\n  ^"),
        (b'{"a": "b', 'Closing quote expected in string.\n{"a": "b\n      ^'),
        (b'{"a": NaN}', "Unable to parse number."),
        (b"\xff", "Encountered non UTF-8 code points."),
        (b'{"a":' + b"[" * 100_000, "Message too deep. Max recursion depth reached."),
    ],
)
def test_what_is_no_json_object_is_shown_with_its_place(body: bytes, said: str) -> None:
    with pytest.raises(ApiError) as refused:
        read_payload(body)
    assert str(refused.value) == f"Invalid JSON payload received. {said}"


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(max_size=30),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=10), inner, max_size=3),
    max_leaves=8,
)
REQUESTS = [method.fields for method in METHODS.values()]


@given(st.sampled_from(REQUESTS), st.data())
def test_any_json_is_read_or_refused(kind: Any, data: st.DataObject) -> None:
    reader = Reader()
    names = st.sampled_from([field.json_name for field in kind.fields])
    reader.message(kind, data.draw(st.dictionaries(names | st.text(max_size=5), JSON, max_size=4)), "")
    try:
        reader.check()
    except ApiError as error:
        assert error.code == 400


@given(st.binary(max_size=60) | st.text('{}[]",:\\ue1 tn', max_size=40).map(str.encode))
def test_any_body_is_an_object_or_refused(body: bytes) -> None:
    try:
        assert isinstance(read_payload(body), dict)
    except ApiError as error:
        assert str(error).startswith("Invalid JSON payload received. ")


def test_every_method_of_the_rest_faces_has_its_message() -> None:
    for service in (TASKS, TASKS_BETA, WORKFLOWS, EXECUTIONS):
        assert any(name.startswith(f"/{service}/") for name in METHODS)
    queue = METHODS[f"/{TASKS}/UpdateQueue"].fields.fields_by_name["queue"].message_type
    assert queue is not None
    assert read_mask(queue, ["retry_config.max_attempts", "rateLimits"]) == ["retryConfig.maxAttempts", "rateLimits"]
    assert read_mask(queue, ["a", "*"]) is None
