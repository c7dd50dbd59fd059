"""Values of one field: what is read as what, and where Google's readers stop.

Source: tests of protobuf's ProtoStreamObjectWriter and DataPiece, which Google's front end reads JSON with.
"""

from typing import Any

import pytest

from local.googleapi.fields import Reader
from local.googleapi.methods import TASKS, methods
from local.http.api_error import ApiError

CREATE_TASK = methods()[f"/{TASKS}/CreateTask"].fields
CREATE_QUEUE = methods()[f"/{TASKS}/CreateQueue"].fields


def read(kind: Any, value: dict[str, Any]) -> dict[str, Any]:
    """The fields as they were read.  Raises ApiError."""
    reader = Reader()
    found: dict[str, Any] = reader.message(kind, value, "")
    reader.check()
    return found


@pytest.mark.parametrize(
    ("limit", "said"),
    [
        (True, "(TYPE_DOUBLE), true"),
        ("fast", '(TYPE_DOUBLE), "fast"'),
        (10**400, "(TYPE_DOUBLE), "),  # no double is so large
    ],
)
def test_what_is_no_number_is_refused_with_its_type(limit: object, said: str) -> None:
    with pytest.raises(ApiError) as refused:
        read(CREATE_QUEUE, {"queue": {"rateLimits": {"maxDispatchesPerSecond": limit}}})
    assert said in str(refused.value)


@pytest.mark.parametrize("limit", [2, 2.0, "2", "2.0"])
def test_a_number_may_be_written_as_a_text(limit: object) -> None:
    found = read(CREATE_QUEUE, {"queue": {"rateLimits": {"maxDispatchesPerSecond": limit}}})
    assert found["queue"]["rateLimits"]["maxDispatchesPerSecond"] == 2


def test_bytes_are_a_text() -> None:
    with pytest.raises(ApiError, match=r"'task.http_request.body' \(TYPE_BYTES\), 5"):
        read(CREATE_TASK, {"task": {"httpRequest": {"body": 5}}})


@pytest.mark.parametrize(
    ("duration", "said"),
    [
        ("15", "duration must end with 's'"),
        ("xs", "failed to parse seconds"),
        ("400000000000s", "exceeds limits"),
    ],
)
def test_a_duration_says_what_is_wrong_with_it(duration: str, said: str) -> None:
    with pytest.raises(ApiError) as refused:
        read(CREATE_TASK, {"task": {"dispatchDeadline": duration}})
    assert said in str(refused.value)
