"""What a task asks for and what the service adds, side by side: ours win, each stands once, all else passes."""

from dataclasses import replace

import pytest
from google.auth import jwt

from local.http.outgoing import outgoing_session
from local.tasks.sender import Sender
from local.tasks.task import AttemptResult, HttpRequest, LastAttempt, Task, Token
from tests.issuer import issuer
from tests.tasks.face import QUEUE
from tests.wire import a_wire

# Source: Cloud Tasks, "Create HTTP target tasks", request headers; HttpRequest.headers.
OURS = {
    "User-Agent": "Google-Cloud-Tasks",
    "X-CloudTasks-QueueName": "create-image-queue",
    "X-CloudTasks-TaskName": "t",
    "X-CloudTasks-TaskRetryCount": "7",
    "X-CloudTasks-TaskExecutionCount": "3",
    "X-CloudTasks-TaskETA": "1000.500000",
    "X-CloudTasks-TaskPreviousResponse": "503",
    "X-CloudTasks-TaskRetryReason": "",
}
TASK = Task(1, QUEUE, "t", HttpRequest(""), 0.0, 1000.5, attempts=7, responses=5, refusals=3)
FAILED = LastAttempt(1.0, 2.0, 3.0, AttemptResult(503))


async def received(request: HttpRequest, last: LastAttempt | None = FAILED) -> dict[str, str]:
    """The headers as the target gets them.  One that came twice is a mistake."""
    async with a_wire() as wire, outgoing_session() as session:
        sender = Sender(session, issuer(), "http://127.0.0.1:1")
        result = await sender.send(replace(TASK, request=replace(request, url=wire.url), last=last))
        assert result.status == 200
        return wire.headers() | {"host": "ours" if wire.url.endswith(wire.headers()["host"]) else "theirs"}


async def test_a_header_is_missing_or_added_when_everything_goes_out() -> None:
    got = await received(HttpRequest("", headers={"Content-Type": "text/plain"}, body=b"hello"))
    got.pop("connection", None)  # of one hop, and none of the task
    expected = {name.lower(): value for name, value in OURS.items()}
    assert got == {**expected, "host": "ours", "content-type": "text/plain", "content-length": "5"}


@pytest.mark.parametrize("write", [str, str.upper, str.lower])
@pytest.mark.parametrize("name", [*OURS, "Host"])
async def test_a_task_pretends_to_be_another_by_a_header_of_its_own(name: str, write: type[str]) -> None:
    got = await received(HttpRequest("", headers={write(name): "theirs", "X-Mine": "1"}))
    assert got[name.lower()] == OURS.get(name, "ours")
    assert got["x-mine"] == "1"


@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
async def test_the_services_token_gives_way_to_one_that_the_task_brought(name: str) -> None:
    token = Token("OIDC", "me@demo.iam.gserviceaccount.com", "you")
    got = await received(HttpRequest("", headers={name: "Bearer theirs"}, token=token))
    assert jwt.decode(got["authorization"].removeprefix("Bearer "), verify=False)["aud"] == "you"
    without = await received(HttpRequest("", headers={name: "Bearer theirs"}))
    assert without["authorization"] == "Bearer theirs"


@pytest.mark.parametrize(
    ("before", "told"),
    [
        (None, None),
        (LastAttempt(1.0, 2.0), None),
        (LastAttempt(1.0, 2.0, 3.0, AttemptResult(None, "broke")), None),
        (LastAttempt(1.0, 2.0, 3.0, AttemptResult(None, "late", timed_out=True)), "504"),
        (LastAttempt(1.0, 2.0, 3.0, AttemptResult(500)), "500"),
        (LastAttempt(1.0, 2.0, 3.0, AttemptResult(404)), "404"),
    ],
)
async def test_the_target_is_told_of_an_answer_before_that_there_was_not(
    before: LastAttempt | None, told: str | None
) -> None:
    got = await received(HttpRequest(""), before)
    assert got.get("x-cloudtasks-taskpreviousresponse") == told
    assert ("x-cloudtasks-taskretryreason" in got) == (told is not None)
