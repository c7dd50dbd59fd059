"""workflows/mando.yaml against steps that answer as scripted, in virtual time: what is waited for, repeated, told."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from local.workflows.compile.workflow import compile_workflow
from local.workflows.effects import HttpCall, HttpFailure, HttpResponse, Leaf, Now, Outcome, Sleep, Value
from local.workflows.errors import WorkflowError
from local.workflows.run.branches import Branches
from local.workflows.run.observer import Bill
from tests.servers import ROOT

WORKFLOW = compile_workflow((ROOT / "workflows" / "mando.yaml").read_text(), "mando.yaml")
RECEIVED = datetime(2026, 1, 1, 12, 0, 0, 123456, tzinfo=UTC)
LIFE_S = 900
PICTURE = {"object": "pictures/a.png", "title": "t", "description": "d", "colour": 1}
MESSAGE = {"message_id": "9"}
HANGS = "hangs"
# The longest waits after attempt 1, 2, …: `waits_s` of the workflow, whose last is for all that follow.
WAITS_S = (1, 2, 4, 8, 16, 30)


class Steps:
    """Answers calls in their order, the last answer for all that follow; sees what is asked and slept."""

    received = RECEIVED

    def __init__(self, generate: list[Any] | None = None, reply: list[Any] | None = None) -> None:
        self.answers = {"/generate-image": generate or [PICTURE], "/reply-discord": reply or [MESSAGE]}
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.attempts: list[str] = []
        self.slept: list[float] = []
        self.now_s = self.received.timestamp() + 1
        self.bill = Bill()

    def run(self) -> Any:
        """The result.  Raises WorkflowError."""
        request: Value = {
            "interaction_id": "77",
            "expires_at": (self.received + timedelta(seconds=LIFE_S)).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        }
        env = {"STEPS_URL": "https://demo.appspot.com", "STEPS_AUDIENCE": "mando-steps"}
        branches = Branches(WORKFLOW.run(request, env, None, self.bill))
        while branches.ended is None:
            ((number, effect),) = branches.pending.items()
            branches.resume(number, self._outcome(effect))
        if branches.ended.error is not None:
            raise branches.ended.error
        return branches.ended.value

    @property
    def failures_told(self) -> list[str]:
        return [body["failure"] for path, body in self.calls if "failure" in body]

    @property
    def seconds(self) -> float:
        return self.now_s - self.received.timestamp()

    def _outcome(self, effect: Leaf) -> Outcome:
        match effect:
            case Now():
                return self.now_s
            case Sleep(seconds=seconds):
                self.slept.append(seconds)
                self.now_s += seconds
                return None
            case HttpCall():
                return self._answer(effect)
        raise AssertionError(effect)

    def _answer(self, call: HttpCall) -> HttpResponse | HttpFailure:
        path = urlsplit(call.url).path
        self.calls.append((path, json.loads(call.body or b"{}")))
        self.attempts.append(call.headers["X-Attempt"])
        answers = self.answers[path]
        answer = answers.pop(0) if len(answers) > 1 else answers[0]
        if answer == HANGS:
            self.now_s += call.timeout_s
            return HttpFailure("TimeoutError", "no answer")
        self.now_s += 0.1
        if isinstance(answer, HttpResponse | HttpFailure):
            return answer
        if isinstance(answer, str):
            return HttpResponse(200, {"Content-Type": "text/html"}, answer.encode())
        status, body = answer if isinstance(answer, tuple) else (200, answer)
        return HttpResponse(status, {"Content-Type": "application/json"}, json.dumps(body).encode())


def failed(steps: Steps) -> WorkflowError:
    with pytest.raises(WorkflowError) as caught:
        steps.run()
    return caught.value


def limited(retry_after: float) -> tuple[int, dict[str, Any]]:
    return 429, {"error": {"status": 429}, "retry_after": retry_after}


def test_when_all_goes_well_nothing_waits_and_at_most_five_steps_are_billed() -> None:
    steps = Steps()
    assert steps.run() == MESSAGE
    assert [path for path, _ in steps.calls] == ["/generate-image", "/reply-discord"]
    assert steps.calls[1][1]["picture"] == PICTURE
    assert steps.slept == []
    assert (steps.bill.internal, steps.bill.external) == (5, 0)


def test_what_discord_asks_for_is_slept_exactly() -> None:
    steps = Steps(reply=[limited(64.57), limited(0.3), MESSAGE])
    assert steps.run() == MESSAGE
    assert steps.slept == [64.57, 0.3]
    assert steps.attempts == ["1", "1", "2", "2", "3", "3"]


@pytest.mark.parametrize("answer", [(503, {}), (502, {}), (408, {}), HANGS, (429, [])])
def test_other_hiccups_are_waited_out_with_jitter(answer: Any) -> None:
    steps = Steps(reply=[answer, answer, answer, MESSAGE])
    assert steps.run() == MESSAGE
    for slept, longest in zip(steps.slept, WAITS_S[:3], strict=True):
        assert longest / 2 <= slept < longest, "where waits_s of workflows/mando.yaml was changed, WAITS_S is too"
    other = Steps(reply=[answer, answer, answer, MESSAGE])
    other.now_s += 0.000321
    other.run()
    assert other.slept != steps.slept


@pytest.mark.parametrize("outage", [(503, {}), HANGS])
@pytest.mark.parametrize("where", ["generate", "reply"])
def test_an_outage_is_waited_for_as_long_as_helps_and_then_told(where: str, outage: Any) -> None:
    steps = Steps(**{where: [outage]})
    if where == "reply":
        steps.answers["/reply-discord"] = [outage] * 1000
    error = failed(steps)
    assert LIFE_S - 200 < steps.seconds < LIFE_S, "the budget is used, and kept"
    assert max(steps.slept) <= WAITS_S[-1]
    if where == "generate":
        assert steps.failures_told == ["unavailable"]
        assert "HttpError" in error.tags or "TimeoutError" in error.tags
    else:
        assert error.tags == ["NoReply"]
        assert "interaction 77 was acknowledged and got no reply" in str(error.payload)


@pytest.mark.parametrize(
    ("where", "status", "told"),
    [
        ("generate", 422, ["undrawable"]),
        ("generate", 400, ["unavailable"]),
        ("generate", 403, ["unavailable"]),
        ("reply", 404, ["unavailable"]),
        ("reply", 410, []),
    ],
)
def test_what_stays_wrong_is_not_repeated_and_told_where_there_is_somebody(
    where: str, status: int, told: list[str]
) -> None:
    steps = Steps(**{where: [(status, {}), MESSAGE if where == "reply" else PICTURE]})
    error = failed(steps)
    assert isinstance(error.payload, dict)
    assert error.payload["code"] == status
    assert steps.slept == []
    assert steps.failures_told == told


@pytest.mark.parametrize("answer", [(500, {}), "<html>", {"x": 1}])
def test_a_mistake_of_ours_is_tried_a_few_times_only(answer: Any) -> None:
    steps = Steps(generate=[answer])
    failed(steps)
    assert len(steps.slept) == 3
    assert steps.failures_told == ["unavailable"]
    assert Steps(generate=[answer, PICTURE]).run() == MESSAGE
    assert Steps(reply=[answer, MESSAGE]).run() == MESSAGE


def test_a_wait_that_would_pass_the_tokens_end_is_not_begun() -> None:
    steps = Steps(reply=[limited(880), MESSAGE])
    failed(steps)
    assert steps.slept == []
    assert steps.failures_told == ["unavailable"]


def test_a_failure_that_cannot_be_told_at_once_is_told_later() -> None:
    steps = Steps(generate=[(422, {})], reply=[(503, {}), limited(3), MESSAGE])
    failed(steps)
    assert steps.failures_told == ["undrawable"] * 3
    assert steps.slept[1] == 3


def test_a_block_that_stays_is_tried_a_few_times_for_the_picture_and_again_for_the_failure_reply() -> None:
    """As the reply step answers to 403 with Discord's code 40333."""
    block = [limited(2), limited(10), limited(30), limited(90), (403, {})]
    steps = Steps(reply=[*block, *block[:3], MESSAGE])
    failed(steps)
    assert steps.slept == [2, 10, 30, 90, 2, 10, 30]
    assert steps.failures_told == ["unavailable"] * 4
    lost = failed(Steps(reply=[*block, *block]))
    assert lost.tags == ["NoReply"]


JSON = {"Content-Type": "application/json"}
HTML = {"Content-Type": "text/html; charset=UTF-8"}
SOMEBODY_ELSES = {
    "a proxy's page": HttpResponse(502, HTML, b"<html><h1>502 Bad Gateway</h1></html>"),
    "nothing at all": HttpResponse(503, {}, b""),
    "no JSON, though it says so": HttpResponse(503, JSON, b"<html>"),
    "JSON of nothing": HttpResponse(504, JSON, b""),
    "bytes": HttpResponse(502, {"Content-Type": "application/octet-stream"}, b"\xff\xfe"),
    "text that is no UTF-8": HttpResponse(502, {"Content-Type": "text/plain"}, b"\xff\xfe"),
    "a list": HttpResponse(429, JSON, b'[{"retry_after": 3}]'),
    "a text": HttpResponse(429, JSON, b'"retry_after"'),
    "null": HttpResponse(429, JSON, b"null"),
    "a limit in HTML": HttpResponse(429, {**HTML, "Retry-After": "3"}, b"<html>"),
    "a limit without a body": HttpResponse(429, {"Retry-After": "3"}, b""),
    "a page with 200": HttpResponse(200, HTML, b"<html>"),
    "200 of nothing": HttpResponse(200, {}, b""),
    "200 of empty JSON": HttpResponse(200, JSON, b""),
    "200 and a list": HttpResponse(200, JSON, b"[]"),
    "200 and null": HttpResponse(200, JSON, b"null"),
    "200 and a number": HttpResponse(200, JSON, b"1"),
    "200 and bytes": HttpResponse(200, {"Content-Type": "image/png"}, b"\x89PNG"),
    "no content": HttpResponse(204, {}, b""),
    "a redirection": HttpResponse(302, {**HTML, "Location": "/login"}, b"<html>"),
    "App Engine, when it is full": HttpResponse(500, HTML, b"<html>Error: Server Error</html>"),
}


@pytest.mark.parametrize("where", ["generate", "reply"])
@pytest.mark.parametrize("name", SOMEBODY_ELSES)
def test_whatever_somebody_on_the_way_answers_the_call_is_tried_again(name: str, where: str) -> None:
    answer = SOMEBODY_ELSES[name]
    last = PICTURE if where == "generate" else MESSAGE
    steps = Steps(**{where: [answer, answer, last]})
    assert steps.run() == MESSAGE
    assert [0.5 * longest <= slept < longest for slept, longest in zip(steps.slept, (1, 2), strict=True)] == [True] * 2


@pytest.mark.parametrize("name", SOMEBODY_ELSES)
def test_whatever_somebody_on_the_way_goes_on_to_answer_the_member_is_told(name: str) -> None:
    steps = Steps(generate=[SOMEBODY_ELSES[name]])
    failed(steps)
    assert steps.failures_told == ["unavailable"]
    assert steps.seconds < LIFE_S


@pytest.mark.parametrize("name", SOMEBODY_ELSES)
def test_a_failure_reply_too_is_told_again_after_whatever_answer(name: str) -> None:
    steps = Steps(generate=[(422, {})], reply=[SOMEBODY_ELSES[name], MESSAGE])
    assert isinstance(failed(steps).payload, dict)
    assert steps.failures_told == ["undrawable"] * 2


def test_a_500_that_is_not_ours_is_waited_out_like_an_outage() -> None:
    """Source: reports of App Engine: a request that is given up in its queue is a 500 without a body of the app."""
    steps = Steps(generate=[*[SOMEBODY_ELSES["App Engine, when it is full"]] * 6, PICTURE])
    assert steps.run() == MESSAGE
    assert len(steps.slept) == 6


ANY_JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers(-(2**63), 2**63 - 1) | st.text(max_size=5),
    lambda inside: st.lists(inside, max_size=2) | st.dictionaries(st.text(max_size=5), inside, max_size=2),
    max_leaves=4,
)


@given(asked=ANY_JSON | st.floats(-1, 1000))
def test_no_retry_after_makes_the_workflow_fail(asked: Any) -> None:
    """A positive number is slept, if the token's life leaves it; all else is no answer to how long."""
    steps = Steps(reply=[limited(asked), MESSAGE])
    # JSON knows no Infinity and no NaN: such an answer is no JSON.
    is_number = isinstance(asked, int | float) and not isinstance(asked, bool) and math.isfinite(asked)
    # The calls before take some seconds themselves.
    assume(not is_number or not LIFE_S - 75 <= asked <= LIFE_S - 70)
    if is_number and asked > LIFE_S - 70:
        error = failed(steps).payload
        assert isinstance(error, dict)
        assert error["code"] == 429
        assert (steps.slept, steps.failures_told) == ([], ["unavailable"])
        return
    assert steps.run() == MESSAGE
    if is_number and asked > 0:
        assert steps.slept == [asked]
    else:
        assert 0.5 <= steps.slept[0] < 1
