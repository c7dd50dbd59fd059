"""What becomes of a task's reply at each instant of the token's life: a clock of the test, and a scripted Discord.

tests/outgoing/steps_log.yaml has the same through the whole app, away from the limits.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import yaml
from nacl.public import PrivateKey

from schemas.message import Message
from schemas.picture import Picture
from schemas.reply import Reply
from service.deployment import LAST_WORD_S, LONGEST_WAIT_S
from service.environment import Secret
from steps.bucket import PictureBucket
from steps.discord import Discord
from steps.errors import PermanentError, RetryableError
from steps.last_word import LastWord, reply_to_the_end
from steps.reply import FAILURE_MESSAGES, reply
from steps.seal import Unsealer
from tests.servers import ROOT
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


Shown = Callable[..., str]


@pytest.fixture
def shown(script: Scripted, pictures: PictureBucket) -> Shown:
    """The id of the message; answers: of Discord, and of the bucket before each picture."""

    def call(left_s: float, order: dict[str, Any], *answers: Answer, bot: bool = True) -> str:
        script.answers = list(answers)
        discord = Discord(f"{script.url}/api/v10", "mando", Secret("bot") if bot else None)

        def once(one: Reply) -> Message:
            return reply(one, pictures, discord, Unsealer([KEY]), "attach", NOW, 2)

        return reply_to_the_end(ordered(left_s, order), once, NOW).message_id

    return call


def asked(script: Scripted) -> list[str]:
    """What Discord was asked to show."""
    bodies = [one.body for one in script.asked if "/api/" in one.path]
    texts = FAILURE_MESSAGES.items()
    return [next((name for name, text in texts if text.encode() in body), "picture") for body in bodies]


def ended(shown: Shown, *arguments: Any, **more: Any) -> LastWord:
    with pytest.raises(LastWord) as caught:
        shown(*arguments, **more)
    return caught.value


@pytest.mark.parametrize("left_s", [900, LAST_WORD_S + 0.001, LAST_WORD_S, LAST_WORD_S - 0.001, 0.001])
@pytest.mark.parametrize("order", [AS_PICTURE, AS_FAILURE], ids=["picture", "failure"])
def test_a_reply_is_shown_at_any_time_of_the_tokens_life(shown: Shown, order: dict[str, Any], left_s: float) -> None:
    assert shown(left_s, order, *[FETCHED] * (order is AS_PICTURE), SHOWN) == "9"


@pytest.mark.parametrize(
    ("answer", "least_s"),
    [
        (DOWN, LAST_WORD_S),
        (Answer(closes=True), LAST_WORD_S),
        (limited(2), LAST_WORD_S + 3),
        (limited(60), LAST_WORD_S + 90),
    ],
    ids=["down", "no answer", "limited", "limited for long"],
)
@pytest.mark.parametrize("over_s", [-0.001, 0, 0.001, 300])
def test_a_picture_is_left_to_the_queue_only_while_it_comes_again_in_time(
    shown: Shown, script: Scripted, answer: Answer, least_s: float, over_s: float
) -> None:
    """With what Discord asks for, and the jitter of Retry-After."""
    if over_s > 0:
        with pytest.raises(RetryableError):
            shown(least_s + over_s, AS_PICTURE, FETCHED, answer, SHOWN)
        assert asked(script) == ["picture"]
        return
    word = ended(shown, least_s + over_s, AS_PICTURE, FETCHED, answer, SHOWN)
    assert word.message == Message("9")
    assert isinstance(word.cause, RetryableError)
    assert asked(script) == ["picture", "unavailable"]


@pytest.mark.parametrize(("left_s", "comes_again"), [(LAST_WORD_S, True), (0.001, True), (0, False), (-0.001, False)])
def test_while_the_token_lives_the_member_is_told_by_a_later_attempt(
    shown: Shown, script: Scripted, left_s: float, comes_again: bool
) -> None:
    if comes_again:
        with pytest.raises(RetryableError):
            shown(left_s, AS_PICTURE, FETCHED, DOWN, DOWN)
        assert asked(script) == ["picture", "unavailable"]
    else:
        assert ended(shown, left_s, AS_PICTURE, FETCHED, DOWN).message is None
        assert asked(script) == ["picture"], "after the token's end no failure message is posted"


@pytest.mark.parametrize(("left_s", "comes_again"), [(0.001, True), (0, False), (-1, False)])
def test_a_failure_message_is_tried_until_the_tokens_end(shown: Shown, left_s: float, comes_again: bool) -> None:
    if comes_again:
        with pytest.raises(RetryableError):
            shown(left_s, AS_FAILURE, limited(100))
    else:
        assert ended(shown, left_s, AS_FAILURE, DOWN).message is None


@pytest.mark.parametrize("left_s", [900, 10])
def test_what_stays_wrong_is_told_at_once(shown: Shown, script: Scripted, left_s: float) -> None:
    word = ended(shown, left_s, AS_PICTURE, FETCHED, REFUSED, SHOWN)
    assert (word.message, str(word)) == (Message("9"), "the member was told of a failure")
    assert asked(script) == ["picture", "unavailable"]
    script.asked.clear()
    word = ended(shown, left_s, AS_PICTURE, Answer(404, b"{}"), SHOWN)
    assert (word.message, str(word.cause)[:18]) == (Message("9"), "the bucket demo-ma")


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
    shown: Shown, script: Scripted, order: dict[str, Any], answers: list[Answer]
) -> None:
    word = ended(shown, 900, order, *answers)
    assert (word.message, str(word)) == (None, "was acknowledged and got no reply")
    assert isinstance(word.cause, PermanentError)
    assert len(script.asked) == len(answers)


def test_a_task_that_comes_too_late_posts_the_picture_if_there_is_a_bot(shown: Shown, script: Scripted) -> None:
    assert shown(-1, AS_PICTURE, FETCHED, SHOWN) == "9"
    assert script.asked[-1].path == "/api/v10/channels/5/messages"
    word = ended(shown, -1, AS_PICTURE, FETCHED, bot=False)
    assert "set DISCORD_BOT_TOKEN" in str(word.cause)


@pytest.mark.parametrize(
    ("left_s", "is_left"), [(LAST_WORD_S + 0.001, True), (LAST_WORD_S, False), (10, False), (-1, False)]
)
def test_a_mistake_of_ours_is_left_to_the_queue_while_there_is_time(left_s: float, is_left: bool) -> None:
    """It may be in the picture alone: the member is told before the token's end."""

    def breaks(order: Reply) -> Message:
        if isinstance(order.result, Picture):
            raise KeyError(INTERACTION_TOKEN)
        return Message("9")

    with pytest.raises(KeyError if is_left else LastWord) as caught:
        reply_to_the_end(ordered(left_s, AS_PICTURE), breaks, NOW)
    assert is_left or (isinstance(caught.value, LastWord) and caught.value.message == Message("9"))


@pytest.mark.parametrize(("left_s", "is_left"), [(10, True), (0, False)])
def test_a_mistake_in_every_reply_ends_with_the_token(left_s: float, is_left: bool) -> None:
    def breaks(_: Reply) -> Message:
        raise KeyError(INTERACTION_TOKEN)

    for order in (AS_PICTURE, AS_FAILURE):
        with pytest.raises(KeyError if is_left else LastWord):
            reply_to_the_end(ordered(left_s, order), breaks, NOW)


def test_the_longest_waits_and_a_call_fit_before_the_tokens_end() -> None:
    """Else a task may come when nothing can be told any more: of the step's own waits, and of each reply queue's."""
    queues = yaml.safe_load((ROOT / "queue.yaml").read_text())["queue"]
    waits = {one["name"]: one["retry_parameters"]["max_backoff_seconds"] for one in queues}
    longest_s = max(LONGEST_WAIT_S, waits["reply-discord-queue"], waits["urgent-reply-queue"])
    assert longest_s + 10 <= LAST_WORD_S
