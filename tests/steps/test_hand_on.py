"""What becomes of a drawing that a task asks for, at each instant of the token's life; and the task for its reply."""

from datetime import UTC, datetime, timedelta

import pytest
from nacl.public import PrivateKey

from schemas.picture import Picture
from schemas.reply import Reply
from schemas.request import Request
from service.deployment import LAST_WORD_S
from steps.errors import PermanentError, RetryableError
from steps.hand_on import HandedOn, draw_to_the_end
from steps.last_word import LastWord
from tests.steps.service import PICTURE, request_body

KEY = PrivateKey.generate()
NOW = datetime(2026, 1, 1, 12, tzinfo=UTC)
DRAWN = Picture.from_checked(PICTURE)
UNDRAWABLE = PermanentError("undrawable", "no", kind="drawing")
REFUSED = PermanentError("refused", "no", kind="bucket")
LATER, MISTAKE = RetryableError("down", kind="bucket"), KeyError("a bug")
FULL = RetryableError("full", kind="queue")


def asked(left_s: float) -> Request:
    return Request.from_json(request_body(KEY, NOW + timedelta(seconds=left_s) - timedelta(minutes=15)))


@pytest.mark.parametrize(
    ("left_s", "drawing", "queue", "handed", "raised"),
    [
        (900, None, None, DRAWN, None),
        (-1, None, None, DRAWN, None),  # the bot may post it
        (900, UNDRAWABLE, None, "undrawable", HandedOn),
        (900, REFUSED, None, "unavailable", HandedOn),
        (LAST_WORD_S + 0.1, LATER, None, None, RetryableError),
        (LAST_WORD_S, LATER, None, "unavailable", HandedOn),
        (LAST_WORD_S + 0.1, MISTAKE, None, None, KeyError),
        (LAST_WORD_S, MISTAKE, None, "unavailable", HandedOn),
        (0.1, None, FULL, None, RetryableError),
        (0, None, FULL, None, LastWord),
        (0.1, UNDRAWABLE, FULL, None, RetryableError),
        (0, UNDRAWABLE, FULL, None, LastWord),
    ],
)
def test_a_drawing_is_handed_on_repeated_or_given_up_by_its_error_and_the_time_left(
    left_s: float,
    drawing: Exception | None,
    queue: Exception | None,
    handed: Picture | str | None,
    raised: type[Exception] | None,
) -> None:
    put: list[Reply] = []
    request = asked(left_s)

    def draw(_: Request) -> Picture:
        if drawing is not None:
            raise drawing
        return DRAWN

    def hand(reply: Reply) -> None:
        if queue is not None:
            raise queue
        put.append(reply)

    if raised is None:
        assert draw_to_the_end(request, draw, hand, NOW) == DRAWN
    else:
        with pytest.raises(raised) as caught:
            draw_to_the_end(request, draw, hand, NOW)
        if isinstance(caught.value, HandedOn):
            assert caught.value.cause is drawing
        if isinstance(caught.value, LastWord):
            assert caught.value.message is None
    assert put == ([] if handed is None else [Reply(request, handed)])  # type: ignore[arg-type]
