"""The models of ingress/ and steps/ do what ingress/ and steps/ do; the simulation may not import them."""

import json
from contextlib import ExitStack
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from google.api_core import exceptions
from hypothesis import example, given
from hypothesis import strategies as st

import ingress.backlog
import ingress.enqueue
import ingress.limits
import ingress.luck
import schemas
import steps.errors
import steps.generate
import steps.hand_on
import steps.last_word
import steps.rate_limits
import steps.reply
import steps.throttle
import steps.waits
from schemas.message import Message
from schemas.picture import ObjectName, Picture
from schemas.reply import Reply
from schemas.request import ChannelId, InteractionId, Options, Request, UserId
from service.deployment import LAST_WORD_S
from service.environment import Secret
from steps.app import STATUSES, failure_of
from steps.bucket import PictureBucket
from steps.errors import PermanentError, RetryableError
from steps.verdicts import verdict_of
from tests.tuning.simulate.builders import our_project
from tuning import last_word
from tuning.simulate import ingress as our_ingress
from tuning.simulate import steps as our_steps
from tuning.simulate import storage, throttle
from tuning.simulate.discord import Answer
from tuning.step_answers import GENERATED, REPLIED, failed, limited, retry_after_s

NOW = datetime(2026, 1, 1, tzinfo=UTC)
A_REQUEST = Request(
    *(InteractionId("77"), "1", "a" * 64, ChannelId("2"), UserId("3"), "en-GB", Options()),
    *(NOW, NOW + timedelta(seconds=900)),
)

RETRIED = {"retry": "later", "early": "later", "blocked": "limited", "expired": "gone"}


@pytest.mark.parametrize("is_page", [False, True])
@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 425, 500, 502, 503, 504, 520])
def test_after_an_error_of_discord_a_step_answers_as_ours_does(status: int, is_page: bool) -> None:
    verdict = verdict_of(status, None if is_page else 0)
    outcome = RETRIED.get(verdict, verdict)
    ours = our_steps.step_answer(Answer(status, is_page), 1, throttle.Throttle(), 0.0)
    assert ours.code == STATUSES[outcome][0]  # type: ignore[index]


@pytest.mark.parametrize("attempt", range(1, 8))
def test_while_cloudflare_blocks_us_a_step_asks_for_the_same_wait(attempt: int) -> None:
    def blocked(*_: object) -> str:
        raise steps.errors.Blocked("blocked", kind="discord")

    order = Reply(A_REQUEST, "unavailable")
    discord = SimpleNamespace(edit_original=blocked)
    opener = SimpleNamespace(open=lambda _: Secret("token"))
    with pytest.raises(RetryableError) as raised:
        steps.reply.reply(order, None, discord, opener, "upload", A_REQUEST.received_at, attempt)  # type: ignore[arg-type]
    ours = our_steps.step_answer(Answer(403, is_page=True), attempt, throttle.Throttle(), 0.0)
    assert retry_after_s(ours) == raised.value.retry_after_s


ERRORS: dict[int, Exception] = {
    429: RetryableError("limited", 3.0, kind="discord"),
    503: RetryableError("later", kind="discord"),
    500: ZeroDivisionError("a mistake"),
    400: PermanentError("bug", "a bug", kind="discord"),
    403: PermanentError("refused", "refused", kind="bucket"),
    404: PermanentError("missing", "missing", kind="bucket"),
    410: PermanentError("gone", "gone", kind="discord"),
}


@example(503, 200, 99.9, 1.0, True)  # near LAST_WORD_S, and near the token's end
@example(503, 200, 100, 1.0, True)
@example(503, 503, 4.0, 0.0, True)
@example(429, 429, 3.9, 0.0, True)
@given(
    st.sampled_from([200, *ERRORS]),
    st.sampled_from([200, *ERRORS]),
    st.floats(-100, 900).map(lambda left_s: round(left_s, 6)),
    st.floats(0, 1),
    st.booleans(),
)
def test_a_task_comes_to_its_end_as_in_the_steps(
    shown: int, told: int, left_s: float, jitter: float, is_picture: bool
) -> None:
    result: Any = Picture(ObjectName(f"pictures/{'0' * 32}.png"), "a", "b", 0) if is_picture else "undrawable"
    left = timedelta(seconds=left_s)
    now = A_REQUEST.expires_at - left

    def show(order: Reply) -> Message:
        status = told if order.result == "unavailable" else shown
        if status != 200:
            raise ERRORS[status]
        return Message("1")

    made: list[tuple[float, bool]] = []

    def make_task(at: datetime, *, is_urgent: bool) -> str:
        made.append(((at - now).total_seconds(), is_urgent))
        return "projects/p/locations/l/queues/q/tasks/1-77-r2"

    def theirs() -> str:
        order = Reply(A_REQUEST, result)
        try:
            steps.last_word.reply_to_the_end(order, show, make_task, lambda: now, jitter, 0.0)
        except steps.last_word.LastWord as word:
            return "give up" if word.message is None else "done"
        except steps.last_word.PutOff:
            return "wait"
        return "done"

    numbers = our_project().deployment.steps
    ours, last = str(last_word.after_show(numbers, shown, left_s, is_picture=is_picture)), shown
    if ours == "tell":
        ours, last = last_word.after_tell(told), told
    asked_s = getattr(ERRORS.get(last), "retry_after_s", None) or 0.0
    waits_s = last_word.wait_s(numbers, 900 - left_s, left_s, asked_s, jitter)
    if ours == "wait" and waits_s is None:
        ours = "give up"
    assert ours == theirs()
    if waits_s is not None and ours == "wait":
        ((seconds, is_urgent),) = made
        assert seconds == pytest.approx(waits_s, abs=1e-5)
        if abs(left_s - waits_s - LAST_WORD_S) > 1e-5:
            assert is_urgent is last_word.is_urgent(numbers, left_s - waits_s)


@given(st.floats(-10, 1000), st.floats(-100, 1000), st.sampled_from([0.0, 2.5, 60.0, 3600.0]), st.floats(0, 1))
def test_a_reply_waits_as_long_as_in_the_steps(age_s: float, left_s: float, asked_s: float, jitter: float) -> None:
    numbers = our_project().deployment.steps
    ours = last_word.wait_s(numbers, age_s, left_s, asked_s, jitter)
    assert ours == steps.waits.wait_s(age_s, left_s, asked_s or None, jitter)
    assert last_word.is_urgent(numbers, left_s) is steps.waits.is_urgent(left_s)


def test_no_answer_of_discord_is_tried_again_later() -> None:
    assert our_steps.step_answer(Answer(0), 1, throttle.Throttle(), 0.0).code == STATUSES["later"][0]


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 429, 500, 502, 503, 504])
def test_after_an_error_of_the_bucket_a_step_answers_as_ours_does(status: int) -> None:
    bucket = object.__new__(PictureBucket)  # its client would need an account
    bucket._name = "pictures"
    with pytest.raises(Exception) as raised, bucket._errors("test"):  # noqa: PT011 -- compared below
        raise exceptions.from_http_status(status, "test")
    assert storage._step_status(status, "write") == STATUSES[failure_of(raised.value)[0]][0]


OUTCOMES = ["no answer", "shown", "forbidden", "down", "global", "webhook", "page"]


@given(
    st.lists(st.tuples(st.floats(0, 30), st.sampled_from(OUTCOMES), st.floats(-1, 1000)), max_size=200),
    st.integers(0, 105),
    st.integers(0, 3),
)
def test_a_process_pauses_as_ours_does(calls: list[tuple[float, str, float]], refused: int, under_way: int) -> None:
    now_s = 0.0
    real, ours = steps.throttle.Throttle(lambda: now_s), throttle.Throttle()
    with ExitStack() as threads:
        for _ in range(under_way):
            threads.enter_context(real.call("address"))
            assert ours.begin(now_s) == 0
        for after_s, outcome, seconds in [(0.0, "forbidden", 0.0)] * refused + calls:
            now_s += after_s
            waits_s = 0.0
            try:
                with real.call("address"):
                    if outcome != "no answer":
                        real.count(is_invalid=outcome not in ("shown", "down"))
            except RetryableError as error:
                waits_s = error.retry_after_s or 0.0
            assert ours.begin(now_s) == waits_s
            if waits_s:
                continue
            ours.end(now_s, {"no answer": 0, "shown": 200, "down": 503, "forbidden": 403}.get(outcome, 429))
            if outcome in ("global", "webhook", "page"):
                is_page, is_global = outcome == "page", outcome == "global"
                said = None if is_page else {"retry_after": seconds, "global": is_global}
                limit = steps.rate_limits.read_rate_limit({}, said)
                if limit.is_global:
                    real.hold("address", limit.retry_after_s)
                asked_s = None if is_page else seconds
                assert ours.limited(now_s, asked_s, is_page, is_global) == limit.retry_after_s


@given(st.lists(st.tuples(st.floats(0, 30), st.integers(0, 2)), max_size=60), st.integers(1, 4))
def test_a_member_may_ask_as_often_as_in_the_ingress(asked: list[tuple[float, int]], per_minute: int) -> None:
    real, instance, now_s = ingress.limits.MemberRateLimit(per_minute), our_ingress.Instance(0.0), 0.0
    for number, (after_s, member) in enumerate(asked):
        now_s += after_s
        is_free = real.charge(str(member), str(number), now_s) == 0
        assert our_ingress.may_ask(instance, member, per_minute, now_s) is is_free


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 60)), max_size=40))
def test_the_attempts_that_a_task_needs_are_guessed_as_in_the_ingress(calls: list[tuple[bool, int]]) -> None:
    real, instance = ingress.luck.Luck(), our_ingress.Instance(0.0)
    for is_good, times in calls:
        for _ in range(times):
            real.note(is_good=is_good)
            our_ingress.note_call(instance, is_good=is_good)
        assert our_ingress.attempts(instance) == real.attempts()


def test_the_numbers_are_those_of_the_code() -> None:
    assert our_steps.BLOCKED_WAITS_S == steps.reply.BLOCKED_WAITS_S
    assert timedelta(seconds=our_steps.FRESH_S) == steps.generate._FRESH
    assert timedelta(seconds=our_steps.ACKNOWLEDGED_WITHIN_S) == steps.reply._ACKNOWLEDGED_WITHIN
    for name in ("SECOND_CALL_AFTER_S", "PAUSE_S", "CALL_TIMEOUT_MARGIN_S"):
        assert getattr(our_ingress, name) == getattr(ingress.enqueue, name)
    for name in ("_FETCH_TIMEOUT_S", "_MAX_AGE_S", "_LOOK_AGAIN_S"):
        assert getattr(our_ingress, name) == getattr(ingress.backlog, name)
    for name in ("_WINDOW_S", "_MAX_MEMBERS"):
        assert getattr(our_ingress, name) == getattr(ingress.limits, name)


def test_the_answers_fit_their_schemas() -> None:
    schemas.check("picture", json.loads(GENERATED.body))
    schemas.check("message", json.loads(REPLIED.body))
    schemas.check("error", json.loads(failed(503, "discord").body))
    schemas.check("error", json.loads(limited(2.5).body))


@pytest.mark.parametrize("put_fails", [False, True])
@given(st.sampled_from([200, *ERRORS]), st.integers(-100, 900))
@example(503, int(LAST_WORD_S))
@example(503, int(LAST_WORD_S) + 1)
def test_a_drawing_is_handed_on_as_in_the_steps(put_fails: bool, drawn: int, left_s: int) -> None:
    """Where no workflow shows the reply: what the reply queue gets, and what the task that calls is answered."""
    picture = Picture(ObjectName(f"pictures/{'0' * 32}.png"), "a", "b", 0)
    put: list[str] = []

    def draw(_: Request) -> Picture:
        if drawn != 200:
            raise ERRORS[drawn]
        return picture

    def into_queue(reply: Reply) -> None:
        put.append("hand on" if isinstance(reply.result, Picture) else "hand failure on")
        if put_fails:
            raise RetryableError("Cloud Tasks did not take it", kind="queue")

    def theirs() -> int:
        try:
            steps.hand_on.draw_to_the_end(A_REQUEST, draw, into_queue, A_REQUEST.expires_at - timedelta(seconds=left_s))
        except (steps.hand_on.HandedOn, steps.last_word.LastWord):
            return 200
        except Exception as error:
            return STATUSES[failure_of(error)[0]][0]
        return 200

    status = theirs()
    follows = last_word.after_draw(drawn, left_s, LAST_WORD_S)
    assert put == ([] if follows == "answer" else [follows])
    if follows == "answer":
        assert status == drawn
    else:
        assert status == (503 if put_fails and left_s > 0 else 200)
