"""What becomes of a task's reply at each instant of the token's life: a clock of the test, and a scripted Discord.

tests/outgoing/steps_task_log.yaml has the same through the whole app, away from the limits.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, get_args

import pytest
from nacl.public import PrivateKey

from schemas.message import Message
from schemas.picture import Picture
from schemas.reply import Failure, Reply
from service.deployment import LAST_ATTEMPT_S, LAST_WORD_S
from service.environment import Secret
from service.sentences import say
from steps.bucket import PictureBucket
from steps.discord import Discord
from steps.errors import PermanentError, RetryableError
from steps.last_word import LastWord, PutOff, reply_to_the_end
from steps.reply import reply
from steps.seal import Unsealer
from tests.steps.scripted import Answer, Scripted, json_answer
from tests.steps.service import INTERACTION_TOKEN, PICTURE, request_body

KEY = PrivateKey.generate()
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
AS_PICTURE, AS_FAILURE = {"picture": PICTURE}, {"failure": "undrawable"}
FETCHED, SHOWN = Answer(200, b"\x89PNG"), json_answer(200, {"id": "9"})
DOWN, REFUSED = Answer(502, b"<html>"), json_answer(401, {"code": 0})
GONE = json_answer(404, {"code": 10008})


def limited(seconds: float) -> Answer:
    return json_answer(429, {"retry_after": seconds, "global": False})


def ordered(left_s: float, order: dict[str, Any]) -> Reply:
    request = request_body(KEY, NOW + timedelta(seconds=left_s) - timedelta(minutes=15))
    return Reply.from_json({"request": request, **order})


class Ends:
    """What a reply of a task ended with.  The clock stands still, and the jitter is none."""

    def __init__(self, script: Scripted, pictures: PictureBucket) -> None:
        self._script = script
        self._pictures = pictures
        self.tasks: list[tuple[float, bool]] = []  # of each that was made: in how many seconds, and whether urgent
        self.refuses_tasks, self.late_s = False, 0.0

    def of(self, left_s: float, order: dict[str, Any], *answers: Answer, bot: bool = True) -> Any:
        """The id of the message, or an error.  answers: of Discord, and of the bucket before each picture."""
        self._script.answers = list(answers)
        discord = Discord(f"{self._script.url}/api/v10", "mando", Secret("bot") if bot else None)

        def once(one: Reply) -> Message:
            return reply(one, self._pictures, discord, Unsealer([KEY]), "attach", NOW, 2)

        return self.of_attempt(ordered(left_s, order), once)

    def of_attempt(self, order: Reply, show: Callable[[Reply], Message]) -> Any:
        try:
            return reply_to_the_end(order, show, self._make, lambda: NOW, 1.0, self.late_s).message_id
        except Exception as error:
            return error

    def _make(self, at: datetime, *, is_urgent: bool) -> str:
        if self.refuses_tasks:
            raise RetryableError("Cloud Tasks did not take the reply: 503", kind="queue")
        self.tasks.append((round((at - NOW).total_seconds(), 3), is_urgent))
        return "projects/p/locations/l/queues/q/tasks/x-77-r2"

    def asked(self) -> list[str]:
        """What Discord was asked to show."""
        bodies = [one.body for one in self._script.asked if "/api/" in one.path]
        texts = [(name, say(name, "en")) for name in get_args(Failure)]
        return [next((name for name, text in texts if text.encode() in body), "picture") for body in bodies]


@pytest.fixture
def ends(script: Scripted, pictures: PictureBucket) -> Ends:
    return Ends(script, pictures)


@pytest.mark.parametrize("left_s", [900, LAST_WORD_S + 0.001, LAST_WORD_S, LAST_WORD_S - 0.001, 0.001])
@pytest.mark.parametrize("order", [AS_PICTURE, AS_FAILURE], ids=["picture", "failure"])
def test_a_reply_is_shown_at_any_time_of_the_tokens_life_and_makes_no_task(
    ends: Ends, order: dict[str, Any], left_s: float
) -> None:
    assert ends.of(left_s, order, *[FETCHED] * (order is AS_PICTURE), SHOWN) == "9"
    assert ends.tasks == []


@pytest.mark.parametrize(
    ("answer", "wait_s"),
    [(DOWN, 45), (Answer(closes=True), 45), (limited(2), 45), (limited(60), 90), (limited(4000), 397)],
    ids=["down", "no answer", "limited", "limited for long", "limited beyond the token's end"],
)
def test_a_picture_is_put_off_for_as_long_as_it_is_old_or_discord_asks(
    ends: Ends, answer: Answer, wait_s: float
) -> None:
    put_off = ends.of(400, AS_PICTURE, FETCHED, answer)
    assert isinstance(put_off, PutOff)
    assert isinstance(put_off.cause, RetryableError)
    assert put_off.answer == {"waits_in": "x-77-r2"}
    assert ends.tasks == [(wait_s, wait_s > 300)]
    assert ends.asked() == ["picture"]


@pytest.mark.parametrize(
    ("left_s", "late_s", "order", "wait_s", "is_urgent"),
    [
        (145, 0, AS_PICTURE, 45, False),
        (144.999, 0, AS_PICTURE, 45, True),
        (145, 0, AS_FAILURE, 45, False),
        (144.999, 0, AS_FAILURE, 45, True),
        (300, 154.999, AS_PICTURE, 45, False),  # as long as this one the next one stands in the line
        (300, 155.001, AS_PICTURE, 45, True),
        (60, 0, AS_FAILURE, 30, True),
        (4, 0, AS_FAILURE, 1, True),
        (4, 0, AS_PICTURE, 1, True),
    ],
)
def test_a_task_for_which_little_of_the_tokens_life_will_be_left_goes_into_the_urgent_queue(
    ends: Ends, left_s: float, late_s: float, order: dict[str, Any], wait_s: float, is_urgent: bool
) -> None:
    ends.late_s = late_s
    answers = [FETCHED] * (order is AS_PICTURE) + [DOWN, DOWN]
    assert isinstance(ends.of(left_s, order, *answers), PutOff)
    assert ends.tasks == [(wait_s, is_urgent)]


@pytest.mark.parametrize(
    ("left_s", "is_told"), [(900, False), (LAST_WORD_S, False), (LAST_WORD_S - 0.001, True), (0.001, True)]
)
@pytest.mark.parametrize("answer", [DOWN, Answer(closes=True), limited(2), limited(60)])
def test_with_little_time_left_the_member_is_told_after_a_picture_that_fails(
    ends: Ends, answer: Answer, left_s: float, is_told: bool
) -> None:
    end = ends.of(left_s, AS_PICTURE, FETCHED, answer, SHOWN)
    assert isinstance(end, LastWord if is_told else PutOff)
    assert isinstance(end.cause, RetryableError)
    assert end.answer == ({"message_id": "9"} if is_told else {"waits_in": "x-77-r2"})
    assert ends.asked() == (["picture", "unavailable"] if is_told else ["picture"])


def test_after_both_fail_it_waits_as_long_as_was_asked_of_the_words(ends: Ends) -> None:
    end = ends.of(80, AS_PICTURE, FETCHED, DOWN, limited(30))
    assert isinstance(end, PutOff)
    assert str(end.cause) == "Discord limits our rate"
    assert ends.tasks == [(45, True)]
    assert ends.asked() == ["picture", "unavailable"]


LAST_S = LAST_ATTEMPT_S + 1


@pytest.mark.parametrize("order", [AS_PICTURE, AS_FAILURE], ids=["picture", "failure"])
@pytest.mark.parametrize(
    ("left_s", "is_given_up"), [(LAST_S + 0.001, False), (LAST_S, False), (LAST_S - 0.001, True), (0.001, True)]
)
def test_the_last_attempt_is_the_last_one_whatever_discord_asks_for(
    ends: Ends, order: dict[str, Any], left_s: float, is_given_up: bool
) -> None:
    answers = [FETCHED] * (order is AS_PICTURE) + [limited(2)]
    end = ends.of(left_s, order, *answers)
    assert isinstance(end, LastWord if is_given_up else PutOff)
    if is_given_up:
        assert end.answer is None
        assert ends.tasks == []
    assert ends.asked() == (["picture", "unavailable"] if order is AS_PICTURE else ["undrawable"])


@pytest.mark.parametrize("left_s", [0, -0.001])
def test_after_the_tokens_end_no_failure_message_is_posted(ends: Ends, left_s: float) -> None:
    end = ends.of(left_s, AS_PICTURE, FETCHED, DOWN)
    assert isinstance(end, LastWord)
    assert (end.answer, ends.asked(), ends.tasks) == (None, ["picture"], [])


@pytest.mark.parametrize(
    ("left_s", "order", "answers", "asked"),
    [
        (900, AS_PICTURE, [FETCHED, limited(7)], ["picture"]),
        (900, AS_FAILURE, [DOWN], ["undrawable"]),
        (50, AS_PICTURE, [FETCHED, DOWN, limited(7)], ["picture", "unavailable"]),
    ],
)
def test_where_no_task_can_be_made_the_queue_repeats_the_call(
    ends: Ends, capsys: pytest.CaptureFixture[str], left_s: float, order: Any, answers: list[Answer], asked: list[str]
) -> None:
    ends.refuses_tasks = True
    end = ends.of(left_s, order, *answers)
    assert isinstance(end, RetryableError)
    assert end.retry_after_s == (7 if answers[-1].status == 429 else None)
    assert ends.asked() == asked
    assert json.loads(capsys.readouterr().out) == {
        "severity": "WARNING",
        "message": "the next task could not be made: Cloud Tasks did not take the reply: 503",
        "interaction_id": "77",
    }


@pytest.mark.parametrize("left_s", [900, 10])
def test_what_stays_wrong_is_told_at_once(ends: Ends, script: Scripted, left_s: float) -> None:
    word = ends.of(left_s, AS_PICTURE, FETCHED, REFUSED, SHOWN)
    assert (word.answer, str(word)) == ({"message_id": "9"}, "the member was told of a failure")
    assert ends.asked() == ["picture", "unavailable"]
    script.asked.clear()
    word = ends.of(left_s, AS_PICTURE, Answer(404, b"{}"), SHOWN)
    assert (word.answer, str(word.cause)[:18]) == ({"message_id": "9"}, "the bucket demo-ma")


def test_what_stays_wrong_and_cannot_be_told_yet_is_put_off_and_tried_again_with_its_picture(ends: Ends) -> None:
    end = ends.of(900, AS_PICTURE, FETCHED, REFUSED, DOWN)
    assert isinstance(end, PutOff)
    assert ends.tasks == [(5, False)]


@pytest.mark.parametrize(
    ("order", "answers"),
    [
        (AS_PICTURE, [FETCHED, GONE]),
        (AS_FAILURE, [GONE]),
        (AS_FAILURE, [REFUSED]),
        (AS_PICTURE, [FETCHED, REFUSED, REFUSED]),
    ],
    ids=["gone", "gone before it is told", "refused", "refused twice"],
)
def test_where_nothing_can_be_shown_the_task_ends_with_the_first_cause(
    ends: Ends, script: Scripted, order: dict[str, Any], answers: list[Answer]
) -> None:
    word = ends.of(900, order, *answers)
    assert (word.answer, str(word)) == (None, "was acknowledged and got no reply")
    assert isinstance(word.cause, PermanentError)
    assert len(script.asked) == len(answers)
    assert ends.tasks == []


def test_a_task_that_comes_too_late_posts_the_picture_if_there_is_a_bot(ends: Ends, script: Scripted) -> None:
    assert ends.of(-1, AS_PICTURE, FETCHED, SHOWN) == "9"
    assert script.asked[-1].path == "/api/v10/channels/5/messages"
    word = ends.of(-1, AS_PICTURE, FETCHED, bot=False)
    assert "set DISCORD_BOT_TOKEN" in str(word.cause)


@pytest.mark.parametrize(
    ("left_s", "is_put_off"), [(LAST_WORD_S, True), (LAST_WORD_S - 0.001, False), (10, False), (-1, False)]
)
def test_a_mistake_of_ours_is_put_off_while_there_is_time(ends: Ends, left_s: float, is_put_off: bool) -> None:
    """It may be in the picture alone: the member is told before the token's end."""

    def breaks(order: Reply) -> Message:
        if isinstance(order.result, Picture):
            raise KeyError(INTERACTION_TOKEN)
        return Message("9")

    end = ends.of_attempt(ordered(left_s, AS_PICTURE), breaks)
    assert isinstance(end, PutOff if is_put_off else LastWord)
    assert isinstance(end.cause, KeyError)
    assert is_put_off or end.answer == {"message_id": "9"}


@pytest.mark.parametrize(("left_s", "is_put_off"), [(10, True), (LAST_S, True), (LAST_S - 0.001, False), (0, False)])
@pytest.mark.parametrize("order", [AS_PICTURE, AS_FAILURE], ids=["picture", "failure"])
def test_a_mistake_in_every_reply_ends_with_the_token(
    ends: Ends, order: dict[str, Any], left_s: float, is_put_off: bool
) -> None:
    def breaks(_: Reply) -> Message:
        raise KeyError(INTERACTION_TOKEN)

    assert isinstance(ends.of_attempt(ordered(left_s, order), breaks), PutOff if is_put_off else LastWord)


@pytest.mark.parametrize(("took_s", "is_told"), [(0, False), (10, False), (10.001, True), (40, True)])
def test_how_much_time_is_left_is_looked_at_after_the_call_that_failed(
    ends: Ends, took_s: float, is_told: bool
) -> None:
    """Discord may let us wait for ten seconds."""
    now = NOW
    shown: list[Any] = []

    def hangs(order: Reply) -> Message:
        nonlocal now
        shown.append(order.result)
        if not isinstance(order.result, Picture):
            return Message("9")
        now += timedelta(seconds=took_s)
        raise RetryableError("no answer", kind="discord")

    with pytest.raises(LastWord if is_told else PutOff):
        reply_to_the_end(ordered(LAST_WORD_S + 10, AS_PICTURE), hangs, ends._make, lambda: now, 1.0, 0.0)
    assert (shown[-1] == "unavailable") == is_told
    if not is_told:
        assert ends.tasks == [(took_s + 45, True)]
