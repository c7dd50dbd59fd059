"""What `mando replay` says of a service that answers as none should: one sentence, and exit code 2."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler
from typing import Any

import grpc
import pytest
from google.cloud.workflows.executions_v1 import Execution, ListExecutionsResponse

from cli.main import run
from tests.replay.service import IDS, Answering, execution, serving
from tests.servers import serving as http_serving


def wrong(answer: Callable[[bytes, Any], bytes], capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """What `mando replay` says of a service that answers so; that it ends with 2 and one line, and no more."""
    with serving(Answering(answer)) as port:
        assert run(["replay", *words, "--port", str(port - 3)]) == 2
    said = capsys.readouterr()
    assert (said.out, said.err.count("\n")) == ("", 1)
    assert said.err.startswith("mando replay: ")
    assert len(said.err) < 500
    return said.err


def page(**fields: Any) -> bytes:
    return bytes(ListExecutionsResponse.serialize(ListExecutionsResponse(**fields)))


def aborting(code: grpc.StatusCode, words: str) -> Callable[[bytes, Any], bytes]:
    def answer(_: bytes, context: Any) -> bytes:
        context.abort(code, words)
        raise AssertionError

    return answer


OTHERWISE = "does not answer as Workflow Executions does: "


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (lambda *_: b"\xff\xff\xff", OTHERWISE + "Exception deserializing"),
        (lambda *_: page(executions=[Execution(name="x", state="FAILED")]), OTHERWISE + "an execution has a name"),
        (lambda *_: page(executions=[execution(1, "STATE_UNSPECIFIED")]), OTHERWISE + "an execution has a name"),
        (lambda *_: page(next_page_token="again"), OTHERWISE + "the same page follows twice"),
        (aborting(grpc.StatusCode.UNIMPLEMENTED, "Method not found!"), OTHERWISE + "Method not found!"),
        (aborting(grpc.StatusCode.INTERNAL, ""), OTHERWISE + "InternalServerError"),
        (aborting(grpc.StatusCode.UNAVAILABLE, "disk\nfull"), ": disk full; start it with `mando up`"),
        (aborting(grpc.StatusCode.PERMISSION_DENIED, "not\nyou " * 100), "mando replay: not you not you"),
        (aborting(grpc.StatusCode.CANCELLED, ""), "mando replay: Cancelled"),
    ],
)
def test_a_crooked_answer_becomes_one_sentence(
    answer: Callable[[bytes, Any], bytes], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert said in wrong(answer, capsys, "--failed")


def test_an_empty_answer_for_one_execution_becomes_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    assert OTHERWISE in wrong(lambda *_: b"", capsys, IDS[1])


class Quiet(BaseHTTPRequestHandler):
    def log_message(self, format: str, *arguments: object) -> None:
        """Nothing."""


def test_a_server_of_another_kind_is_told_in_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with http_serving(Quiet) as url:
        assert run(["replay", "--failed", "--port", str(int(url.rpartition(":")[2]) - 3)]) == 2
    assert capsys.readouterr().err.startswith("mando replay: cannot reach 127.0.0.1:")
