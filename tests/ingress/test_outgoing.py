"""Each answer of the ingress, its task and its line in the log, compared whole with tests/outgoing/, over HTTP."""

import hashlib
import itertools
import json
import re
import time
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from types import ModuleType
from typing import Any

import pytest
import requests
import yaml
from nacl.public import SealedBox
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.routing import Route

from ingress import enqueue, signature
from ingress.backlog import Backlog, QueueStats
from ingress.config import read_config
from ingress.enqueue import TaskQueue
from ingress.limits import MemberRateLimit, read_limits
from ingress.seal import Sealer
from service.deployment import INGRESS_ANSWERS_WITHIN_S
from service.environment import Secret
from service.log import trace_in
from service.trace import LOG_FIELD, trace_name
from tests.asgi import serving_asgi
from tests.ingress.function import DISCORD, STEPS_KEY, environment
from tests.interactions import Signer, a_press, an_interaction, on_message
from tests.servers import ROOT, serving

Row = dict[str, Any]

OUTGOING = ROOT / "tests" / "outgoing"
ROWS: list[Row] = yaml.safe_load((OUTGOING / "ingress.yaml").read_text())
REJECTIONS: list[Row] = yaml.safe_load((OUTGOING / "rejections.yaml").read_text())
TASK: Row = yaml.safe_load((OUTGOING / "task.yaml").read_text())
PARENT = "projects/demo/locations/us-central1/queues/create-image-queue"
_NUMBERS = itertools.count(1310000000000700001)


class Queue(BaseHTTPRequestHandler):
    """Cloud Tasks' CreateTask; keeps what it was asked."""

    asked: list[tuple[str, Row]] = []  # noqa: RUF012 -- one server, one list
    says = "takes it"

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.asked.append((f"{self.command} {self.path.partition('?')[0]}", body))
        status, name = {
            "takes it": (200, ""),
            "holds it already": (409, "ALREADY_EXISTS"),
            "refuses it": (403, "PERMISSION_DENIED"),
        }[self.says]
        error = {"error": {"code": status, "message": "told by the test", "status": name}}
        answer = json.dumps(error if name else {"name": body["name"]} if "name" in body else body["task"]).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None: ...


class Ingress:
    """The function in this process: its line and its members are told by the test, and its clocks stand still."""

    def __init__(self, main: ModuleType, url: str, queue_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.main, self.url, self.queue_url = main, url, queue_url
        self._monkeypatch = monkeypatch
        self.line = QueueStats(0, 2.0, 0.0)
        self.replies = QueueStats(0, 10.0, 0.0)
        limits = read_limits()
        self.members = MemberRateLimit(limits.per_minute)
        backlog = Backlog(self._line, self._replies, limits.look_every_s, now_s=lambda: 0.0)
        monkeypatch.setattr(main, "BACKLOG", backlog)
        monkeypatch.setattr(main, "MEMBER_RATE_LIMIT", self.members)

    async def _line(self) -> QueueStats:
        return self.line

    async def _replies(self) -> QueueStats:
        return self.replies

    def knows(self, line: QueueStats, replies: QueueStats | None = None) -> None:
        self.line = line
        self.replies = replies or self.replies
        self.main.BACKLOG._requests._latest = self.line, 0
        self.main.BACKLOG._replies._latest = self.replies, 0


@pytest.fixture
def ingress(monkeypatch: pytest.MonkeyPatch) -> Iterator[Ingress]:
    monkeypatch.setattr(Queue, "asked", [])
    with serving(Queue) as queue_url:
        for name, value in environment(queue_url).items():
            monkeypatch.setenv(name, value)
        from ingress import main

        config = read_config(environment(queue_url))
        monkeypatch.setattr(main, "CONFIG", config)
        trace_in("demo")  # as it says where it starts: the first of these tests alone has seen that
        monkeypatch.setattr(main, "SEALER", Sealer(config.seal_public_key))
        monkeypatch.setattr(main, "QUEUE", TaskQueue(config, main.BACKLOG.luck))
        app = Starlette(routes=[Route("/", main.handle_request, methods=["GET", "POST", "PUT"])])
        with serving_asgi(app) as url:
            yield Ingress(main, url, queue_url, monkeypatch)


def logged(capsys: pytest.CaptureFixture[str]) -> list[Row]:
    return [json.loads(line) for line in capsys.readouterr().out.splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["name"])
def test_an_answer_or_a_line_of_the_log_that_differs_from_what_was_written_down_is_seen(
    ingress: Ingress, row: Row, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(Queue, "says", row.get("queue", "takes it"))
    interaction_id = str(next(_NUMBERS))
    interaction = row.get("interaction") or asked_for(interaction_id, row)
    line = row.get("line", {"tasks": 0, "per_s": 2})
    replies = row.get("replies", {"tasks": 0, "per_s": 10})
    ingress.knows(QueueStats(line["tasks"], line["per_s"], 0.0), QueueStats(replies["tasks"], replies["per_s"], 0.0))
    monkeypatch.setattr(Standing, "now_s", int(time.time()))  # near Discord's clock, which signs
    monkeypatch.setattr("ingress.main.time", Standing())
    for number in range(row.get("asked", 0)):
        assert ingress.members.charge("42", str(number), Standing.monotonic() - row.get("asked_ago_s", 0)) == 0
    answer = DISCORD.post(ingress.url, interaction)
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    assert answer.json() == json.loads(re.sub(r"IN_(\d+)", Standing.in_s, json.dumps(row["answer"])))
    task_id = hashlib.sha256(interaction_id.encode()).hexdigest()[:16] + f"-{interaction_id}"
    said = json.dumps([row["log"]] if "log" in row else [])
    for name, value in {
        "TASK": f"{PARENT}/tasks/{task_id}",
        "ID": interaction_id,
        "QUEUE": ingress.queue_url,
        "PARENT": PARENT,
        "INCOMPLETE": "an interaction that cannot be answered later: interaction must contain ['application_id', 'id', "
        "'token'] properties",
    }.items():
        said = said.replace(name, value)
    traced = {LOG_FIELD: trace_name("demo", interaction_id)}
    assert logged(capsys) == [line | traced if line["interaction_id"] else line for line in json.loads(said)]
    assert len(Queue.asked) == ("queue" in row)


def asked_for(interaction_id: str, row: Row) -> Row:
    """The interaction of a row: a press, a command on a message, or a slash command."""
    locale = {"locale": row["locale"]} if "locale" in row else {}
    if "press" in row:
        return a_press(row["press"], row["message"], interaction_id)
    if "message" in row:
        return on_message(row["message"], interaction_id, row["command"])
    return an_interaction(interaction_id, row.get("command", "mando"), **row.get("options", {})) | locale


class Standing:
    """The module `time`, whose clocks for waits stand still."""

    now_s = 0

    def __getattr__(self, name: str) -> Any:
        import time

        return getattr(time, name)

    @staticmethod
    def monotonic() -> float:
        return 1000.0

    @classmethod
    def time(cls) -> float:
        return float(cls.now_s)

    @classmethod
    def in_s(cls, found: re.Match[str]) -> str:
        return str(cls.now_s + int(found[1]))


def test_a_task_that_differs_in_anything_from_what_was_written_down_is_seen(ingress: Ingress) -> None:
    interaction = an_interaction(str(next(_NUMBERS)), user="77", words="my \n cat", symmetry=8, palette="jade")
    before = datetime.now(UTC)
    assert DISCORD.post(ingress.url, interaction).json() == {"type": 5}
    ((call, sent),) = Queue.asked
    expected = json.loads(json.dumps(TASK).replace("USER", "77").replace("ID", interaction["id"]))
    prefix = hashlib.sha256(interaction["id"].encode()).hexdigest()[:16]
    expected["task"]["name"] = expected["task"]["name"].replace("PREFIX", prefix)
    assert call == expected["call"]
    task = sent["task"]
    body = json.loads(b64decode(task["httpRequest"].pop("body")))
    assert sent == {"task": expected["task"]} | {name: sent[name] for name in sent if name == "parent"}
    assert body.keys() == expected["body"].keys()
    request = json.loads(body["argument"])
    sealed = urlsafe_b64decode(request.pop("sealed_token") + "==")
    assert SealedBox(STEPS_KEY).decrypt(sealed).decode() == interaction["token"]
    received, expires = (datetime.fromisoformat(request.pop(name)) for name in ("received_at", "expires_at"))
    assert before <= received <= datetime.now(UTC)
    assert expires - received == timedelta(minutes=15), "Discord's token lives so long"
    assert request == expected["argument"]


@pytest.mark.parametrize(
    ("age_s", "may_be_valid"),
    [(300, True), (299.9, True), (300.1, False), (301, False), (-300, True), (-300.1, False), (0, True)],
)
def test_a_signed_request_is_taken_for_five_minutes_either_way_and_no_longer(age_s: float, may_be_valid: bool) -> None:
    assert signature.may_be_valid("a" * 128, "1000000", 1_000_000 + age_s) == may_be_valid


@pytest.mark.parametrize("row", REJECTIONS, ids=lambda row: row["name"])
def test_a_rejection_that_differs_from_what_was_written_down_is_seen(
    ingress: Ingress, row: Row, capsys: pytest.CaptureFixture[str]
) -> None:
    body = row.get("body", " " * row.get("size", 0)).encode()
    signer = {"Discord": DISCORD, "somebody": Signer(), "nobody": None}[row.get("signed", "Discord")]
    headers = signer.headers(body, row.get("age_s", 0)) if signer else {}
    answer = requests.request(row.get("method", "POST"), ingress.url, data=body, headers=headers, timeout=30)
    assert (answer.status_code, answer.text) == (row["status"], f"{row['text']}\n")
    assert answer.headers.get("Allow") == row.get("allow")
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert (logged(capsys), Queue.asked) == ([], [])


def test_a_mistake_of_ours_is_told_to_the_member_and_writes_no_token_into_the_log(
    ingress: Ingress, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The text of an error may quote what it was about."""

    class Breaks:
        def seal(self, token: Secret) -> str:
            raise KeyError(token.reveal())

    monkeypatch.setattr(ingress.main, "SEALER", Breaks())
    answer = DISCORD.post(ingress.url, an_interaction(str(next(_NUMBERS))))
    words = "Something went wrong on my side. Please try again later."
    assert (answer.status_code, answer.json()) == (200, {"type": 4, "data": {"content": words, "flags": 64}})
    (line,) = logged(capsys)
    frames = line.pop("stack_trace").splitlines()
    assert line == {"severity": "CRITICAL", "message": "KeyError in the ingress", "interaction_id": ""}
    assert frames[-1] == "KeyError"
    assert frames[-2] == f'  File "{__file__}", line {Breaks.seal.__code__.co_firstlineno + 1}, in seal'
    assert any("in handle_request" in frame for frame in frames)


async def test_who_hangs_up_before_the_body_is_there_leaves_no_mistake_in_the_log(
    ingress: Ingress, capsys: pytest.CaptureFixture[str]
) -> None:
    async def hangs_up() -> dict[str, str]:
        return {"type": "http.disconnect"}

    headers = Headers(DISCORD.headers(b"{}")).raw
    scope = {"type": "http", "method": "POST", "headers": headers, "state": {"arrived_s": time.monotonic()}}
    answer = await ingress.main.handle_request(Request(scope, hangs_up))
    assert (answer.status_code, answer.body) == (200, b"")
    assert (logged(capsys), Queue.asked) == ([], [])


def test_who_was_sent_away_because_of_the_line_keeps_the_whole_share(ingress: Ingress) -> None:
    share = read_limits().per_minute
    ingress.knows(QueueStats(1201, 2.0, 0.0))
    away = [DISCORD.post(ingress.url, an_interaction(str(next(_NUMBERS)))).json() for _ in range(share)]
    assert ["too late" in answer["data"]["content"] for answer in away] == [True] * share
    ingress.knows(QueueStats(0, 2.0, 0.0))
    taken = [DISCORD.post(ingress.url, an_interaction(str(next(_NUMBERS)))).json() for _ in range(share + 1)]
    assert [answer["type"] for answer in taken] == [5] * share + [4]


def test_who_is_told_of_the_share_puts_nothing_into_the_line_and_whoever_is_taken_does(ingress: Ingress) -> None:
    """With one task a second, each that is taken is a second more."""
    share = read_limits().per_minute
    ingress.knows(QueueStats(0, 1.0, 0.0))
    for _ in range(share + 3):
        DISCORD.post(ingress.url, an_interaction(str(next(_NUMBERS))))
    assert ingress.main.BACKLOG.wait_s() == share


def test_a_second_call_to_the_queue_has_a_second_left_before_the_member_is_answered(ingress: Ingress) -> None:
    answer_within_s = INGRESS_ANSWERS_WITHIN_S
    assert answer_within_s <= 2.5, "Discord waits 3 s, and the way takes some"
    assert answer_within_s - enqueue.SECOND_CALL_AFTER_S - enqueue.PAUSE_S >= 1
