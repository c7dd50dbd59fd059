"""What every call has in common: its route, its attempt, its one line in the log, and an app that cannot start."""

import asyncio
import json
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
from starlette.requests import Request as HttpRequest

from schemas.message import Message
from schemas.picture import ObjectName, Picture
from schemas.request import Request
from steps import app
from steps.caller import CallerCheck
from steps.errors import PermanentError, RetryableError
from steps.last_word import LastWord, PutOff
from steps.task_call import TaskCall
from tests.issuer import issuer
from tests.steps.scripted import Scripted, json_answer
from tests.steps.service import ACCOUNT, AUDIENCE, INTERACTION_TOKEN, PICTURE, QUEUES, Neighbours, Steps, a_config
from tests.steps.test_body import REQUEST

CONFIG = a_config("http://issuer.example/")


@pytest.mark.parametrize(
    ("method", "path", "status", "message"),
    [
        *(("GET", path, 405, "Method Not Allowed") for path in ("/generate-image", "/reply-discord")),
        *(("PUT", path, 405, "Method Not Allowed") for path in ("/generate-image", "/reply-discord")),
        ("DELETE", "/reply-discord", 405, "Method Not Allowed"),
        ("POST", "/", 404, "Not Found"),
        ("POST", "/generate-image/", 404, "Not Found"),
        ("POST", "/Generate-Image", 404, "Not Found"),
        ("GET", "/health/", 404, "Not Found"),
        ("GET", "/metrics", 404, "Not Found"),
    ],
)
@pytest.mark.usefixtures("quiet")
def test_what_is_no_route_is_an_error_as_the_schema_says_and_leads_nowhere(
    steps: Steps, method: str, path: str, status: int, message: str
) -> None:
    answer = requests.request(
        method,
        f"http://127.0.0.1:{steps.port}{path}",
        headers={"Authorization": f"Bearer {steps.token()}"},
        json=steps.request(),
        allow_redirects=False,
        timeout=20,
    )
    assert answer.status_code == status
    assert answer.json() == {"kind": "route", "error": {"status": status, "message": message}}
    assert answer.headers.get("Allow") == ("POST" if status == 405 else None)
    assert Neighbours.calls == []


def test_health_is_told_to_everybody_and_takes_nothing(steps: Steps) -> None:
    url = f"http://127.0.0.1:{steps.port}/health"
    assert (requests.get(url, timeout=20).status_code, requests.get(url, timeout=20).json()) == (200, {"status": "ok"})
    assert requests.head(url, timeout=20).status_code == 200
    refused = requests.post(url, timeout=20)
    assert (refused.status_code, refused.json()["kind"]) == (405, "route")


@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(("age_s", "asks"), [(0, ["POST"]), (3, ["GET"]), (1000, ["GET"])])
def test_a_picture_that_an_earlier_attempt_put_is_not_drawn_again(steps: Steps, age_s: int, asks: list[str]) -> None:
    """The bucket of these tests holds everything.  A first attempt does not ask it."""
    received_at = f"{datetime.now(UTC) - timedelta(seconds=age_s):%Y-%m-%dT%H:%M:%S.%fZ}"
    answer = steps.post("/generate-image", steps.request({"received_at": received_at}))
    assert answer.status_code == 200, answer.text
    assert [call.partition(" ")[0] for call in Neighbours.calls] == asks


class Clock:
    """In the place of the module `time`: each look at it is 1.25 s later."""

    def __init__(self) -> None:
        self._now_s = 1000.0

    def monotonic(self) -> float:
        self._now_s += 1.25
        return self._now_s


Work = Callable[[Request, TaskCall | None], Picture | Message]


@pytest.fixture
def answered(script: Scripted, monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[int, dict[str, Any]]]:
    """Status and body of the answer of a step that does this work; the app's clock is the test's."""
    monkeypatch.setattr(app, "time", Clock())
    monkeypatch.setattr("steps.certificates.FETCH_WITHIN_S", 60)  # a busy machine takes its time

    def call(work: Work, body: bytes | None) -> tuple[int, dict[str, Any]]:
        script.answers = [json_answer(200, issuer().certificates())]
        config = a_config(f"{script.url}/certs", script.url)
        headers = {
            "authorization": f"Bearer {issuer().id_token(AUDIENCE, ACCOUNT, datetime.now(UTC))}",
            "content-type": "application/json; charset=utf-8",
            "x-dedup-key": "77",
        }
        scope = {
            "type": "http",
            "method": "POST",
            "path": "/generate-image",
            "query_string": b"",
            "server": ("steps", 80),
            "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        }

        async def receive() -> dict[str, Any]:
            return {"type": "http.disconnect"} if body is None else {"type": "http.request", "body": body}

        async def ask() -> tuple[int, dict[str, Any]]:
            with ThreadPoolExecutor(1) as threads:
                step = app.Step(Request, "picture", work)
                said = await app._answer(CallerCheck(config), threads, step, HttpRequest(scope, receive))
            answer: dict[str, Any] = json.loads(bytes(said.body))
            return said.status_code, answer

        return asyncio.run(ask())

    return call


def work(done: Picture | Exception) -> Work:
    def do(_: Request, task: TaskCall | None) -> Picture:
        assert task is None
        if isinstance(done, Exception):
            raise done
        return done

    return do


DRAWN = Picture.from_checked(PICTURE)
LOST = "the body did not come in time"
MISTAKE = "a mistake in this service; its log says more"
PLACE = f"{__file__}:{work(DRAWN).__code__.co_firstlineno + 3}"


@pytest.mark.parametrize(
    ("done", "body", "status", "answer", "severity", "message"),
    [
        (DRAWN, True, 200, PICTURE, "INFO", "done"),
        (PermanentError("gone", "x", kind="discord"), True, 410, ("discord", "x"), "ERROR", "x"),
        (DRAWN, False, 408, ("request", LOST), "WARNING", LOST),
        (KeyError(INTERACTION_TOKEN), True, 500, ("mistake", MISTAKE), "CRITICAL", f"KeyError at {PLACE}"),
    ],
    ids=["done", "refused", "hung up", "a mistake"],
)
def test_a_call_leaves_no_other_line_in_the_log_than_its_own_with_the_time_that_it_took(
    answered: Callable[..., tuple[int, dict[str, Any]]],
    capsys: pytest.CaptureFixture[str],
    done: Picture | Exception,
    body: bool,
    status: int,
    answer: Any,
    severity: str,
    message: str,
) -> None:
    said = (
        answer
        if isinstance(answer, dict)
        else {
            "kind": answer[0],
            "error": {"status": status, "message": answer[1]},
        }
    )
    assert answered(work(done), json.dumps(REQUEST).encode() if body else None) == (status, said)
    line = json.loads(capsys.readouterr().out)
    trace = line.pop("stack_trace", None)
    assert (trace is not None and trace.endswith("\nKeyError")) == (severity == "CRITICAL")
    assert line == {
        "severity": severity,
        "message": f"/generate-image {message}",
        "interaction_id": "77",
        "status": status,
        "ms": 1250,
    }


@pytest.mark.parametrize(
    ("message", "answer", "said"),
    [
        (Message("9"), {"message_id": "9"}, "the member was told of a failure"),
        (None, {"kind": "mistake", "error": {"status": 500, "message": MISTAKE}}, "was acknowledged and got no reply"),
    ],
    ids=["told", "no reply"],
)
def test_a_mistake_that_was_the_end_of_a_task_is_in_the_log_without_its_text(
    answered: Callable[..., tuple[int, dict[str, Any]]],
    capsys: pytest.CaptureFixture[str],
    message: Message | None,
    answer: Any,
    said: str,
) -> None:
    try:
        work(KeyError(INTERACTION_TOKEN))(Request.from_json(REQUEST), None)
    except KeyError as error:
        cause = error
    assert answered(work(LastWord(message, cause)), json.dumps(REQUEST).encode()) == (200, answer)
    line = json.loads(capsys.readouterr().out)
    assert line.pop("stack_trace").endswith("\nKeyError")
    assert (line["severity"], line["message"]) == ("ERROR", f"/generate-image {said}: KeyError at {PLACE}")


@pytest.mark.parametrize(
    ("cause", "severity", "said"),
    [
        (RetryableError("down", kind="discord"), "INFO", "down"),
        (KeyError(INTERACTION_TOKEN), "CRITICAL", f"KeyError at {PLACE}"),
    ],
)
def test_a_reply_that_is_put_off_is_one_line_which_is_critical_where_a_mistake_of_ours_was_the_cause(
    answered: Callable[..., tuple[int, dict[str, Any]]],
    capsys: pytest.CaptureFixture[str],
    cause: Exception,
    severity: str,
    said: str,
) -> None:
    with suppress(RetryableError, KeyError):
        work(cause)(Request.from_json(REQUEST), None)
    put_off = PutOff(f"{QUEUES}/urgent-reply-queue/tasks/a-77-r3", datetime(2026, 1, 1, 12, tzinfo=UTC), cause)
    assert answered(work(put_off), json.dumps(REQUEST).encode()) == (202, {"waits_in": "a-77-r3"})
    line = json.loads(capsys.readouterr().out)
    assert ("stack_trace" in line) == (severity == "CRITICAL")
    assert (line["severity"], line["message"], line["status"]) == (
        severity,
        f"/generate-image waits in urgent-reply-queue until 2026-01-01T12:00:00.000000Z, as a-77-r3: {said}",
        202,
    )


@pytest.mark.parametrize(("dice", "header"), [(0, "8"), (0.5, "10"), (0.999, "11")])
def test_a_task_is_asked_to_wait_up_to_half_as_long_again(dice: float, header: str, monkeypatch: Any) -> None:
    monkeypatch.setattr("random.random", lambda: dice)
    assert app._retry_after({"retry_after": 7.25}) == {"Retry-After": header}


def test_what_no_schema_knows_is_not_told_to_the_workflow(answered: Callable[..., Any]) -> None:
    assert answered(work(replace(DRAWN, object=ObjectName("x"))), json.dumps(REQUEST).encode())[0] == 500


def test_whoever_looks_at_the_threads_sees_which_draw(
    answered: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, script: Scripted
) -> None:
    names: list[str] = []
    pools: list[ThreadPoolExecutor] = []

    def kept(*how: Any, **more: Any) -> ThreadPoolExecutor:
        pools.append(ThreadPoolExecutor(*how, **more))
        return pools[-1]

    monkeypatch.setattr(app, "ThreadPoolExecutor", kept)
    monkeypatch.setenv("STORAGE_EMULATOR_HOST", script.url)
    app.create_app(CONFIG)
    pools[0].submit(lambda: names.append(threading.current_thread().name)).result()
    pools[0].shutdown()
    assert names == ["step_0"]


def test_steps_that_are_told_nothing_end_at_once_with_exit_code_2_and_say_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("GOOGLE_CLOUD_PROJECT", raising=False)
    with pytest.raises(SystemExit) as caught:
        app.create_app()
    assert caught.value.code == 2
    queues = "projects/my-project/locations/us-central1/queues"
    assert capsys.readouterr().err.splitlines() == [
        "mando steps: 4 settings are wrong",
        "  GOOGLE_CLOUD_PROJECT  missing; App Engine sets it; elsewhere it is the project's id, e.g. my-project",
        f"  REPLY_QUEUE           missing; the queue in which replies wait, e.g. {queues}/reply-discord-queue",
        "  URGENT_QUEUE          missing; the queue in which replies wait whose token ends soon, "
        f"e.g. {queues}/urgent-reply-queue",
        "  STEPS_URL is missing; TASKS_CALL=workflow needs it",
    ]
