"""All that the steps send to Discord and to the log, compared whole with tests/outgoing/, over real HTTP."""

import functools
import json
from base64 import b64decode
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import Message
from typing import Any

import pytest
import requests
import yaml
from nacl.public import PrivateKey
from starlette.applications import Starlette
from starlette.routing import Route

from mandala import PALETTES
from schemas.picture import ObjectName, Picture
from schemas.reply import Reply
from schemas.request import Request
from service.environment import Secret
from service.trace import LOG_FIELD, trace_name
from steps.app import Step, _answer
from steps.bucket import PictureBucket
from steps.caller import CallerCheck
from steps.discord import Discord
from steps.errors import NotYetAcknowledged, PermanentError
from steps.reply import reply
from steps.seal import Unsealer
from tests.asgi import serving_asgi
from tests.servers import ROOT
from tests.steps.scripted import Answer, Asked, Scripted, bucket_at, json_answer, scripted
from tests.steps.service import INTERACTION_TOKEN, OWN_ACCOUNT, PNG, QUEUES, Neighbours, Steps, a_config, request_body

Row = dict[str, Any]

KEY = PrivateKey.generate()
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
MESSAGES: list[Row] = yaml.safe_load((ROOT / "tests" / "outgoing" / "discord.yaml").read_text())
ANSWERS = {
    "shown": json_answer(200, {"id": "99"}),
    "expired": json_answer(401, {"code": 50027}),
    "unknown": json_answer(404, {"code": 10015}),
}
# What each call carries beside its body; requests' own are left out.
OWN_HEADERS = ("User-Agent", "Authorization", "Cookie")


@pytest.fixture
def bucket(monkeypatch: pytest.MonkeyPatch) -> Iterator[PictureBucket]:
    with scripted() as store:
        store.answers = [Answer(200, PNG)]
        with bucket_at(store.url, monkeypatch) as bucket:
            yield bucket


def replied(script: Scripted, bucket: PictureBucket, row: Row, age_s: float, *, may_post: bool = True) -> str:
    """The id of the message that is shown for the row's order, whose request came age_s before now."""
    request = request_body(KEY, NOW - timedelta(seconds=age_s)) | row.get("request", {})
    discord = Discord(f"{script.url}/api/v10", "DiscordBot (x, 1)", Secret("bot-token") if may_post else None)
    order = Reply.from_json({"request": request, **row["order"]})
    message = reply(order, bucket, discord, Unsealer([KEY]), row.get("delivery", "attach"), NOW, attempt=1)
    assert message.to_json() == {"message_id": message.message_id}
    return message.message_id


def parts(asked: Asked) -> list[Message]:
    """The parts of a multipart body."""
    head = f"Content-Type: {asked.headers['Content-Type']}\r\n\r\n".encode()
    found = message_from_bytes(head + asked.body)
    assert found.get_content_type() == "multipart/form-data"
    return [part for part in found.walk() if not part.is_multipart()]


def sent(asked: Asked) -> Row:
    """One call, as tests/outgoing/discord.yaml writes it."""
    message, *files = parts(asked)
    assert message["Content-Disposition"] == 'form-data; name="payload_json"'
    assert message.get_content_type() == "application/json"
    for file in files:
        assert file["Content-Disposition"] == 'form-data; name="files[0]"; filename="mandala.png"'
        assert (file.get_content_type(), file.get_payload(decode=True)) == ("image/png", PNG)
    own = {name: asked.headers[name] for name in OWN_HEADERS if name in asked.headers}
    assert own.pop("User-Agent") == "DiscordBot (x, 1)"
    assert asked.headers["traceparent"] == f"00-{77:0>32}-0000000000000001-01"
    row = {
        "call": f"{asked.method} {asked.path.replace(INTERACTION_TOKEN, 'TOKEN')}",
        "authorization": own.pop("Authorization", None),
        "picture": {0: None, 1: "attached"}[len(files)],
        "message": json.loads(str(message.get_payload())),
    }
    assert own == {}
    return row


def expected(rows: list[Row], bucket: PictureBucket) -> list[Row]:
    address = bucket.public_url(ObjectName("x")).partition("/demo-mandalas")[0]
    found: list[Row] = json.loads(json.dumps(rows).replace("BUCKET", address))
    return found


@pytest.mark.parametrize("row", MESSAGES, ids=lambda row: row["name"])
def test_a_message_that_differs_in_anything_from_what_was_written_down_is_seen(
    script: Scripted, bucket: PictureBucket, row: Row
) -> None:
    script.answers = [ANSWERS[name] for name in row["discord"]]
    assert replied(script, bucket, row, row.get("age_s", 1)) == "99"
    assert [sent(asked) for asked in script.asked] == expected(row["sends"], bucket), "right: outgoing/discord.yaml"


@pytest.mark.parametrize("row", MESSAGES, ids=lambda row: row["name"])
def test_no_message_can_mention_a_role_or_everyone(row: Row) -> None:
    """Of what is written down, which the test above compares with what is sent."""
    for call in row["sends"]:
        mentions = call["message"]["allowed_mentions"]
        assert mentions in ({"parse": []}, {"users": ["42"]})


@pytest.mark.parametrize(
    ("age_s", "is_edited"), [(0, True), (899.999, True), (900, False), (900.001, False), (901, False)]
)
def test_a_token_is_used_until_the_end_of_its_15_minutes_and_not_after(
    script: Scripted, bucket: PictureBucket, age_s: float, is_edited: bool
) -> None:
    replied(script, bucket, MESSAGES[0], age_s)
    assert ["@original" in asked.path for asked in script.asked] == [is_edited]


@pytest.mark.parametrize(
    ("age_s", "is_early"),
    [(-30, False), (-29.999, True), (0, True), (29.999, True), (30, False), (30.001, False)],
)
def test_an_edit_that_overtakes_the_acknowledgement_is_not_lost_for_good(
    script: Scripted, bucket: PictureBucket, age_s: float, is_early: bool
) -> None:
    """Within 30 s either way Discord may not have processed the acknowledgement yet."""
    script.answers = [ANSWERS["unknown"]]
    with pytest.raises(NotYetAcknowledged if is_early else PermanentError):
        replied(script, bucket, MESSAGES[0], age_s, may_post=False)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("age_s", [1, 1000], ids=["edit", "post"])
def test_a_redirection_takes_neither_the_members_token_nor_the_bots_elsewhere(
    script: Scripted, bucket: PictureBucket, status: int, age_s: float
) -> None:
    with scripted() as elsewhere:
        elsewhere.answers = [ANSWERS["shown"]]
        script.answers = [Answer(status, b"", {"Location": f"{elsewhere.url}/{INTERACTION_TOKEN}"})]
        with pytest.raises(PermanentError) as caught:
            replied(script, bucket, MESSAGES[0], age_s)
        assert INTERACTION_TOKEN not in str(caught.value)
        assert (len(script.asked), elsewhere.asked) == (1, [])


def ending_in(left_s: float) -> Row:
    """The times of a request whose token lives so long."""
    expires = datetime.now(UTC) + timedelta(seconds=left_s)
    times = {"received_at": expires - timedelta(minutes=15), "expires_at": expires}
    return {name: f"{time:%Y-%m-%dT%H:%M:%S.%fZ}" for name, time in times.items()}


LOGGED: list[Row] = [
    row
    for name in ("steps_log", "steps_task_log")
    for row in yaml.safe_load((ROOT / "tests" / "outgoing" / f"{name}.yaml").read_text())
]


@pytest.mark.parametrize("row", LOGGED, ids=lambda row: row["name"])
def test_a_line_of_the_log_that_differs_from_what_was_written_down_is_seen(steps: Steps, row: Row) -> None:
    Neighbours.calls.clear()
    Neighbours.tasks.clear()
    Neighbours.refusal = None
    Neighbours.refusals[:] = [(said["status"], json.dumps(said["body"]).encode()) for said in row.get("discord", [])]
    refused = {"error": {"code": 503, "message": "told by the test", "status": "UNAVAILABLE"}}
    Neighbours.tasks_refusal = (503, json.dumps(refused).encode()) if row.get("no_queue") else None
    begin, began = steps.log.stat().st_size, datetime.now(UTC)
    request = steps.request(ending_in(row.get("left_s", 900)))
    body = {"request": request, **row["order"]} if "order" in row else request | row.get("request", {})
    answer = steps.post(row["path"], body, **row.get("headers", {}), **row.get("task", {}))
    due = next((task["scheduleTime"] for task in Neighbours.tasks), "never")
    lines = [json.loads(line) for line in steps.log.read_text()[begin:].splitlines() if line.startswith("{")]
    assert lines[-1].pop("ms") >= 0
    written = json.dumps([row["warning"], row["log"] | ids_of(row)] if "warning" in row else [row["log"] | ids_of(row)])
    written = written.replace("PALETTES", ", ".join(sorted(PALETTES))).replace("AT,", f"{due},").replace("DUE", due)
    known = [line["interaction_id"] for line in json.loads(written)]
    traces = [{LOG_FIELD: trace_name("demo", one)} if one else {} for one in known]
    assert lines == [line | trace for line, trace in zip(json.loads(written), traces, strict=True)]
    assert answer.status_code == row["log"]["status"]
    assert answer.headers["Content-Type"] == "application/json"
    if "answer" in row:
        assert answer.json() == row["answer"]
    assert [call.partition(" ")[0] for call in Neighbours.calls if "/api/" in call] == row.get(
        "asks", ["PATCH"] * ("order" in row)
    )
    least_s, most_s = row.get("retry_after_s", (0, 0))
    assert least_s <= int(answer.headers.get("Retry-After", 0)) <= most_s
    for task in Neighbours.tasks:
        check_task(task, row["makes"], body, began)
    assert len(Neighbours.tasks) == ("makes" in row)


def ids_of(row: Row) -> Row:
    """The fields of its line that name the task that calls and the task that was made."""
    ids: Row = {}
    if task := row.get("task"):
        ids = {"task": task["X_CloudTasks_TaskName"], "attempt": int(task["X_CloudTasks_TaskRetryCount"]) + 1}
    if row["log"]["status"] == 202:
        made = row["makes"]
        ids |= {"waits_in": f"{QUEUES}/{made['queue']}/tasks/{made['name']}", "due": "DUE"}
    return ids


def check_task(task: Row, makes: Row, body: Row, began: datetime) -> None:
    """What else is in a task says reply_task.yaml."""
    assert task["name"] == f"{QUEUES}/{makes['queue']}/tasks/{makes['name']}"
    sent = {name: value for name, value in body.items() if value is not None}
    assert json.loads(b64decode(task["httpRequest"]["body"])) == sent
    assert task["httpRequest"]["oidcToken"]["serviceAccountEmail"] == OWN_ACCOUNT
    least_s, most_s = makes["waits_s"]
    waits_s = (datetime.fromisoformat(task["scheduleTime"]) - began).total_seconds()
    assert least_s <= waits_s <= most_s + 0.5  # for the call


def test_a_mistake_of_ours_writes_no_token_into_the_log_nor_into_the_answer(
    steps: Steps, script: Scripted, capsys: pytest.CaptureFixture[str]
) -> None:
    """The text of an error may quote an address with a token in it."""

    def breaks(*_: object) -> Picture:
        raise KeyError(f"/webhooks/7/{INTERACTION_TOKEN}/messages/@original")

    script.answers = [json_answer(200, steps.issuer.certificates())]
    config = a_config(f"{script.url}/certs", script.url)
    with ThreadPoolExecutor(1) as threads:
        answer_call = functools.partial(_answer, CallerCheck(config), threads, Step(Request, "picture", breaks))
        with serving_asgi(Starlette(routes=[Route("/generate-image", answer_call, methods=["POST"])])) as url:
            request = steps.request()
            headers = {"Authorization": f"Bearer {steps.token()}", "X-Dedup-Key": request["interaction_id"]}
            answer = requests.post(f"{url}/generate-image", json=request, headers=headers, timeout=10)
    assert answer.status_code == 500
    message = "a mistake in this service; its log says more"
    assert answer.json() == {"kind": "mistake", "error": {"status": 500, "message": message}}
    line = json.loads(capsys.readouterr().out)
    place = f"{__file__}:{breaks.__code__.co_firstlineno + 1}"
    assert line.pop("ms") >= 0
    line.pop(LOG_FIELD, None)
    frames = line.pop("stack_trace").splitlines()
    assert frames[-2:] == [f'  File "{__file__}", line {place.rpartition(":")[2]}, in breaks', "KeyError"]
    assert any("in _answer" in frame for frame in frames)
    assert line == {
        "severity": "CRITICAL",
        "message": f"/generate-image KeyError at {place}",
        "interaction_id": request["interaction_id"],
        "status": 500,
    }
