"""What `mando replay` asks a scripted service, in which order, and when it takes a replay for ended."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from cli.main import run
from tests.servers import serving

WORKFLOW = "projects/demo/locations/us-central1/workflows/mando"
IDS = [f"00000000-0000-0000-0000-{number:012}" for number in range(10)]


class Service(BaseHTTPRequestHandler):
    """listed are its pages of executions, the newest first; states what a new execution is in, look after look."""

    listed: list[list[dict[str, Any]]]
    states: list[str]
    started: list[dict[str, Any]]
    queries: list[dict[str, list[str]]]

    def do_GET(self) -> None:
        path, query = urlsplit(self.path).path, parse_qs(urlsplit(self.path).query)
        if path.endswith("/executions"):
            self.queries.append(query)
            number = int(query["pageToken"][0]) if "pageToken" in query else 0
            more = {"nextPageToken": str(number + 1)} if number + 1 < len(self.listed) else {}
            self._answer({"executions": self.listed[number], **more})
            return
        state = self.states.pop(0) if len(self.states) > 1 else self.states[0]
        self._answer({"name": path.removeprefix("/v1/"), "state": state, "argument": "asked for by name"})

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.started.append(body)
        self._answer({"name": f"{WORKFLOW}/executions/{IDS[-len(self.started)]}", "state": "ACTIVE"})

    def _answer(self, body: dict[str, Any]) -> None:
        content = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *arguments: object) -> None:
        """Quiet."""


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr("cli.replay._POLL_S", 0.001)
    Service.listed, Service.states, Service.started, Service.queries = [[]], ["SUCCEEDED"], [], []
    with serving(Service) as url:
        yield url.rpartition(":")[2]


def execution(number: int, state: str = "FAILED", argument: str | None = None) -> dict[str, Any]:
    given = {} if argument is None else {"argument": argument}
    return {"name": f"{WORKFLOW}/executions/{IDS[number]}", "state": state, **given}


def failed(port: str, *more: str) -> int:
    return run(["replay", "--failed", "--rate", "1000", "--port", port, *more])


def arguments() -> list[str | None]:
    return [one.get("argument") for one in Service.started]


def test_the_newest_is_replayed_before_the_oldest(port: str) -> None:
    Service.listed = [[execution(3, argument="3"), execution(2, argument="2"), execution(1, argument="1")]]
    assert failed(port) == 0
    assert arguments() == ["1", "2", "3"]
    assert [one["labels"] for one in Service.started] == [{"replay-of": IDS[number]} for number in (1, 2, 3)]


def test_only_the_first_page_is_replayed(port: str) -> None:
    Service.listed = [[execution(3, argument="3")], [], [execution(2, argument="2"), execution(1, argument="1")]]
    assert failed(port) == 0
    assert arguments() == ["1", "2", "3"]
    assert [query.get("pageToken") for query in Service.queries] == [None, ["1"], ["2"]]
    assert len({query["filter"][0] for query in Service.queries}) == 1


@pytest.mark.parametrize(
    ("states", "replayed"),
    [
        (["FAILED"], True),
        (["SUCCEEDED", "FAILED"], False),
        (["FAILED", "SUCCEEDED"], True),
        (["FAILED", "FAILED"], True),
        (["ACTIVE", "FAILED"], False),
        (["QUEUED", "FAILED"], False),
        (["CANCELLED", "FAILED"], False),
        (["CANCELLED"], False),
    ],
)
def test_a_request_is_replayed_that_is_settled_or_under_way_or_twice(
    port: str, states: list[str], replayed: bool
) -> None:
    """states of one argument's executions, the newest first."""
    Service.listed = [[execution(9 - number, state, argument="same") for number, state in enumerate(states)]]
    assert failed(port) == 0
    assert arguments() == ["same"] * replayed


def test_an_execution_without_an_argument_is_replayed_with_one(port: str) -> None:
    Service.listed = [[execution(1)]]
    assert failed(port) == 0
    assert ["argument" in one for one in Service.started] == [False]


@pytest.mark.parametrize(
    ("states", "status"),
    [
        (["QUEUED", "ACTIVE", "QUEUED", "SUCCEEDED"], 0),
        (["QUEUED", "FAILED"], 1),
        (["ACTIVE", "CANCELLED"], 1),
        (["UNAVAILABLE"], 1),
    ],
)
def test_a_replay_that_waits_in_line_is_taken_for_ended(
    port: str, states: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    Service.listed, Service.states = [[execution(1, argument="1")]], list(states)
    assert failed(port) == status
    assert capsys.readouterr().out.splitlines() == [
        f"{IDS[1]} as {IDS[9]}: {states[-1]}",
        f"1 replayed, 1 {states[-1]}",
    ]


def test_one_replay_of_several_that_fails_is_not_told(port: str, capsys: pytest.CaptureFixture[str]) -> None:
    Service.listed = [[execution(2, argument="2"), execution(1, argument="1")]]
    Service.states = ["FAILED", "SUCCEEDED"]
    assert failed(port) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "2 replayed, 1 FAILED, 1 SUCCEEDED"


def test_an_execution_by_its_full_name_is_looked_for_elsewhere(port: str) -> None:
    name = f"projects/other/locations/europe-west1/workflows/w/executions/{IDS[4]}"
    assert run(["replay", name, "--port", port]) == 0
    assert Service.started == [{"labels": {"replay-of": IDS[4]}, "argument": "asked for by name"}]


@pytest.mark.parametrize(("text", "minutes"), [("90s", 1.5), ("30m", 30), ("1h", 60), ("2d", 2880)])
def test_it_looks_back_further_or_less_far_than_it_was_told(port: str, text: str, minutes: float) -> None:
    asked_at = datetime.now(UTC)
    assert failed(port, "--since", text) == 0
    (query,) = Service.queries
    moment = datetime.fromisoformat(query["filter"][0].removeprefix('startTime>"').removesuffix('"'))
    assert abs((asked_at - moment).total_seconds() - minutes * 60) < 30
