"""The rules of workflows/mando.yaml as a table: kind of error, attempt and time left, and what is then done.

Each cell runs through the real YAML in virtual time.
"""

from datetime import UTC, datetime
from typing import Any

import pytest

from local.workflows.effects import HttpCall, HttpFailure, HttpResponse, Leaf, Now, Outcome
from local.workflows.errors import WorkflowError
from tests.system import test_workflow
from tests.system.test_workflow import HANGS, LIFE_S, MESSAGE, PICTURE, failed

# The attempt that meets it and is the last; ALWAYS: none of the table's.
NEVER, INTERNAL_ERROR, PERMISSION_DENIED, ALWAYS = 1, 4, 12, 14
WAITS_S = tuple(test_workflow.WAITS_S[min(at, len(test_workflow.WAITS_S) - 1)] for at in range(ALWAYS))
HTML = {"Content-Type": "text/html"}


class Steps(test_workflow.Steps):
    received = datetime(2026, 1, 1, 12, tzinfo=UTC)  # whole seconds: sums of the table are exact


def ours(status: int, **more: Any) -> tuple[int, dict[str, Any]]:
    """As schemas/error.json has it."""
    return status, {"kind": "request", "error": {"status": status, "message": "m"}, **more}


def page(status: int) -> HttpResponse:
    return HttpResponse(status, HTML, b"<html>")


# What a call meets → the attempt at which it is given up.
KINDS: dict[str, tuple[Any, int]] = {
    "no connection": (HttpFailure("ConnectionError", "reset"), ALWAYS),
    "no connection to begin with": (HttpFailure("ConnectionFailedError", "refused"), ALWAYS),
    "no answer in time": (HttpFailure("TimeoutError", "no answer"), ALWAYS),
    "no token for the call": (HttpFailure("AuthError", "no token"), INTERNAL_ERROR),
    "an answer that is no JSON": ("<html>", INTERNAL_ERROR),
    "an answer of another shape": ({"x": 1}, INTERNAL_ERROR),
    "a mistake of the steps": (ours(500), INTERNAL_ERROR),
    "a 500 that is not the steps'": (page(500), ALWAYS),
    "408": (ours(408), ALWAYS),
    "429 that says no wait": (ours(429), ALWAYS),
    "429 that says null": (ours(429, retry_after=None), ALWAYS),
    "429 that says 0": (ours(429, retry_after=0), ALWAYS),
    "429 that says less than 0": (ours(429, retry_after=-1), ALWAYS),
    "429 that says a text": (ours(429, retry_after="3"), ALWAYS),
    "429 of somebody else": (page(429), ALWAYS),
    "501": (ours(501), ALWAYS),
    "502 of somebody else": (page(502), ALWAYS),
    "503": (ours(503), ALWAYS),
    "504": (ours(504), ALWAYS),
    "401 of the steps' own": ((401, {"kind": "caller", "error": {}}), PERMISSION_DENIED),
    "403 of the steps' own": ((403, {"kind": "caller", "error": {}}), PERMISSION_DENIED),
    "401 of the platform": (page(401), PERMISSION_DENIED),
    "403 of the platform": (page(403), PERMISSION_DENIED),
    "401 of Discord": ((401, {"kind": "discord", "error": {}}), NEVER),
    "403 of Discord": ((403, {"kind": "discord", "error": {}}), NEVER),
    "403 that says no kind": ((403, {}), NEVER),
    "302": (page(302), INTERNAL_ERROR),
    "400": (ours(400), NEVER),
    "404": (ours(404), NEVER),
    "409": (ours(409), NEVER),
    "413": (ours(413), NEVER),
    "422": (ours(422), NEVER),
    "a 400 that is not the steps'": (page(400), NEVER),
    "a 404 that is not the steps'": (page(404), NEVER),
}
ATTEMPTS = (1, 3, 4, 5, 11, 12, 13)


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("where", ["generate", "reply"])
def test_no_kind_of_error_is_given_up_too_early_or_tried_too_often(where: str, kind: str, attempt: int) -> None:
    answer, last = KINDS[kind]
    success = PICTURE if where == "generate" else MESSAGE
    steps = Steps(**{where: [*[(503, {})] * (attempt - 1), answer, success]})
    if attempt < last:
        assert steps.run() == MESSAGE
        waited(steps, attempt)
        assert steps.attempts[-2:] == [str(attempt + 1)] * 2
        assert steps.failures_told == []
    else:
        assert marks(failed(steps)) == what_it_is(answer)
        waited(steps, attempt - 1)
        assert steps.failures_told == ["undrawable" if "422" in kind else "unavailable"]


@pytest.mark.parametrize("attempt", ATTEMPTS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_failure_reply_too_is_not_given_up_too_early_or_tried_too_often(kind: str, attempt: int) -> None:
    answer, last = KINDS[kind]
    steps = Steps(generate=[ours(422)], reply=[*[(503, {})] * (attempt - 1), answer, MESSAGE])
    error = failed(steps)
    assert steps.failures_told == ["undrawable"] * (attempt + 1 if attempt < last else attempt)
    waited(steps, attempt if attempt < last else attempt - 1)
    if attempt < last:
        assert isinstance(error.payload, dict)
        assert error.payload["code"] == 422, "operators see what was wrong at first"
    else:
        assert error.tags == ["NoReply"]
        assert isinstance(error.payload, dict)
        assert marks(WorkflowError(error.payload["reply_error"])) == what_it_is(answer)


def marks(error: WorkflowError) -> tuple[Any, Any]:
    """Tags and status: by them operators tell one error from another."""
    assert isinstance(error.payload, dict)
    return error.tags, error.payload.get("code")


def what_it_is(answer: Any) -> tuple[Any, Any]:
    """The error that a call is which meets this answer."""
    if isinstance(answer, HttpFailure):
        return [answer.kind], None
    status = answer.code if isinstance(answer, HttpResponse) else answer[0] if isinstance(answer, tuple) else 200
    if status >= 400:
        return ["HttpError"], status
    return (["KeyError", "LookupError"] if isinstance(answer, dict) else ["TypeError"]), None


def waited(steps: Steps, times: int) -> None:
    assert len(steps.slept) == times
    for slept_s, longest_s in zip(steps.slept, WAITS_S, strict=False):
        assert longest_s / 2 <= slept_s < longest_s, "waits_s of workflows/mando.yaml or WAITS_S in test_workflow.py"


class Dice(Steps):
    """At each look the clock's thousandth of a second is over by that share."""

    share = 0.0

    def _outcome(self, effect: Leaf) -> Outcome:
        if isinstance(effect, Now):
            return int(self.now_s) + 0.123 + self.share / 1000
        return super()._outcome(effect)


@pytest.mark.parametrize("share", [0.001, 0.3, 0.7, 0.999])
def test_a_wait_that_is_not_between_half_of_the_policys_and_all_of_it_by_the_clocks_dice_is_seen(share: float) -> None:
    steps = Dice(generate=[*[(503, {})] * len(WAITS_S), PICTURE])
    steps.share = share
    assert steps.run() == MESSAGE
    assert steps.slept == pytest.approx([longest_s * (1 + share) / 2 for longest_s in WAITS_S], abs=0.01)


HURRIED = ours(429, retry_after=0.001)
EXHAUSTED = {"message": "all attempts failed", "tags": ["AttemptsExhausted"]}
HUNDRED = [str(number) for number in range(1, 101)]


def test_a_picture_that_is_always_refused_for_a_moment_is_given_up_after_a_hundred_attempts_and_told() -> None:
    """Without an end of their own the attempts would be a success of nothing."""
    steps = Steps(generate=[HURRIED])
    assert failed(steps).payload == EXHAUSTED
    assert steps.failures_told == ["unavailable"]
    assert steps.attempts == [*HUNDRED, "1"]


def test_a_failure_reply_that_is_always_refused_for_a_moment_is_given_up_after_a_hundred_attempts() -> None:
    steps = Steps(generate=[ours(422)], reply=[HURRIED])
    payload = failed(steps).payload
    assert isinstance(payload, dict)
    assert (payload["tags"], payload["reply_error"]) == (["NoReply"], EXHAUSTED)
    assert steps.attempts == ["1", *HUNDRED]


@pytest.mark.parametrize("where", ["generate", "reply"])
def test_where_no_message_is_left_nobody_is_asked_to_tell(where: str) -> None:
    steps = Steps(**{where: [ours(410)]})
    failed(steps)
    assert (steps.slept, steps.failures_told) == ([], [])


class Late(Steps):
    """So much of the token's life is left when the first answer of `where` comes."""

    def __init__(self, where: str, left_s: float, **answers: list[Any]) -> None:
        super().__init__(**answers)
        self._where, self._left_s = f"/{where}", left_s
        self.told_with_s_left: list[float] = []

    @property
    def left_s(self) -> float:
        return LIFE_S - self.seconds

    def _outcome(self, effect: Leaf) -> Outcome:
        if isinstance(effect, HttpCall) and b'"failure"' in (effect.body or b""):
            self.told_with_s_left.append(self.left_s)
        outcome = super()._outcome(effect)
        if isinstance(effect, HttpCall) and effect.url.endswith(self._where) and self._left_s:
            self.now_s, self._left_s = Steps.received.timestamp() + LIFE_S - self._left_s, 0.0
        return outcome


@pytest.mark.parametrize(("left_s", "slept"), [(79.999, []), (80, [10]), (80.001, [10]), (200, [10]), (9, [])])
@pytest.mark.parametrize("where", ["generate-image", "reply-discord"])
def test_a_wait_that_leaves_no_70_s_is_not_begun(where: str, left_s: float, slept: list[float]) -> None:
    answers = [ours(429, retry_after=10), PICTURE if where == "generate-image" else MESSAGE]
    steps = Late(where, left_s, **{where.partition("-")[0]: answers})
    if slept:
        assert steps.run() == MESSAGE
    else:
        failed(steps)
        assert steps.failures_told == ["unavailable"]
    assert steps.slept == slept


@pytest.mark.parametrize(("left_s", "slept"), [(34.999, []), (35, [10]), (35.001, [10]), (100, [10])])
def test_a_failure_replys_wait_that_leaves_no_25_s_is_not_begun(left_s: float, slept: list[float]) -> None:
    steps = Late("reply-discord", left_s, generate=[ours(422)], reply=[ours(429, retry_after=10), MESSAGE])
    assert failed(steps).tags == (["HttpError"] if slept else ["NoReply"])
    assert steps.slept == slept
    assert len(steps.failures_told) == 1 + len(slept)


@pytest.mark.parametrize("attempt", [1, 2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize(("share", "may_wait"), [(0.499, False), (1, True)], ids=["less than any wait", "all of it"])
def test_the_backoff_counts_in_what_is_left(attempt: int, share: float, may_wait: bool) -> None:
    left_s = 70 + share * WAITS_S[attempt - 1]
    steps = Late("generate-image", 0, generate=[*[(503, {})] * attempt, PICTURE])
    real = steps._outcome

    def outcome(effect: Leaf) -> Outcome:
        result = real(effect)
        if isinstance(effect, HttpCall) and len(steps.calls) == attempt:
            steps.now_s = Steps.received.timestamp() + LIFE_S - left_s
        return result

    steps._outcome = outcome  # type: ignore[method-assign]
    if may_wait:
        assert steps.run() == MESSAGE
    else:
        failed(steps)
    assert len(steps.slept) == (attempt if may_wait else attempt - 1)


@pytest.mark.parametrize("first", [HANGS, ours(429, retry_after=10)], ids=["hangs", "limited"])
def test_though_a_last_attempt_hangs_twice_the_failure_can_still_be_told(first: Any) -> None:
    """generate answers at the last moment, reply hangs: a call of 20 s must fit before the token's end."""
    steps = Late("generate-image", 80, generate=[first, PICTURE], reply=[HANGS, MESSAGE])
    real = steps._outcome

    def outcome(effect: Leaf) -> Outcome:
        result = real(effect)
        if isinstance(effect, HttpCall) and effect.url.endswith("/generate-image") and len(steps.calls) > 1:
            steps.now_s += 19.8
        return result

    steps._outcome = outcome  # type: ignore[method-assign]
    failed(steps)
    assert steps.failures_told == ["unavailable"]
    assert steps.told_with_s_left[0] >= 25


@pytest.mark.parametrize("where", ["generate", "reply"])
def test_a_call_that_hangs_is_given_up_after_20_s(where: str) -> None:
    steps = Steps(**{where: [HANGS, PICTURE if where == "generate" else MESSAGE]})
    began_s = steps.now_s
    assert steps.run() == MESSAGE
    assert 20 <= steps.now_s - began_s - sum(steps.slept) < 21


def test_an_error_of_a_missing_reply_says_what_went_wrong_and_why_it_could_not_be_told() -> None:
    """Operators read it: without the cause nobody could mend it."""
    steps = Steps(generate=[ours(422)], reply=[ours(400)])
    payload = failed(steps).payload
    assert isinstance(payload, dict)
    codes = {name: payload.pop(name)["code"] for name in ("cause", "reply_error")}  # type: ignore[index,call-overload]
    assert codes == {"cause": 422, "reply_error": 400}
    message = "interaction 77 was acknowledged and got no reply"
    assert payload == {"message": message, "tags": ["NoReply"]}


@pytest.mark.parametrize("first", ["generate", "reply"])
def test_an_error_that_was_told_is_still_the_executions_own(first: str) -> None:
    """With its tags, status and body as the steps sent them."""
    steps = Steps(**{first: [ours(400), MESSAGE if first == "reply" else PICTURE]})
    payload = failed(steps).payload
    assert isinstance(payload, dict)
    assert (payload["tags"], payload["code"], payload["body"]) == (["HttpError"], 400, ours(400)[1])
