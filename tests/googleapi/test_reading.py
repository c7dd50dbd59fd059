"""JSON → the fields of a message: what is read, and what is refused in Google's words.

Source of the texts: as in tests/cloud/test_requests.py.
"""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local.googleapi.fields import Reader, read_mask
from local.googleapi.methods import EXECUTIONS, TASKS, TASKS_BETA, WORKFLOWS, methods
from local.googleapi.payload import read_payload
from local.http.api_error import ApiError

UNKNOWN = "Invalid JSON payload received. Unknown name "
TASK = "type.googleapis.com/google.cloud.tasks.v2."
CREATE_TASK = methods()[f"/{TASKS}/CreateTask"].fields


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
REQUESTS = [method.fields for method in methods().values()]


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
        assert any(name.startswith(f"/{service}/") for name in methods())
    queue = methods()[f"/{TASKS}/UpdateQueue"].fields.fields_by_name["queue"].message_type
    assert queue is not None
    assert read_mask(queue, ["retry_config.max_attempts", "rateLimits"]) == ["retryConfig.maxAttempts", "rateLimits"]
    assert read_mask(queue, ["a", "*"]) is None
