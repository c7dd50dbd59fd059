"""What `mando replay` asks a scripted service, in which order, and when it takes a replay for ended."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import grpc
import pytest
from google.cloud.workflows.executions_v1 import Execution

from cli.main import run
from tests.replay.service import IDS, WORKFLOW, Service, execution, serving


@pytest.fixture
def service() -> Service:
    return Service()


@pytest.fixture
def port(service: Service, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr("cli.replay._POLL_S", 0.001)
    with serving(service) as port:
        yield str(port - 3)


def failed(port: str, *more: str) -> int:
    return run(["replay", "--failed", "--rate", "1000", "--port", port, *more])


def arguments(service: Service) -> list[str]:
    return [one.argument for one in service.started]


def test_the_newest_is_replayed_before_the_oldest(service: Service, port: str) -> None:
    service.listed = [[execution(3, argument="3"), execution(2, argument="2"), execution(1, argument="1")]]
    assert failed(port) == 0
    assert arguments(service) == ["1", "2", "3"]
    assert [dict(one.labels) for one in service.started] == [{"replay-of": IDS[number]} for number in (1, 2, 3)]


def test_only_the_first_page_is_replayed(service: Service, port: str) -> None:
    service.listed = [[execution(3, argument="3")], [], [execution(2, argument="2"), execution(1, argument="1")]]
    assert failed(port) == 0
    assert arguments(service) == ["1", "2", "3"]
    assert [query.page_token for query in service.queries] == ["", "1", "2"]
    assert len({query.filter for query in service.queries}) == 1


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
    service: Service, port: str, states: list[str], replayed: bool
) -> None:
    """states of one argument's executions, the newest first."""
    service.listed = [[execution(9 - number, state, argument="same") for number, state in enumerate(states)]]
    assert failed(port) == 0
    assert arguments(service) == ["same"] * replayed


def test_an_execution_without_an_argument_is_replayed_with_one(service: Service, port: str) -> None:
    service.listed = [[execution(1)]]
    assert failed(port) == 0
    assert arguments(service) == [""]


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
    service: Service, port: str, states: list[str], status: int, capsys: pytest.CaptureFixture[str]
) -> None:
    service.listed, service.states = [[execution(1, argument="1")]], list(states)
    assert failed(port) == status
    assert capsys.readouterr().out.splitlines() == [
        f"{IDS[1]} as {IDS[9]}: {states[-1]}",
        f"1 replayed, 1 {states[-1]}",
    ]


def test_one_replay_of_several_that_fails_is_not_told(
    service: Service, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    service.listed = [[execution(2, argument="2"), execution(1, argument="1")]]
    service.states = ["FAILED", "SUCCEEDED"]
    assert failed(port) == 1
    assert capsys.readouterr().out.splitlines()[-1] == "2 replayed, 1 FAILED, 1 SUCCEEDED"


def test_an_execution_by_its_full_name_is_looked_for_elsewhere(service: Service, port: str) -> None:
    name = f"projects/other/locations/europe-west1/workflows/w/executions/{IDS[4]}"
    assert run(["replay", name, "--port", port]) == 0
    (started,) = service.started
    assert (dict(started.labels), started.argument) == ({"replay-of": IDS[4]}, "asked for by name")


@pytest.mark.parametrize(("text", "minutes"), [("90s", 1.5), ("30m", 30), ("1h", 60), ("2d", 2880)])
def test_it_looks_back_further_or_less_far_than_it_was_told(
    service: Service, port: str, text: str, minutes: float
) -> None:
    asked_at = datetime.now(UTC)
    assert failed(port, "--since", text) == 0
    (query,) = service.queries
    moment = datetime.fromisoformat(query.filter.removeprefix('startTime>"').removesuffix('"'))
    assert abs((asked_at - moment).total_seconds() - minutes * 60) < 30


WAITS, SHOWN = '{"waits_in":"9f-77"}', '{"message_id":"9"}'


def waiting(port: str, *more: str) -> int:
    return run(["replay", "--waiting", "--rate", "1000", "--port", port, *more])


@pytest.mark.parametrize(
    ("newest_first", "replayed"),
    [
        ([("SUCCEEDED", WAITS)], True),
        ([("SUCCEEDED", SHOWN)], False),
        ([("SUCCEEDED", "")], False),
        ([("SUCCEEDED", "[1]")], False),
        ([("FAILED", "")], False),
        ([("SUCCEEDED", SHOWN), ("SUCCEEDED", WAITS)], False),
        ([("SUCCEEDED", WAITS), ("SUCCEEDED", WAITS)], True),
        ([("SUCCEEDED", WAITS), ("FAILED", "")], True),
        ([("ACTIVE", ""), ("SUCCEEDED", WAITS)], False),
    ],
)
def test_a_request_that_waits_is_not_replayed_or_one_that_is_shown_or_under_way_is(
    service: Service, port: str, newest_first: list[tuple[str, str]], replayed: bool
) -> None:
    service.listed = [
        [execution(9 - number, state, "same", result) for number, (state, result) in enumerate(newest_first)]
    ]
    assert waiting(port) == 0
    assert arguments(service) == ["same"] * replayed


def test_a_request_that_the_workflow_wrote_in_another_way_is_taken_for_another(service: Service, port: str) -> None:
    """The ingress writes spaces into its JSON; the task of a drawing that waits has none, and sorts the names."""
    first = execution(1, "SUCCEEDED", '{"b": 1, "a": "é"}', WAITS)
    service.listed = [[execution(2, "SUCCEEDED", '{"a":"\\u00e9","b":1}', SHOWN), first]]
    assert waiting(port) == 0
    assert arguments(service) == []
    service.listed = [[execution(2, "SUCCEEDED", '{"a":"e","b":1}', SHOWN), first]]
    assert waiting(port) == 0
    assert arguments(service) == [first.argument]


def test_the_task_that_a_replay_waits_in_is_not_shown(
    service: Service, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    service.listed, service.result = [[execution(1, "SUCCEEDED", "1", WAITS)]], '{"waits_in":"a-77"}'
    assert waiting(port) == 0
    assert capsys.readouterr().out.splitlines() == [
        f"{IDS[1]} as {IDS[9]}: SUCCEEDED, waits in the task a-77",
        "1 replayed, 1 SUCCEEDED",
    ]


@pytest.mark.parametrize(("words", "minutes"), [([], 15), (["--since", "5m"], 5), (["--since", "16m"], 15)])
def test_what_waits_is_looked_for_after_the_tokens_life(
    service: Service, port: str, words: list[str], minutes: float
) -> None:
    asked_at = datetime.now(UTC)
    assert waiting(port, *words) == 0
    moment = datetime.fromisoformat(service.queries[0].filter.removeprefix('startTime>"').removesuffix('"'))
    assert abs((asked_at - moment).total_seconds() - minutes * 60) < 30


def test_a_service_that_goes_away_amid_the_replays_shows_those_that_were_started(
    service: Service, port: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    service.listed = [[execution(2, argument="2"), execution(1, argument="1")]]
    service.states = ["ACTIVE"]
    create = service.create

    def create_one(sent: bytes, context: Any) -> bytes:
        if service.started:
            context.abort(grpc.StatusCode.UNAVAILABLE, "the disk is full")
        return create(sent, context)

    monkeypatch.setattr(service, "create", create_one)
    assert failed(port) == 1
    said = capsys.readouterr()
    assert said.out == f"{IDS[1]} as {IDS[9]}: ACTIVE\n"
    assert "the disk is full; start it with `mando up`, or give its --port; 1 of 2 were started\n" in said.err


def test_a_state_that_only_a_newer_client_knows_is_shown_by_its_number(
    service: Service, port: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Source: executions_v1.Execution.State, "More states might be added in the future"."""
    service.listed = [[execution(1, argument="1")]]
    newer = Execution(name=f"{WORKFLOW}/executions/{IDS[9]}")
    Execution.pb(newer).state = 99
    monkeypatch.setattr(service, "get", lambda *_: Execution.serialize(newer))
    assert failed(port) == 1
    assert capsys.readouterr().out.splitlines()[0] == f"{IDS[1]} as {IDS[9]}: STATE_99"
