"""An HTTP call of a workflow, as the interpreter makes it → what it means."""

import base64
import json
from typing import Any

import pytest

from local.workflows.effects import HttpCall, Sleep
from tuning.orders import EPOCH_S, NewTask, Order, UnknownCall, order_of

PARENT = "projects/p/locations/l/queues/q"
START = "https://workflowexecutions.googleapis.com/v1/projects/p/locations/l/workflows/w/executions"
STEPS = "https://p.uc.r.appspot.com"


def a_call(path: str, body: bytes = b"{}", method: str = "POST", attempt: str | None = None) -> HttpCall:
    return HttpCall(method, f"{STEPS}{path}", {} if attempt is None else {"X-Attempt": attempt}, body, 20.0)


def a_creation(url: str = START, body: bytes = b"{}", **task: Any) -> HttpCall:
    http = {"url": url, "headers": {"A": "b"}, "body": base64.b64encode(body).decode(), "oidcToken": {"audience": "x"}}
    said = json.dumps({"task": {"httpRequest": http, **task}}).encode()
    return HttpCall("POST", f"https://cloudtasks.googleapis.com/v2/{PARENT}/tasks", {}, said, 1800.0)


@pytest.mark.parametrize(
    ("call", "order"),
    [
        (a_call("/generate-image"), Order("generate", 20.0)),
        (a_call("/generate-image", attempt="3"), Order("generate", 20.0, 3)),
        (a_call("/reply-discord", b'{"picture": {}}'), Order("reply", 20.0)),
        (a_call("/reply-discord", b'{"picture": {}, "failure": null}'), Order("reply", 20.0)),
        (a_call("/reply-discord", b'{"failure": "unavailable"}'), Order("tell", 20.0)),
        (a_call("/reply-discord", b'{"picture": null, "failure": "unavailable"}'), Order("tell", 20.0)),
    ],
)
def test_a_call_of_a_step_is_an_order(call: HttpCall, order: Order) -> None:
    assert order_of(call) == order


def test_the_connector_of_cloud_tasks_makes_a_task() -> None:
    order = order_of(a_creation(name=f"{PARENT}/tasks/t", scheduleTime="2026-01-01T00:01:30.500000Z"))
    assert isinstance(order, NewTask)
    assert (order.queue, order.kind, order.due_s, order.name) == ("q", "start", 90.5, f"{PARENT}/tasks/t")
    assert (order.http.url, order.http.method, order.http.headers, order.http.body) == (
        START,
        "POST",
        {"A": "b"},
        b"{}",
    )
    assert order.http.auth is not None
    assert order.http.auth.kind == "OIDC"
    assert EPOCH_S % 86400 == 0


def test_a_task_without_a_name_or_a_time_has_none() -> None:
    order = order_of(a_creation(f"{STEPS}/reply-discord", b'{"failure": "unavailable"}'))
    assert isinstance(order, NewTask)
    assert (order.kind, order.due_s, order.name) == ("tell", None, None)


@pytest.mark.parametrize(
    "effect",
    [
        Sleep(1.0),
        a_call("/elsewhere"),
        a_call("/generate-image", method="GET"),
        a_call("/reply-discord", b"null"),  # neither a picture nor a failure
        a_creation(f"{STEPS}/elsewhere"),
        a_creation(scheduleTime="tomorrow"),
    ],
)
def test_what_no_model_answers_is_said(effect: Any) -> None:
    with pytest.raises(UnknownCall):
        order_of(effect)
