"""What is read from a body, and what the workflow is told of one that is none: that, and nothing else."""

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

from schemas.picture import Picture
from schemas.reply import Failure, Reply
from schemas.request import Request
from steps.body import parse
from tests.steps.service import PICTURE

REQUEST: dict[str, Any] = {
    "interaction_id": "77",
    "application_id": "7",
    "sealed_token": "a" * 100,
    "channel_id": "5",
    "user_id": "42",
    "locale": "en-GB",
    "options": {},
    "received_at": "2026-01-01T12:00:00.000000Z",
    "expires_at": "2026-01-01T12:15:00.000000Z",
}


def request(**changes: Any) -> dict[str, Any]:
    return REQUEST | changes


def with_options(text: str) -> bytes:
    return json.dumps(REQUEST).replace('"options": {}', f'"options": {text}').encode()


ROWS: list[tuple[bytes, str]] = [
    (b"{", "it is not JSON: Expecting property name enclosed in double quotes: line 1 column 2 (char 1)"),
    (b"[]", "request must be object"),
    (with_options('{"symmetry": NaN}'), "it is not JSON: NaN is no JSON number"),
    (with_options('{"symmetry": Infinity}'), "it is not JSON: Infinity is no JSON number"),
    (with_options('{"symmetry": -Infinity}'), "it is not JSON: -Infinity is no JSON number"),
    (with_options('{"symmetry": 8.5}'), "request.options.symmetry must be integer"),
    (with_options('{"symmetry": 1e400}'), "request.options.symmetry must be integer"),
    (with_options('{"symmetry": 8, "symmetry": 8}'), "a name stands twice in one object"),
    (with_options('{"words": "\\ud800"}'), "it holds half a surrogate pair, which is no text"),
    (json.dumps(REQUEST).encode("utf-16"), "it is not UTF-8"),
    (b"[" * 100_000, "it is nested too deeply"),
    (json.dumps(request(received_at="2026-02-30T00:00:00Z")).encode(), "request.received_at is in no calendar"),
    (json.dumps(request(expires_at="2026-02-30T00:00:00Z")).encode(), "request.expires_at is in no calendar"),
]


@pytest.mark.parametrize(("raw", "said"), ROWS, ids=[said for _, said in ROWS])
def test_what_is_wrong_with_a_body_is_not_said_of_another_mistake(raw: bytes, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(said)}$"):
        parse(raw, Request.from_json)


@pytest.mark.parametrize("name", ["received_at", "expires_at"])
def test_the_dates_inside_an_order_are_looked_at_too(name: str) -> None:
    order = {"request": request(**{name: "2026-13-01T00:00:00Z"}), "failure": "unavailable"}
    with pytest.raises(ValueError, match=f"^request.{name} is in no calendar$"):
        parse(json.dumps(order).encode(), Reply.from_json)


ORDER: Callable[..., dict[str, Any]] = lambda **what: {"request": REQUEST, **what}  # noqa: E731


@pytest.mark.parametrize(
    ("order", "result"),
    [(ORDER(failure="unavailable"), "unavailable"), (ORDER(picture=PICTURE), Picture.from_checked(PICTURE))],
    ids=["failure", "picture"],
)
def test_an_order_is_read_as_it_is(order: dict[str, Any], result: Picture | Failure) -> None:
    read = parse(json.dumps(order).encode(), Reply.from_json)
    assert (read.request.to_json(), read.result) == (REQUEST, result)


@pytest.mark.parametrize("text", ["8", "8.0", "8e0", "80E-1"])
def test_a_whole_number_is_an_integer_however_it_is_spelt(text: str) -> None:
    """The picture's name depends on how Python writes it."""
    read = parse(with_options(f'{{"symmetry": {text}, "words": "🪷"}}'), Request.from_json)
    assert read.to_json() == request(options={"symmetry": 8, "words": "🪷"})
    assert type(read.options.symmetry) is int
